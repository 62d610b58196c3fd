/* Watches whether the application shows a window: any top-level window that is viewable, and whose program,
 * if it takes part in that (_NET_WM_PING of EWMH; toolkits do), says now and then that it still takes events.
 * A window that comes up gets the keyboard's focus when nothing has it, since a bare X server has no window
 * manager to give it.
 */
#pragma once
#include <glib.h>

typedef struct WindowWatch WindowWatch;

/* Told on the main thread when the first window came or the last one went, or went silent. */
typedef void (*WindowWatchFunc)(gboolean is_shown, gpointer data);

/* Connects to $DISPLAY; the state that is found is told by the main loop if a window is shown already. NULL
 * with a G_IO_ERROR. Main thread, as all here. */
WindowWatch *window_watch_new(WindowWatchFunc on_change, gpointer data, GError **error);
void window_watch_free(WindowWatch *watch); /* NULL is allowed */
