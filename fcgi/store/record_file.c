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
    g_hash_table_insert(file->by_id, record->id, file->order.tail);
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

static gboolean sync_directory(const char *directory) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync(fd) == 0;
  int problem = errno;
  if (fd >= 0)
    close(fd);
  errno = problem;
  return ok;
}

/* Returns NULL, or why it could not be written (transfer full). */
static char *commit_records(RecordFile *file) {
  int fd = open(file->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 && write_records(file, fd) && fsync(fd) == 0;
  int problem = errno;
  if (fd >= 0 && close(fd) != 0 && ok) {
    problem = errno;
    ok = FALSE;
  }
  if (ok && (rename(file->new_path, file->path) != 0 || !sync_directory(file->directory))) {
    problem = errno;
    ok = FALSE;
  }
  if (ok)
    return NULL;
  unlink(file->new_path);
  return g_strdup_printf("%s: %s", file->path, g_strerror(problem));
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
    g_autofree char *reason = commit_records(file);
    atomic_fetch_add(&file->writes, 1);
    if (reason)
      take_changes_back(file);
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

static gboolean add_records(RecordFile *file, const char *id_name, const FieldsDoc *doc, GPtrArray *texts,
                            GError **error) {
  const Field fields[] = {{id_name, FIELD_TEXT, G_STRUCT_OFFSET(Identity, id), .required = TRUE, .min = 1},
                          {NULL}};
  GPtrArray *identities = fields_read_array(doc, fields, sizeof(Identity), error);
  if (!identities)
    return FALSE;
  gboolean ok = TRUE, existed;
  for (guint i = 0; ok && i < identities->len; i++) {
    const Identity *identity = identities->pdata[i];
    g_free(set_record(file, identity->id, g_strdup(texts->pdata[i]), &existed));
    ok = !existed;
    if (existed)
      fields_set_error(error, FIELDS_ERROR_RANGE, id_name, "stands twice");
  }
  fields_free_list(fields, identities);
  return ok;
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
  g_autoptr(GPtrArray) texts = doc ? fields_array_texts(doc, &problem) : NULL;
  if (texts && add_records(file, id_name, doc, texts, &problem))
    return g_steal_pointer(&texts);
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT, "%s: %s", file->path, problem->message);
  return NULL;
}

static void free_file(RecordFile *file) {
  g_queue_clear_full(&file->order, (GDestroyNotify)free_record);
  g_hash_table_unref(file->by_id);
  g_ptr_array_unref(file->batch);
  mailbox_free(file->inbox);
  if (file->lock_fd >= 0)
    close(file->lock_fd);
  g_free(file->path);
  g_free(file->new_path);
  g_free(file->directory);
  g_free(file);
}

static RecordFile *file_new(const char *path, Mailbox *home) {
  RecordFile *file = g_new0(RecordFile, 1);
  file->path = g_strdup(path);
  file->new_path = g_strconcat(path, ".new", NULL);
  file->directory = g_path_get_dirname(path);
  file->lock_fd = -1;
  file->home = home;
  file->inbox = mailbox_new(NULL, NULL);
  file->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  file->batch = g_ptr_array_new();
  return file;
}

GPtrArray *record_file_read(const char *path, const char *id_name, GError **error) {
  RecordFile *file = file_new(path, NULL);
  GPtrArray *texts = load_records(file, id_name, error);
  free_file(file);
  return texts;
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
