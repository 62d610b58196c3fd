/* Writing a record file whole, with all that its journal has: at once, or on a thread while changes go on.
 *
 * The new file is synced, renamed over the old one, and the directory synced. It says which change is its
 * last, so that a journal that still has what is in the file changes nothing.
 */
#pragma once
#include "fcgi/base/mailbox.h"

/* Writes @texts (of GRefString), with all up to change @number, to @path. @bytes (out): how many those are.
 * FALSE with an error of G_FILE_ERROR: the file may be the old one or the new one, and is whole. */
gboolean record_fold_write(const char *path, const GPtrArray *texts, gint64 number, gsize *bytes,
                           GError **error);

/* One that is under way. */
typedef struct RecordFold RecordFold;

typedef void (*RecordFoldDone)(RecordFold *fold, gpointer receiver);

/* Begins to do so on a thread of its own. @texts is (transfer full). @done is called once when @inbox is read
 * after that, with its receiver, and frees @fold. NULL when there is no thread to be had. */
RecordFold *record_fold_begin(const char *path, GPtrArray *texts, gint64 number, Mailbox *inbox,
                              RecordFoldDone done);

/* Waits for its end, if it is not over. The result of record_fold_write(). @done is still called. */
gboolean record_fold_wait(RecordFold *fold, gsize *bytes, GError **error);
void record_fold_free(RecordFold *fold);
