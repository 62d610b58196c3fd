/* The store that is a file: sessions_planned.json (record_file.h), of one coordinator alone. The core's
 * thread.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/store/store.h"

/* Opens @path. @home: where answers are delivered, on this thread. NULL with @error, one line for the log, of
 * RECORD_FILE_ERROR or FIELDS_ERROR. (transfer full) */
Store *store_json_open(const char *path, Mailbox *home, GError **error);

/* The same for looking only: nothing is locked, whoever has it open, and every change is answered with
 * STORE_UNAVAILABLE. */
Store *store_json_look(const char *path, Mailbox *home, GError **error);

/* Whether store_json_open() could read @path as it is now, by whomever it is open. A file that does not exist
 * is good. FALSE with @error, one line. */
gboolean store_json_check(const char *path, GError **error);
