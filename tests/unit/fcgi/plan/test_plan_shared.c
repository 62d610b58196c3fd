/* fcgi/plan on fcgi/store/store_mysql: two coordinators share one plan. What one promises the other knows a
 * moment later; what both would give away, one does. */
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"
#include "fcgi/store/store_mysql.h"
#include "tests/unit/fcgi/mariadb.h"

#include <string.h>

#define RC "River"
#define MINUTES(n) ((n)*INSTANT_MINUTE)

static const char *server;

static const PlanRules rules = {.slot_minutes = 5,
                                .horizon_days = 2,
                                .code_digits = 4,
                                .no_show_minutes = 15,
                                .history_days = 7,
                                .notice_minutes = 5};

/* A coordinator. */
typedef struct {
  SqlPool *pool;
  Plan *plan;
  guint answers;
  Reservation *last;
  int refusal; /* -1: none */
} Side;

typedef struct {
  Mailbox *home;
  Timers *timers;
  gint64 now_us;
  Side a, b;
} Fixture;

static void open_side(Fixture *f, Side *side, const char *name) {
  const SqlAddress address = mariadb_address(server);
  const StoreMysqlRules store_rules = {name, rules.slot_minutes, rules.horizon_days, rules.history_days};
  side->pool = sql_pool_new(&address, 2, f->home);
  side->plan = plan_new(store_mysql_new(side->pool, &store_rules, f->timers), &rules, f->now_us);
  while (!plan_is_loaded(side->plan))
    g_main_context_iteration(NULL, TRUE);
  plan_set_capacity(side->plan, RC, 1, NULL);
}

static void close_side(Side *side) {
  plan_close(side->plan);
  sql_pool_free(side->pool);
}

static void set_up(Fixture *f, gconstpointer data) {
  const SqlAddress address = mariadb_address(server);
  g_autoptr(Sql) sql = sql_connect(&address, NULL);
  mariadb_clear(sql);
  f->home = mailbox_new(NULL, NULL);
  mailbox_attach(f->home, NULL, NULL);
  f->timers = timers_new(NULL);
  f->now_us = instant_now_us();
  open_side(f, &f->a, "a");
  open_side(f, &f->b, "b");
}

static void tear_down(Fixture *f, gconstpointer data) {
  close_side(&f->a);
  close_side(&f->b);
  mailbox_deliver(f->home, NULL);
  timers_free(f->timers);
  mailbox_free(f->home);
  reservation_free(f->a.last);
  reservation_free(f->b.last);
}

/* How many reservations it holds, ended ones included. */
static guint count(const Plan *plan) {
  guint counts[RESERVATION_N_STATES], sum = 0;
  plan_count_states(plan, counts);
  for (guint state = 0; state < RESERVATION_N_STATES; state++)
    sum += counts[state];
  return sum;
}

static void answered(const Reservation *reservation, const GError *error, gpointer user_data) {
  Side *side = user_data;
  side->answers++;
  reservation_free(side->last);
  side->last = reservation ? reservation_copy(reservation) : NULL;
  side->refusal = error ? (int)wire_message_of(error) : -1;
}

static int wait_for_answer(Side *side, guint before) {
  while (side->answers == before)
    g_main_context_iteration(NULL, TRUE);
  return side->refusal;
}

static int book(Fixture *f, Side *side, gint64 starts_at_us, const char *request_id) {
  const PlanWish wish = {
      .rc_name = RC, .starts_at_us = starts_at_us, .wanted_us = MINUTES(30), .request_id = request_id};
  guint before = side->answers;
  plan_book(side->plan, &wish, f->now_us, answered, side);
  return wait_for_answer(side, before);
}

/* Until @side knows it in this state. */
static const Reservation *wait_for_state(Side *side, const char *id, ReservationState state) {
  const Reservation *known;
  while (!(known = plan_find(side->plan, id)) || known->state != state)
    g_main_context_iteration(NULL, TRUE);
  return known;
}

static void the_other_knows_and_may_cancel(Fixture *f, gconstpointer data) {
  gint64 at_us = f->now_us + MINUTES(60);
  g_assert_cmpint(book(f, &f->a, at_us, NULL), ==, -1);
  g_autofree char *id = g_strdup(f->a.last->id);
  const Reservation *known = wait_for_state(&f->b, id, RESERVATION_PLANNED);
  g_assert_true(plan_find_code(f->b.plan, f->a.last->code) == known);
  g_assert_cmpint(book(f, &f->b, at_us, NULL), ==, WIRE_TIME_NOT_AVAILABLE);
  guint before = f->b.answers;
  plan_cancel(f->b.plan, id, f->now_us, answered, &f->b);
  g_assert_cmpint(wait_for_answer(&f->b, before), ==, -1);
  wait_for_state(&f->a, id, RESERVATION_ENDED);
  g_assert_cmpint(book(f, &f->a, at_us, NULL), ==, -1);
}

/* What the other's place was given to has not been heard of here: by this copy of the plan all is taken. */
static void who_asks_again_elsewhere_hears_the_same(Fixture *f, gconstpointer data) {
  gint64 at_us = f->now_us + MINUTES(60);
  g_assert_cmpint(book(f, &f->a, at_us, "first"), ==, -1);
  g_autofree char *id = g_strdup(f->a.last->id);
  wait_for_state(&f->b, id, RESERVATION_PLANNED);
  guint before = f->a.answers;
  plan_cancel(f->a.plan, id, f->now_us, answered, &f->a);
  g_assert_cmpint(wait_for_answer(&f->a, before), ==, -1);
  g_assert_cmpint(book(f, &f->a, at_us, "second"), ==, -1);
  g_assert_cmpint(book(f, &f->b, at_us, "second"), ==, -1);
  g_assert_cmpstr(f->b.last->id, ==, f->a.last->id);
  g_assert_cmpint(book(f, &f->b, at_us, "third"), ==, WIRE_TIME_NOT_AVAILABLE);
}

/* At the same time: neither has heard of the other's. */
static void the_last_place_is_given_once(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < 20; i++) {
    const PlanWish wish = {
        .rc_name = RC, .starts_at_us = f->now_us + MINUTES(60 + 60 * i), .wanted_us = MINUTES(30)};
    guint before_a = f->a.answers, before_b = f->b.answers;
    plan_book(f->a.plan, &wish, f->now_us, answered, &f->a);
    plan_book(f->b.plan, &wish, f->now_us, answered, &f->b);
    int a = wait_for_answer(&f->a, before_a), b = wait_for_answer(&f->b, before_b);
    g_assert_true((a == -1) != (b == -1));
    g_assert_cmpint(MAX(a, b), ==, WIRE_TIME_NOT_AVAILABLE);
  }
}

static void a_request_that_is_repeated_elsewhere_is_one_booking(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, &f->a, f->now_us + MINUTES(60), "the client's own"), ==, -1);
  g_assert_cmpint(book(f, &f->b, f->now_us + MINUTES(60), "the client's own"), ==, -1);
  g_assert_cmpstr(f->a.last->id, ==, f->b.last->id);
  g_assert_cmpstr(f->a.last->code, ==, f->b.last->code);
  g_assert_cmpuint(count(f->b.plan), ==, 1);
}

static void a_booking_begins_at_one_of_them(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, &f->a, f->now_us + INSTANT_SECOND, NULL), ==, -1);
  g_autofree char *id = g_strdup(f->a.last->id);
  wait_for_state(&f->b, id, RESERVATION_PLANNED);
  guint before_a = f->a.answers, before_b = f->b.answers;
  plan_claim(f->a.plan, id, f->now_us, answered, &f->a);
  plan_claim(f->b.plan, id, f->now_us, answered, &f->b);
  int a = wait_for_answer(&f->a, before_a), b = wait_for_answer(&f->b, before_b);
  g_assert_true((a == -1) != (b == -1));
  Side *winner = a == -1 ? &f->a : &f->b, *other = a == -1 ? &f->b : &f->a;
  plan_started(winner->plan, id, "river-1");
  const Reservation *known;
  do
    known = wait_for_state(other, id, RESERVATION_RUNNING);
  while (!known->server_name && g_main_context_iteration(NULL, TRUE));
  g_assert_cmpstr(known->server_name, ==, "river-1");
}

static void count_appeared(const Reservation *reservation, gpointer user_data) {
  (*(guint *)user_data)++;
}

static void a_session_is_extended_and_ended_by_either(Fixture *f, gconstpointer data) {
  static const PlanListener listener = {.appeared = count_appeared};
  const PlanWish wish = {.rc_name = RC, .wanted_us = MINUTES(30), .min_us = MINUTES(5)};
  guint appeared = 0, before = f->a.answers;
  plan_set_listener(f->b.plan, &listener, &appeared);
  plan_walk_in(f->a.plan, &wish, f->now_us, answered, &f->a);
  g_assert_cmpint(wait_for_answer(&f->a, before), ==, -1);
  g_autofree char *id = g_strdup(f->a.last->id);
  gint64 ended_at_us = f->a.last->ends_at_us;
  plan_started(f->a.plan, id, "river-1");
  while (appeared == 0)
    g_main_context_iteration(NULL, TRUE);
  before = f->b.answers;
  plan_extend(f->b.plan, id, 10, f->now_us, answered, &f->b);
  g_assert_cmpint(wait_for_answer(&f->b, before), ==, -1);
  const Reservation *known = plan_find(f->a.plan, id);
  while (known->ends_at_us == ended_at_us)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpint(known->ends_at_us, ==, ended_at_us + MINUTES(10));
  plan_ended(f->a.plan, id, "users_left", f->now_us);
  plan_ended(f->b.plan, id, "users_left", f->now_us);
  before = f->b.answers;
  plan_walk_in(f->b.plan, &wish, f->now_us, answered, &f->b);
  g_assert_cmpint(wait_for_answer(&f->b, before), ==, -1);
}

static void what_runs_already_is_not_taken_in_twice(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < 2; i++)
    plan_adopt(i ? f->b.plan : f->a.plan, "operators-own", "1234", RC, "river-1", f->now_us,
               f->now_us + MINUTES(20), f->now_us, NULL);
  wait_for_state(&f->b, "operators-own", RESERVATION_RUNNING);
  plan_ended(f->a.plan, "operators-own", "users_left", f->now_us);
  wait_for_state(&f->b, "operators-own", RESERVATION_ENDED);
  g_assert_cmpint(book(f, &f->b, f->now_us + MINUTES(5), NULL), ==, -1);
}

/* ---- a store whose answers the test gives ---- */

typedef struct {
  Store base;
  guint asked;
  char *code; /* of the change that was asked for last */
  StoreDone done;
  gpointer user_data;
} SlowStore;

static void slow_begin(Store *store) {
  store->listener.loaded(store->user_data);
}

static void begin_later(Store *store) {
}

static void slow_put(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  SlowStore *slow = (SlowStore *)store;
  slow->asked++;
  g_free(slow->code);
  slow->code = g_strdup(change->reservation->code);
  slow->done = done;
  slow->user_data = user_data;
}

static void slow_close(Store *store) {
  g_free(((SlowStore *)store)->code);
}

static void a_code_is_whose_the_store_says(void) {
  static const StoreKind kind = {slow_begin, slow_put, NULL, NULL, slow_close};
  SlowStore slow = {.base.kind = &kind};
  gint64 now_us = instant_now_us();
  Side side = {.plan = plan_new(&slow.base, &rules, now_us)};
  const PlanWish wish = {.rc_name = RC, .starts_at_us = now_us + MINUTES(60), .wanted_us = MINUTES(30)};
  plan_set_capacity(side.plan, RC, 2, NULL);
  plan_book(side.plan, &wish, now_us, answered, &side);
  g_autofree char *drawn = g_strdup(slow.code);
  Reservation elsewhere = {.id = (char *)"elsewhere",
                           .code = drawn,
                           .rc_name = (char *)RC,
                           .starts_at_us = wish.starts_at_us,
                           .ends_at_us = wish.starts_at_us + MINUTES(30),
                           .created_at_us = now_us};
  slow.base.listener.seen(&elsewhere, slow.base.user_data);
  const Reservation *found = plan_find_code(side.plan, drawn);
  g_assert_nonnull(found);
  g_assert_cmpstr(found->id, ==, "elsewhere");
  slow.done(STORE_CODE_TAKEN, NULL, NULL, slow.user_data);
  g_assert_cmpuint(slow.asked, ==, 2);
  slow.done(STORE_DONE, NULL, NULL, slow.user_data);
  g_assert_cmpint(side.refusal, ==, -1);
  g_assert_cmpstr(side.last->code, !=, drawn);
  g_assert_true(plan_find_code(side.plan, drawn) == found);
  reservation_free(side.last);
  plan_close(side.plan);
}

/* Its coordinator ended, or lost the store, before it could write down where the session runs. */
static void what_was_seen_before_the_plan_is_known_says_where_it_runs(void) {
  static const StoreKind kind = {begin_later, slow_put, NULL, NULL, slow_close};
  SlowStore slow = {.base.kind = &kind};
  gint64 now_us = instant_now_us();
  Plan *plan = plan_new(&slow.base, &rules, now_us);
  const Reservation stored = {.id = (char *)"started",
                              .code = (char *)"1234",
                              .rc_name = (char *)RC,
                              .starts_at_us = now_us,
                              .ends_at_us = now_us + MINUTES(30),
                              .created_at_us = now_us,
                              .state = RESERVATION_RUNNING};
  plan_adopt(plan, "started", "1234", RC, "river-1", now_us, now_us + MINUTES(30), now_us, NULL);
  slow.base.listener.seen(&stored, slow.base.user_data);
  g_assert_null(plan_find(plan, "started")->server_name);
  slow.base.listener.loaded(slow.base.user_data);
  g_assert_cmpstr(plan_find(plan, "started")->server_name, ==, "river-1");
  g_assert_cmpuint(slow.asked, ==, 1);
  slow.done(STORE_DONE, NULL, NULL, slow.user_data);
  plan_close(plan);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  if (!server)
    return mariadb_skip_tests();
#define TEST(path, function) g_test_add("/plan-shared/" path, Fixture, NULL, set_up, function, tear_down)
  TEST("the-other-knows-and-may-cancel", the_other_knows_and_may_cancel);
  TEST("the-last-place-is-given-once", the_last_place_is_given_once);
  TEST("a-request-that-is-repeated-elsewhere-is-one-booking",
       a_request_that_is_repeated_elsewhere_is_one_booking);
  TEST("who-asks-again-elsewhere-hears-the-same", who_asks_again_elsewhere_hears_the_same);
  TEST("a-booking-begins-at-one-of-them", a_booking_begins_at_one_of_them);
  TEST("a-session-is-extended-and-ended-by-either", a_session_is_extended_and_ended_by_either);
  TEST("what-runs-already-is-not-taken-in-twice", what_runs_already_is_not_taken_in_twice);
  g_test_add_func("/plan-shared/a-code-is-whose-the-store-says", a_code_is_whose_the_store_says);
  g_test_add_func("/plan-shared/what-was-seen-before-the-plan-is-known-says-where-it-runs",
                  what_was_seen_before_the_plan_is_known_says_where_it_runs);
  return mariadb_run_tests();
}
