/* How the checks of this room tell what they find. Nobody else includes this. */
#pragma once
#include "streamer/check/check.h"

GPtrArray *check_problems_new(void); /* none yet. (transfer full) */

/* Adds a problem of the setting named @setting. */
void check_complain(GPtrArray *problems, gboolean may_be_mended, const char *setting, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* Whether certificate and key can be read, belong together, and are good now. */
void check_certificate(const StreamerSettings *settings, GPtrArray *problems);
/* Whether a cell can be made, where one is wanted. Blocks for some ten milliseconds. */
void check_cell(const StreamerSettings *settings, GPtrArray *problems);
