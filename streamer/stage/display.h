/* A session's X server: Xvfb with one screen as large as the picture may be, 24 bits deep, no TCP, and a
 * cookie of its own that only the session's processes get. In a cell it is CELL_DISPLAY, with a socket in the
 * session's directory; else it picks a number itself. Main thread. */
#pragma once
#include "streamer/process/cell.h"
#include <glib.h>

typedef struct Display Display;

typedef struct {
  /* Clients can connect, and none without the cookie: that was tried. display_get_name() is known. */
  void (*ready)(gpointer data);
  void (*ended)(gpointer data); /* the server is gone, whether it was stopped or not; its files too */
} DisplayEvents;

typedef struct {
  const char *session;   /* for the log */
  const char *directory; /* the session's: cookie and note go there */
  char *const *environment;
  gint64 width, height; /* pixels */
  const Cell *cell;     /* nullable: none; outlives display_start() */
} DisplayPlan;

/* Returns: (transfer full), or NULL with an error when it cannot run. */
Display *display_start(const DisplayPlan *plan, const DisplayEvents *events, gpointer data, GError **error);

/* ":5"; NULL until it is ready. Owned by the display. */
const char *display_get_name(const Display *display);
/* The cookie's file as its clients see it, for XAUTHORITY. */
const char *display_get_authority(const Display *display);

/* How the server ended and its last words (transfer full). */
char *display_describe_end(const Display *display);

void display_stop(Display *display, guint deadline_ms);
gboolean display_has_ended(const Display *display);
void display_free(Display *display); /* kills a server that still runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Display, display_free)
