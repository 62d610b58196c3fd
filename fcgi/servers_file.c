#include "fcgi/servers_file.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/fleet.h"

#include <string.h>
#include <sys/stat.h>

/* What changes when a file does; a rename over it changes the inode. */
typedef struct {
  ino_t inode;
  off_t size;
  struct timespec modified;
} Mark;

struct ServersFile {
  Core *core;
  Mark mark; /* of what was read last, good or broken */
  Timer *timer;
};

static Mark mark_of(const char *path) {
  struct stat info;
  Mark mark = {0};
  if (stat(path, &info) == 0) {
    mark.inode = info.st_ino;
    mark.size = info.st_size;
    mark.modified = info.st_mtim;
  }
  return mark;
}

static gboolean is_same(const Mark *a, const Mark *b) {
  return a->inode == b->inode && a->size == b->size && a->modified.tv_sec == b->modified.tv_sec &&
         a->modified.tv_nsec == b->modified.tv_nsec;
}

static gboolean load(ServersFile *file, GError **error) {
  const char *path = file->core->configuration->servers_file;
  /* Before reading: a change meanwhile is then seen the next time. */
  file->mark = mark_of(path);
  GPtrArray *servers = servers_load(path, error);
  if (!servers)
    return FALSE;
  log_notice("servers_read", "servers=%u", servers->len);
  fleet_set_servers(file->core->fleet, servers);
  return TRUE;
}

void servers_file_reload(ServersFile *file) {
  g_autoptr(GError) error = NULL;
  if (load(file, &error))
    return;
  g_autofree char *reason = log_quote(error->message);
  log_error("servers_kept", "servers=%u reason=%s", fleet_count_servers(file->core->fleet), reason);
}

static void look_again_later(ServersFile *file);

static void look_again(gpointer data) {
  ServersFile *file = data;
  Mark now = mark_of(file->core->configuration->servers_file);
  if (!is_same(&now, &file->mark))
    servers_file_reload(file);
  look_again_later(file);
}

static void look_again_later(ServersFile *file) {
  gint64 seconds = file->core->configuration->time_between_updates_seconds;
  file->timer = timers_add(file->core->timers, seconds * INSTANT_SECOND, look_again, file);
}

ServersFile *servers_file_open(Core *core, GError **error) {
  ServersFile *file = g_new0(ServersFile, 1);
  file->core = core;
  if (!load(file, error)) {
    g_free(file);
    return NULL;
  }
  look_again_later(file);
  return file;
}

void servers_file_close(ServersFile *file) {
  if (!file)
    return;
  timer_cancel(file->timer);
  g_free(file);
}
