#include "config.h"

#include "streamer/process/process.h"

#include "common/descriptor_limit.h"
#include "common/log.h"
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

struct Process {
  char *name;
  const char *session;
  pid_t pid;
  int pidfd;
  guint exit_source, kill_source;
  Output *output;
  gboolean outlives, stopping, has_ended;
  int code, status; /* siginfo's si_code and si_status, once it has ended */
  ProcessEndedFunc ended;
  gpointer data;
};

static ProcessGroupFunc watch_groups;
static gpointer watch_groups_data;

void process_watch_groups(ProcessGroupFunc func, gpointer data) {
  watch_groups = func;
  watch_groups_data = data;
}

static void tell_group(const Process *process, gboolean alive) {
  if (watch_groups && !process->outlives)
    watch_groups(process->pid, alive, watch_groups_data);
}

/* ---- in the child, between fork and exec: async-signal-safe calls only ---- */

typedef struct {
  const ProcessPlan *plan;
  char *program;
  int output_fd, error_fd;
  pid_t parent;
} Birth;

static void reset_signals(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigset_t none;
  for (int number = 1; number < NSIG; number++)
    sigaction(number, &action, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
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
  return close_range(channel >= 0 ? PROCESS_CHANNEL_FD + 1 : 3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static void leave_parent(const Birth *birth) {
  if (birth->plan->outlives) {
    setsid();
    return;
  }
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != birth->parent) /* it died before the line above */
    _exit(127);
}

static G_NORETURN void be_born(const Birth *birth) {
  const struct rlimit no_core = {0, 0};
  reset_signals();
  leave_parent(birth);
  setrlimit(RLIMIT_CORE, &no_core);
  descriptor_limit_restore();
  umask(077);
  if (set_descriptors(birth) && (!birth->plan->directory || chdir(birth->plan->directory) == 0))
    execve(birth->program, birth->plan->arguments, birth->plan->environment);
  int problem = errno;
  (void)!write(birth->error_fd, &problem, sizeof problem);
  _exit(127);
}

/* ---- starting ---- */

/* Above the numbers that set_descriptors() fills, so that none is overwritten before it is used. */
static gboolean lift(int *fd) {
  int high = fcntl(*fd, F_DUPFD_CLOEXEC, PROCESS_CHANNEL_FD + 1);
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

static Process *adopt(const ProcessPlan *plan, pid_t pid, int output_fd) {
  Process *process = g_new0(Process, 1);
  process->name = g_strdup(plan->name);
  process->session = plan->session;
  process->pid = pid;
  process->outlives = plan->outlives;
  process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  process->output = output_new(output_fd, plan->name, plan->session);
  process->exit_source = g_unix_fd_add(process->pidfd, G_IO_IN, on_end, process);
  return process;
}

static pid_t fork_child(const Birth *birth) {
  pid_t pid = fork();
  if (pid == 0)
    be_born(birth);
  if (pid > 0 && !birth->plan->outlives)
    setpgid(pid, pid); /* both sides set it, so that it is true for both from now on */
  return pid;
}

Process *process_start(const ProcessPlan *plan, ProcessEndedFunc ended, gpointer data, GError **error) {
  int output[2], report[2];
  g_autofree char *program = g_find_program_in_path(plan->arguments[0]);
  if (!program) {
    g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "cannot run %s: there is no such program",
                plan->arguments[0]);
    return NULL;
  }
  if (!make_pipe(output, error))
    return NULL;
  if (!make_pipe(report, error)) {
    close(output[0]);
    close(output[1]);
    return NULL;
  }
  Birth birth = {plan, program, output[1], report[1], getpid()};
  pid_t pid = fork_child(&birth);
  int problem = errno;
  close(output[1]);
  close(report[1]);
  if (pid < 0)
    g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK, "cannot fork: %s", g_strerror(problem));
  gboolean born = pid > 0 && was_born(report[0], program, error);
  close(report[0]);
  if (!born) {
    if (pid > 0)
      waitpid(pid, NULL, 0);
    close(output[0]);
    return NULL;
  }
  Process *process = adopt(plan, pid, output[0]);
  process->ended = ended;
  process->data = data;
  tell_group(process, TRUE);
  log_info("process_started", "session=%s process=%s pid=%d", plan->session ? plan->session : "-", plan->name,
           (int)pid);
  return process;
}

/* ---- ending ---- */

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
  close(process->pidfd);
  process->pidfd = -1;
  output_finish(process->output);
  tell_group(process, FALSE);
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data) {
  Process *process = data;
  process->exit_source = 0;
  g_clear_handle_id(&process->kill_source, g_source_remove);
  reap(process, TRUE);
  g_autofree char *end = process_describe_end(process);
  log_info("process_ended", "session=%s process=%s pid=%d end=\"%s\"",
           process->session ? process->session : "-", process->name, (int)process->pid, end);
  if (process->ended)
    process->ended(process, process->data);
  return G_SOURCE_REMOVE;
}

static gboolean on_deadline(gpointer data) {
  Process *process = data;
  process->kill_source = 0;
  log_warning("process_killed", "session=%s process=%s pid=%d reason=\"did not end when told to\"",
              process->session ? process->session : "-", process->name, (int)process->pid);
  kill(-process->pid, SIGKILL);
  return G_SOURCE_REMOVE;
}

void process_stop(Process *process, guint deadline_ms) {
  if (process->has_ended || process->stopping)
    return;
  process->stopping = TRUE;
  kill(-process->pid, SIGTERM);
  process->kill_source = g_timeout_add(deadline_ms, on_deadline, process);
}

void process_wait(Process *process) {
  g_clear_handle_id(&process->exit_source, g_source_remove);
  g_clear_handle_id(&process->kill_source, g_source_remove);
  if (!process->has_ended)
    reap(process, FALSE);
}

gboolean process_has_ended(const Process *process) {
  return process->has_ended;
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
  g_clear_handle_id(&process->exit_source, g_source_remove);
  g_clear_handle_id(&process->kill_source, g_source_remove);
  if (!process->has_ended)
    reap(process, TRUE);
  output_free(process->output);
  g_free(process->name);
  g_free(process);
}
