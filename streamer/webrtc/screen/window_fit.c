#include "streamer/webrtc/screen/window_fit.h"

#include "common/log.h"
#include "streamer/webrtc/screen/windows.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <glib-unix.h>
#include <string.h>

struct WindowFit {
  Display *display;
  MediaSize screen, size;
  Window asked; /* has been given the size; what it makes of it is its own affair */
  ScreenPart part;
  GHashTable *moved; /* windows that were moved into that part */
  guint source;
  WindowFitFunc on_part;
  gpointer data;
};

static void ask(WindowFit *fit, const WindowPlace *place) {
  fit->asked = place->window;
  if (!place->is_unmanaged)
    XMoveResizeWindow(fit->display, place->window, 0, 0, fit->size.width, fit->size.height);
}

/* From @at to @at and @length, as far as it is on a screen of @screen pixels; the length is even. */
static guint clip(int at, guint length, guint screen, guint *clipped_at) {
  gint64 from = CLAMP(at, 0, (gint64)screen), to = CLAMP((gint64)at + length, 0, (gint64)screen);
  *clipped_at = (guint)from;
  return (guint)(to - from) & ~1u;
}

/* What of the window can be seen is the picture; of one that is elsewhere nothing is. */
static void follow(WindowFit *fit, const WindowPlace *place) {
  ScreenPart part = {0};
  part.size.width = clip(place->x, place->width, fit->screen.width, &part.x);
  part.size.height = clip(place->y, place->height, fit->screen.height, &part.y);
  gboolean is_same = memcmp(&part, &fit->part, sizeof part) == 0;
  if (is_same || part.size.width == 0 || part.size.height == 0)
    return;
  fit->part = part;
  g_hash_table_remove_all(fit->moved);
  log_info("picture_part", "x=%u y=%u width=%u height=%u", part.x, part.y, part.size.width, part.size.height);
  fit->on_part(&part, fit->data);
}

static void look_at_window(WindowFit *fit) {
  WindowPlace place = windows_find_largest(fit->display);
  if (place.window != None && place.window != fit->asked) {
    ask(fit, &place);
    place = windows_find_largest(fit->display);
  }
  if (place.window != None) {
    follow(fit, &place);
    windows_gather(fit->display, &place, fit->moved);
  }
  XFlush(fit->display);
}

/* Looking brings events into Xlib's queue, where poll() does not see them. */
static gboolean on_windows_changed(int fd, GIOCondition condition, gpointer data) {
  WindowFit *fit = data;
  do {
    XEvent event;
    while (XPending(fit->display) > 0) {
      XNextEvent(fit->display, &event);
      if (event.type == UnmapNotify)
        g_hash_table_remove(fit->moved, GSIZE_TO_POINTER(event.xunmap.window));
    }
    look_at_window(fit);
  } while (XPending(fit->display) > 0);
  return G_SOURCE_CONTINUE;
}

static gboolean look_at_first(gpointer data) {
  on_windows_changed(-1, 0, data);
  return G_SOURCE_REMOVE;
}

WindowFit *window_fit_new(MediaSize size, WindowFitFunc on_part, gpointer data, GError **error) {
  Display *display = x_connection_open(error);
  if (!display)
    return NULL;
  WindowFit *fit = g_new0(WindowFit, 1);
  int screen = DefaultScreen(display);
  fit->display = display;
  fit->screen = (MediaSize){(guint)DisplayWidth(display, screen), (guint)DisplayHeight(display, screen)};
  fit->size = size;
  fit->moved = g_hash_table_new(NULL, NULL);
  fit->on_part = on_part;
  fit->data = data;
  XSelectInput(display, RootWindow(display, screen), SubstructureNotifyMask);
  fit->source = g_unix_fd_add(ConnectionNumber(display), G_IO_IN | G_IO_HUP, on_windows_changed, fit);
  g_idle_add_full(G_PRIORITY_DEFAULT, look_at_first, fit, NULL);
  return fit;
}

void window_fit_resize(WindowFit *fit, MediaSize size) {
  fit->size = size;
  fit->asked = None;
  look_at_first(fit);
}

void window_fit_free(WindowFit *fit) {
  if (!fit)
    return;
  g_source_remove(fit->source);
  g_idle_remove_by_data(fit);
  XCloseDisplay(fit->display);
  g_hash_table_unref(fit->moved);
  g_free(fit);
}
