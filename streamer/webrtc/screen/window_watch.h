/* Watches whether the application shows a window: any top-level window that is viewable; and whether its
 * program, if it takes part in that (_NET_WM_PING of EWMH; toolkits do), says that it still takes events.
 * A window that comes up gets the keyboard's focus when nothing has it, since a bare X server has no window
 * manager to give it.
 */
#pragma once
#include <glib.h>

typedef struct WindowWatch WindowWatch;

typedef enum {
  WINDOW_NONE,
  WINDOW_SHOWN,
  WINDOW_SILENT, /* it is there, and its program takes no events: it is busy, or hangs */
} WindowState;

/* Told on the main thread whenever the state is another one; it begins with WINDOW_NONE. */
typedef void (*WindowWatchFunc)(WindowState state, gpointer data);

/* Connects to $DISPLAY; the state that is found is told by the main loop if a window is shown already. NULL
 * with a G_IO_ERROR. Main thread, as all here. */
WindowWatch *window_watch_new(WindowWatchFunc on_change, gpointer data, GError **error);
void window_watch_free(WindowWatch *watch); /* NULL is allowed */
