/* A JSON file of records, for good: a top-level array of objects, one a line, each known by an id; and a
 * journal beside it (journal_line.h), with what has changed since the file was written. Where the path is a
 * symbolic link, all this is done where it leads.
 *
 * A change is a line of the journal, synced before anyone is told yes. Changes that come while one is under
 * way share the next one (group commit), so the rate of changes is not bound by the disk's rate of syncs, and
 * what a change costs does not depend on how many records there are. A line that cannot be written (full
 * disk, read-only directory) is cut off again: nothing was promised, and the next change tries again.
 *
 * When the journal has outgrown a share of the file, it is folded into it (record_fold.h) on a thread of its
 * own while changes go on; its lines carry numbers, and the file says which it has, so that whatever a crash
 * leaves of both says the same. Should somebody take either file away meanwhile, both are written anew before
 * anything is promised. The last fold that failed is in the log (plan_not_folded); the journal grows until
 * one succeeds.
 *
 * One thread of the file's own owns the records' texts and writes; a change costs the caller O(1). All
 * functions are called from one thread (the core's), and so are the callbacks.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/store/record_load.h"

typedef struct RecordFile RecordFile;

/* @stored: it is on disk. Otherwise @reason says why not, and nothing has changed. */
typedef void (*RecordFileDone)(gboolean stored, const char *reason, gpointer user_data);

/* Opens @path, which need not exist yet, and locks it by "@path.lock" for as long as it is open (so that two
 * coordinators cannot share it). @kind takes every record, in the file's order, then in the journal's; its
 * @data is not needed any more afterwards. @home: where callbacks are delivered. (transfer full); NULL with
 * RECORD_FILE_ERROR, G_FILE_ERROR, or the error by which @kind could not set something aside.
 *
 * Records that break a rule are set aside as @kind does, lines of the journal that are not as they were
 * written are appended to "@journal.rejected" and told in the log (plan_journal_broken); then both files are
 * written without them. */
RecordFile *record_file_open(const char *path, const RecordKind *kind, gpointer data, Mailbox *home,
                             GError **error);

/* Folds the journal when the file is closed, whether it has outgrown its share or not: so that the file alone
 * has all. */
void record_file_fold_at_end(RecordFile *file);

/* Has @kind take every record in @path and its journal, whoever has it open; nothing is locked or changed.
 * For looking whether the files are good. @rejected (transfer none): an array to which is added what is left
 * out; NULL: that is an error. FALSE with RECORD_FILE_ERROR. */
gboolean record_file_read(const char *path, const RecordKind *kind, gpointer data, GPtrArray *rejected,
                          GError **error);

/* Folds the journal of @path, if there is one, into it; @count (out): how many records there are. FALSE with
 * an error as record_file_open() has, also while somebody has it open. */
gboolean record_file_fold(const char *path, const RecordKind *kind, gpointer data, guint *count,
                          GError **error);

/* Adds the record or replaces the one of the same @id, by @text (transfer full), one JSON object; NULL
 * removes it.
 * @done (nullable) is called once. */
void record_file_put(RecordFile *file, const char *id, char *text, RecordFileDone done, gpointer user_data);

/* How many writes there were, for metrics and tests: groups of changes that shared a sync. Any thread. */
guint64 record_file_get_writes(RecordFile *file);

/* Writes what is under way, ends the thread and unlocks. Callbacks that were not delivered yet still are,
 * when the home is next read. NULL is allowed. */
void record_file_close(RecordFile *file);
