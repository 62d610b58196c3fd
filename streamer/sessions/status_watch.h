/* The version of the status that the coordinator watches, and those who wait until it is another. Main
 * thread.
 */
#pragma once
#include <glib.h>

typedef struct StatusWatches StatusWatches;
typedef struct StatusWatch StatusWatch;

/* The first version is the time: a streamer that was started again must not be taken for its forerunner.
 * (transfer full) */
StatusWatches *status_watches_new(void);
/* Those who wait are forgotten without a call. NULL is allowed. */
void status_watches_free(StatusWatches *watches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StatusWatches, status_watches_free)

gint64 status_watches_version(const StatusWatches *watches);
/* Something that the status says has changed: its version is another now. Those who wait are told a moment
 * later, from the main loop, so that what belongs together is one change. */
void status_watches_touch(StatusWatches *watches);

/* Calls @func once, when the version is not @version any more (then at once, returning NULL) or after
 * @wait_ms. Owned by @watches, until it is called. */
StatusWatch *status_watches_wait(StatusWatches *watches, gint64 version, guint wait_ms, GSourceOnceFunc func,
                                 gpointer data);
/* Forgets it without a call. */
void status_watch_cancel(StatusWatch *watch);
