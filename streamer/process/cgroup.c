#include "streamer/process/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OWN_GROUP "streamer"
#define CONTROLLERS "+memory +pids"
/* Set by systemd to those that are another's to divide (systemd's CGROUP_DELEGATION.md). */
#define DELEGATED "user.delegate"
/* How long what was killed may take to be gone. */
#define STEP_US 1000
#define PATIENCE 5000

struct Cgroups {
  char *directory;
  guint64 made;
};

struct Cgroup {
  char *directory;
  int members_fd; /* cgroup.procs, for those who join */
};

/* ---- files ---- */

static gboolean cgroup_fail(GError **error, const char *path, int problem) {
  g_set_error(error, G_IO_ERROR, g_io_error_from_errno(problem), "%s: %s", path, g_strerror(problem));
  return FALSE;
}

/* One write is one order. (The kernel lets nobody make a file there that it does not have.) */
static gboolean cgroup_write(const char *directory, const char *name, const char *text, GError **error) {
  g_autofree char *path = g_build_filename(directory, name, NULL);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  gssize length = (gssize)strlen(text), written = fd < 0 ? -1 : write(fd, text, (gsize)length);
  int problem = errno;
  if (fd >= 0)
    close(fd);
  return written == length || cgroup_fail(error, path, problem);
}

static gboolean write_number(const char *directory, const char *name, guint64 number, GError **error) {
  g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
  return cgroup_write(directory, name, text, error);
}

/* NULL: it cannot be read. (transfer full) */
static char *cgroup_read(const char *directory, const char *name) {
  g_autofree char *path = g_build_filename(directory, name, NULL);
  char *text;
  return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* ---- the streamer's part ---- */

static gboolean refuse(GError **error, const char *directory, const char *why) {
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "%s: %s", directory, why);
  return FALSE;
}

/* Where this process is in the tree of version 2, whose line in /proc/self/cgroup begins with "0::". */
static char *find_own(const char *root, GError **error) {
  g_autofree char *lines = cgroup_read("/proc/self", "cgroup");
  struct statfs info;
  if (statfs(root, &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC) {
    refuse(error, root, "is no tree of control groups, version 2");
    return NULL;
  }
  const char *line = lines ? strstr(lines, "0::/") : NULL;
  if (!line) {
    refuse(error, root, "this process is not in it");
    return NULL;
  }
  g_autofree char *path = g_strndup(line + strlen("0::"), strcspn(line, "\n") - strlen("0::"));
  return g_build_filename(root, path, NULL);
}

static gboolean check_delegated(const char *directory, GError **error) {
  char value[8] = "";
  gssize length = getxattr(directory, DELEGATED, value, sizeof value - 1);
  return (length == 1 && value[0] == '1') || refuse(error, directory, "is not delegated to this service");
}

static gboolean check_controllers(const char *directory, GError **error) {
  g_autofree char *text = cgroup_read(directory, "cgroup.controllers");
  g_auto(GStrv) names = g_strsplit_set(text ? text : "", " \n", -1);
  return (g_strv_contains((const char *const *)names, "memory") &&
          g_strv_contains((const char *const *)names, "pids")) ||
         refuse(error, directory, "has no controllers \"memory\" and \"pids\"");
}

static gboolean check_alone(const char *directory, GError **error) {
  g_autofree char *text = cgroup_read(directory, "cgroup.procs");
  g_autofree char *own = g_strdup_printf("%d\n", (int)getpid());
  return g_strcmp0(text, own) == 0 || refuse(error, directory, "has other processes, too");
}

Cgroups *cgroups_claim_at(const char *directory, GError **error) {
  g_autofree char *own = g_build_filename(directory, OWN_GROUP, NULL);
  if (!check_controllers(directory, error) || !check_alone(directory, error))
    return NULL;
  if (g_mkdir(own, 0755) != 0 && errno != EEXIST) {
    cgroup_fail(error, own, errno);
    return NULL;
  }
  if (!write_number(own, "cgroup.procs", (guint64)getpid(), error) ||
      !cgroup_write(directory, "cgroup.subtree_control", CONTROLLERS, error))
    return NULL;
  Cgroups *cgroups = g_new0(Cgroups, 1);
  cgroups->directory = g_strdup(directory);
  return cgroups;
}

Cgroups *cgroups_claim(const char *root, GError **error) {
  g_autofree char *directory = find_own(root, error);
  return directory && check_delegated(directory, error) ? cgroups_claim_at(directory, error) : NULL;
}

void cgroups_free(Cgroups *cgroups) {
  if (!cgroups)
    return;
  g_free(cgroups->directory);
  g_free(cgroups);
}

/* ---- a session's ---- */

static gboolean set_bounds(const Cgroup *cgroup, guint64 memory, guint processes, GError **error) {
  return write_number(cgroup->directory, "memory.max", memory, error) &&
         cgroup_write(cgroup->directory, "memory.oom.group", "1", error) &&
         (processes == 0 || write_number(cgroup->directory, "pids.max", processes, error));
}

Cgroup *cgroup_new(Cgroups *cgroups, guint64 memory, guint processes, GError **error) {
  g_autofree char *name = g_strdup_printf("session-%d-%" G_GUINT64_FORMAT, (int)getpid(), ++cgroups->made);
  g_autofree char *directory = g_build_filename(cgroups->directory, name, NULL);
  g_autofree char *members = g_build_filename(directory, "cgroup.procs", NULL);
  if (g_mkdir(directory, 0755) != 0) {
    cgroup_fail(error, directory, errno);
    return NULL;
  }
  Cgroup *cgroup = g_new0(Cgroup, 1);
  cgroup->directory = g_steal_pointer(&directory);
  cgroup->members_fd = open(members, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (cgroup->members_fd < 0)
    cgroup_fail(error, members, errno);
  if (cgroup->members_fd >= 0 && set_bounds(cgroup, memory, processes, error))
    return cgroup;
  cgroup_end(cgroup);
  return NULL;
}

gboolean cgroup_enter(const Cgroup *cgroup) {
  return write(cgroup->members_fd, "0", 1) == 1;
}

gboolean cgroup_ran_out(const Cgroup *cgroup) {
  g_autofree char *events = cgroup_read(cgroup->directory, "memory.events");
  const char *line = events ? strstr(events, "\noom_kill ") : NULL;
  return line && g_ascii_strtoull(line + strlen("\noom_kill "), NULL, 10) > 0;
}

void cgroup_end(Cgroup *cgroup) {
  if (!cgroup)
    return;
  cgroup_write(cgroup->directory, "cgroup.kill", "1", NULL);
  for (int i = 0; i < PATIENCE && rmdir(cgroup->directory) != 0 && errno == EBUSY; i++)
    g_usleep(STEP_US);
  if (cgroup->members_fd >= 0)
    close(cgroup->members_fd);
  g_free(cgroup->directory);
  g_free(cgroup);
}
