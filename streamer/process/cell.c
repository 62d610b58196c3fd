#include "config.h"

#include "streamer/process/cell.h"

#include "common/random.h"
#include "streamer/process/cell_view.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define INIT_NAME "vitrina-cell-init"
/* Display numbers of which no X server takes one by itself. */
#define NUMBER_MIN 100000
#define NUMBERS 900000

G_DEFINE_QUARK(vitrina - cell - error - quark, cell_error)

struct Cell {
  char *bwrap, *init; /* the programs' paths */
  int user_fd, ipc_fd;
  const Cgroup *cgroup; /* nullable */
  char display[16];     /* a second name of the X server, that nobody on this host has */
  CellPlan plan;        /* with copies of its own */
};

/* ---- the namespaces ---- */

/* In the child, async-signal-safe: a user is who they are outside, and nobody else is anybody. */
static gboolean write_map(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  gboolean written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  if (fd >= 0)
    close(fd);
  return written;
}

typedef struct {
  char users[64], groups[64]; /* lines of /proc/PID/uid_map and gid_map, user_namespaces(7) */
  int told, go;               /* the child's ends: it says how it went, and waits for the end of the other */
} Founder;

static G_NORETURN void be_founder(const Founder *founder) {
  char end;
  int problem = 0;
  if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0 || !write_map("/proc/self/setgroups", "deny") ||
      !write_map("/proc/self/uid_map", founder->users) || !write_map("/proc/self/gid_map", founder->groups))
    problem = errno;
  (void)!write(founder->told, &problem, sizeof problem);
  (void)!read(founder->go, &end, sizeof end);
  _exit(0);
}

static int open_namespace(pid_t pid, const char *name) {
  g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", (int)pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

static gboolean namespace_fail(GError **error, int problem) {
  g_set_error(error, CELL_ERROR, CELL_ERROR_NAMESPACE, "the system lets us make no namespaces: %s",
              g_strerror(problem));
  return FALSE;
}

/* Takes the namespaces of the child that has made them. */
static gboolean take_namespaces(Cell *cell, pid_t pid, int told, GError **error) {
  int problem = 0;
  gssize got;
  do
    got = read(told, &problem, sizeof problem);
  while (got < 0 && errno == EINTR);
  if (got != sizeof problem || problem)
    return namespace_fail(error, got == sizeof problem ? problem : EPIPE);
  cell->user_fd = open_namespace(pid, "user");
  cell->ipc_fd = open_namespace(pid, "ipc");
  return cell->user_fd >= 0 && cell->ipc_fd >= 0 ? TRUE : namespace_fail(error, errno);
}

static gboolean make_namespaces(Cell *cell, GError **error) {
  Founder founder;
  int told[2], go[2];
  if (!g_unix_open_pipe(told, FD_CLOEXEC, error))
    return FALSE;
  if (!g_unix_open_pipe(go, FD_CLOEXEC, error)) {
    close(told[0]);
    close(told[1]);
    return FALSE;
  }
  g_snprintf(founder.users, sizeof founder.users, "%u %u 1\n", getuid(), getuid());
  g_snprintf(founder.groups, sizeof founder.groups, "%u %u 1\n", getgid(), getgid());
  founder.told = told[1];
  founder.go = go[0];
  pid_t pid = fork();
  int problem = errno;
  if (pid == 0) {
    close(told[0]);
    close(go[1]);
    be_founder(&founder);
  }
  close(told[1]);
  close(go[0]);
  gboolean made = pid > 0 ? take_namespaces(cell, pid, told[0], error) : namespace_fail(error, problem);
  close(told[0]);
  close(go[1]);
  if (pid > 0)
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
      ;
  return made;
}

void cell_set_cgroup(Cell *cell, const Cgroup *cgroup) {
  cell->cgroup = cgroup;
}

/* The group first, which is the host's to let us into. */
gboolean cell_enter(const Cell *cell) {
  return (!cell->cgroup || cgroup_enter(cell->cgroup)) && setns(cell->user_fd, CLONE_NEWUSER) == 0 &&
         setns(cell->ipc_fd, CLONE_NEWIPC) == 0;
}

/* ---- the programs ---- */

/* Beside the streamer where it was built, else where it was installed. */
static char *find_init(void) {
  g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *directory = self ? g_path_get_dirname(self) : NULL;
  g_autofree char *beside = directory ? g_build_filename(directory, INIT_NAME, NULL) : NULL;
  if (beside && g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer(&beside);
  return g_find_program_in_path(VITRINA_LIBEXECDIR "/" INIT_NAME);
}

static gboolean find_programs(Cell *cell, GError **error) {
  cell->bwrap = g_find_program_in_path("bwrap");
  cell->init = find_init();
  if (cell->bwrap && cell->init)
    return TRUE;
  g_set_error(error, CELL_ERROR, CELL_ERROR_PROGRAM, "there is no program %s",
              cell->bwrap ? VITRINA_LIBEXECDIR "/" INIT_NAME : "bwrap (package bubblewrap)");
  return FALSE;
}

static gboolean has_host_network(const Cell *cell, CellPart part) {
  return part == CELL_PART_ENGINE || (part == CELL_PART_APP && cell->plan.app_has_network);
}

const char *cell_get_display(const Cell *cell, CellPart part) {
  return has_host_network(cell, part) ? cell->display : CELL_DISPLAY;
}

char **cell_command(const Cell *cell, CellPart part, char *const *arguments) {
  GPtrArray *command = g_ptr_array_new();
  const char *const options[] = {"--unshare-user", "--unshare-pid", "--as-pid-1", "--die-with-parent"};
  g_ptr_array_add(command, g_strdup(cell->bwrap));
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    g_ptr_array_add(command, g_strdup(options[i]));
  if (!has_host_network(cell, part))
    g_ptr_array_add(command, g_strdup("--unshare-net"));
  cell_view_add(command, &cell->plan, part, cell->init);
  g_ptr_array_add(command, g_strdup("--chdir"));
  g_ptr_array_add(command, g_strdup(CELL_HOME));
  g_ptr_array_add(command, g_strdup("--"));
  g_ptr_array_add(command, g_strdup(CELL_VIEW_INIT));
  g_ptr_array_add(command, g_strdup_printf("%" G_GINT64_FORMAT,
                                           part == CELL_PART_APP ? cell->plan.app_processes : (gint64)0));
  for (char *const *argument = arguments; *argument; argument++)
    g_ptr_array_add(command, g_strdup(*argument));
  g_ptr_array_add(command, NULL);
  return (char **)g_ptr_array_free(command, FALSE);
}

/* ---- a cell ---- */

static gboolean place_fail(const char *path, GError **error) {
  int problem = errno;
  g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(problem), "%s: %s", path, g_strerror(problem));
  return FALSE;
}

/* Both names of the X server's socket, of which it makes the first. */
static gboolean name_display(Cell *cell, const char *directory, GError **error) {
  guint32 number = NUMBER_MIN + random_below(NUMBERS);
  g_autofree char *name = g_strdup_printf("X%u", number);
  g_autofree char *path = g_build_filename(directory, CELL_HOST_DISPLAY, name, NULL);
  g_snprintf(cell->display, sizeof cell->display, ":%u", number);
  return symlink("X0", path) == 0 || place_fail(path, error);
}

static gboolean make_places(Cell *cell, const char *directory, GError **error) {
  static const char *const names[] = {CELL_HOST_DISPLAY, CELL_HOST_SOUND};
  for (gsize i = 0; directory && i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(directory, names[i], NULL);
    if (g_mkdir(path, 0700) != 0)
      return place_fail(path, error);
  }
  return !directory || name_display(cell, directory, error);
}

Cell *cell_new(const CellPlan *plan, GError **error) {
  g_autoptr(Cell) cell = g_new0(Cell, 1);
  cell->user_fd = cell->ipc_fd = -1;
  cell->plan = *plan;
  cell->plan.directory = g_strdup(plan->directory);
  cell->plan.app_shown = g_strdupv((char **)plan->app_shown);
  cell->plan.engine_shown = g_strdupv((char **)plan->engine_shown);
  cell->plan.hidden = g_strdupv((char **)plan->hidden);
  if (!find_programs(cell, error) || !make_places(cell, plan->directory, error) ||
      !make_namespaces(cell, error))
    return NULL;
  return g_steal_pointer(&cell);
}

void cell_free(Cell *cell) {
  if (!cell)
    return;
  if (cell->user_fd >= 0)
    close(cell->user_fd);
  if (cell->ipc_fd >= 0)
    close(cell->ipc_fd);
  g_free(cell->bwrap);
  g_free(cell->init);
  g_free((char *)cell->plan.directory);
  g_strfreev((char **)cell->plan.app_shown);
  g_strfreev((char **)cell->plan.engine_shown);
  g_strfreev((char **)cell->plan.hidden);
  g_free(cell);
}

/* ---- whether there can be one ---- */

static void enter_for_probe(gpointer data) {
  if (!cell_enter(data))
    _exit(127); /* says nothing: what it would say is not safe here */
}

gboolean cell_probe(GError **error) {
  CellPlan plan = {.temporary_mb = 1};
  g_autoptr(Cell) cell = cell_new(&plan, error);
  char *nothing[] = {"/bin/true", NULL};
  if (!cell)
    return FALSE;
  for (CellPart part = CELL_PART_APP; part <= CELL_PART_ENGINE; part <<= 1) {
    g_auto(GStrv) command = cell_command(cell, part, nothing);
    g_autofree char *words = NULL;
    g_autoptr(GError) cause = NULL;
    int status = 0;
    if (g_spawn_sync("/", command, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, enter_for_probe, cell, NULL, &words,
                     &status, &cause) &&
        g_spawn_check_wait_status(status, &cause))
      continue;
    if (words)
      g_strstrip(words);
    g_set_error(error, CELL_ERROR, CELL_ERROR_NAMESPACE, "%s", words && *words ? words : cause->message);
    return FALSE;
  }
  return TRUE;
}
