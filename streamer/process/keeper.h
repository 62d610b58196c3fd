/* The keeper: a small process that outlives the streamer by a moment.
 *
 * The kernel kills the children of a streamer that was killed, but not their children, and nobody removes
 * files. The keeper is the streamer's own program (--keeper DIRECTORY), in a session of its own and deaf to
 * INT, TERM and HUP. It is told over a pipe which process groups live. When the pipe ends, the streamer is
 * no more: it kills these groups and clears the streamer's directory (remains.h). It is started again when it
 * dies. Main thread.
 */
#pragma once
#include <glib.h>

typedef struct Keeper Keeper;

/* Starts the keeper of @directory and makes it follow all process groups (process_watch_groups). NULL with an
 * error when it cannot run. (transfer full) */
Keeper *keeper_start(const char *directory, GError **error);

/* Ends it in order: closes the pipe and waits until it has cleared away and gone. NULL is allowed. */
void keeper_free(Keeper *keeper);

/* What the process --keeper does: reads standard channel PROCESS_CHANNEL_FD until its end, clears away.
 * Returns the exit status. */
int keeper_run(const char *directory);
