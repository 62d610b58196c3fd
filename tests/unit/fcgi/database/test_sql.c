/* fcgi/database on a real server: what is read is what was written, each fault is the kind that it is, and
 * jobs that may be repeated are. */
#include "fcgi/database/sql_pool.h"
#include "fcgi/database/sql_schema.h"
#include "tests/unit/fcgi/mariadb.h"

static const char *server;

static Sql *connect_to_it(void) {
  g_autoptr(GError) error = NULL;
  const SqlAddress address = mariadb_address(server);
  Sql *sql = sql_connect(&address, &error);
  g_assert_no_error(error);
  return sql;
}

typedef struct {
  Sql *sql;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->sql = connect_to_it();
  mariadb_clear(f->sql);
}

static void tear_down(Fixture *f, gconstpointer data) {
  sql_free(f->sql);
}

static gboolean keep_text(const SqlRow *row, gpointer data) {
  *(char **)data = g_strdup(sql_row_text(row, 0));
  return FALSE;
}

static gboolean keep_number(const SqlRow *row, gpointer data) {
  *(gint64 *)data = sql_row_int(row, 0);
  return FALSE;
}

static gint64 ask_number(Sql *sql, const char *statement) {
  gint64 number = -1;
  g_autoptr(GError) error = NULL;
  sql_run(sql, statement, SQL_NO_VALUES, keep_number, &number, NULL, &error);
  g_assert_no_error(error);
  return number;
}

/* ---- statements ---- */

static void test_values(Fixture *f, gconstpointer data) {
  static const char *const texts[] = {"", "it's \"quoted\" \\ ; -- '", "Здравствуйте", "🏠🏡", NULL};
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    char *read = NULL;
    g_assert_true(sql_run(f->sql, "SELECT ?", SQL_VALUES(SQL_TEXT(texts[i])), keep_text, &read, NULL, NULL));
    g_assert_cmpstr(read, ==, texts[i]);
    g_free(read);
  }
  g_autofree char *large = g_strnfill(200000, 'x');
  g_autofree char *back = NULL;
  g_assert_true(sql_run(f->sql, "SELECT ?", SQL_VALUES(SQL_TEXT(large)), keep_text, &back, NULL, NULL));
  g_assert_cmpstr(back, ==, large);
  gint64 number = 0;
  g_assert_true(
      sql_run(f->sql, "SELECT ? + 1", SQL_VALUES(SQL_INT(G_MAXINT64 - 1)), keep_number, &number, NULL, NULL));
  g_assert_cmpint(number, ==, G_MAXINT64);
}

static void test_errors(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Sql) second = connect_to_it();
  const char *add = "INSERT INTO agreements (name, value) VALUES ('a', 'b')";
  g_assert_true(sql_run(f->sql, add, SQL_NO_VALUES, NULL, NULL, NULL, NULL));
  g_assert_false(sql_run(f->sql, add, SQL_NO_VALUES, NULL, NULL, NULL, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_DUPLICATE);
  g_clear_error(&error);
  g_assert_false(sql_run(f->sql, "SELECT nothing FROM nowhere", SQL_NO_VALUES, NULL, NULL, NULL, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_FAILED);
  g_clear_error(&error);
  g_assert_false(sql_is_lost(f->sql));
  g_autofree char *kill =
      g_strdup_printf("KILL %" G_GINT64_FORMAT, ask_number(second, "SELECT CONNECTION_ID()"));
  g_assert_true(sql_run(f->sql, kill, SQL_NO_VALUES, NULL, NULL, NULL, NULL));
  g_assert_false(sql_run(second, "SELECT 1", SQL_NO_VALUES, NULL, NULL, NULL, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_LOST);
  g_assert_true(sql_is_lost(second));
  g_clear_error(&error);
  SqlAddress nowhere = mariadb_address("/nonexistent/s.sock");
  g_assert_null(sql_connect(&nowhere, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE);
}

/* What a server says, by its number, in a statement of its own. */
static gboolean say(Sql *sql, guint number, GError **error) {
  g_autofree char *script =
      g_strdup_printf("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = %u, MESSAGE_TEXT = 'said';\n", number);
  return sql_run_script(sql, script, error);
}

static void test_cluster_errors(Fixture *f, gconstpointer data) {
  static const struct {
    guint number;
    SqlError code;
  } rows[] = {
      {1213, SQL_ERROR_CONFLICT},    /* a deadlock, or a failed certification in Galera */
      {1205, SQL_ERROR_CONFLICT},    /* waited too long, for a lock or for the other nodes */
      {3101, SQL_ERROR_CONFLICT},    /* a failed certification in Group Replication */
      {1180, SQL_ERROR_LOST},        /* the node lost the others while it committed */
      {1053, SQL_ERROR_LOST},        /* it is being stopped */
      {1047, SQL_ERROR_UNAVAILABLE}, /* it has no others, and may not decide alone */
      {1290, SQL_ERROR_UNAVAILABLE}, /* it is read-only */
      {1146, SQL_ERROR_FAILED},
  };
  for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Sql) sql = connect_to_it();
    g_assert_false(say(sql, rows[i].number, &error));
    g_assert_error(error, SQL_ERROR, (gint)rows[i].code);
    g_assert_cmpint(sql_is_lost(sql), ==,
                    rows[i].code == SQL_ERROR_LOST || rows[i].code == SQL_ERROR_UNAVAILABLE);
  }
}

static void test_nodes(Fixture *f, gconstpointer data) {
  static const char *const right[] = {"db-1.internal", "db-1:3307", "192.0.2.1", "[2001:db8::1]:3306"};
  static const char *const wrong[] = {"", ":3306", "db-1:port", "db-1:99999", "[2001:db8::1"};
  static const char *const nobody[] = {"127.0.0.1:1", "127.0.0.1:2", NULL};
  for (guint i = 0; i < G_N_ELEMENTS(right); i++)
    g_assert_true(sql_address_check_node(right[i], NULL));
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_false(sql_address_check_node(wrong[i], NULL));
  g_autoptr(GError) error = NULL;
  SqlAddress address = mariadb_address(NULL);
  guint node = 1;
  address.nodes = nobody;
  g_assert_cmpuint(sql_address_count_nodes(&address), ==, 2);
  g_assert_null(sql_connect_from(&address, &node, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE);
  g_assert_true(g_str_has_prefix(error->message, "127.0.0.1:1: ")); /* it went round */
}

static void test_schema(Fixture *f, gconstpointer data) {
  guint from, to;
  g_autoptr(GError) error = NULL;
  g_assert_true(sql_schema_migrate(f->sql, &from, &to, NULL));
  g_assert_cmpuint(from, ==, to);
  g_assert_true(sql_schema_check(f->sql, NULL));
  g_assert_true(sql_run_script(f->sql, "INSERT INTO vitrina_schema VALUES (99, NOW());\n", NULL));
  g_assert_false(sql_schema_check(f->sql, &error));
  g_assert_error(error, SQL_ERROR, SQL_ERROR_FAILED);
  g_assert_true(sql_run_script(f->sql, "DELETE FROM vitrina_schema WHERE version = 99;\n", NULL));
}

/* ---- the pool ---- */

/* A job whose first tries end in what the server says. */
typedef struct {
  SqlJob job;
  guint number, failing, tries;
  gboolean done;
  GError *error;
} Troubled;

static gboolean run_troubled(Sql *sql, SqlJob *job, GError **error) {
  Troubled *troubled = (Troubled *)job;
  return troubled->tries++ >= troubled->failing || say(sql, troubled->number, error);
}

static void on_troubled(SqlJob *job, const GError *error) {
  Troubled *troubled = (Troubled *)job;
  troubled->done = TRUE;
  troubled->error = error ? g_error_copy(error) : NULL;
}

/* How often it was tried. */
static guint run_until_done(SqlPool *pool, Mailbox *home, guint number, guint failing, GError **error) {
  Troubled troubled = {{.run = run_troubled, .done = on_troubled}, number, failing, 0, FALSE, NULL};
  sql_pool_run(pool, &troubled.job);
  while (!troubled.done)
    mailbox_deliver_next(home, NULL);
  if (troubled.error)
    g_propagate_error(error, troubled.error);
  return troubled.tries;
}

static void test_repeated_jobs(Fixture *f, gconstpointer data) {
  const SqlAddress address = mariadb_address(server);
  g_autoptr(GError) error = NULL;
  Mailbox *home = mailbox_new(NULL, NULL);
  SqlPool *pool = sql_pool_new(&address, 1, home);
  g_assert_cmpuint(run_until_done(pool, home, 1213, 3, &error), ==, 4);
  g_assert_cmpuint(run_until_done(pool, home, 1180, 2, &error), ==, 3);
  g_assert_no_error(error);
  g_assert_cmpuint(run_until_done(pool, home, 1047, 1, &error), ==, 1); /* there is no other node */
  g_assert_error(error, SQL_ERROR, SQL_ERROR_UNAVAILABLE);
  g_clear_error(&error);
  g_assert_cmpuint(run_until_done(pool, home, 1146, 1, &error), ==, 1);
  g_assert_error(error, SQL_ERROR, SQL_ERROR_FAILED);
  sql_pool_free(pool);
  mailbox_free(home);
}

static void test_unreachable(Fixture *f, gconstpointer data) {
  const SqlAddress nowhere = mariadb_address("/nonexistent/s.sock");
  Mailbox *home = mailbox_new(NULL, NULL);
  SqlPool *pool = sql_pool_new(&nowhere, 2, home);
  Troubled jobs[50];
  for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
    jobs[i] = (Troubled){.job = {.run = run_troubled, .done = on_troubled}};
    sql_pool_run(pool, &jobs[i].job);
  }
  for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
    while (!jobs[i].done)
      mailbox_deliver_next(home, NULL);
    g_assert_error(jobs[i].error, SQL_ERROR, SQL_ERROR_UNAVAILABLE);
    g_assert_cmpuint(jobs[i].tries, ==, 0);
    g_error_free(jobs[i].error);
  }
  sql_pool_free(pool);
  mailbox_free(home);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  if (!server)
    return mariadb_skip_tests();
#define TEST(path, function) g_test_add("/sql/" path, Fixture, NULL, set_up, function, tear_down)
  TEST("values-come-back-as-they-were", test_values);
  TEST("faults-are-told-apart", test_errors);
  TEST("what-nodes-of-a-cluster-say-is-told-apart", test_cluster_errors);
  TEST("nodes-are-asked-in-turn", test_nodes);
  TEST("the-schema-knows-its-version", test_schema);
  TEST("what-may-be-repeated-is", test_repeated_jobs);
  TEST("nobody-waits-for-a-database-that-is-not-there", test_unreachable);
  return mariadb_run_tests();
}
