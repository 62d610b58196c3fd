/* Child processes of a session.
 *
 * A child leads a process group of its own, has default signal handlers, no descriptor but the ones given,
 * no standard input, and is killed by the kernel when the streamer dies (prctl(2), PR_SET_PDEATHSIG). What it
 * writes to standard output and error goes to the log, line by line; the last lines are kept. Its end is
 * noticed through a pidfd: whatever is left of its group is killed first, then it is reaped, then the
 * callback is called, once, from the main loop.
 *
 * In a cell (cell.h) what is started is bwrap(1), which leads a session of its own and ends with the program,
 * and whose number process_get_pid() says; what the program ended with is told by vitrina-cell-init.
 *
 * All functions belong to the main thread: the death signal is tied to the thread that forks.
 */
#pragma once
#include "streamer/process/cell.h"
#include <glib.h>
#include <sys/types.h>

/* The descriptor that `channel_fd` becomes in the child. */
#define PROCESS_CHANNEL_FD 3

typedef struct {
  const char *name;         /* what it is, for the log: "app" */
  const char *session;      /* whose, for the log (nullable); outlives the process, and may change */
  char *const *arguments;   /* NULL-terminated; the first is looked up in PATH */
  char *const *environment; /* NULL-terminated, all there is */
  const char *directory;    /* its working directory (nullable: the streamer's); in a cell the home */
  int channel_fd;           /* becomes PROCESS_CHANNEL_FD; -1: none. Stays open here */
  gboolean outlives;        /* of a session of its own, without the death signal: the keeper */
  gboolean launches; /* may end with status 0 before what it has started: it is over when its group is */
  const Cell *cell;  /* what it runs in (nullable: the host), and as what; outlives process_start() */
  CellPart part;
  int oom_score; /* how readily it is killed when memory runs out, 0 to 1000: proc(5), oom_score_adj */
} ProcessPlan;

typedef struct Process Process;

/* The process has ended and is reaped. It may be freed in the callback. */
typedef void (*ProcessEndedFunc)(Process *process, gpointer data);

/* Told of each process group that begins and ends, those that outlive the streamer excepted: the keeper notes
 * them. One for the whole program. */
typedef void (*ProcessGroupFunc)(pid_t group, gboolean alive, gpointer data);
void process_watch_groups(ProcessGroupFunc func, gpointer data);

/* Appends to @pids (of pid_t) those that run and were started for @session: the very pointer of their plans.
 */
void process_list(const char *session, GArray *pids);

/* Starts a child. Returns: (transfer full), or NULL with a G_SPAWN_ERROR or G_IO_ERROR when it cannot run. */
Process *process_start(const ProcessPlan *plan, ProcessEndedFunc ended, gpointer data, GError **error);

/* TERM to the group now, KILL to it if the process is still there after @deadline_ms. Does nothing when it
 * has ended or is being stopped already. */
void process_stop(Process *process, guint deadline_ms);

/* Its number; in a cell bwrap's, whose only child is the cell's first process. */
pid_t process_get_pid(const Process *process);

/* Blocks until the process has ended by itself. The callback is not called. */
void process_wait(Process *process);

gboolean process_has_ended(const Process *process);

/* It has ended by itself, with status 0. */
gboolean process_ended_well(const Process *process);
/* How it ended: "ended with status 3", "was killed by signal 11 (Segmentation fault)". (transfer full) */
char *process_describe_end(const Process *process);
/* The last lines it wrote, joined by " | "; "" when it was silent. (transfer full) */
char *process_last_words(const Process *process);

/* Frees; a process that still runs is killed with its group and waited for. The callback is not called.
 * NULL is allowed. */
void process_free(Process *process);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Process, process_free)
