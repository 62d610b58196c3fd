/* What a cell (cell.h) is to be, who is in it, and what places are called there, in every session alike. */
#pragma once
#include <glib.h>

#define CELL_HOME "/home/session"
#define CELL_TEMPORARY "/tmp"
#define CELL_RUNTIME "/tmp/runtime"
#define CELL_COOKIE "/run/vitrina/cookie"
#define CELL_SOUND "/run/vitrina/sound"
#define CELL_REGISTRY "/run/vitrina/gstreamer-registry.bin"
#define CELL_DISPLAY ":0" /* where there is no network of the host's: see cell_get_display() */

/* In the session's directory, on the host: where the X server's socket is, the sound server's, the cookie,
 * and GStreamer's list of plugins (may be missing). */
#define CELL_HOST_DISPLAY "x11"
#define CELL_HOST_SOUND "sound"
#define CELL_HOST_COOKIE "cookie"
#define CELL_HOST_REGISTRY "registry"

/* Who is in it. */
typedef enum {
  CELL_PART_DISPLAY = 1 << 0,
  CELL_PART_SOUND = 1 << 1,
  CELL_PART_APP = 1 << 2,
  CELL_PART_ENGINE = 1 << 3,
} CellPart;

/* All paths are absolute. Lists end with NULL, and may be NULL. */
typedef struct {
  const char *directory;     /* the session's; NULL: none, for a try */
  char *const *app_shown;    /* read-only to the application */
  char *const *engine_shown; /* read-only to the engine */
  char *const *hidden;       /* the streamer's own files and directories, wherever they lie */
  gboolean app_has_network;  /* the host's; else it has a loopback of its own and nothing more */
  gint64 app_processes;      /* processes and threads of the application; 0: any number */
  gint64 temporary_mb; /* each of a process's two temporary file systems: /tmp with its home, /dev/shm */
} CellPlan;
