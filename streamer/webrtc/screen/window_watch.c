#include "streamer/webrtc/screen/window_watch.h"

#include "common/log.h"
#include "streamer/webrtc/screen/windows.h"
#include "streamer/webrtc/screen/x_connection.h"
#include <glib-unix.h>

/* How often a window's program is asked whether it still takes events, and after how many questions without
 * an answer it does not. */
#define PING_SECONDS 2
#define PINGS 3

struct WindowWatch {
  Display *display;
  Window root;
  guint source, ping_source;
  Atom protocols, ping;
  Window pinged;
  guint unanswered; /* pings to it */
  WindowState state;
  WindowWatchFunc on_change;
  gpointer data;
};

static gboolean on_x_readable(int fd, GIOCondition condition, gpointer data);

static void give_focus(WindowWatch *watch, Window window) {
  Window focused;
  int revert;
  XGetInputFocus(watch->display, &focused, &revert);
  if (focused == None || focused == PointerRoot || focused == watch->root)
    XSetInputFocus(watch->display, window, RevertToPointerRoot, CurrentTime);
}

/* What another window did not answer says nothing of this one. */
static gboolean is_silent(const WindowWatch *watch, Window window) {
  return window == watch->pinged && watch->unanswered >= PINGS;
}

static void look_for_window(WindowWatch *watch) {
  Window window = windows_find_topmost(watch->display).window;
  WindowState state = window == None ? WINDOW_NONE : is_silent(watch, window) ? WINDOW_SILENT : WINDOW_SHOWN;
  if (window != None)
    give_focus(watch, window);
  XFlush(watch->display);
  if (watch->state == state)
    return;
  watch->state = state;
  watch->on_change(state, watch->data);
}

/* ---- whether its program still lives ---- */

static gboolean takes_pings(WindowWatch *watch, Window window) {
  Atom *protocols = NULL;
  int count = 0;
  gboolean takes = FALSE;
  if (window == None || !XGetWMProtocols(watch->display, window, &protocols, &count))
    return FALSE;
  while (count-- > 0)
    takes |= protocols[count] == watch->ping;
  XFree(protocols);
  return takes;
}

static void send_ping(WindowWatch *watch, Window window) {
  XEvent event = {.xclient = {.type = ClientMessage,
                              .window = window,
                              .message_type = watch->protocols,
                              .format = 32,
                              .data.l = {(long)watch->ping, CurrentTime, (long)window}}};
  XSendEvent(watch->display, window, False, NoEventMask, &event);
}

static gboolean on_ping_due(gpointer data) {
  WindowWatch *watch = data;
  Window window = windows_find_topmost(watch->display).window;
  if (window != watch->pinged)
    watch->unanswered = 0;
  watch->pinged = takes_pings(watch, window) ? window : None;
  if (watch->pinged != None) {
    send_ping(watch, window);
    if (++watch->unanswered == PINGS)
      log_notice("window_silent", "seconds=%d", PING_SECONDS * (PINGS - 1));
  } else {
    watch->unanswered = 0;
  }
  on_x_readable(-1, 0, watch);
  return G_SOURCE_CONTINUE;
}

/* The answer is the question, sent on to the root window. */
static void take_answer(WindowWatch *watch, const XClientMessageEvent *event) {
  if (event->message_type == watch->protocols && (Atom)event->data.l[0] == watch->ping &&
      (Window)event->data.l[2] == watch->pinged) {
    if (watch->unanswered >= PINGS)
      log_notice("window_answers", NULL);
    watch->unanswered = 0;
  }
}

/* ---- events ---- */

static void take_window_events(WindowWatch *watch) {
  while (XPending(watch->display) > 0) {
    XEvent event;
    XNextEvent(watch->display, &event);
    if (event.type == ClientMessage)
      take_answer(watch, &event.xclient);
  }
}

/* Looking asks the server, and its answers can bring further events into Xlib's queue, where poll() does not
 * see them: hence until nothing is pending. */
static gboolean on_x_readable(int fd, GIOCondition condition, gpointer data) {
  WindowWatch *watch = data;
  do {
    take_window_events(watch);
    look_for_window(watch);
  } while (XPending(watch->display) > 0);
  return G_SOURCE_CONTINUE;
}

static gboolean look_first(gpointer data) {
  on_x_readable(-1, 0, data);
  return G_SOURCE_REMOVE;
}

WindowWatch *window_watch_new(WindowWatchFunc on_change, gpointer data, GError **error) {
  Display *display = x_connection_open(error);
  if (!display)
    return NULL;
  WindowWatch *watch = g_new0(WindowWatch, 1);
  watch->display = display;
  watch->root = DefaultRootWindow(display);
  watch->on_change = on_change;
  watch->data = data;
  XSelectInput(display, watch->root, SubstructureNotifyMask);
  watch->source = g_unix_fd_add(ConnectionNumber(display), G_IO_IN | G_IO_HUP, on_x_readable, watch);
  watch->protocols = XInternAtom(display, "WM_PROTOCOLS", False);
  watch->ping = XInternAtom(display, "_NET_WM_PING", False);
  watch->ping_source = g_timeout_add_seconds(PING_SECONDS, on_ping_due, watch);
  g_idle_add_full(G_PRIORITY_DEFAULT, look_first, watch, NULL);
  return watch;
}

void window_watch_free(WindowWatch *watch) {
  if (!watch)
    return;
  g_source_remove(watch->source);
  g_source_remove(watch->ping_source);
  g_idle_remove_by_data(watch);
  XCloseDisplay(watch->display);
  g_free(watch);
}
