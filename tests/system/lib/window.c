/* A small X application for the system tests: it opens a window over the whole screen and paints it, and
 * misbehaves as its arguments tell:
 *
 *   mute           opens no window, says a few words
 *   fail           ends with status 3 before its window, after a few words
 *   deaf           ignores TERM
 *   stray          leaves a child behind that has a session of its own
 *   chatty         writes without end
 *   environment    writes its environment, a variable a line
 *   ping           answers _NET_WM_PING, as toolkits do
 *   load=SECONDS   takes no events for so long, once its window is there: "loading", then "loaded"
 *
 * or, told `watch` alone, opens none but waits for another's: it writes "watching", and "mapped" at its end.
 */
#include <X11/Xlib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MS 40
/* A session is up by then. */
#define LOAD_FRAME 75

extern char **environ;

static void leave_stray(void) {
  if (fork() != 0)
    return;
  setsid();
  signal(SIGHUP, SIG_IGN);
  for (;;)
    pause();
}

static void behave(const char *how) {
  if (strcmp(how, "mute") == 0) {
    fputs("looking for the scene\nscene not found, waiting\n", stderr);
    for (;;)
      pause();
  } else if (strcmp(how, "fail") == 0) {
    fputs("no licence for this scene\n", stderr);
    exit(3);
  } else if (strcmp(how, "deaf") == 0) {
    signal(SIGTERM, SIG_IGN);
  } else if (strcmp(how, "stray") == 0) {
    leave_stray();
  } else if (strcmp(how, "environment") == 0) {
    for (char **variable = environ; *variable; variable++)
      puts(*variable);
    fflush(stdout);
  }
}

static Atom ping; /* None: not told so */

/* The answer to a ping is the ping, sent on to the root window (EWMH, "Window Manager Protocols"). */
static void answer_ping(Display *display, XEvent *event) {
  if (event->type != ClientMessage || !ping || (Atom)event->xclient.data.l[0] != ping)
    return;
  event->xclient.window = DefaultRootWindow(display);
  XSendEvent(display, event->xclient.window, False, SubstructureNotifyMask | SubstructureRedirectMask, event);
}

static Window open_window(Display *display) {
  int screen = DefaultScreen(display);
  Window window =
      XCreateSimpleWindow(display, RootWindow(display, screen), 0, 0, (unsigned)DisplayWidth(display, screen),
                          (unsigned)DisplayHeight(display, screen), 0, 0, 0x204060);
  XSelectInput(display, window, ExposureMask | KeyPressMask);
  if (ping)
    XSetWMProtocols(display, window, &ping, 1);
  XMapWindow(display, window);
  XFlush(display);
  return window;
}

static void say(const char *word) {
  puts(word);
  fflush(stdout);
}

static int watch(void) {
  Display *display = XOpenDisplay(NULL);
  XEvent event = {0};
  if (!display)
    return 1;
  XSelectInput(display, DefaultRootWindow(display), SubstructureNotifyMask);
  XSync(display, False);
  say("watching");
  while (event.type != MapNotify)
    XNextEvent(display, &event);
  say("mapped");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "watch") == 0)
    return watch();
  int chatty = 0, answers = 0;
  unsigned load = 0;
  for (int i = 1; i < argc; i++) {
    behave(argv[i]);
    chatty |= strcmp(argv[i], "chatty") == 0;
    answers |= strcmp(argv[i], "ping") == 0;
    if (strncmp(argv[i], "load=", 5) == 0)
      load = (unsigned)atoi(argv[i] + 5);
  }
  Display *display = XOpenDisplay(NULL);
  if (!display) {
    fputs("no display\n", stderr);
    return 1;
  }
  ping = answers ? XInternAtom(display, "_NET_WM_PING", False) : None;
  Window window = open_window(display);
  GC pen = XCreateGC(display, window, 0, NULL);
  struct pollfd events = {.fd = ConnectionNumber(display), .events = POLLIN};
  for (unsigned long frame = 0;; frame++) {
    if (load && frame == LOAD_FRAME) {
      say("loading");
      sleep(load);
      say("loaded");
    }
    XSetForeground(display, pen, 0x204060 + (frame % 64) * 0x010203);
    XFillRectangle(display, window, pen, (int)(frame * 8 % 800), 40, 100, 100);
    XFlush(display);
    for (int i = 0; chatty && i < 1000; i++)
      printf("line %d of frame %lu: the quick brown fox jumps over the lazy dog\n", i, frame);
    poll(&events, 1, FRAME_MS);
    while (XPending(display)) {
      XEvent event;
      XNextEvent(display, &event);
      answer_ping(display, &event);
    }
  }
}
