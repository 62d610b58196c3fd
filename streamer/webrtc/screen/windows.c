#include "streamer/webrtc/screen/windows.h"

/* What is smaller is a helper of some toolkit. */
#define MIN_SIZE 16
/* An application with more windows than this is no tour. */
#define MAX_MOVED 256

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

/* The top-level windows, the topmost last; to be freed by XFree(). NULL: there are none. */
static Window *list_windows(Display *display, unsigned *count) {
  Window root, parent, *windows = NULL;
  *count = 0;
  if (!XQueryTree(display, DefaultRootWindow(display), &root, &parent, &windows, count))
    return NULL;
  return windows;
}

static WindowPlace find_window(Display *display, gboolean largest) {
  unsigned count;
  Window *windows = list_windows(display, &count);
  WindowPlace found = {.window = None}, place;
  while ((largest || found.window == None) && count-- > 0)
    if (read_place(display, windows[count], &place) && place_area(&place) > place_area(&found))
      found = place;
  if (windows)
    XFree(windows);
  return found;
}

WindowPlace windows_find_topmost(Display *display) {
  return find_window(display, FALSE);
}

WindowPlace windows_find_largest(Display *display) {
  return find_window(display, TRUE);
}

/* Where a side of @length that begins at @at begins within the @room that is at @from. */
static int move_inside(int at, guint length, int from, guint room) {
  return MAX(MIN(at, from + (int)room - (int)length), from);
}

/* One that is wholly out of sight is kept there on purpose. */
static gboolean is_in_sight(const WindowPlace *place) {
  return place->x + (int)place->width > 0 && place->y + (int)place->height > 0;
}

static void gather(Display *display, const WindowPlace *one, const WindowPlace *place, GHashTable *moved) {
  int x = move_inside(one->x, one->width, place->x, place->width);
  int y = move_inside(one->y, one->height, place->y, place->height);
  if ((x == one->x && y == one->y) || !is_in_sight(one) || g_hash_table_size(moved) >= MAX_MOVED ||
      !g_hash_table_add(moved, GSIZE_TO_POINTER(one->window)))
    return;
  XMoveWindow(display, one->window, x, y);
}

void windows_gather(Display *display, const WindowPlace *place, GHashTable *moved) {
  unsigned count;
  Window *windows = list_windows(display, &count);
  WindowPlace one;
  for (unsigned i = 0; i < count; i++)
    if (windows[i] != place->window && read_place(display, windows[i], &one))
      gather(display, &one, place, moved);
  if (windows)
    XFree(windows);
}
