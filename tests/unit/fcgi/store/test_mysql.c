/* fcgi/sql, sql_pool, sql_schema, mysql_changes on a real server: what is read is what was written, each
 * fault is the kind that it is, and no two ever have the last place. */
#include "common/instant.h"
#include "common/random.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/store/mysql_changes.h"
#include "tests/unit/fcgi/mariadb.h"

#define RC "Река «А»"
#define SLOT_US (5 * INSTANT_MINUTE)
#define PLACES 3

static const char *server;
static const MysqlPlan plan = {"one", 5}, other_plan = {"two", 5};

static Sql *connect_to_it(void) {
  g_autoptr(GError) error = NULL;
  const SqlAddress address = mariadb_address(server);
  Sql *sql = sql_connect(&address, &error);
  g_assert_no_error(error);
  return sql;
}

typedef struct {
  Sql *sql;
  gint64 now_slot;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->sql = connect_to_it();
  mariadb_clear(f->sql);
  f->now_slot = g_get_real_time() / SLOT_US + 1;
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

/* ---- changes ---- */

static Reservation *make(const char *code, ReservationState state) {
  Reservation *it = g_new0(Reservation, 1);
  it->id = random_hex(16);
  it->code = g_strdup(code);
  it->rc_name = g_strdup(RC);
  it->state = state;
  it->starts_at_us = g_get_real_time();
  it->ends_at_us = it->starts_at_us + 3600 * INSTANT_SECOND;
  it->created_at_us = it->starts_at_us;
  return it;
}

static StoreOutcome change(Sql *sql, const MysqlPlan *by, StoreChangeKind kind, const Reservation *it,
                           gint64 first, guint count) {
  const StoreChange wanted = {kind, it, {first, count}, PLACES};
  g_autoptr(GError) error = NULL;
  MysqlAnswer answer;
  g_assert_true(sql_begin(sql, NULL));
  mysql_change_do(sql, by, &wanted, &answer, &error);
  g_assert_no_error(error);
  if (answer.roll_back)
    sql_roll_back(sql);
  else
    g_assert_true(sql_commit(sql, NULL));
  g_assert_true((answer.other != NULL) == (answer.outcome == STORE_SAME_REQUEST));
  reservation_free(answer.other);
  return answer.outcome;
}

#define NEW(it, first, count) change(f->sql, &plan, STORE_NEW, it, first, count)

/* The ledger says what the reservations say. */
static void assert_books_balance(Sql *sql) {
  g_assert_cmpint(
      ask_number(sql, "SELECT COUNT(*) FROM slots s WHERE used <> (SELECT COUNT(*) FROM reservations r WHERE "
                      "r.rc = s.rc AND s.slot >= r.slot_first AND s.slot < r.slot_end)"),
      ==, 0);
}

static void test_all_or_nothing(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_PLANNED), b = make("1002", RESERVATION_PLANNED),
                         c = make("1003", RESERVATION_PLANNED), d = make("1004", RESERVATION_PLANNED),
                         e = make("1005", RESERVATION_PLANNED);
  gint64 at = f->now_slot + 100;
  g_assert_cmpint(NEW(a, at, 12), ==, STORE_DONE);
  g_assert_cmpint(NEW(b, at + 6, 12), ==, STORE_DONE);
  g_assert_cmpint(NEW(c, at, 12), ==, STORE_DONE);
  g_assert_cmpint(NEW(d, at + 5, 2), ==, STORE_FULL); /* its first slot has room, its second has none */
  g_assert_cmpint(NEW(d, at + 12, 6), ==, STORE_DONE);
  g_assert_cmpint(NEW(e, at + 20, 600), ==, STORE_DONE); /* past the rows that are there */
  assert_books_balance(f->sql);
}

static void test_repeated(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_PLANNED), b = make("1002", RESERVATION_PLANNED),
                         c = make("1001", RESERVATION_PLANNED);
  a->request_id = g_strdup("the client's own");
  b->request_id = g_strdup("the client's own");
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE); /* its commit's answer was lost */
  g_assert_cmpint(ask_number(f->sql, "SELECT MAX(used) FROM slots"), ==, 1);
  g_assert_cmpint(NEW(b, f->now_slot, 3), ==, STORE_SAME_REQUEST);
  g_assert_cmpint(NEW(c, f->now_slot, 3), ==, STORE_CODE_TAKEN);
  assert_books_balance(f->sql);
}

static void test_repeated_when_full(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < PLACES - 1; i++) {
    g_autofree char *code = g_strdup_printf("20%02u", i);
    g_autoptr(Reservation) filler = make(code, RESERVATION_PLANNED);
    g_assert_cmpint(NEW(filler, f->now_slot, 3), ==, STORE_DONE);
  }
  g_autoptr(Reservation) a = make("1001", RESERVATION_PLANNED), b = make("1002", RESERVATION_PLANNED);
  a->request_id = g_strdup("r");
  b->request_id = g_strdup("r");
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(b, f->now_slot, 3), ==, STORE_SAME_REQUEST);
  assert_books_balance(f->sql);
}

static void test_cancelled(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_PLANNED), again = make("1001", RESERVATION_PLANNED);
  g_assert_cmpint(NEW(a, f->now_slot + 5, 3), ==, STORE_DONE);
  a->state = RESERVATION_ENDED;
  a->reason = g_strdup("cancelled");
  g_assert_cmpint(change(f->sql, &other_plan, STORE_CANCEL, a, f->now_slot + 5, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_CANCEL, a, f->now_slot + 5, 3), ==, STORE_DONE);
  g_assert_cmpint(ask_number(f->sql, "SELECT MAX(used) FROM slots"), ==, 0);
  g_assert_cmpint(NEW(again, f->now_slot + 5, 3), ==, STORE_DONE); /* the code is free, too */
  again->state = RESERVATION_RUNNING;
  g_assert_cmpint(change(f->sql, &plan, STORE_CLAIM, again, f->now_slot + 5, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_CANCEL, again, f->now_slot + 5, 3), ==, STORE_GONE);
  assert_books_balance(f->sql);
}

static void test_claimed_once(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_PLANNED);
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  a->state = RESERVATION_RUNNING;
  g_assert_cmpint(change(f->sql, &plan, STORE_CLAIM, a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_CLAIM, a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &other_plan, STORE_CLAIM, a, f->now_slot, 3), ==, STORE_GONE);
  /* Whoever claimed it has died. */
  g_assert_true(
      sql_run_script(f->sql, "UPDATE reservations SET changed_at = NOW(6) - INTERVAL 10 MINUTE;\n", NULL));
  g_assert_cmpint(change(f->sql, &other_plan, STORE_CLAIM, a, f->now_slot, 3), ==, STORE_DONE);
  a->server_name = g_strdup("river-1");
  g_assert_cmpint(change(f->sql, &other_plan, STORE_FACT, a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_CLAIM, a, f->now_slot, 3), ==, STORE_GONE);
}

static void test_extended_and_ended(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_RUNNING), b = make("1002", RESERVATION_PLANNED),
                         c = make("1003", RESERVATION_PLANNED), d = make("1004", RESERVATION_PLANNED);
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(b, f->now_slot + 6, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(c, f->now_slot + 6, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(d, f->now_slot + 6, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_EXTEND, a, f->now_slot, 6), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &other_plan, STORE_EXTEND, a, f->now_slot, 6), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_EXTEND, a, f->now_slot, 7), ==, STORE_FULL);
  assert_books_balance(f->sql);
  a->state = RESERVATION_ENDED;
  a->reason = g_strdup("users_left");
  a->ended_at_us = g_get_real_time();
  g_assert_cmpint(change(f->sql, &plan, STORE_FACT, a, f->now_slot, 2), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &other_plan, STORE_FACT, a, f->now_slot, 1), ==,
                  STORE_DONE); /* told twice is told once */
  g_assert_cmpint(change(f->sql, &plan, STORE_EXTEND, a, f->now_slot, 8), ==, STORE_GONE);
  g_assert_cmpint(ask_number(f->sql, "SELECT SUM(used) FROM slots"), ==, 9 + 2);
  assert_books_balance(f->sql);
}

static void test_adopted(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < PLACES + 1; i++) {
    g_autoptr(Reservation) it =
        make("1001", RESERVATION_RUNNING); /* an operator's, all with one code, and no room */
    it->server_name = g_strdup("river-1");
    g_assert_cmpint(change(f->sql, &plan, STORE_FACT, it, f->now_slot, 3), ==, STORE_DONE);
  }
  g_assert_cmpint(ask_number(f->sql, "SELECT MAX(used) FROM slots"), ==, PLACES + 1);
  assert_books_balance(f->sql);
}

/* ---- many at once ---- */

typedef struct {
  SqlJob job;
  Reservation *it;
  LedgerRun run;
  MysqlAnswer answer;
} Booking;

static guint answered, booked, full, failed;

static gboolean run_booking(Sql *sql, SqlJob *job, GError **error) {
  Booking *booking = (Booking *)job;
  const StoreChange wanted = {STORE_NEW, booking->it, booking->run, PLACES};
  g_clear_pointer(&booking->answer.other, reservation_free);
  gboolean done = mysql_change_do(sql, &plan, &wanted, &booking->answer, error);
  job->refused = done && booking->answer.roll_back;
  return done;
}

static void on_booked(SqlJob *job, const GError *error) {
  Booking *booking = (Booking *)job;
  answered++;
  booked += !error && booking->answer.outcome == STORE_DONE;
  full += !error && booking->answer.outcome == STORE_FULL;
  failed += error != NULL;
  reservation_free(booking->it);
  g_free(booking);
}

static void test_many_at_once(Fixture *f, gconstpointer data) {
  enum { BOOKINGS = 600, POOLS = 3 };
  const SqlAddress address = mariadb_address(server);
  Mailbox *home = mailbox_new(NULL, NULL);
  SqlPool *pools[POOLS]; /* as many coordinators */
  answered = booked = full = failed = 0;
  for (guint i = 0; i < POOLS; i++)
    pools[i] = sql_pool_new(&address, 4, home);
  for (guint i = 0; i < BOOKINGS; i++) {
    g_autofree char *code = g_strdup_printf("%04u", i);
    Booking *booking = g_new0(Booking, 1);
    booking->job.run = run_booking;
    booking->job.done = on_booked;
    booking->it = make(code, RESERVATION_PLANNED);
    booking->run = (LedgerRun){f->now_slot + g_random_int_range(0, 100), (guint)g_random_int_range(1, 12)};
    sql_pool_run(pools[i % POOLS], &booking->job);
  }
  while (answered < BOOKINGS)
    mailbox_deliver_next(home, NULL);
  for (guint i = 0; i < POOLS; i++)
    sql_pool_free(pools[i]);
  mailbox_free(home);
  g_test_message("%u asked, %u booked, %u full, %u failed", BOOKINGS, booked, full, failed);
  g_assert_cmpuint(failed, ==, 0);
  g_assert_cmpuint(booked + full, ==, BOOKINGS);
  g_assert_cmpint(ask_number(f->sql, "SELECT MAX(used) FROM slots"), ==, PLACES);
  g_assert_cmpint(ask_number(f->sql, "SELECT COUNT(*) FROM reservations"), ==, booked);
  assert_books_balance(f->sql);
}

/* ---- the pool ---- */

static void test_unreachable(Fixture *f, gconstpointer data) {
  const SqlAddress nowhere = mariadb_address("/nonexistent/s.sock");
  Mailbox *home = mailbox_new(NULL, NULL);
  SqlPool *pool = sql_pool_new(&nowhere, 2, home);
  answered = booked = full = failed = 0;
  for (guint i = 0; i < 50; i++) {
    Booking *booking = g_new0(Booking, 1);
    booking->job.run = run_booking;
    booking->job.done = on_booked;
    sql_pool_run(pool, &booking->job);
  }
  while (answered < 50)
    mailbox_deliver_next(home, NULL);
  g_assert_cmpuint(failed, ==, 50);
  sql_pool_free(pool);
  mailbox_free(home);
}

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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  if (!server)
    return mariadb_skip_tests();
#define TEST(path, function) g_test_add("/mysql/" path, Fixture, NULL, set_up, function, tear_down)
  TEST("values-come-back-as-they-were", test_values);
  TEST("faults-are-told-apart", test_errors);
  TEST("what-nodes-of-a-cluster-say-is-told-apart", test_cluster_errors);
  TEST("nodes-are-asked-in-turn", test_nodes);
  TEST("the-schema-knows-its-version", test_schema);
  TEST("a-run-is-all-or-nothing", test_all_or_nothing);
  TEST("a-repeated-request-is-one-booking", test_repeated);
  TEST("a-repeated-request-is-one-booking-when-full", test_repeated_when_full);
  TEST("a-cancelled-booking-is-free", test_cancelled);
  TEST("a-booking-begins-once", test_claimed_once);
  TEST("an-extension-is-taken-and-an-end-given-back-once", test_extended_and_ended);
  TEST("what-runs-is-taken-in-whether-there-is-room-or-not", test_adopted);
  TEST("nobody-is-overbooked-by-many-at-once", test_many_at_once);
  TEST("what-may-be-repeated-is", test_repeated_jobs);
  TEST("nobody-waits-for-a-database-that-is-not-there", test_unreachable);
  return mariadb_run_tests();
}
