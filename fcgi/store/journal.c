#include "fcgi/store/journal.h"

#include "fcgi/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (64 * 1024)

struct Journal {
  char *path, *directory;
  int fd;             /* -1: there is no file */
  gsize length;       /* what is good of it */
  gboolean is_longer; /* there may be more bytes than those, to be cut off */
  gboolean is_named;  /* its name is on the disk */
};

gsize journal_get_length(const Journal *journal) {
  return journal->length;
}

/* ---- the file ---- */

/* Also when there is none. */
static gboolean open_old(Journal *journal) {
  journal->fd = open(journal->path, O_WRONLY | O_APPEND | O_CLOEXEC);
  return journal->fd >= 0 || errno == ENOENT;
}

static gboolean open_new(Journal *journal) {
  journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  journal->length = 0;
  journal->is_longer = TRUE;
  journal->is_named = FALSE;
  return journal->fd >= 0;
}

/* Cuts off what is no part of it. */
static gboolean cut_rest(Journal *journal) {
  if (journal->is_longer && ftruncate(journal->fd, (off_t)journal->length) != 0)
    return FALSE;
  journal->is_longer = FALSE;
  return TRUE;
}

static gboolean sync_name(Journal *journal) {
  journal->is_named = journal->is_named || disk_sync_directory(journal->directory);
  return journal->is_named;
}

gboolean journal_is_in_place(const Journal *journal) {
  struct stat named, ours;
  return journal->fd < 0 || (stat(journal->path, &named) == 0 && fstat(journal->fd, &ours) == 0 &&
                             named.st_dev == ours.st_dev && named.st_ino == ours.st_ino);
}

Journal *journal_open(const char *path, gsize length, GError **error) {
  Journal *journal = g_new0(Journal, 1);
  journal->path = g_strdup(path);
  journal->directory = g_path_get_dirname(path);
  journal->length = length;
  journal->is_longer = TRUE;
  if (open_old(journal))
    return journal;
  disk_set_error(error, path);
  journal_free(journal);
  return NULL;
}

void journal_free(Journal *journal) {
  if (!journal)
    return;
  if (journal->fd >= 0)
    close(journal->fd);
  g_free(journal->path);
  g_free(journal->directory);
  g_free(journal);
}

/* ---- growing ---- */

/* The name is synced last: until then a new file may as well not be there. */
static gboolean append_synced(Journal *journal, const GString *lines) {
  if ((journal->fd < 0 && !open_new(journal)) || !cut_rest(journal))
    return FALSE;
  journal->is_longer = TRUE;
  return disk_write(journal->fd, lines->str, lines->len) && fdatasync(journal->fd) == 0 && sync_name(journal);
}

gboolean journal_append(Journal *journal, const GString *lines, GError **error) {
  if (append_synced(journal, lines)) {
    journal->length += lines->len;
    journal->is_longer = FALSE;
    return TRUE;
  }
  disk_set_error(error, journal->path);
  if (journal->fd >= 0 && cut_rest(journal))
    fdatasync(journal->fd); /* else the next one cuts it off */
  return FALSE;
}

/* ---- losing its beginning ---- */

typedef struct {
  const Journal *journal;
  gsize from;
  int fd; /* the new file, -1: none */
} Rest;

static gboolean copy_bytes(int from, gsize at, gsize end, int to) {
  g_autofree char *buffer = g_malloc(COPY_BYTES);
  while (at < end) {
    gssize n = pread(from, buffer, MIN(COPY_BYTES, end - at), (off_t)at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = EIO; /* somebody has cut it */
    if (n <= 0 || !disk_write(to, buffer, (gsize)n))
      return FALSE;
    at += (gsize)n;
  }
  return TRUE;
}

static gboolean write_rest(int fd, gpointer data) {
  Rest *rest = data;
  int from = open(rest->journal->path, O_RDONLY | O_CLOEXEC);
  if (from < 0)
    return FALSE;
  gboolean ok = copy_bytes(from, rest->from, rest->journal->length, fd);
  int problem = errno;
  close(from);
  errno = problem;
  if (ok)
    rest->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return ok && rest->fd >= 0;
}

/* Goes on with @fd, of @length bytes, whose name the next line waits for; -1: with none. */
static void change_file(Journal *journal, int fd, gsize length) {
  close(journal->fd);
  journal->fd = fd;
  journal->length = length;
  journal->is_longer = FALSE;
  journal->is_named = FALSE;
}

static gboolean drop_all(Journal *journal) {
  if (unlink(journal->path) != 0 && errno != ENOENT)
    return FALSE;
  change_file(journal, -1, 0);
  return TRUE;
}

static gboolean drop_beginning(Journal *journal, gsize length) {
  Rest rest = {journal, length, -1};
  if (disk_replace(journal->path, write_rest, &rest)) {
    change_file(journal, rest.fd, journal->length - length);
    return TRUE;
  }
  int problem = errno;
  if (rest.fd >= 0)
    close(rest.fd);
  errno = problem;
  return FALSE;
}

gboolean journal_drop(Journal *journal, gsize length, GError **error) {
  if (journal->fd < 0 || length == 0)
    return TRUE;
  if (length == journal->length ? drop_all(journal) : drop_beginning(journal, length))
    return TRUE;
  disk_set_error(error, journal->path);
  return FALSE;
}
