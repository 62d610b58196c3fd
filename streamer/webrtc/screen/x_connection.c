#include "streamer/webrtc/screen/x_connection.h"

#include "common/log.h"
#include <gio/gio.h>

static XConnectionLostFunc lost;

static int ignore_error(Display *display, XErrorEvent *event) {
  log_debug("x_error", "code=%d request=%d.%d", event->error_code, event->request_code, event->minor_code);
  return 0;
}

/* Xlib's own handler writes to stderr; the exit handler, called next, does the work. */
static int ignore_io_error(Display *display) {
  return 0;
}

static void take_loss(Display *display, void *data) {
  lost();
}

void x_connection_init(XConnectionLostFunc on_lost) {
  lost = on_lost;
  XInitThreads();
  XSetErrorHandler(ignore_error);
  XSetIOErrorHandler(ignore_io_error);
}

Display *x_connection_open(GError **error) {
  Display *display = XOpenDisplay(NULL);
  if (!display) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED, "cannot connect to the X display %s",
                XDisplayName(NULL));
    return NULL;
  }
  XSetIOErrorExitHandler(display, take_loss, NULL);
  return display;
}
