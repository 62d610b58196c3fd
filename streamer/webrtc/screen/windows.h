/* The application's windows: the top-level ones that can be seen. */
#pragma once
#include <X11/Xlib.h>
#include <glib.h>

typedef struct {
  Window window; /* None: there is none */
  int x, y;      /* on the screen, of the top left inside its border */
  guint width, height;
  gboolean is_unmanaged; /* a menu, a tip, or a splash: no window manager would give it another size */
} WindowPlace;

/* The topmost one. */
WindowPlace windows_find_topmost(Display *display);

/* The largest one, and of several as large the topmost: what else there is stands before or beside it. */
WindowPlace windows_find_largest(Display *display);

/* Moves what sticks out of @place, such as a dialogue in the middle of the screen, into it, as far as it
 * finds room; each window once, and none of those in @moved, to which it is added. */
void windows_gather(Display *display, const WindowPlace *place, GHashTable *moved);
