/* Watches whether the application puts the pointer somewhere itself: WarpPointer of the X protocol, or
 * XIWarpPointer of XInput 2. The X server tells of these requests by its RECORD extension, whoever makes
 * them, and of nothing else. Main thread.
 */
#pragma once
#include <glib.h>

typedef struct WarpWatch WarpWatch;

/* On the main thread, after each. */
typedef void (*WarpWatchFunc)(gpointer data);

/* Connects to $DISPLAY. (transfer full) NULL with a G_IO_ERROR when it cannot be reached or has no RECORD. */
WarpWatch *warp_watch_new(WarpWatchFunc on_warp, gpointer data, GError **error);
void warp_watch_free(WarpWatch *watch); /* NULL is allowed */
