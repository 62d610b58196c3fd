#include "streamer/webrtc/screen/xtest.h"

#include "streamer/webrtc/screen/display.h"
#include <X11/extensions/XTest.h>
#include <gio/gio.h>

struct XTest {
  Display *display;
};

#define CURRENT_SCREEN (-1)

XTest *xtest_new(GError **error) {
  Display *display = display_open(error);
  int event_base, error_base, major, minor;
  if (!display)
    return NULL;
  if (!XTestQueryExtension(display, &event_base, &error_base, &major, &minor)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the X display %s has no XTEST",
                DisplayString(display));
    XCloseDisplay(display);
    return NULL;
  }
  XTest *xtest = g_new0(XTest, 1);
  xtest->display = display;
  return xtest;
}

void xtest_free(XTest *xtest) {
  if (!xtest)
    return;
  XCloseDisplay(xtest->display);
  g_free(xtest);
}

static void move(gint x, gint y, gpointer data) {
  XTest *xtest = data;
  XTestFakeMotionEvent(xtest->display, CURRENT_SCREEN, x, y, CurrentTime);
}

static void move_by(gint dx, gint dy, gpointer data) {
  XTest *xtest = data;
  XTestFakeRelativeMotionEvent(xtest->display, dx, dy, CurrentTime);
}

static void button(guint number, gboolean down, gpointer data) {
  XTest *xtest = data;
  XTestFakeButtonEvent(xtest->display, number, down, CurrentTime);
}

static void key(guint keycode, gboolean down, gpointer data) {
  XTest *xtest = data;
  XTestFakeKeyEvent(xtest->display, keycode, down, CurrentTime);
}

const InputSink xtest_sink = {.move = move, .move_by = move_by, .button = button, .key = key};

void xtest_flush(XTest *xtest) {
  XFlush(xtest->display);
}
