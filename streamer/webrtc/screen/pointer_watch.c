#include "streamer/webrtc/screen/pointer_watch.h"

#include "common/log.h"
#include "streamer/webrtc/screen/warp_watch.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <X11/extensions/Xfixes.h>
#include <gio/gio.h>
#include <glib-unix.h>

/* Toolkits hide the pointer and grab it one after the other. */
#define SOON_MS 10
/* Of a grab nobody tells: it is looked for so often while the pointer is hidden. */
#define LOOK_MS 100
/* To put the pointer back is the answer to a move that came so long ago or later. */
#define ANSWER_US (250 * 1000)
/* So often it is put back by who takes moves alone. */
#define ANSWERS 2
/* What lasts so long is no matter of one press. */
#define SETTLE_US (300 * 1000)
/* Who does so does not let it rest at the edge of the screen, for so many looks. */
#define LOOKS_AT_EDGE 3
#define BUTTONS (Button1Mask | Button2Mask | Button3Mask | Button4Mask | Button5Mask)

struct PointerWatch {
  Display *display;
  Window root;
  Window unseen; /* is never mapped: to try grabs on */
  int cursor_event;
  XTest *xtest;
  WarpWatch *warps; /* NULL: there is no RECORD */
  guint source, timer;
  guint timer_ms;
  guint answers, looks_at_edge;
  gboolean was_hidden; /* when no button was down */
  gboolean relative, settled;
  gint64 changed_us;
  const PointerEvents *events;
  gpointer data;
};

static gboolean is_cursor_hidden(PointerWatch *watch) {
  XFixesCursorImage *image = XFixesGetCursorImage(watch->display);
  gboolean hidden = image != NULL;
  for (gsize i = 0; hidden && i < (gsize)image->width * image->height; i++)
    hidden = (image->pixels[i] & 0xff000000) == 0;
  if (image)
    XFree(image);
  return hidden;
}

static gboolean is_grabbed(PointerWatch *watch) {
  return XGrabPointer(watch->display, watch->unseen, False, 0, GrabModeAsync, GrabModeAsync, None, None,
                      CurrentTime) == AlreadyGrabbed;
}

/* Whether the pointer is put back whenever it is moved. One that rests at an edge is not, any more. */
static gboolean is_put_back(PointerWatch *watch, int x, int y) {
  int screen = DefaultScreen(watch->display);
  gboolean at_edge = x <= 0 || y <= 0 || x >= DisplayWidth(watch->display, screen) - 1 ||
                     y >= DisplayHeight(watch->display, screen) - 1;
  watch->looks_at_edge = at_edge ? watch->looks_at_edge + 1 : 0;
  if (watch->looks_at_edge >= LOOKS_AT_EDGE)
    watch->answers = 0;
  return watch->answers >= ANSWERS;
}

static void pointer_is(PointerWatch *watch, gboolean relative) {
  if (watch->relative == relative)
    return;
  watch->relative = relative;
  watch->changed_us = g_get_monotonic_time();
  watch->events->changed(relative, watch->data);
}

static gboolean pointer_settles(PointerWatch *watch) {
  if (g_get_monotonic_time() - watch->changed_us < SETTLE_US)
    return FALSE;
  watch->settled = watch->relative;
  log_info("pointer", "relative=%s", watch->settled ? "true" : "false");
  watch->events->settled(watch->settled, watch->data);
  return TRUE;
}

static void look_in(PointerWatch *watch, guint ms);

static void look_at_pointer(PointerWatch *watch) {
  Window window;
  int x = 0, y = 0, unused;
  unsigned mask = 0;
  gboolean hidden = is_cursor_hidden(watch);
  XQueryPointer(watch->display, watch->root, &window, &window, &x, &y, &unused, &unused, &mask);
  if (!hidden)
    watch->answers = watch->looks_at_edge = 0;
  gboolean held = (mask & BUTTONS) != 0;
  if (held) {
    pointer_is(watch, watch->relative || (hidden && !watch->was_hidden));
  } else {
    pointer_is(watch, hidden && (is_grabbed(watch) || is_put_back(watch, x, y)));
    watch->was_hidden = hidden;
  }
  gboolean unsettled = watch->settled != watch->relative && (held || !pointer_settles(watch));
  if (hidden || held || unsettled)
    look_in(watch, LOOK_MS);
}

static gboolean on_look_due(gpointer data) {
  PointerWatch *watch = data;
  watch->timer = 0;
  look_at_pointer(watch);
  return G_SOURCE_REMOVE;
}

/* Looks in @ms, or earlier where that is meant already: however often the cursor changes, looks are that far
 * apart. */
static void look_in(PointerWatch *watch, guint ms) {
  if (watch->timer && watch->timer_ms <= ms)
    return;
  g_clear_handle_id(&watch->timer, g_source_remove);
  watch->timer_ms = ms;
  watch->timer = g_timeout_add(ms, on_look_due, watch);
}

static void take_cursor_events(PointerWatch *watch) {
  while (XPending(watch->display) > 0) {
    XEvent event;
    XNextEvent(watch->display, &event);
    if (event.type == watch->cursor_event)
      look_in(watch, SOON_MS);
  }
}

static gboolean on_cursor_readable(int fd, GIOCondition condition, gpointer data) {
  take_cursor_events(data);
  return G_SOURCE_CONTINUE;
}

/* Of a pointer that is seen it means nothing: a look forgets it. */
static void on_warp(gpointer data) {
  PointerWatch *watch = data;
  if (g_get_monotonic_time() - xtest_moved_us(watch->xtest) > ANSWER_US)
    return;
  watch->answers = MIN(watch->answers + 1, ANSWERS);
  look_in(watch, SOON_MS);
}

static gboolean watch_cursor(PointerWatch *watch, GError **error) {
  int errors, major, minor;
  if (!XFixesQueryExtension(watch->display, &watch->cursor_event, &errors) ||
      !XFixesQueryVersion(watch->display, &major, &minor)) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the X display %s has no XFIXES",
                DisplayString(watch->display));
    return FALSE;
  }
  watch->cursor_event += XFixesCursorNotify;
  XFixesSelectCursorInput(watch->display, watch->root, XFixesDisplayCursorNotifyMask);
  watch->unseen =
      XCreateWindow(watch->display, watch->root, -1, -1, 1, 1, 0, 0, InputOnly, CopyFromParent, 0, NULL);
  return TRUE;
}

PointerWatch *pointer_watch_new(XTest *xtest, const PointerEvents *events, gpointer data, GError **error) {
  g_autoptr(GError) no_record = NULL;
  Display *display = x_connection_open(error);
  if (!display)
    return NULL;
  PointerWatch *watch = g_new0(PointerWatch, 1);
  watch->display = display;
  watch->root = DefaultRootWindow(display);
  watch->xtest = xtest;
  watch->events = events;
  watch->data = data;
  if (!watch_cursor(watch, error)) {
    pointer_watch_free(watch);
    return NULL;
  }
  watch->warps = warp_watch_new(on_warp, watch, &no_record);
  if (no_record)
    log_notice("warps_unseen", "reason=%s", no_record->message);
  watch->source = g_unix_fd_add(ConnectionNumber(display), G_IO_IN | G_IO_HUP, on_cursor_readable, watch);
  look_in(watch, 0);
  return watch;
}

void pointer_watch_free(PointerWatch *watch) {
  if (!watch)
    return;
  g_clear_handle_id(&watch->source, g_source_remove);
  g_clear_handle_id(&watch->timer, g_source_remove);
  warp_watch_free(watch->warps);
  XCloseDisplay(watch->display);
  g_free(watch);
}
