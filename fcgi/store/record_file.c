#include "fcgi/store/record_file.h"

#include "common/log.h"
#include "fcgi/store/disk.h"
#include "fcgi/store/journal.h"
#include "fcgi/store/journal_line.h"
#include "fcgi/store/record_fold.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A journal is folded when it has so many bytes, and the file's divided by so many. */
#define FOLD_BYTES (64 * 1024)
#define FOLD_SHARE 2
/* More is not kept of lines that cannot be read. */
#define MAX_REJECTED_BYTES (16 * 1024 * 1024)

/* One change: a letter to the file's thread, and the same letter back home with the outcome. */
typedef struct {
  Letter letter;
  char *id;
  char *text; /* NULL: remove */
  RecordFileDone done;
  gpointer user_data;
  char *reason; /* NULL: stored */
} Change;

struct RecordFile {
  char *path, *journal_path;
  int lock_fd;
  gboolean folds_at_end;
  Mailbox *home, *inbox;
  pthread_t thread;
  atomic_ullong writes;
  /* The thread's own. */
  Records *records;
  Journal *journal;
  gint64 number;       /* of the last change */
  struct stat written; /* which file it was when we last wrote or read it; st_ino is 0: there was none */
  GPtrArray *batch;    /* of Change, not yet on disk */
  GString *lines;      /* of the batch */
  gsize file_bytes;
  gsize fold_at;     /* how long the journal is when it is folded */
  RecordFold *fold;  /* under way (nullable) */
  gsize fold_length; /* what it has of the journal */
  gboolean fold_failed;
};

/* ---- folding ---- */

static void note_written(RecordFile *file) {
  if (stat(file->path, &file->written) != 0)
    file->written.st_ino = 0;
}

static gboolean is_as_written(const RecordFile *file) {
  struct stat now;
  if (stat(file->path, &now) != 0)
    return errno == ENOENT && file->written.st_ino == 0;
  return now.st_dev == file->written.st_dev && now.st_ino == file->written.st_ino;
}

static void set_fold_at(RecordFile *file) {
  file->fold_at = journal_get_length(file->journal) + MAX(FOLD_BYTES, file->file_bytes / FOLD_SHARE);
}

/* The file has @length bytes of the journal, or @problem (transfer full) says why not. */
static gboolean fold_done(RecordFile *file, gsize length, GError *problem, GError **error) {
  if (!problem) {
    note_written(file);
    journal_drop(file->journal, length, &problem);
  }
  set_fold_at(file);
  if (problem && !file->fold_failed)
    log_warning("plan_not_folded", "reason=\"%s\"", problem->message);
  file->fold_failed = problem != NULL;
  if (!problem)
    return TRUE;
  g_propagate_error(error, problem);
  return FALSE;
}

/* Waits for the fold that is under way, if there is one. */
static void end_fold(RecordFile *file) {
  GError *problem = NULL;
  gsize bytes;
  if (!file->fold)
    return;
  if (record_fold_wait(file->fold, &bytes, &problem))
    file->file_bytes = bytes;
  file->fold = NULL;
  fold_done(file, file->fold_length, problem, NULL);
}

static void on_folded(RecordFold *fold, gpointer receiver) {
  RecordFile *file = receiver;
  if (file->fold == fold)
    end_fold(file);
  record_fold_free(fold);
}

static void fold_if_outgrown(RecordFile *file) {
  if (file->fold || journal_get_length(file->journal) < file->fold_at)
    return;
  file->fold_length = journal_get_length(file->journal);
  file->fold =
      record_fold_begin(file->path, records_list(file->records), file->number, file->inbox, on_folded);
  if (!file->fold)
    set_fold_at(file); /* no thread: later */
}

/* Folds the whole journal, here and now. */
static gboolean fold_now(RecordFile *file, GError **error) {
  GError *problem = NULL;
  end_fold(file);
  g_autoptr(GPtrArray) texts = records_list(file->records);
  record_fold_write(file->path, texts, file->number, &file->file_bytes, &problem);
  return fold_done(file, journal_get_length(file->journal), problem, error);
}

/* ---- changes ---- */

static void free_change(Change *change) {
  g_free(change->id);
  g_free(change->text);
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

/* On the file's thread: leaves a change to the coming write. */
static void deliver_change(Letter *letter, gpointer receiver) {
  g_ptr_array_add(((RecordFile *)receiver)->batch, letter);
}

/* What somebody took away, or put something else in the place of, is written anew: we have all of it. */
static gboolean keep_in_place(RecordFile *file, GError **error) {
  return (journal_is_in_place(file->journal) && (file->fold || is_as_written(file))) || fold_now(file, error);
}

static gboolean write_batch(RecordFile *file, GError **error) {
  g_string_truncate(file->lines, 0);
  for (guint i = 0; i < file->batch->len; i++) {
    const Change *change = file->batch->pdata[i];
    journal_line_append(file->lines, file->number + 1 + i, change->id, change->text);
  }
  return keep_in_place(file, error) && journal_append(file->journal, file->lines, error);
}

static void commit_batch(RecordFile *file) {
  g_autoptr(GError) problem = NULL;
  gboolean ok = write_batch(file, &problem);
  file->number += ok ? file->batch->len : 0;
  atomic_fetch_add(&file->writes, 1);
  for (guint i = 0; i < file->batch->len; i++) {
    Change *change = file->batch->pdata[i];
    if (ok)
      records_set(file->records, change->id, change->text);
    else
      change->reason = g_strdup(problem->message);
    change->letter.deliver = deliver_outcome;
    mailbox_post(file->home, &change->letter);
  }
  g_ptr_array_set_size(file->batch, 0);
}

static gpointer run_record_file(gpointer data) {
  RecordFile *file = data;
  while (mailbox_deliver_next(file->inbox, file)) {
    /* Whatever came during the last write goes into this one. */
    mailbox_deliver(file->inbox, file);
    if (file->batch->len > 0)
      commit_batch(file);
    fold_if_outgrown(file);
  }
  end_fold(file);
  mailbox_deliver(file->inbox, file); /* it is told */
  if (file->folds_at_end && journal_get_length(file->journal) > 0)
    fold_now(file, NULL);
  return NULL;
}

/* ---- opening and closing ---- */

static gboolean lock_file(RecordFile *file, GError **error) {
  g_autofree char *path = g_strconcat(file->path, ".lock", NULL);
  file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file->lock_fd >= 0 && flock(file->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (file->lock_fd < 0 || errno != EWOULDBLOCK)
    disk_set_error(error, path);
  else
    g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED,
                "%s: another coordinator has it open; two cannot share one file", file->path);
  return FALSE;
}

/* What a crash left half written. */
static void remove_half_written(const RecordFile *file) {
  const char *const paths[] = {file->path, file->journal_path};
  for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
    g_autofree char *path = g_strconcat(paths[i], ".new", NULL);
    unlink(path);
  }
}

static void log_broken(const char *path, const RecordLoad *load) {
  g_autofree char *quoted = log_quote(path);
  log_error("plan_journal_broken", "file=%s lines=%u first=%" G_GUINT64_FORMAT, quoted, load->broken->len,
            load->broken_at);
}

/* Appends lines that are not as they were written to a file of their own. */
static gboolean keep_broken(const char *path, const GPtrArray *broken) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < broken->len; i++)
    g_string_append_printf(text, "%s\n", (const char *)broken->pdata[i]);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat now;
  gboolean ok =
      fd >= 0 && fstat(fd, &now) == 0 &&
      (now.st_size > MAX_REJECTED_BYTES || (disk_write(fd, text->str, text->len) && fsync(fd) == 0));
  int problem = errno;
  if (fd >= 0)
    close(fd);
  errno = problem;
  return ok;
}

static gboolean set_broken_aside(const RecordFile *file, const RecordLoad *load, GError **error) {
  g_autofree char *path = g_strconcat(file->journal_path, ".rejected", NULL);
  log_broken(file->journal_path, load);
  if (keep_broken(path, load->broken))
    return TRUE;
  disk_set_error(error, path);
  return FALSE;
}

/* Keeps elsewhere what cannot be used, and then writes both files without it. */
static gboolean set_aside(RecordFile *file, const RecordLoad *load, const RecordKind *kind, gpointer data,
                          GError **error) {
  if (load->rejected->len == 0 && load->broken->len == 0)
    return TRUE;
  return (load->rejected->len == 0 || kind->set_aside(file->path, load->rejected, data, error)) &&
         (load->broken->len == 0 || set_broken_aside(file, load, error)) && fold_now(file, error);
}

static void free_file(RecordFile *file) {
  g_clear_pointer(&file->records, records_free);
  journal_free(file->journal);
  g_ptr_array_unref(file->batch);
  g_string_free(file->lines, TRUE);
  mailbox_free(file->inbox);
  if (file->lock_fd >= 0)
    close(file->lock_fd);
  g_free(file->path);
  g_free(file->journal_path);
  g_free(file);
}

static gboolean load_both(RecordFile *file, const RecordKind *kind, gpointer data, GError **error) {
  g_auto(RecordLoad) load = {0};
  if (!lock_file(file, error) || !record_load(&load, file->path, kind, data, error))
    return FALSE;
  file->journal = journal_open(file->journal_path, load.journal_bytes, error);
  if (!file->journal)
    return FALSE;
  remove_half_written(file);
  file->records = g_steal_pointer(&load.records);
  file->number = load.number;
  file->file_bytes = load.file_bytes;
  file->fold_at = MAX(FOLD_BYTES, load.file_bytes / FOLD_SHARE);
  note_written(file);
  return set_aside(file, &load, kind, data, error);
}

/* Open and locked, without its thread. */
static RecordFile *open_alone(const char *path, const RecordKind *kind, gpointer data, GError **error) {
  RecordFile *file = g_new0(RecordFile, 1);
  file->path = disk_follow_links(path);
  file->journal_path = record_journal_path(file->path);
  file->lock_fd = -1;
  file->inbox = mailbox_new(NULL, NULL);
  file->batch = g_ptr_array_new();
  file->lines = g_string_new(NULL);
  if (load_both(file, kind, data, error))
    return file;
  free_file(file);
  return NULL;
}

gboolean record_file_read(const char *path, const RecordKind *kind, gpointer data, GPtrArray *rejected,
                          GError **error) {
  g_auto(RecordLoad) load = {0};
  g_autofree char *followed = disk_follow_links(path);
  if (!record_load(&load, followed, kind, data, error))
    return FALSE;
  g_autofree char *journal_path = record_journal_path(followed);
  if (load.broken->len > 0)
    log_broken(journal_path, &load);
  if (rejected) {
    g_ptr_array_extend_and_steal(rejected, g_steal_pointer(&load.rejected));
  } else if (load.rejected->len > 0) {
    g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT, "%s: %s", followed,
                ((const RejectedRecord *)load.rejected->pdata[0])->reason);
    return FALSE;
  }
  return TRUE;
}

gboolean record_file_fold(const char *path, const RecordKind *kind, gpointer data, guint *count,
                          GError **error) {
  RecordFile *file = open_alone(path, kind, data, error);
  if (!file)
    return FALSE;
  gboolean ok = journal_get_length(file->journal) == 0 || fold_now(file, error);
  *count = records_count(file->records);
  free_file(file);
  return ok;
}

RecordFile *record_file_open(const char *path, const RecordKind *kind, gpointer data, Mailbox *home,
                             GError **error) {
  RecordFile *file = open_alone(path, kind, data, error);
  if (!file)
    return NULL;
  file->home = home;
  if (pthread_create(&file->thread, NULL, run_record_file, file) != 0)
    g_error("no thread could be made");
  return file;
}

void record_file_fold_at_end(RecordFile *file) {
  file->folds_at_end = TRUE;
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
