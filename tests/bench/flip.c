/* A picture for tests and benches: a window over the whole display whose colour flips at every key or button
 * press, the moment it comes. "flip" stands still in between; "flip --move" also draws moving bars at 60
 * frames a second below the upper third, and "flip --again" as often the same. "flip --dialog" opens
 * another window in the middle of the screen. "flip --stubborn" stands at
 * 100, 60 and keeps its size of 700 by 500. Each event is told on standard output, "button 1 down", "key 25
 * up", "move 480 270", "size 960 540", "dialog 660 340" (where it is now), "flip <microseconds since 1970>"
 * when the server has the new picture.
 */
#include "config.h"

#include <X11/Xlib.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PERIOD_US (1000000 / 60)

typedef struct {
  Display *display;
  Window window;
  GC gc;
  unsigned width, height, frame;
  int colour, is_moving, draws_on, is_stubborn;
} Flip;

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void fill(Flip *flip, unsigned long colour, unsigned x, unsigned y, unsigned width, unsigned height) {
  XSetForeground(flip->display, flip->gc, colour);
  XFillRectangle(flip->display, flip->window, flip->gc, (int)x, (int)y, width, height);
}

static void draw(Flip *flip) {
  static const unsigned long colours[] = {0x2040c0, 0xe0c020};
  fill(flip, colours[flip->colour], 0, 0, flip->width, flip->height);
  for (unsigned i = 0; flip->is_moving && i < 40; i++)
    fill(flip, (flip->frame * 7919UL + i * 104729UL) & 0xffffff, (flip->frame * 5 + i * 61) % flip->width,
         flip->height / 3 + i * 37 % (flip->height / 2), 60, 40);
  flip->frame++;
  XSync(flip->display, False);
}

/* Returns whether the colour flipped. */
static int take(Flip *flip, const XEvent *event) {
  int is_down = event->type == ButtonPress || event->type == KeyPress;
  if (event->type == ButtonPress || event->type == ButtonRelease)
    printf("button %u %s\n", event->xbutton.button, is_down ? "down" : "up");
  else if (event->type == KeyPress || event->type == KeyRelease)
    printf("key %u %s\n", event->xkey.keycode, is_down ? "down" : "up");
  else if (event->type == MotionNotify)
    printf("move %d %d\n", event->xmotion.x, event->xmotion.y);
  if (is_down)
    flip->colour ^= 1;
  return is_down;
}

/* Returns whether the window has another size. */
static int take_size(Flip *flip, const XEvent *event) {
  if (event->type == ConfigureNotify && event->xconfigure.window != flip->window) {
    printf("dialog %d %d\n", event->xconfigure.x, event->xconfigure.y);
    return 0;
  }
  if (event->type != ConfigureNotify || ((unsigned)event->xconfigure.width == flip->width &&
                                         (unsigned)event->xconfigure.height == flip->height))
    return 0;
  if (flip->is_stubborn) {
    XMoveResizeWindow(flip->display, flip->window, 100, 60, flip->width, flip->height);
    return 0;
  }
  flip->width = (unsigned)event->xconfigure.width;
  flip->height = (unsigned)event->xconfigure.height;
  printf("size %u %u\n", flip->width, flip->height);
  return 1;
}

/* Waits for events, or for the next frame of a moving picture. */
static void wait_for_events(Flip *flip) {
  struct pollfd readable = {.fd = ConnectionNumber(flip->display), .events = POLLIN};
  struct timespec left = {.tv_nsec = (PERIOD_US - now_us() % PERIOD_US) * 1000};
  if (XPending(flip->display) == 0)
    ppoll(&readable, 1, flip->draws_on ? &left : NULL, NULL);
}

static void run(Flip *flip) {
  long long drawn = 0;
  for (;;) {
    int flipped = 0, exposed = 0;
    wait_for_events(flip);
    while (XPending(flip->display) > 0) {
      XEvent event;
      XNextEvent(flip->display, &event);
      flipped |= take(flip, &event);
      exposed |= take_size(flip, &event) || event.type == Expose;
    }
    long long frame = now_us() / PERIOD_US;
    if (flipped || exposed || (flip->draws_on && frame != drawn))
      draw(flip);
    drawn = frame;
    if (flipped)
      printf("flip %lld\n", now_us());
  }
}

static void open_dialog(Flip *flip) {
  int screen = DefaultScreen(flip->display);
  Window window = XCreateSimpleWindow(
      flip->display, RootWindow(flip->display, screen), (DisplayWidth(flip->display, screen) - 300) / 2,
      (DisplayHeight(flip->display, screen) - 200) / 2, 300, 200, 0, 0, 0xffffff);
  XSelectInput(flip->display, window, StructureNotifyMask);
  XMapRaised(flip->display, window);
}

int main(int argc, char **argv) {
  Flip flip = {.display = XOpenDisplay(NULL)};
  flip.is_moving = argc > 1 && strcmp(argv[1], "--move") == 0;
  flip.draws_on = flip.is_moving || (argc > 1 && strcmp(argv[1], "--again") == 0);
  flip.is_stubborn = argc > 1 && strcmp(argv[1], "--stubborn") == 0;
  if (!flip.display) {
    fputs("flip: no display\n", stderr);
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  int screen = DefaultScreen(flip.display);
  flip.width = (unsigned)DisplayWidth(flip.display, screen);
  flip.height = (unsigned)DisplayHeight(flip.display, screen);
  if (flip.is_stubborn) {
    flip.width = 700;
    flip.height = 500;
  }
  flip.window = XCreateSimpleWindow(flip.display, RootWindow(flip.display, screen), 0, 0, flip.width,
                                    flip.height, 0, 0, 0);
  flip.gc = XCreateGC(flip.display, flip.window, 0, NULL);
  XSelectInput(flip.display, flip.window,
               KeyPressMask | KeyReleaseMask | ButtonPressMask | ButtonReleaseMask | PointerMotionMask |
                   ExposureMask | StructureNotifyMask);
  XMapRaised(flip.display, flip.window);
  if (argc > 1 && strcmp(argv[1], "--dialog") == 0)
    open_dialog(&flip);
  run(&flip);
}
