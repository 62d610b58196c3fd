#include "config.h"

#include "streamer/process/process.h"

#include "common/descriptor_limit.h"
#include "common/log.h"
#include "streamer/cell_init/cell_report.h"
#include "streamer/process/group.h"
#include "streamer/process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How often a cell is told to end: TERM may come before its first process is there to hear it, which hears it
 * once. And how often a group without its leader is looked at. */
#define TELL_MS 100
#define GROUP_MS 250

struct Process {
  char *name;
  const char *session;
  pid_t pid;
  int pidfd;
  int report_fd; /* where a cell says how the program ended; -1: no cell */
  guint exit_source, kill_source, group_source;
  gint64 kill_at_us; /* once it is being stopped */
  Output *output;
  gboolean outlives, launches, stopping, has_ended;
  int code, status; /* siginfo's si_code and si_status, once it has ended */
  ProcessEndedFunc ended;
  gpointer data;
};

static GHashTable *running; /* of Process; NULL: none yet */
static ProcessGroupFunc watch_groups;
static gpointer watch_groups_data;

void process_watch_groups(ProcessGroupFunc func, gpointer data) {
  watch_groups = func;
  watch_groups_data = data;
}

void process_list(const char *session, GArray *pids) {
  GHashTableIter iter;
  gpointer process;
  if (!running)
    return;
  g_hash_table_iter_init(&iter, running);
  while (g_hash_table_iter_next(&iter, &process, NULL))
    if (((const Process *)process)->session == session)
      g_array_append_val(pids, ((const Process *)process)->pid);
}

static void tell_group(const Process *process, gboolean alive) {
  if (watch_groups && !process->outlives)
    watch_groups(process->pid, alive, watch_groups_data);
}

/* ---- in the child, between fork and exec: async-signal-safe calls only ---- */

typedef struct {
  const ProcessPlan *plan;
  const char *program;
  char *const *arguments;
  int output_fd, error_fd, report_fd; /* the last one -1: none */
  char oom_score[16];
  pid_t parent;
} Birth;

/* bwrap is not to end by the TERM that its cell is told to end by in order: both get it blocked, and the
 * first process in there waits for it. */
static void reset_signals(const Birth *birth) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigset_t blocked;
  for (int number = 1; number < NSIG; number++)
    sigaction(number, &action, NULL);
  sigemptyset(&blocked);
  if (birth->plan->cell)
    sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static gboolean set_descriptors(const Birth *birth) {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(birth->output_fd, 1) < 0 || dup2(birth->output_fd, 2) < 0)
    return FALSE;
  int channel = birth->plan->channel_fd;
  /* dup2() onto itself would leave it close-on-exec. */
  if (channel == PROCESS_CHANNEL_FD && fcntl(channel, F_SETFD, 0) < 0)
    return FALSE;
  if (channel >= 0 && channel != PROCESS_CHANNEL_FD && dup2(channel, PROCESS_CHANNEL_FD) < 0)
    return FALSE;
  if (close_range(channel >= 0 ? PROCESS_CHANNEL_FD + 1 : 3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    return FALSE;
  return birth->report_fd < 0 || dup2(birth->report_fd, CELL_REPORT_FD) >= 0;
}

static void set_oom_score(const Birth *birth) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  (void)!write(fd, birth->oom_score, strlen(birth->oom_score));
  close(fd);
}

static void leave_parent(const Birth *birth) {
  if (birth->plan->outlives) {
    setsid();
    return;
  }
  if (birth->plan->cell) /* no terminal of ours in there */
    setsid();
  else
    setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != birth->parent) /* it died before the line above */
    _exit(127);
}

static G_NORETURN void be_born(const Birth *birth) {
  const struct rlimit no_core = {0, 0};
  reset_signals(birth);
  leave_parent(birth);
  set_oom_score(birth);
  setrlimit(RLIMIT_CORE, &no_core);
  descriptor_limit_restore();
  umask(077);
  gboolean is_placed = birth->plan->cell ? chdir("/") == 0 && cell_enter(birth->plan->cell)
                                         : !birth->plan->directory || chdir(birth->plan->directory) == 0;
  if (is_placed && set_descriptors(birth))
    execve(birth->program, birth->arguments, birth->plan->environment);
  int problem = errno;
  (void)!write(birth->error_fd, &problem, sizeof problem);
  _exit(127);
}

/* ---- starting ---- */

/* Above the numbers that set_descriptors() fills, so that none is overwritten before it is used. */
static gboolean lift(int *fd) {
  int high = fcntl(*fd, F_DUPFD_CLOEXEC, CELL_REPORT_FD + 1);
  if (high < 0)
    return FALSE;
  close(*fd);
  *fd = high;
  return TRUE;
}

static gboolean make_pipe(int ends[2], GError **error) {
  if (g_unix_open_pipe(ends, FD_CLOEXEC, error) && lift(&ends[0]) && lift(&ends[1]))
    return TRUE;
  if (error && !*error)
    g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(errno), g_strerror(errno));
  return FALSE;
}

/* Waits for the exec: the pipe closes by itself when it worked, else it brings the errno. */
static gboolean was_born(int fd, const char *program, GError **error) {
  int problem = 0;
  gssize got;
  do
    got = read(fd, &problem, sizeof problem);
  while (got < 0 && errno == EINTR);
  if (got != sizeof problem)
    return TRUE;
  g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "cannot run %s: %s", program, g_strerror(problem));
  return FALSE;
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data);

static Process *adopt(const ProcessPlan *plan, pid_t pid, int output_fd, int report_fd) {
  Process *process = g_new0(Process, 1);
  process->name = g_strdup(plan->name);
  process->session = plan->session;
  process->pid = pid;
  process->outlives = plan->outlives;
  process->launches = plan->launches && !plan->cell; /* a cell looks after that itself */
  process->report_fd = report_fd;
  process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  process->output = output_new(output_fd, plan->name, plan->session);
  process->exit_source = g_unix_fd_add(process->pidfd, G_IO_IN, on_end, process);
  if (!running)
    running = g_hash_table_new(NULL, NULL);
  g_hash_table_add(running, process);
  return process;
}

static pid_t fork_child(const Birth *birth) {
  pid_t pid = fork();
  if (pid == 0)
    be_born(birth);
  /* Both sides set it, so that it is true for both from now on. (One that leads a session has it by its
   * exec.) */
  if (pid > 0 && !birth->plan->outlives && !birth->plan->cell)
    setpgid(pid, pid);
  return pid;
}

static void close_both(const int ends[2]) {
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0)
      close(ends[i]);
}

/* What is run, found by its path; in a cell that holds it. (transfer full) */
static char **find_command(const ProcessPlan *plan, GError **error) {
  g_autofree char *found = g_find_program_in_path(plan->arguments[0]);
  if (!found) {
    g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "cannot run %s: there is no such program",
                plan->arguments[0]);
    return NULL;
  }
  g_auto(GStrv) arguments = g_strdupv((char **)plan->arguments);
  if (!plan->cell)
    return g_steal_pointer(&arguments);
  g_free(arguments[0]);
  arguments[0] = g_canonicalize_filename(found, NULL);
  return cell_command(plan->cell, plan->part, arguments);
}

/* Forks, and waits until the child runs its program. -1 with an error: it does not. */
static pid_t give_birth(Birth *birth, const char *name, GError **error) {
  int alarm[2];
  if (!make_pipe(alarm, error))
    return -1;
  birth->error_fd = alarm[1];
  pid_t pid = fork_child(birth);
  int problem = errno;
  close(alarm[1]);
  if (pid < 0)
    g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK, "cannot fork: %s", g_strerror(problem));
  gboolean born = pid > 0 && was_born(alarm[0], name, error);
  close(alarm[0]);
  if (pid > 0 && !born)
    waitpid(pid, NULL, 0);
  return born ? pid : -1;
}

Process *process_start(const ProcessPlan *plan, ProcessEndedFunc ended, gpointer data, GError **error) {
  int output[2] = {-1, -1}, report[2] = {-1, -1};
  g_auto(GStrv) command = find_command(plan, error);
  g_autofree char *program = command ? g_find_program_in_path(command[0]) : NULL;
  if (!program)
    return NULL;
  pid_t pid = -1;
  if (make_pipe(output, error) && (!plan->cell || make_pipe(report, error))) {
    Birth birth = {plan, program, command, output[1], -1, report[1], "", getpid()};
    g_snprintf(birth.oom_score, sizeof birth.oom_score, "%d", plan->oom_score);
    pid = give_birth(&birth, plan->cell ? command[0] : program, error);
  }
  if (pid < 0) {
    close_both(output);
    close_both(report);
    return NULL;
  }
  close(output[1]);
  if (plan->cell)
    close(report[1]);
  Process *process = adopt(plan, pid, output[0], report[0]);
  process->ended = ended;
  process->data = data;
  tell_group(process, TRUE);
  log_info("process_started", "session=%s process=%s pid=%d", plan->session ? plan->session : "-", plan->name,
           (int)pid);
  return process;
}

/* ---- ending ---- */

/* How the program in a cell ended, where that was told: bwrap's own end says less. */
static void take_report(Process *process) {
  CellReport report;
  if (process->report_fd < 0)
    return;
  g_unix_set_fd_nonblocking(process->report_fd, TRUE, NULL);
  if (read(process->report_fd, &report, sizeof report) == sizeof report) {
    process->code = report.code;
    process->status = report.status;
  }
  close(process->report_fd);
  process->report_fd = -1;
}

static void clear_sources(Process *process) {
  g_clear_handle_id(&process->exit_source, g_source_remove);
  g_clear_handle_id(&process->kill_source, g_source_remove);
  g_clear_handle_id(&process->group_source, g_source_remove);
}

/* The group is killed while its leader is still a zombie: until then its number cannot be another's. */
static void reap(Process *process, gboolean kill_first) {
  siginfo_t info = {0};
  if (kill_first)
    kill(-process->pid, SIGKILL);
  while (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) < 0 && errno == EINTR)
    ;
  process->code = info.si_code;
  process->status = info.si_status;
  process->has_ended = TRUE;
  g_hash_table_remove(running, process);
  close(process->pidfd);
  process->pidfd = -1;
  take_report(process);
  output_finish(process->output);
  tell_group(process, FALSE);
}

/* A launcher that did what it was to do, and left somebody behind. */
static gboolean has_launched(const Process *process) {
  siginfo_t info = {0};
  return process->launches &&
         waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_code == CLD_EXITED && info.si_status == 0 && group_has_others(process->pid);
}

static void process_end(Process *process) {
  clear_sources(process);
  reap(process, TRUE);
  g_autofree char *end = process_describe_end(process);
  log_info("process_ended", "session=%s process=%s pid=%d end=\"%s\"",
           process->session ? process->session : "-", process->name, (int)process->pid, end);
  if (process->ended)
    process->ended(process, process->data);
}

static gboolean on_group(gpointer data) {
  Process *process = data;
  if (group_has_others(process->pid))
    return G_SOURCE_CONTINUE;
  process->group_source = 0;
  process_end(process);
  return G_SOURCE_REMOVE;
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data) {
  Process *process = data;
  process->exit_source = 0;
  if (has_launched(process))
    process->group_source = g_timeout_add(GROUP_MS, on_group, process);
  else
    process_end(process);
  return G_SOURCE_REMOVE;
}

static gboolean on_deadline(gpointer data) {
  Process *process = data;
  if (g_get_monotonic_time() < process->kill_at_us) {
    kill(-process->pid, SIGTERM);
    return G_SOURCE_CONTINUE;
  }
  process->kill_source = 0;
  log_warning("process_killed", "session=%s process=%s pid=%d reason=\"did not end when told to\"",
              process->session ? process->session : "-", process->name, (int)process->pid);
  kill(-process->pid, SIGKILL);
  return G_SOURCE_REMOVE;
}

void process_stop(Process *process, guint deadline_ms) {
  if (process->has_ended || process->stopping)
    return;
  gboolean in_cell = process->report_fd >= 0;
  process->stopping = TRUE;
  process->kill_at_us = g_get_monotonic_time() + deadline_ms * G_TIME_SPAN_MILLISECOND;
  kill(-process->pid, SIGTERM);
  process->kill_source =
      g_timeout_add(in_cell ? MIN(TELL_MS, deadline_ms) : deadline_ms, on_deadline, process);
}

pid_t process_get_pid(const Process *process) {
  return process->pid;
}

void process_wait(Process *process) {
  clear_sources(process);
  if (!process->has_ended)
    reap(process, FALSE);
}

gboolean process_has_ended(const Process *process) {
  return process->has_ended;
}

gboolean process_ended_well(const Process *process) {
  return process->has_ended && process->code == CLD_EXITED && process->status == 0;
}

char *process_describe_end(const Process *process) {
  if (!process->has_ended)
    return g_strdup("runs");
  if (process->code == CLD_EXITED)
    return g_strdup_printf("ended with status %d", process->status);
  return g_strdup_printf("was killed by signal %d (%s)", process->status, g_strsignal(process->status));
}

char *process_last_words(const Process *process) {
  return output_last_words(process->output);
}

void process_free(Process *process) {
  if (!process)
    return;
  clear_sources(process);
  if (!process->has_ended)
    reap(process, TRUE);
  output_free(process->output);
  g_free(process->name);
  g_free(process);
}
