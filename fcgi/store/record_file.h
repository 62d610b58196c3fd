/* A JSON file of records, for good: a top-level array of objects, one a line, each known by an id.
 *
 * The file is always whole: it is written as a new file beside the old one, fsynced, renamed over it, and the
 * directory is fsynced, before anyone is told yes. Where the path is a symbolic link, all this is done where
 * it leads. Changes that come while a write is under way share the next one (group commit), so the rate of
 * changes is not bound by the disk's fsync rate. A write that fails (full disk, read-only directory) takes
 * its changes back: nothing was promised, the file is as before, and the next write tries again. When the new
 * file is in place and the directory cannot be synced, the old content is put back by another write.
 *
 * One thread of the file's own owns the records' texts and writes; a change costs the caller O(1). All
 * functions are called from one thread (the core's), and so are the callbacks.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/store/set_aside.h"

typedef struct RecordFile RecordFile;

#define RECORD_FILE_ERROR (record_file_error_quark())
typedef enum {
  RECORD_FILE_ERROR_LOCKED,  /* another process has it open */
  RECORD_FILE_ERROR_CONTENT, /* it is broken; it was left as it is */
  RECORD_FILE_ERROR_IO,      /* it could not be read or its directory not be used */
} RecordFileError;
GQuark record_file_error_quark(void);

/* @stored: it is on disk. Otherwise @reason says why not, and nothing has changed. */
typedef void (*RecordFileDone)(gboolean stored, const char *reason, gpointer user_data);

/* Opens @path, which need not exist yet, and locks it by "@path.lock" for as long as it is open (so that two
 * coordinators cannot share it). @records (out, transfer full): the text of every record in the file's order.
 * @id_name: the member that is a record's id, a string that no two records share; what is no object with such
 * an id is left out, and will not be in the file any more when it is next written:
 * record_file_get_rejected(). @home: where callbacks are delivered. (transfer full) */
RecordFile *record_file_open(const char *path, const char *id_name, Mailbox *home, GPtrArray **records,
                             GError **error);

/* What was left out when it was opened: of RejectedRecord. (transfer none) */
const GPtrArray *record_file_get_rejected(const RecordFile *file);
/* Where the file is, links followed. (transfer none) */
const char *record_file_get_path(const RecordFile *file);

/* The text of every record in @path (transfer full), whoever has it open; nothing is locked. @rejected
 * (transfer none): an array to which is added what is left out; NULL: that is an error. */
GPtrArray *record_file_read(const char *path, const char *id_name, GPtrArray *rejected, GError **error);

/* Adds the record or replaces the one of the same @id, by @text (transfer full), one JSON object; NULL
 * removes it.
 * @done (nullable) is called once. */
void record_file_put(RecordFile *file, const char *id, char *text, RecordFileDone done, gpointer user_data);

/* How many writes there were, for metrics and tests. Any thread. */
guint64 record_file_get_writes(RecordFile *file);

/* Writes what is under way, ends the thread and unlocks. Callbacks that were not delivered yet still are,
 * when the home is next read. NULL is allowed. */
void record_file_close(RecordFile *file);
