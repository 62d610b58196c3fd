#include "fcgi/database/sql.h"

#include <gio/gio.h>
#include <mysql/errmsg.h>
#include <mysql/mysql.h>
#include <mysql/mysqld_error.h>
#include <string.h>

G_DEFINE_QUARK(vitrina - sql - error, sql_error)

#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
/* Whoever waits longer for a lock than a visitor waits for a page gives up. What begins at one node of Galera
 * after a commit at another sees it (MySQL takes that part for a comment). */
#define SESSION_SETTINGS                                                                                     \
  "SET SESSION time_zone = '+00:00', sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = 5 "                \
  "/*M! , wsrep_sync_wait = 1 */"
#define SESSION_ISOLATION "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
/* What no header of MySQL names: MariaDB's "record has changed since last read", Galera's "not yet prepared",
 * and Group Replication's failed certification. */
#define ERROR_CHANGED_SINCE_READ 1020
#define ERROR_NO_QUORUM 1047
#define ERROR_NOT_CERTIFIED 3101

struct Sql {
  MYSQL *connection;
  GHashTable *statements; /* text -> MYSQL_STMT */
  gboolean lost;
};

/* A column's value as text. */
typedef struct {
  char *text;
  unsigned long length, room;
  my_bool is_null;
} Cell;

struct SqlRow {
  const Cell *cells;
  guint count;
};

void sql_library_open(void) {
  mysql_library_init(0, NULL, NULL);
  /* What GLib makes at a domain's first error, ThreadSanitizer does not see it make for all threads. */
  g_error_free(g_error_new_literal(SQL_ERROR, SQL_ERROR_FAILED, "first"));
}

void sql_library_close(void) {
  mysql_library_end();
}

/* ---- errors ---- */

static const struct {
  guint number;
  SqlError code;
} known_errors[] = {
    {ER_LOCK_DEADLOCK, SQL_ERROR_CONFLICT},
    {ER_LOCK_WAIT_TIMEOUT, SQL_ERROR_CONFLICT},
    {ERROR_CHANGED_SINCE_READ, SQL_ERROR_CONFLICT},
    {ERROR_NOT_CERTIFIED, SQL_ERROR_CONFLICT},
    {ER_DUP_ENTRY, SQL_ERROR_DUPLICATE},
    {CR_SERVER_GONE_ERROR, SQL_ERROR_LOST},
    {CR_SERVER_LOST, SQL_ERROR_LOST},
    {CR_SERVER_LOST_EXTENDED, SQL_ERROR_LOST},
    {ER_SERVER_SHUTDOWN, SQL_ERROR_LOST},
    {ER_CONNECTION_KILLED, SQL_ERROR_LOST},
    {ER_ERROR_DURING_COMMIT, SQL_ERROR_LOST},
    {CR_CONNECTION_ERROR, SQL_ERROR_UNAVAILABLE},
    {CR_CONN_HOST_ERROR, SQL_ERROR_UNAVAILABLE},
    {CR_UNKNOWN_HOST, SQL_ERROR_UNAVAILABLE},
    {CR_SSL_CONNECTION_ERROR, SQL_ERROR_UNAVAILABLE},
    {ERROR_NO_QUORUM, SQL_ERROR_UNAVAILABLE},
    {ER_CON_COUNT_ERROR, SQL_ERROR_UNAVAILABLE},
    {ER_USER_LIMIT_REACHED, SQL_ERROR_UNAVAILABLE},
    {ER_OPTION_PREVENTS_STATEMENT, SQL_ERROR_UNAVAILABLE},
    {ER_RECORD_FILE_FULL, SQL_ERROR_UNAVAILABLE},
    {ER_DISK_FULL, SQL_ERROR_UNAVAILABLE},
    {ER_BAD_HOST_ERROR, SQL_ERROR_UNAVAILABLE},
    {ER_QUERY_INTERRUPTED, SQL_ERROR_CONFLICT},
};

static gboolean sql_fail(Sql *sql, guint number, const char *message, GError **error) {
  SqlError code = SQL_ERROR_FAILED;
  for (guint i = 0; i < G_N_ELEMENTS(known_errors); i++)
    if (known_errors[i].number == number)
      code = known_errors[i].code;
  sql->lost |= code == SQL_ERROR_LOST || code == SQL_ERROR_UNAVAILABLE;
  g_set_error(error, SQL_ERROR, code, "%s (error %u)", message, number);
  return FALSE;
}

static gboolean sql_fail_here(Sql *sql, GError **error) {
  return sql_fail(sql, mysql_errno(sql->connection), mysql_error(sql->connection), error);
}

/* ---- connecting ---- */

static void free_statement(gpointer statement) {
  mysql_stmt_close(statement);
}

static void set_connection_options(MYSQL *connection, const SqlAddress *address) {
  const my_bool yes = 1, no = 0;
  /* Else a host called "localhost" would mean a socket of the library's own choice. */
  const unsigned int protocol = address->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &address->connect_timeout_seconds);
  mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &address->answer_timeout_seconds);
  mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &address->answer_timeout_seconds);
  mysql_options(connection, MYSQL_OPT_RECONNECT, &no);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(connection, MYSQL_INIT_COMMAND, SESSION_SETTINGS);
  mysql_options(connection, MYSQL_INIT_COMMAND, SESSION_ISOLATION);
  if (address->tls && !address->socket) {
    mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    mysql_options(connection, MYSQL_OPT_SSL_CA, address->ca_file ? address->ca_file : SYSTEM_AUTHORITIES);
  }
}

/* A Galera node that has lost the others lets clients in, and refuses what they ask. */
static gboolean takes_transactions(Sql *sql, GError **error) {
  gboolean begun = sql_begin(sql, error);
  sql_roll_back(sql);
  return begun;
}

/* The socket's, when @host is NULL. (transfer full) */
static Sql *connect_to(const SqlAddress *address, const char *host, guint port, GError **error) {
  g_autoptr(Sql) sql = g_new0(Sql, 1);
  sql->connection = mysql_init(NULL);
  sql->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_statement);
  set_connection_options(sql->connection, address);
  if (!mysql_real_connect(sql->connection, host, address->user, address->password, address->database, port,
                          host ? NULL : address->socket, 0)) {
    sql_fail_here(sql, error);
    return NULL;
  }
  return takes_transactions(sql, error) ? g_steal_pointer(&sql) : NULL;
}

static Sql *connect_to_node(const SqlAddress *address, const char *node, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autoptr(GSocketConnectable) parsed = g_network_address_parse(node, SQL_ADDRESS_PORT, error);
  if (!parsed)
    return NULL;
  GNetworkAddress *where = G_NETWORK_ADDRESS(parsed);
  Sql *sql =
      connect_to(address, g_network_address_get_hostname(where), g_network_address_get_port(where), &problem);
  if (!sql)
    g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: ", node);
  return sql;
}

Sql *sql_connect_from(const SqlAddress *address, guint *node, GError **error) {
  guint count = sql_address_count_nodes(address), first = *node;
  if (address->socket || !address->nodes)
    return connect_to(address, address->socket ? NULL : address->host, address->port, error);
  for (guint i = 0; i < count; i++) {
    *node = (first + i) % count;
    if (i > 0)
      g_clear_error(error);
    Sql *sql = connect_to_node(address, address->nodes[*node], error);
    if (sql)
      return sql;
  }
  return NULL;
}

Sql *sql_connect(const SqlAddress *address, GError **error) {
  guint first = 0;
  return sql_connect_from(address, &first, error);
}

void sql_free(Sql *sql) {
  if (!sql)
    return;
  g_hash_table_unref(sql->statements);
  mysql_close(sql->connection);
  g_free(sql);
}

gboolean sql_is_lost(const Sql *sql) {
  return sql->lost;
}

/* ---- rows ---- */

const char *sql_row_text(const SqlRow *row, guint column) {
  g_return_val_if_fail(column < row->count, NULL);
  return row->cells[column].is_null ? NULL : row->cells[column].text;
}

gint64 sql_row_int(const SqlRow *row, guint column) {
  const char *text = sql_row_text(row, column);
  return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static void free_cells(Cell *cells, guint count) {
  for (guint i = 0; i < count; i++)
    g_free(cells[i].text);
  g_free(cells);
}

/* Room for the longest value of each column, which the stored result knows. (transfer full) */
static Cell *bind_cells(MYSQL_STMT *statement, MYSQL_RES *columns, guint count) {
  Cell *cells = g_new0(Cell, count);
  g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, count);
  for (guint i = 0; i < count; i++) {
    cells[i].room = MAX(mysql_fetch_field_direct(columns, i)->max_length, 64);
    cells[i].text = g_malloc0(cells[i].room + 1);
    binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                            .buffer = cells[i].text,
                            .buffer_length = cells[i].room,
                            .length = &cells[i].length,
                            .is_null = &cells[i].is_null};
  }
  mysql_stmt_bind_result(statement, binds);
  return cells;
}

static int read_rows(MYSQL_STMT *statement, Cell *cells, guint count, SqlRowFunc on_row, gpointer user_data) {
  const SqlRow row = {cells, count};
  int status;
  while ((status = mysql_stmt_fetch(statement)) == 0 || status == MYSQL_DATA_TRUNCATED) {
    for (guint i = 0; i < count; i++)
      cells[i].text[MIN(cells[i].length, cells[i].room)] = '\0';
    if (!on_row(&row, user_data))
      return MYSQL_NO_DATA;
  }
  return status;
}

/* Reads the result of a statement that was executed, if it has one. */
static gboolean read_result(Sql *sql, MYSQL_STMT *statement, SqlRowFunc on_row, gpointer user_data,
                            GError **error) {
  guint count = mysql_stmt_field_count(statement);
  if (count == 0)
    return TRUE;
  const my_bool yes = 1;
  mysql_stmt_attr_set(statement, STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
  if (mysql_stmt_store_result(statement) != 0)
    return sql_fail(sql, mysql_stmt_errno(statement), mysql_stmt_error(statement), error);
  MYSQL_RES *columns = mysql_stmt_result_metadata(statement);
  Cell *cells = bind_cells(statement, columns, count);
  int status = on_row ? read_rows(statement, cells, count, on_row, user_data) : MYSQL_NO_DATA;
  if (status != MYSQL_NO_DATA)
    sql_fail(sql, mysql_stmt_errno(statement), mysql_stmt_error(statement), error);
  free_cells(cells, count);
  mysql_free_result(columns);
  mysql_stmt_free_result(statement);
  return status == MYSQL_NO_DATA;
}

/* ---- statements ---- */

static MYSQL_STMT *prepare_statement(Sql *sql, const char *text, GError **error) {
  MYSQL_STMT *statement = g_hash_table_lookup(sql->statements, text);
  if (statement)
    return statement;
  statement = mysql_stmt_init(sql->connection);
  if (mysql_stmt_prepare(statement, text, strlen(text)) != 0) {
    sql_fail(sql, mysql_stmt_errno(statement), mysql_stmt_error(statement), error);
    mysql_stmt_close(statement);
    return NULL;
  }
  g_hash_table_insert(sql->statements, g_strdup(text), statement);
  return statement;
}

static void bind_values(MYSQL_STMT *statement, const SqlValue *values, guint n_values, MYSQL_BIND *binds) {
  for (guint i = 0; i < n_values; i++) {
    const SqlValue *value = &values[i];
    if (value->is_null)
      binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
    else if (value->text)
      binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
                              .buffer = (char *)value->text,
                              .buffer_length = strlen(value->text)};
    else
      binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = (gint64 *)&value->number};
  }
  mysql_stmt_bind_param(statement, binds);
}

gboolean sql_run(Sql *sql, const char *text, const SqlValue *values, guint n_values, SqlRowFunc on_row,
                 gpointer user_data, guint64 *affected, GError **error) {
  MYSQL_STMT *statement = prepare_statement(sql, text, error);
  if (!statement)
    return FALSE;
  g_return_val_if_fail(mysql_stmt_param_count(statement) == n_values, FALSE);
  g_autofree MYSQL_BIND *binds = g_new0(MYSQL_BIND, n_values);
  bind_values(statement, values, n_values, binds);
  if (mysql_stmt_execute(statement) != 0)
    return sql_fail(sql, mysql_stmt_errno(statement), mysql_stmt_error(statement), error);
  if (affected)
    *affected = mysql_stmt_affected_rows(statement);
  return read_result(sql, statement, on_row, user_data, error);
}

static gboolean run_plain(Sql *sql, const char *text, gsize length, GError **error) {
  return mysql_real_query(sql->connection, text, length) == 0 || sql_fail_here(sql, error);
}

gboolean sql_run_script(Sql *sql, const char *script, GError **error) {
  for (const char *end; (end = strstr(script, ";\n")); script = end + 2)
    if (!run_plain(sql, script, (gsize)(end - script), error))
      return FALSE;
  return TRUE;
}

gboolean sql_begin(Sql *sql, GError **error) {
  static const char text[] = "START TRANSACTION";
  return run_plain(sql, text, strlen(text), error);
}

gboolean sql_commit(Sql *sql, GError **error) {
  return mysql_commit(sql->connection) == 0 || sql_fail_here(sql, error);
}

void sql_roll_back(Sql *sql) {
  if (!sql->lost && mysql_rollback(sql->connection) != 0)
    sql->lost = TRUE;
}
