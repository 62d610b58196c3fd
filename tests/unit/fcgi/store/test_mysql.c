/* fcgi/store/mysql_changes on a real server: no two ever have the last place. */
#include "common/instant.h"
#include "common/random.h"
#include "fcgi/database/sql_pool.h"
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
  g_assert_true((answer.other != NULL) ==
                (answer.outcome == STORE_SAME_REQUEST || answer.outcome == STORE_OTHER));
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

/* The first who writes a generation has drawn its code; the other takes that. */
static void test_invited_once(Fixture *f, gconstpointer data) {
  g_autoptr(Reservation) a = make("1001", RESERVATION_RUNNING), b = make("1002", RESERVATION_RUNNING);
  g_assert_cmpint(NEW(a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(NEW(b, f->now_slot, 3), ==, STORE_DONE);
  a->generation = 1;
  a->door = g_strdup("knock");
  g_free(a->code);
  a->code = g_strdup("1002");
  g_assert_cmpint(change(f->sql, &plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_CODE_TAKEN);
  g_free(a->code);
  a->code = g_strdup("1003");
  g_assert_cmpint(change(f->sql, &plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_DONE);
  g_assert_cmpint(change(f->sql, &plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_DONE); /* repeated */
  g_autoptr(Reservation) other = reservation_copy(a);
  g_free(other->code);
  other->code = g_strdup("1004");
  g_assert_cmpint(change(f->sql, &other_plan, STORE_INVITE, other, f->now_slot, 3), ==, STORE_OTHER);
  g_assert_cmpint(ask_number(f->sql, "SELECT COUNT(*) FROM reservations WHERE live_code = '1003' AND code = "
                                     "'1003' AND door = 'knock' AND generation = 1"),
                  ==, 1);
  a->generation = 0; /* an older one changes nothing */
  g_assert_cmpint(change(f->sql, &other_plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_OTHER);
  a->generation = 1;
  g_free(a->door);
  a->door = g_strdup("open");
  g_assert_cmpint(change(f->sql, &plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_DONE);
  g_autoptr(Reservation) again = make("1001", RESERVATION_RUNNING);
  g_assert_cmpint(NEW(again, f->now_slot, 3), ==, STORE_DONE); /* the code that it had is free */
  a->state = RESERVATION_ENDED;
  a->reason = g_strdup("users_left");
  g_assert_cmpint(change(f->sql, &plan, STORE_FACT, a, f->now_slot, 3), ==, STORE_DONE);
  a->state = RESERVATION_RUNNING;
  g_assert_cmpint(change(f->sql, &plan, STORE_INVITE, a, f->now_slot, 3), ==, STORE_GONE);
  assert_books_balance(f->sql);
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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  if (!server)
    return mariadb_skip_tests();
#define TEST(path, function) g_test_add("/mysql/" path, Fixture, NULL, set_up, function, tear_down)
  TEST("a-run-is-all-or-nothing", test_all_or_nothing);
  TEST("a-repeated-request-is-one-booking", test_repeated);
  TEST("a-repeated-request-is-one-booking-when-full", test_repeated_when_full);
  TEST("a-cancelled-booking-is-free", test_cancelled);
  TEST("a-booking-begins-once", test_claimed_once);
  TEST("an-invitation-is-renewed-once", test_invited_once);
  TEST("an-extension-is-taken-and-an-end-given-back-once", test_extended_and_ended);
  TEST("what-runs-is-taken-in-whether-there-is-room-or-not", test_adopted);
  TEST("nobody-is-overbooked-by-many-at-once", test_many_at_once);
  return mariadb_run_tests();
}
