/* Tries what can be tried without a session, for `--check` and for a start. Main thread. */
#pragma once
#include "streamer/settings/settings.h"

/* Says on standard error what is wrong, a line each, beginning with @flaw (nullable), which was found before;
 * or "ok". Blocks until the engine's program has said what it lacks. Returns the exit status. */
int try_out(const char *config, const StreamerSettings *settings, const GError *flaw);

/* What takes no time, before a start. FALSE: what is wrong takes other settings and was said. What may be
 * mended while the streamer runs is in the log, and the first of it in *@flaw (transfer full). */
gboolean try_out_at_start(const char *config, const StreamerSettings *settings, char **flaw);
