#include "config.h"

#include "streamer/process/remains.h"

#include "common/random.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX "streamer-"
#define LOCK_NAME "lock"
#define STATE_LOCK_NAME ".lock"
#define DISPLAY_NAME "display"
/* Descriptors that nftw() may hold; deeper trees are walked too, only slower. */
#define WALK_DESCRIPTORS 16
/* How long what was killed may take to be gone. */
#define STEP_US 1000
#define PATIENCE 500

/* ---- a streamer's directory ---- */

static gboolean remains_fail(GError **error, const char *path, const char *what) {
  int problem = errno;
  g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(problem), "%s: %s: %s", path, what,
              g_strerror(problem));
  return FALSE;
}

/* A state directory in a shared place must not be somebody else's trap. */
static gboolean check_state(const char *state, GError **error) {
  struct stat info;
  if (g_mkdir_with_parents(state, 0700) != 0 || lstat(state, &info) != 0)
    return remains_fail(error, state, "cannot make the directory");
  errno = ENOTDIR;
  if (!S_ISDIR(info.st_mode))
    return remains_fail(error, state, "is no directory");
  errno = EPERM;
  if (info.st_uid != getuid())
    return remains_fail(error, state, "belongs to another user");
  return TRUE;
}

/* Held while a directory is made or looked at, so that nobody takes a new one, not locked yet, for a dead
 * one's. Waits; -1: cannot be. */
static int lock_state(const char *state) {
  g_autofree char *path = g_build_filename(state, STATE_LOCK_NAME, NULL);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
    ;
  return fd;
}

static int lock_directory(const char *directory) {
  g_autofree char *path = g_build_filename(directory, LOCK_NAME, NULL);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

char *remains_claim(const char *state, int *lock_fd, GError **error) {
  if (!check_state(state, error))
    return NULL;
  g_autofree char *id = random_hex(4);
  g_autofree char *name = g_strconcat(PREFIX, id, NULL);
  g_autofree char *directory = g_build_filename(state, name, NULL);
  int state_fd = lock_state(state);
  *lock_fd = state_fd >= 0 && g_mkdir(directory, 0700) == 0 ? lock_directory(directory) : -1;
  if (*lock_fd < 0)
    remains_fail(error, directory, "cannot make or lock it");
  if (state_fd >= 0)
    close(state_fd);
  return *lock_fd < 0 ? NULL : g_steal_pointer(&directory);
}

void remains_note_port(int lock_fd, guint16 port) {
  g_autofree char *line = g_strdup_printf("%u\n", port);
  if (ftruncate(lock_fd, 0) != 0 || pwrite(lock_fd, line, strlen(line), 0) < 0)
    return; /* a check will say that the port is taken */
}

/* Whether the streamer that has @directory runs and listens on @port. */
static gboolean listens_on(const char *directory, guint16 port) {
  g_autofree char *path = g_build_filename(directory, LOCK_NAME, NULL);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  char line[16] = "";
  gboolean noted = fd >= 0 && read(fd, line, sizeof line - 1) > 0 && strtol(line, NULL, 10) == port;
  gboolean runs = noted && flock(fd, LOCK_SH | LOCK_NB) != 0;
  if (fd >= 0)
    close(fd);
  return runs;
}

gboolean remains_has_port(const char *state, guint16 port) {
  g_autoptr(GDir) dir = g_dir_open(state, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *directory = g_build_filename(state, name, NULL);
    if (g_str_has_prefix(name, PREFIX) && listens_on(directory, port))
      return TRUE;
  }
  return FALSE;
}

guint remains_clear_dead(const char *state) {
  guint cleared = 0;
  int state_fd = lock_state(state);
  g_autoptr(GDir) dir = state_fd < 0 ? NULL : g_dir_open(state, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *directory = g_build_filename(state, name, NULL);
    if (!g_str_has_prefix(name, PREFIX))
      continue;
    int fd = lock_directory(directory);
    if (fd < 0)
      continue;
    remains_clear(directory);
    close(fd);
    cleared++;
  }
  if (state_fd >= 0)
    close(state_fd);
  return cleared;
}

/* Those who were killed are gone only a moment later, and may have forked before. */
static void kill_all(const char *directory) {
  for (int i = 0; i < PATIENCE && remains_kill(directory); i++)
    g_usleep(STEP_US);
}

static void remove_displays(const char *directory) {
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    g_autofree char *session = g_build_filename(directory, name, NULL);
    for (int i = 0; i < PATIENCE && !remains_remove_display(session); i++)
      g_usleep(STEP_US);
  }
}

void remains_clear(const char *directory) {
  kill_all(directory);
  remove_displays(directory);
  remains_remove_tree(directory);
}

/* ---- processes ---- */

static gboolean has_variable(const char *environment, gsize length, const char *directory) {
  gsize prefix = strlen(REMAINS_VARIABLE "="), size = strlen(directory);
  for (const char *entry = environment; entry < environment + length; entry += strlen(entry) + 1) {
    if (strncmp(entry, REMAINS_VARIABLE "=", prefix) != 0 || strncmp(entry + prefix, directory, size) != 0)
      continue;
    char after = entry[prefix + size];
    return after == '\0' || after == '/';
  }
  return FALSE;
}

guint remains_kill(const char *directory) {
  guint killed = 0;
  g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
  for (const char *name; dir && (name = g_dir_read_name(dir));) {
    pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);
    if (pid <= 1 || pid == getpid())
      continue;
    g_autofree char *path = g_build_filename("/proc", name, "environ", NULL);
    g_autofree char *environment = NULL;
    gsize length; /* the text ends with a NUL beyond it, whatever the process put there */
    if (!g_file_get_contents(path, &environment, &length, NULL))
      continue;
    if (has_variable(environment, length, directory) && kill(pid, SIGKILL) == 0)
      killed++;
  }
  return killed;
}

/* ---- displays ---- */

gboolean remains_note_display(const char *directory, guint number, GError **error) {
  g_autofree char *path = g_build_filename(directory, DISPLAY_NAME, NULL);
  g_autofree char *text = g_strdup_printf("%u\n", number);
  return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

/* Whether a server listens on the socket: the file of one that was killed stays. */
static gboolean is_served(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  g_strlcpy(address.sun_path, path, sizeof address.sun_path);
  gboolean refused = connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
                     (errno == ECONNREFUSED || errno == ENOENT);
  close(fd);
  return !refused;
}

gboolean remains_remove_display(const char *directory) {
  g_autofree char *path = g_build_filename(directory, DISPLAY_NAME, NULL);
  g_autofree char *note = NULL;
  guint number;
  if (!g_file_get_contents(path, &note, NULL, NULL) || sscanf(note, "%u", &number) != 1)
    return TRUE;
  g_autofree char *socket = g_strdup_printf("/tmp/.X11-unix/X%u", number);
  if (is_served(socket))
    return FALSE;
  g_unlink(socket);
  return TRUE;
}

/* ---- files ---- */

static int remove_walked(const char *path, const struct stat *info, int type, struct FTW *walk) {
  remove(path);
  return 0;
}

void remains_remove_tree(const char *directory) {
  nftw(directory, remove_walked, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
