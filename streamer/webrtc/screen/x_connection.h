/* Connections to the session's X display. Each user of X has a connection of its own and keeps to one thread
 * (or one lock); what happens when the server dies is the same for all of them.
 */
#pragma once
#include <X11/Xlib.h>
#include <glib.h>

/* Called once when the X server is gone, on whatever thread noticed; it must not return. */
typedef void (*XConnectionLostFunc)(void);

/* Before the first x_connection_open(): @on_lost takes the place of Xlib's exit(). */
void x_connection_init(XConnectionLostFunc on_lost);

/* Connects to $DISPLAY. (transfer full) or NULL with a G_IO_ERROR. X errors on it (a window that vanished
 * meanwhile, say) are logged and otherwise ignored. */
Display *x_connection_open(GError **error);
