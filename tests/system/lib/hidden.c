/* A window of bare X whose pointer is hidden, for the tests, and what else is done to it:
 *
 *   read    nothing: its places are read, and a pointer is drawn there, as it were
 *   away    the same; a second after it was moved last it is put away into a corner
 *   back    it is put back to the middle whenever it was moved, as by GLUT and Qt
 *   grab    the same, and it is grabbed, as by GLFW
 *   stop    as `back`, until the space bar is pressed; from then on as `read`
 *
 * Each event is written: "at X Y" of a place that is read, "turn DX DY sum X Y" of a move from the middle,
 * "button N down", "put away".
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define IDLE_MS 1000

typedef struct {
  Display *display;
  Window window;
  int width, height;
  int puts_back, puts_away;
  int x, y; /* where it was put */
  long sum_x, sum_y;
} Hidden;

static Cursor blank_cursor(Display *display, Window window) {
  static const char nothing[1] = {0};
  Pixmap pixmap = XCreateBitmapFromData(display, window, nothing, 1, 1);
  XColor black = {0};
  return XCreatePixmapCursor(display, pixmap, pixmap, &black, &black, 0, 0);
}

static void put(Hidden *hidden, int x, int y) {
  hidden->x = x;
  hidden->y = y;
  XWarpPointer(hidden->display, None, hidden->window, 0, 0, 0, 0, x, y);
}

static void take_motion(Hidden *hidden, const XMotionEvent *motion) {
  int dx = motion->x - hidden->x, dy = motion->y - hidden->y;
  if (!hidden->puts_back) {
    printf("at %d %d\n", motion->x, motion->y);
    return;
  }
  if (dx == 0 && dy == 0) /* this is it, being put back */
    return;
  hidden->sum_x += dx;
  hidden->sum_y += dy;
  printf("turn %d %d sum %ld %ld\n", dx, dy, hidden->sum_x, hidden->sum_y);
  put(hidden, hidden->width / 2, hidden->height / 2);
}

static void wait_for_events(Hidden *hidden) {
  struct pollfd readable = {.fd = ConnectionNumber(hidden->display), .events = POLLIN};
  while (XPending(hidden->display) == 0)
    if (poll(&readable, 1, IDLE_MS) == 0 && hidden->puts_away) {
      put(hidden, hidden->width - 1, hidden->height - 1);
      puts("put away");
    }
}

static void open_window(Hidden *hidden, int grabs) {
  int screen = DefaultScreen(hidden->display);
  hidden->width = DisplayWidth(hidden->display, screen);
  hidden->height = DisplayHeight(hidden->display, screen);
  hidden->window = XCreateSimpleWindow(hidden->display, RootWindow(hidden->display, screen), 0, 0,
                                       (unsigned)hidden->width, (unsigned)hidden->height, 0, 0, 0x406080);
  XDefineCursor(hidden->display, hidden->window, blank_cursor(hidden->display, hidden->window));
  XSelectInput(hidden->display, hidden->window,
               StructureNotifyMask | PointerMotionMask | KeyPressMask | ButtonPressMask | ButtonReleaseMask);
  XMapRaised(hidden->display, hidden->window);
  XEvent event;
  XWindowEvent(hidden->display, hidden->window, StructureNotifyMask, &event);
  if (grabs)
    XGrabPointer(hidden->display, hidden->window, True,
                 PointerMotionMask | ButtonPressMask | ButtonReleaseMask, GrabModeAsync, GrabModeAsync,
                 hidden->window, None, CurrentTime);
  if (hidden->puts_back)
    put(hidden, hidden->width / 2, hidden->height / 2);
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "read";
  Hidden hidden = {.display = XOpenDisplay(NULL)};
  if (!hidden.display) {
    fputs("no display\n", stderr);
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  hidden.puts_away = strcmp(how, "away") == 0;
  hidden.puts_back = strcmp(how, "back") == 0 || strcmp(how, "grab") == 0 || strcmp(how, "stop") == 0;
  open_window(&hidden, strcmp(how, "grab") == 0);
  for (;;) {
    XEvent event;
    wait_for_events(&hidden);
    XNextEvent(hidden.display, &event);
    if (event.type == MotionNotify)
      take_motion(&hidden, &event.xmotion);
    else if (event.type == ButtonPress || event.type == ButtonRelease)
      printf("button %u %s\n", event.xbutton.button, event.type == ButtonPress ? "down" : "up");
    else if (event.type == KeyPress && strcmp(how, "stop") == 0)
      hidden.puts_back = 0;
  }
}
