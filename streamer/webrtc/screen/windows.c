#include "streamer/webrtc/screen/windows.h"

/* What is smaller is a helper of some toolkit. */
#define MIN_SIZE 16

/* FALSE: the application does not show it. */
static gboolean read_place(Display *display, Window window, WindowPlace *place) {
  XWindowAttributes attributes;
  if (!XGetWindowAttributes(display, window, &attributes) || attributes.map_state != IsViewable ||
      attributes.class != InputOutput || attributes.width < MIN_SIZE || attributes.height < MIN_SIZE)
    return FALSE;
  *place = (WindowPlace){.window = window,
                         .x = attributes.x + attributes.border_width,
                         .y = attributes.y + attributes.border_width,
                         .width = (guint)attributes.width,
                         .height = (guint)attributes.height,
                         .is_unmanaged = attributes.override_redirect};
  return TRUE;
}

static guint64 place_area(const WindowPlace *place) {
  return (guint64)place->width * place->height;
}

static WindowPlace find_window(Display *display, gboolean largest) {
  Window root, parent, *children = NULL;
  unsigned count = 0;
  WindowPlace found = {.window = None}, place;
  if (!XQueryTree(display, DefaultRootWindow(display), &root, &parent, &children, &count))
    return found;
  while ((largest || found.window == None) && count-- > 0)
    if (read_place(display, children[count], &place) && place_area(&place) > place_area(&found))
      found = place;
  if (children)
    XFree(children);
  return found;
}

WindowPlace windows_find_topmost(Display *display) {
  return find_window(display, FALSE);
}

WindowPlace windows_find_largest(Display *display) {
  return find_window(display, TRUE);
}
