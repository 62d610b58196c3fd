#include "fcgi/store/record_file.h"

#include "common/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)
/* As many as the system follows. */
#define MAX_LINKS 40

G_DEFINE_QUARK(vitrina - record - file - error, record_file_error)

typedef struct {
  char *id;
  char *text;
} Record;

/* One change: a letter to the file's thread, and the same letter back home with the outcome. */
typedef struct {
  Letter letter;
  char *id;
  char *text; /* NULL: remove */
  RecordFileDone done;
  gpointer user_data;
  /* how to take it back */
  gboolean existed;
  char *old_text;
  char *reason; /* NULL: stored */
} Change;

struct RecordFile {
  char *path, *new_path, *directory;
  int lock_fd;
  Mailbox *home, *inbox;
  pthread_t thread;
  atomic_ullong writes;
  /* The thread's own. */
  GQueue order;      /* of Record, in the file's order */
  GHashTable *by_id; /* id -> its link in order */
  GPtrArray *batch;  /* of Change, applied and not yet on disk */
  /* Of the opening. */
  GPtrArray *rejected;
};

/* ---- records ---- */

static void free_record(Record *record) {
  g_free(record->id);
  g_free(record->text);
  g_free(record);
}

/* Puts @text (taken, NULL removes) in place and gives what was there (transfer full). */
static char *set_record(RecordFile *file, const char *id, char *text, gboolean *existed) {
  GList *link = g_hash_table_lookup(file->by_id, id);
  *existed = link != NULL;
  if (!link && text) {
    Record *record = g_new(Record, 1);
    *record = (Record){g_strdup(id), text};
    g_queue_push_tail(&file->order, record);
    g_hash_table_replace(file->by_id, record->id, file->order.tail);
  }
  if (!link)
    return NULL;
  Record *record = link->data;
  char *old = g_steal_pointer(&record->text);
  if (text) {
    record->text = text;
    return old;
  }
  g_hash_table_remove(file->by_id, id);
  g_queue_delete_link(&file->order, link);
  free_record(record);
  return old;
}

/* A record that is put back after a removal stands last: the order of a file has no meaning. */
static void take_changes_back(RecordFile *file) {
  gboolean existed;
  for (guint i = file->batch->len; i-- > 0;) {
    Change *change = file->batch->pdata[i];
    g_free(
        set_record(file, change->id, change->existed ? g_steal_pointer(&change->old_text) : NULL, &existed));
  }
}

/* ---- writing ---- */

static gboolean write_bytes(int fd, const char *bytes, gsize length) {
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

static gboolean write_records(RecordFile *file, int fd) {
  g_autoptr(GString) chunk = g_string_sized_new(CHUNK_BYTES + 4096);
  g_string_append(chunk, "[");
  for (GList *link = file->order.head; link; link = link->next) {
    const Record *record = link->data;
    g_string_append(chunk, link == file->order.head ? "\n" : ",\n");
    g_string_append(chunk, record->text);
    if (chunk->len < CHUNK_BYTES)
      continue;
    if (!write_bytes(fd, chunk->str, chunk->len))
      return FALSE;
    g_string_truncate(chunk, 0);
  }
  g_string_append(chunk, "\n]\n");
  return write_bytes(fd, chunk->str, chunk->len);
}

/* @moved: the new file has taken the old one's place. */
static gboolean replace_file(RecordFile *file, int directory, gboolean *moved) {
  int fd = open(file->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write_records(file, fd) && fsync(fd) == 0;
  int problem = errno;
  if (fd >= 0 && close(fd) != 0 && ok) {
    problem = errno;
    ok = FALSE;
  }
  errno = problem;
  *moved = ok && rename(file->new_path, file->path) == 0;
  return *moved && fsync(directory) == 0;
}

/* Returns NULL, or why it could not be written (transfer full). The directory is opened first: what can fail
 * is to fail before the new file is in place. */
static char *commit_records(RecordFile *file, gboolean *moved) {
  *moved = FALSE;
  int directory = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = directory >= 0 && replace_file(file, directory, moved);
  g_autofree char *reason = ok ? NULL : g_strdup_printf("%s: %s", file->path, g_strerror(errno));
  if (!ok && !*moved)
    unlink(file->new_path);
  if (directory >= 0)
    close(directory);
  return g_steal_pointer(&reason);
}

/* Writes what was changed. Returns NULL, or why that is not on disk for good (transfer full); then it is not
 * there at all: where the new file was in place already, the old content is put there again. Should even that
 * fail, the next write does it. */
static char *commit_changes(RecordFile *file) {
  gboolean moved, moved_back;
  char *reason = commit_records(file, &moved);
  if (!reason)
    return NULL;
  take_changes_back(file);
  if (moved)
    g_free(commit_records(file, &moved_back));
  return reason;
}

/* ---- the thread ---- */

static void free_change(Change *change) {
  g_free(change->id);
  g_free(change->text);
  g_free(change->old_text);
  g_free(change->reason);
  g_free(change);
}

/* At home: tells who asked. */
static void deliver_outcome(Letter *letter, gpointer receiver) {
  Change *change = (Change *)letter;
  if (change->done)
    change->done(change->reason == NULL, change->reason, change->user_data);
  free_change(change);
}

/* On the file's thread: applies a change and leaves it to the coming write. */
static void deliver_change(Letter *letter, gpointer receiver) {
  Change *change = (Change *)letter;
  RecordFile *file = receiver;
  change->old_text = set_record(file, change->id, g_steal_pointer(&change->text), &change->existed);
  g_ptr_array_add(file->batch, change);
}

static gpointer run_record_file(gpointer data) {
  RecordFile *file = data;
  while (mailbox_deliver_next(file->inbox, file)) {
    /* Whatever came during the last write goes into this one. */
    mailbox_deliver(file->inbox, file);
    g_autofree char *reason = commit_changes(file);
    atomic_fetch_add(&file->writes, 1);
    for (guint i = 0; i < file->batch->len; i++) {
      Change *change = file->batch->pdata[i];
      change->reason = g_strdup(reason);
      change->letter.deliver = deliver_outcome;
      mailbox_post(file->home, &change->letter);
    }
    g_ptr_array_set_size(file->batch, 0);
  }
  return NULL;
}

/* ---- opening and closing ---- */

static gboolean fail_io(GError **error, const char *path) {
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_IO, "%s: %s", path, g_strerror(errno));
  return FALSE;
}

static gboolean lock_file(RecordFile *file, GError **error) {
  g_autofree char *path = g_strconcat(file->path, ".lock", NULL);
  file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->lock_fd < 0)
    return fail_io(error, path);
  if (flock(file->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail_io(error, path);
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED,
              "%s: another coordinator has it open; two cannot share one file", file->path);
  return FALSE;
}

typedef struct {
  char *id;
} Identity;

typedef struct {
  RecordFile *file;
  const char *id_name;
  GPtrArray *all;   /* the texts of all elements */
  GPtrArray *texts; /* of those that are records */
} Loading;

static void add_record(guint n, gpointer element, const GError *problem, gpointer data) {
  Loading *loading = data;
  RecordFile *file = loading->file;
  const char *text = loading->all->pdata[n];
  g_autofree Identity *identity = element;
  g_autofree char *id = identity->id;
  g_autofree char *reason = NULL;
  gboolean existed;
  if (problem)
    reason = g_strdup(problem->message);
  else if (g_hash_table_contains(file->by_id, id))
    reason = g_strdup_printf("[%u].%s: stands twice", n, loading->id_name);
  if (reason) {
    rejected_records_add(file->rejected, NULL, text, reason);
    return;
  }
  g_free(set_record(file, id, g_strdup(text), &existed));
  g_ptr_array_add(loading->texts, g_strdup(text));
}

/* The texts of those that are records; the others are rejected. */
static GPtrArray *add_records(RecordFile *file, const char *id_name, const FieldsDoc *doc, GError **error) {
  const Field fields[] = {{id_name, FIELD_TEXT, G_STRUCT_OFFSET(Identity, id), .required = TRUE, .min = 1},
                          {NULL}};
  g_autoptr(GPtrArray) all = fields_array_texts(doc, error);
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  Loading loading = {file, id_name, all, texts};
  if (!all || !fields_read_each(doc, NULL, fields, sizeof(Identity), 0, add_record, &loading, error))
    return NULL;
  return g_steal_pointer(&texts);
}

/* The records' texts, or NULL. A file that does not exist has none. */
static GPtrArray *load_records(RecordFile *file, const char *id_name, GError **error) {
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr(GError) problem = NULL;
  if (!g_file_get_contents(file->path, &text, &length, &problem)) {
    if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      return g_ptr_array_new_with_free_func(g_free);
    g_set_error_literal(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_IO, problem->message);
    return NULL;
  }
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, &problem);
  GPtrArray *texts = doc ? add_records(file, id_name, doc, &problem) : NULL;
  if (texts)
    return texts;
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT, "%s: %s", file->path, problem->message);
  return NULL;
}

static void free_file(RecordFile *file) {
  g_queue_clear_full(&file->order, (GDestroyNotify)free_record);
  g_hash_table_unref(file->by_id);
  g_ptr_array_unref(file->batch);
  g_clear_pointer(&file->rejected, g_ptr_array_unref);
  mailbox_free(file->inbox);
  if (file->lock_fd >= 0)
    close(file->lock_fd);
  g_free(file->path);
  g_free(file->new_path);
  g_free(file->directory);
  g_free(file);
}

/* Where @path leads: a file that is renamed over a link would take its place. (transfer full) */
static char *follow_links(const char *path) {
  char *followed = g_strdup(path), *target;
  for (guint i = 0; i < MAX_LINKS && (target = g_file_read_link(followed, NULL)); i++) {
    g_autofree char *link = followed, *directory = g_path_get_dirname(link);
    followed = g_path_is_absolute(target) ? g_strdup(target) : g_build_filename(directory, target, NULL);
    g_free(target);
  }
  return followed;
}

static RecordFile *file_new(const char *path, Mailbox *home) {
  RecordFile *file = g_new0(RecordFile, 1);
  file->path = follow_links(path);
  file->new_path = g_strconcat(file->path, ".new", NULL);
  file->directory = g_path_get_dirname(file->path);
  file->rejected = rejected_records_new();
  file->lock_fd = -1;
  file->home = home;
  file->inbox = mailbox_new(NULL, NULL);
  file->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  file->batch = g_ptr_array_new();
  return file;
}

const GPtrArray *record_file_get_rejected(const RecordFile *file) {
  return file->rejected;
}

const char *record_file_get_path(const RecordFile *file) {
  return file->path;
}

GPtrArray *record_file_read(const char *path, const char *id_name, GPtrArray *rejected, GError **error) {
  RecordFile *file = file_new(path, NULL);
  g_autoptr(GPtrArray) texts = load_records(file, id_name, error);
  gboolean is_strict = !rejected && texts && file->rejected->len > 0;
  if (is_strict)
    g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT, "%s: %s", file->path,
                ((const RejectedRecord *)file->rejected->pdata[0])->reason);
  else if (rejected)
    g_ptr_array_extend_and_steal(rejected, g_steal_pointer(&file->rejected));
  free_file(file);
  return is_strict ? NULL : g_steal_pointer(&texts);
}

RecordFile *record_file_open(const char *path, const char *id_name, Mailbox *home, GPtrArray **records,
                             GError **error) {
  RecordFile *file = file_new(path, home);
  g_autoptr(GPtrArray) texts = lock_file(file, error) ? load_records(file, id_name, error) : NULL;
  if (!texts) {
    free_file(file);
    return NULL;
  }
  if (pthread_create(&file->thread, NULL, run_record_file, file) != 0)
    g_error("no thread could be made");
  *records = g_steal_pointer(&texts);
  return file;
}

void record_file_put(RecordFile *file, const char *id, char *text, RecordFileDone done, gpointer user_data) {
  Change *change = g_new0(Change, 1);
  change->letter.deliver = deliver_change;
  change->id = g_strdup(id);
  change->text = text;
  change->done = done;
  change->user_data = user_data;
  mailbox_post(file->inbox, &change->letter);
}

guint64 record_file_get_writes(RecordFile *file) {
  return atomic_load(&file->writes);
}

void record_file_close(RecordFile *file) {
  if (!file)
    return;
  mailbox_close(file->inbox);
  pthread_join(file->thread, NULL);
  free_file(file);
}
