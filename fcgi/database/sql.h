/* One connection to the database (MySQL or MariaDB): prepared statements with typed values, and errors sorted
 * by what is to be done about them.
 *
 * Everything blocks, within the time-outs of its SqlAddress. One thread at a time; sql_library_open() first.
 *
 *   sql_run(sql, "UPDATE slots SET used = used + 1 WHERE rc = ? AND slot = ?",
 *           SQL_VALUES(SQL_INT(rc), SQL_INT(slot)), NULL, NULL, &affected, error)
 */
#pragma once
#include "fcgi/base/sql_address.h"

#define SQL_ERROR (sql_error_quark())
typedef enum {
  SQL_ERROR_CONFLICT,    /* deadlock, lock time-out, failed certification: rolled back; to be tried again */
  SQL_ERROR_DUPLICATE,   /* a unique key has this value already; the message names the key */
  SQL_ERROR_LOST,        /* the connection broke, or the node left its cluster meanwhile: nobody knows whether
                            the statement (a COMMIT!) was done */
  SQL_ERROR_UNAVAILABLE, /* no connection, no quorum, read-only, full: nothing was done; later, perhaps */
  SQL_ERROR_FAILED,      /* a fault of ours, of the schema or of the rights given to us */
} SqlError;
GQuark sql_error_quark(void);

typedef struct Sql Sql;

/* The client library's own global set-up; once, before any thread of the program uses it. */
void sql_library_open(void);
void sql_library_close(void);

/* Connects: UTF-8, time zone UTC, READ COMMITTED, strict mode; a Galera node answers when it has what was
 * committed at the others before. With several nodes, to the first that takes transactions now, in their
 * order. SQL_ERROR_UNAVAILABLE when none can be reached, SQL_ERROR_FAILED when it refuses us. (transfer full)
 */
Sql *sql_connect(const SqlAddress *address, GError **error);
/* The same, beginning with *@node and going round; which it was is put there. */
Sql *sql_connect_from(const SqlAddress *address, guint *node, GError **error);
void sql_free(Sql *sql); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sql, sql_free)

/* ---- statements ---- */

typedef struct {
  const char *text; /* NULL: `number` is meant, unless is_null */
  gint64 number;
  gboolean is_null;
} SqlValue;

#define SQL_INT(value) ((SqlValue){.number = (value)})
#define SQL_NULL ((SqlValue){.is_null = TRUE})
/* NULL is SQL's NULL. */
static inline SqlValue SQL_TEXT(const char *text) {
  return (SqlValue){.text = text, .is_null = text == NULL};
}
#define SQL_VALUES(...) (const SqlValue[]){__VA_ARGS__}, G_N_ELEMENTS(((const SqlValue[]){__VA_ARGS__}))
#define SQL_NO_VALUES NULL, 0

/* A row of a result; valid during the call. */
typedef struct SqlRow SqlRow;
gint64 sql_row_int(const SqlRow *row, guint column);       /* 0 for NULL */
const char *sql_row_text(const SqlRow *row, guint column); /* NULL for NULL */

/* Must not use the connection. FALSE ends the reading. */
typedef gboolean (*SqlRowFunc)(const SqlRow *row, gpointer user_data);

/* Runs @statement, a text with a question mark for each of the @n_values, prepared once a connection: so
 * texts must be few. @on_row (nullable) is called for each row of the result, @affected (nullable) is the
 * number of rows changed. */
gboolean sql_run(Sql *sql, const char *statement, const SqlValue *values, guint n_values, SqlRowFunc on_row,
                 gpointer user_data, guint64 *affected, GError **error);

/* Runs a script of statements that end in semicolons at the end of a line, with no values: for the schema. */
gboolean sql_run_script(Sql *sql, const char *script, GError **error);

gboolean sql_begin(Sql *sql, GError **error);
gboolean sql_commit(Sql *sql, GError **error);
void sql_roll_back(Sql *sql); /* also when nothing is open */

/* Whether the connection is known to be gone: to be freed. */
gboolean sql_is_lost(const Sql *sql);
