/* The last of a session's end: whatever of it still runs is killed, and its directory removed. Main thread;
 * the work is done on a thread of GLib's pool, since large directories take long.
 */
#pragma once
#include "streamer/process/cgroup.h"
#include <glib.h>

/* Kills all that carries @directory in its environment and all in @cgroup (transfer full, nullable), removes
 * both, and calls @done from the main loop. */
void sweep_start(const char *directory, Cgroup *cgroup, void (*done)(gpointer data), gpointer data);
