/* The bounds of one session: how much memory its processes may take together, all that descends from the
 * streamer's children for it (usage.h). They are looked at once a second, and more often when one is near its
 * bound, for all sessions by one look on a thread of GLib's pool. Main thread.
 */
#pragma once
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct Bounds Bounds;

/* It takes more than it may; @reason is a clause for people. Once, from the main loop. */
typedef void (*BoundsExceededFunc)(const char *reason, gpointer data);

/* Watches the processes that were started for @session (process_list()). The bound is cell.memory_mb of
 * @settings, as it is at the time. Both outlive the bounds. (transfer full) */
Bounds *bounds_new(const char *session, const StreamerSettings *settings, BoundsExceededFunc exceeded,
                   gpointer data);
void bounds_free(Bounds *bounds); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bounds, bounds_free)
