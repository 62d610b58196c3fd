#include "fcgi/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* As many as the system follows. */
#define MAX_LINKS 40

gboolean disk_write(int fd, const char *bytes, gsize length) {
  while (length > 0) {
    gssize written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return FALSE;
    bytes += written;
    length -= (gsize)written;
  }
  return TRUE;
}

/* Closes @fd, and keeps errno when @ok is FALSE already. */
static gboolean close_after(int fd, gboolean ok) {
  int problem = errno;
  if (close(fd) != 0 && ok)
    return FALSE;
  errno = problem;
  return ok;
}

gboolean disk_sync_directory(const char *directory) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 && close_after(fd, fsync(fd) == 0);
}

gboolean disk_replace(const char *path, DiskWriter write, gpointer data) {
  g_autofree char *new_path = g_strconcat(path, ".new", NULL);
  int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    return FALSE;
  if (close_after(fd, write(fd, data) && fsync(fd) == 0) && rename(new_path, path) == 0)
    return TRUE;
  int problem = errno;
  unlink(new_path);
  errno = problem;
  return FALSE;
}

void disk_set_error(GError **error, const char *path) {
  int problem = errno;
  g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s", path,
              g_strerror(problem));
}

char *disk_follow_links(const char *path) {
  char *followed = g_strdup(path), *target;
  for (guint i = 0; i < MAX_LINKS && (target = g_file_read_link(followed, NULL)); i++) {
    g_autofree char *link = followed, *directory = g_path_get_dirname(link);
    followed = g_path_is_absolute(target) ? g_strdup(target) : g_build_filename(directory, target, NULL);
    g_free(target);
  }
  return followed;
}
