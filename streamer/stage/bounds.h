/* The bounds of one session: how much memory its processes may take together. Where there are control groups
 * (cgroup.h) the kernel keeps them, for a session in a cell. Else all that descends from the streamer's
 * children for it is looked at (usage.h), once a second, and more often when one is near its bound, for all
 * sessions by one look on a thread of GLib's pool. Main thread.
 */
#pragma once
#include "streamer/process/cgroup.h"
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct Bounds Bounds;

/* Where the groups of those that are made from now on are (nullable); outlives them. */
void bounds_use_cgroups(Cgroups *cgroups);

/* It takes more than it may; @reason is a clause for people. Once, from the main loop, and never of one with
 * a group, whose end is seen by that of its processes. */
typedef void (*BoundsExceededFunc)(const char *reason, gpointer data);

/* Watches the processes that were started for @session (process_list()). The bound is cell.memory_mb of
 * @settings, as it is at the time. Both outlive the bounds. (transfer full) */
Bounds *bounds_new(const char *session, const StreamerSettings *settings, BoundsExceededFunc exceeded,
                   gpointer data);

/* NULL: it has none. Owned by the bounds. */
const Cgroup *bounds_get_cgroup(const Bounds *bounds);
/* The same, to be ended by whom it is given to (transfer full). */
Cgroup *bounds_take_cgroup(Bounds *bounds);

/* Whether memory ran out in its group, and ended all in it. */
gboolean bounds_ran_out(const Bounds *bounds);
/* The reason then, as BoundsExceededFunc has it (transfer full). */
char *bounds_describe(const Bounds *bounds);

/* Kills who is in its group still. NULL is allowed. */
void bounds_free(Bounds *bounds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bounds, bounds_free)
