/* vitrina-cell-init PROCESSES PROGRAM [ARGUMENT...]: the first process in a cell (streamer/process/cell.h).
 *
 * It runs the program in a process group of its own, which may have PROCESSES processes and threads (0: any
 * number), passes the first TERM on to all that is in the cell, and reaps. It ends with the program when that
 * fails; when it ends with status 0, as a launcher does that has started the real program, not before nothing
 * lives any more. With it the kernel ends whatever is left in the cell. Plain C: a cell starts no faster than
 * this.
 */
#include "config.h"

#include "streamer/cell_init/cell_report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_RUN 127

typedef struct {
  pid_t program;
  int has_ended, was_told;
  CellReport first, last; /* how the program ended, and whatever ended last */
} Cell;

/* The mask was there before the streamer forked, or is what it blocked for us: the program gets none. */
static void run_program(rlim_t processes, char **arguments) {
  const struct rlimit limit = {processes, processes};
  sigset_t none;
  sigemptyset(&none);
  setpgid(0, 0);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (!processes || setrlimit(RLIMIT_NPROC, &limit) == 0)
    execvp(arguments[0], arguments);
  fprintf(stderr, "cannot run %s: %s\n", arguments[0], strerror(errno));
  _exit(NOT_RUN);
}

/* Whether anything still lives. */
static int reap_all(Cell *cell) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0)
      return errno != ECHILD;
    if (info.si_pid == 0)
      return 1;
    cell->last = (CellReport){info.si_code, info.si_status};
    if (info.si_pid != cell->program)
      continue;
    cell->first = cell->last;
    cell->has_ended = 1;
  }
}

static int has_failed(const Cell *cell) {
  return cell->has_ended && (cell->first.code != CLD_EXITED || cell->first.status != 0);
}

/* Until the program has failed, or nothing lives any more. */
static void watch(Cell *cell, const sigset_t *signals) {
  while (reap_all(cell) && !has_failed(cell)) {
    int number = sigwaitinfo(signals, NULL);
    if (number != SIGTERM || cell->was_told)
      continue;
    cell->was_told = 1;
    kill(-1, SIGTERM); /* all but ourselves */
  }
}

int main(int argc, char **argv) {
  Cell cell = {0};
  sigset_t signals;
  if (argc < 3)
    return NOT_RUN;
  /* TERM may be here already: the streamer has blocked it. */
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_SETMASK, &signals, NULL);
  fcntl(CELL_REPORT_FD, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_DUMPABLE, 0); /* what runs here cannot take it over */
  cell.program = fork();
  if (cell.program == 0)
    run_program(strtoul(argv[1], NULL, 10), argv + 2);
  if (cell.program < 0)
    return NOT_RUN;
  watch(&cell, &signals);
  CellReport end = has_failed(&cell) ? cell.first : cell.last;
  (void)!write(CELL_REPORT_FD, &end, sizeof end);
  return end.code == CLD_EXITED ? end.status : 128 + end.status;
}
