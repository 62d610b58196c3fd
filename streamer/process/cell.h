/* A cell: what holds the processes of one session together and everything else out of their reach.
 *
 * Its X server, sound server, application and engine each get a PID namespace, a user namespace and a view of
 * the file system of their own, made by bwrap(1) when they are started, and share an IPC namespace, since the
 * X server hands pictures over in shared memory. That one, and the user namespace around all of them, are
 * made here and kept alive by their descriptors; nothing runs in them otherwise. What each may see is a table
 * (cell_view.c). A user namespace of its own keeps each from tracing another, and the end of its first
 * process (vitrina-cell-init) ends all that it has started, whatever group, session or environment that has.
 */
#pragma once
#include "streamer/process/cell_plan.h"
#include "streamer/process/cgroup.h"
#include <glib.h>

#define CELL_ERROR (cell_error_quark())
typedef enum {
  CELL_ERROR_PROGRAM,   /* bwrap or vitrina-cell-init is not there */
  CELL_ERROR_NAMESPACE, /* the kernel, or what contains the streamer, allows none; or bwrap failed */
} CellError;
GQuark cell_error_quark(void);

typedef struct Cell Cell;

/* Makes the namespaces, and the places below the session's directory that are shown in it. Waits for a child,
 * for about a millisecond. (transfer full), or NULL with a CELL_ERROR or G_FILE_ERROR. Main thread. */
Cell *cell_new(const CellPlan *plan, GError **error);
/* From now on all that is started in it joins @cgroup, which outlives the cell. */
void cell_set_cgroup(Cell *cell, const Cgroup *cgroup);
/* What still runs in it goes on. NULL is allowed. */
void cell_free(Cell *cell);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cell, cell_free)

/* The command line that runs @arguments, whose first is the program's absolute path, as @part of the cell, in
 * its CELL_HOME. bwrap hands the descriptors 0 to CELL_REPORT_FD on. (transfer full) */
char **cell_command(const Cell *cell, CellPart part, char *const *arguments);

/* What the X server is called for @part, which is to be DISPLAY. With a network of its own CELL_DISPLAY; with
 * the host's a number that nobody else has: clients look for an abstract socket first (xcb_connect()), and of
 * these there is one set in a network, so that :0 would be a display of the host's. Owned by the cell. */
const char *cell_get_display(const Cell *cell, CellPart part);

/* In the child, before it runs cell_command(): joins the group and enters the namespaces. Async-signal-safe.
 * FALSE: see errno. */
gboolean cell_enter(const Cell *cell);

/* Whether cells can be made here: makes one, runs something in it, and waits for that. FALSE with a
 * CELL_ERROR that says what is missing. Before there are sessions: it blocks for some ten milliseconds. */
gboolean cell_probe(GError **error);
