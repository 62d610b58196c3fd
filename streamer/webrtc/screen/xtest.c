#include "streamer/webrtc/screen/xtest.h"

#include "streamer/webrtc/screen/typing.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <X11/extensions/XTest.h>
#include <gio/gio.h>
#include <stdatomic.h>

struct XTest {
  Display *display;
  Typing *typing;
  guint held; /* a bit a button */
  gboolean has_place;
  gint x, y; /* where it put the pointer; relative motion leads away from there */
  _Atomic gint64 moved_us;
};

#define CURRENT_SCREEN (-1)
/* As X numbers them: three, the wheel's four, back and forth. */
#define BUTTONS 9

/* The X server keeps down what an engine before this one held when it was killed. */
static void release_leftovers(Display *display) {
  char keys[32];
  XQueryKeymap(display, keys);
  for (guint keycode = 0; keycode < 8 * sizeof keys; keycode++)
    if (keys[keycode / 8] & 1 << keycode % 8)
      XTestFakeKeyEvent(display, keycode, False, CurrentTime);
  for (guint button = 1; button <= BUTTONS; button++) /* ignored where it is up */
    XTestFakeButtonEvent(display, button, False, CurrentTime);
  XFlush(display);
}

XTest *xtest_new(GError **error) {
  Display *display = x_connection_open(error);
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
  release_leftovers(display);
  xtest->typing = typing_new(display);
  return xtest;
}

void xtest_free(XTest *xtest) {
  if (!xtest)
    return;
  typing_free(xtest->typing);
  XCloseDisplay(xtest->display);
  g_free(xtest);
}

static void note_motion(XTest *xtest) {
  atomic_store(&xtest->moved_us, g_get_monotonic_time());
}

gint64 xtest_moved_us(XTest *xtest) {
  return atomic_load(&xtest->moved_us);
}

static void xtest_move(gint x, gint y, gpointer data) {
  XTest *xtest = data;
  note_motion(xtest);
  if (xtest->held && xtest->has_place)
    XTestFakeRelativeMotionEvent(xtest->display, x - xtest->x, y - xtest->y, CurrentTime);
  else
    XTestFakeMotionEvent(xtest->display, CURRENT_SCREEN, x, y, CurrentTime);
  xtest->has_place = TRUE;
  xtest->x = x;
  xtest->y = y;
}

static void xtest_move_by(gint dx, gint dy, gpointer data) {
  XTest *xtest = data;
  note_motion(xtest);
  XTestFakeRelativeMotionEvent(xtest->display, dx, dy, CurrentTime);
  xtest->has_place = FALSE;
}

static void xtest_button(guint number, gboolean down, gpointer data) {
  XTest *xtest = data;
  xtest->held = down ? xtest->held | 1U << number : xtest->held & ~(1U << number);
  XTestFakeButtonEvent(xtest->display, number, down, CurrentTime);
}

static void xtest_key(guint keycode, gboolean down, gpointer data) {
  XTest *xtest = data;
  XTestFakeKeyEvent(xtest->display, keycode, down, CurrentTime);
}

static void xtest_text(const char *text, gpointer data) {
  XTest *xtest = data;
  typing_type(xtest->typing, text, g_get_monotonic_time());
}

static void xtest_flush(gpointer data) {
  XTest *xtest = data;
  XFlush(xtest->display);
}

const InputSink xtest_sink = {.move = xtest_move,
                              .move_by = xtest_move_by,
                              .button = xtest_button,
                              .key = xtest_key,
                              .text = xtest_text,
                              .flush = xtest_flush};
