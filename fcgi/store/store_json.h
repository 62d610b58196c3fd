/* The store that is a file with its journal: sessions_planned.json (record_file.h), of one coordinator alone.
 * The core's thread.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/store/store.h"

/* Opens @path. Records that break a rule are set aside (set_aside.h), said in the log, and are in the file no
 * more. @home: where answers are delivered, on this thread. NULL with @error, one line for the log, of
 * RECORD_FILE_ERROR, SET_ASIDE_ERROR or G_FILE_ERROR. (transfer full) */
Store *store_json_open(const char *path, Mailbox *home, GError **error);

/* The same for a moment: at the end the changes stay in the journal. */
Store *store_json_open_briefly(const char *path, Mailbox *home, GError **error);

/* The same for looking only: nothing is locked or written, whoever has it open, records that break a rule are
 * left out, and every change is answered with STORE_UNAVAILABLE. */
Store *store_json_look(const char *path, Mailbox *home, GError **error);

/* The reservations in @path as it is now, by whomever it is open; nothing is written. @rejected (transfer
 * none): an array to which is added what breaks a rule; NULL: that is an error. A file that does not exist
 * has none. Of Reservation (transfer full); NULL with @error, one line. */
GPtrArray *store_json_read(const char *path, GPtrArray *rejected, GError **error);

/* Whether store_json_open() could read @path. @note (out, transfer full): what is to be said of it all the
 * same, that records would be set aside, or NULL. FALSE with @error, one line. */
gboolean store_json_check(const char *path, char **note, GError **error);

/* Folds the journal of @path into it; @count (out): how many reservations there are. FALSE with an error as
 * store_json_open() has, also while a coordinator has it open. */
gboolean store_json_fold(const char *path, guint *count, GError **error);
