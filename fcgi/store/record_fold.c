#include "fcgi/store/record_fold.h"

#include "fcgi/store/disk.h"
#include "fcgi/store/record_load.h"

#include <pthread.h>
#include <string.h>

#define CHUNK_BYTES (256 * 1024)

typedef struct {
  const GPtrArray *texts;
  gint64 number;
  gsize bytes;
} Whole;

struct RecordFold {
  Letter letter;
  char *path;
  GPtrArray *texts;
  gint64 number;
  Mailbox *inbox;
  RecordFoldDone done;
  pthread_t thread;
  gboolean is_over; /* the thread is, and was waited for */
  gsize bytes;
  GError *error;
};

/* ---- the file ---- */

/* The first record with the number beside what it has. */
static void append_first(GString *chunk, const char *text, gint64 number) {
  gsize length = strlen(text);
  g_string_append_len(chunk, text, (gssize)length - 1);
  g_string_append_printf(chunk, ",\"" RECORD_FOLDED "\":%" G_GINT64_FORMAT "}", number);
}

static gboolean write_whole(int fd, gpointer data) {
  Whole *whole = data;
  g_autoptr(GString) chunk = g_string_sized_new(CHUNK_BYTES + 4096);
  whole->bytes = 0;
  g_string_append_c(chunk, '[');
  for (guint i = 0; i < whole->texts->len; i++) {
    g_string_append(chunk, i == 0 ? "\n" : ",\n");
    if (i == 0 && whole->number)
      append_first(chunk, whole->texts->pdata[i], whole->number);
    else
      g_string_append(chunk, whole->texts->pdata[i]);
    if (chunk->len < CHUNK_BYTES)
      continue;
    if (!disk_write(fd, chunk->str, chunk->len))
      return FALSE;
    whole->bytes += chunk->len;
    g_string_truncate(chunk, 0);
  }
  g_string_append(chunk, "\n]\n");
  whole->bytes += chunk->len;
  return disk_write(fd, chunk->str, chunk->len);
}

gboolean record_fold_write(const char *path, const GPtrArray *texts, gint64 number, gsize *bytes,
                           GError **error) {
  g_autofree char *directory = g_path_get_dirname(path);
  Whole whole = {texts, number, 0};
  if (!disk_replace(path, write_whole, &whole) || !disk_sync_directory(directory)) {
    disk_set_error(error, path);
    return FALSE;
  }
  *bytes = whole.bytes;
  return TRUE;
}

/* ---- on a thread ---- */

static void deliver_fold(Letter *letter, gpointer receiver) {
  RecordFold *fold = (RecordFold *)letter;
  fold->done(fold, receiver);
}

static gpointer run_fold(gpointer data) {
  RecordFold *fold = data;
  record_fold_write(fold->path, fold->texts, fold->number, &fold->bytes, &fold->error);
  mailbox_post(fold->inbox, &fold->letter);
  return NULL;
}

RecordFold *record_fold_begin(const char *path, GPtrArray *texts, gint64 number, Mailbox *inbox,
                              RecordFoldDone done) {
  RecordFold *fold = g_new0(RecordFold, 1);
  fold->letter.deliver = deliver_fold;
  fold->path = g_strdup(path);
  fold->texts = texts;
  fold->number = number;
  fold->inbox = inbox;
  fold->done = done;
  if (pthread_create(&fold->thread, NULL, run_fold, fold) == 0)
    return fold;
  fold->is_over = TRUE;
  record_fold_free(fold);
  return NULL;
}

gboolean record_fold_wait(RecordFold *fold, gsize *bytes, GError **error) {
  if (!fold->is_over)
    pthread_join(fold->thread, NULL);
  fold->is_over = TRUE;
  *bytes = fold->bytes;
  if (fold->error && error)
    *error = g_error_copy(fold->error);
  return fold->error == NULL;
}

void record_fold_free(RecordFold *fold) {
  g_assert(fold->is_over);
  g_ptr_array_unref(fold->texts);
  g_clear_error(&fold->error);
  g_free(fold->path);
  g_free(fold);
}
