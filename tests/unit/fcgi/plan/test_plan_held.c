/* fcgi/plan: what one may hold of it, and that this is so after a restart, and for what others have given.
 * Time is passed in; the disk is real. */
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"
#include "fcgi/store/store_json.h"
#include "fcgi/store/store_mysql.h"
#include "tests/unit/fcgi/mariadb.h"

#include <glib/gstdio.h>
#include <string.h>

#define RC "River"
#define NOW (1796137200 * INSTANT_SECOND) /* 2026-12-01T15:00:00Z: on a slot's start */
#define MINUTES(n) ((n)*INSTANT_MINUTE)
#define MOST 3

/* The same tests for both stores. */
static const char json[] = "json", mysql[] = "mysql";
static const char *server; /* the database's socket */

typedef struct {
  const char *kind;
  char *directory, *path;
  Mailbox *home;
  Timers *timers;
  SqlPool *pool;  /* of mysql */
  Plan *plans[2]; /* the second: another coordinator's, of mysql */
  guint answers;
  Reservation *last; /* what the last answer gave */
  int refusal;       /* its code, -1: none */
  char *field;       /* what it is about (nullable) */
} Fixture;

static const Holder one = {TRUE, 1, 10}, other = {TRUE, 2, 20}, nobody = {FALSE};

static PlanRules rules_with(guint most) {
  return (PlanRules){.slot_minutes = 5,
                     .horizon_days = 60,
                     .code_digits = 4,
                     .no_show_minutes = 15,
                     .history_days = 7,
                     .notice_minutes = 5,
                     .held = {{most, most, most}, 8}};
}

static Store *open_store(Fixture *f, const char *coordinator) {
  g_autoptr(GError) error = NULL;
  if (f->kind == mysql) {
    const StoreMysqlRules store_rules = {coordinator, 5, 60, 7};
    return store_mysql_new(f->pool, &store_rules, f->timers);
  }
  Store *store = store_json_open(f->path, f->home, &error);
  g_assert_no_error(error);
  return store;
}

static Plan *open_plan(Fixture *f, const char *coordinator, guint most) {
  const PlanRules rules = rules_with(most);
  Plan *plan = plan_new(open_store(f, coordinator), &rules, NOW);
  while (!plan_is_loaded(plan))
    g_main_context_iteration(NULL, TRUE);
  plan_set_capacity(plan, RC, 100, NULL);
  return plan;
}

static void set_up(Fixture *f, gconstpointer data) {
  f->kind = data;
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "plan.json", NULL);
  f->home = mailbox_new(NULL, NULL);
  mailbox_attach(f->home, NULL, NULL);
  f->timers = timers_new(NULL);
  if (f->kind == mysql) {
    const SqlAddress address = mariadb_address(server);
    g_autoptr(Sql) sql = sql_connect(&address, NULL);
    mariadb_clear(sql);
    f->pool = sql_pool_new(&address, 2, f->home);
  }
  f->plans[0] = open_plan(f, "one", MOST);
}

static void tear_down(Fixture *f, gconstpointer data) {
  plan_close(f->plans[0]);
  plan_close(f->plans[1]);
  sql_pool_free(f->pool);
  mailbox_deliver(f->home, NULL);
  timers_free(f->timers);
  mailbox_free(f->home);
  g_autoptr(GDir) files = g_dir_open(f->directory, 0, NULL);
  for (const char *name; (name = g_dir_read_name(files));) {
    g_autofree char *path = g_build_filename(f->directory, name, NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
  g_free(f->field);
  reservation_free(f->last);
}

static void reopen(Fixture *f, guint most) {
  plan_close(f->plans[0]);
  mailbox_deliver(f->home, NULL);
  f->plans[0] = open_plan(f, "one", most);
}

static void answered(const Reservation *reservation, const GError *error, gpointer user_data) {
  Fixture *f = user_data;
  f->answers++;
  reservation_free(f->last);
  g_free(f->field);
  f->last = reservation ? reservation_copy(reservation) : NULL;
  f->refusal = error ? (int)wire_message_of(error) : -1;
  f->field = error ? g_strdup(wire_error_get_field(error)) : NULL;
}

static void wait_for(Fixture *f, guint answers) {
  while (f->answers < answers)
    g_main_context_iteration(NULL, TRUE);
}

/* Books half an hour that begins @hours from now; with the @request of this id (nullable). */
static int book_as(Fixture *f, Plan *plan, const Holder *holder, guint hours, const char *request) {
  const PlanWish wish = {.rc_name = RC,
                         .starts_at_us = NOW + MINUTES(60 * hours),
                         .wanted_us = MINUTES(30),
                         .holder = *holder,
                         .request_id = request,
                         .proof = request};
  guint before = f->answers;
  plan_book(plan, &wish, NOW, answered, f);
  wait_for(f, before + 1);
  return f->refusal;
}

static int book(Fixture *f, const Holder *holder, guint hours) {
  return book_as(f, f->plans[0], holder, hours, NULL);
}

static void book_all(Fixture *f, const Holder *holder) {
  for (guint i = 1; i <= MOST; i++)
    g_assert_cmpint(book(f, holder, i), ==, -1);
}

static int walk_in(Fixture *f, const Holder *holder) {
  const PlanWish wish = {.rc_name = RC, .wanted_us = MINUTES(30), .min_us = MINUTES(5), .holder = *holder};
  guint before = f->answers;
  plan_walk_in(f->plans[0], &wish, NOW, answered, f);
  wait_for(f, before + 1);
  return f->refusal;
}

static guint holds(const Fixture *f, HeldKind kind, const Holder *holder) {
  return held_count(plan_get_held(f->plans[0]), kind, holder, RC).client;
}

static void who_has_booked_enough_books_no_more(Fixture *f, gconstpointer data) {
  book_all(f, &one);
  g_assert_cmpint(book(f, &one, 10), ==, WIRE_LIMIT_REACHED);
  g_assert_cmpstr(f->field, ==, "bookings");
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, MOST);
  g_assert_cmpint(book(f, &other, 10), ==, -1);
  for (guint i = 0; i < 2 * MOST; i++)
    g_assert_cmpint(book(f, &nobody, 10), ==, -1);
}

static void a_cancelled_booking_is_held_no_more(Fixture *f, gconstpointer data) {
  book_all(f, &one);
  g_autofree char *id = g_strdup(f->last->id);
  plan_cancel(f->plans[0], id, NOW, answered, f);
  wait_for(f, f->answers + 1);
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, MOST - 1);
  const Reservation *ended = plan_find(f->plans[0], id);
  g_assert_true(ended && !ended->client && !ended->network);
  g_assert_cmpint(book(f, &one, 10), ==, -1);
}

static void a_booking_that_begins_is_a_session_until_its_end(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, &one, 1), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_claim(f->plans[0], id, NOW, answered, f);
  wait_for(f, 2);
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, 0);
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 1);
  plan_not_started(f->plans[0], id);
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, 1);
  plan_started(f->plans[0], id, "river-1");
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 1);
  plan_ended(f->plans[0], id, "users_left", NOW);
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 0);
}

static void who_starts_a_session_holds_it(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, &one), ==, -1);
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 1);
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, 0);
}

static void adopted_sessions_are_nobodys(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  plan_adopt(f->plans[0], "abc", "1234", RC, "river-1", NOW, NOW + MINUTES(60), NOW, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(held_find_most(plan_get_held(f->plans[0]), HELD_SESSIONS), ==, 0);
}

static void a_restart_forgets_nothing(Fixture *f, gconstpointer data) {
  book_all(f, &one);
  g_assert_cmpint(walk_in(f, &one), ==, -1);
  reopen(f, MOST);
  g_assert_cmpuint(holds(f, HELD_BOOKINGS, &one), ==, MOST);
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 1);
  g_assert_cmpint(book(f, &one, 10), ==, WIRE_LIMIT_REACHED);
}

static void what_is_over_is_not_known_to_be_anybodys(Fixture *f, gconstpointer data) {
  g_autofree char *text = NULL, *client = holder_format(one.client);
  g_assert_cmpint(book(f, &one, 1), ==, -1);
  g_autoptr(GPtrArray) written = store_json_read(f->path, NULL, NULL);
  g_assert_cmpstr(((const Reservation *)written->pdata[0])->client, ==, client);
  plan_cancel(f->plans[0], f->last->id, NOW, answered, f);
  wait_for(f, 2);
  reopen(f, MOST); /* what had still to be written is, then, and the journal is in the file */
  g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
  g_assert_null(strstr(text, client));
}

static void the_same_request_is_no_new_booking(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book_as(f, f->plans[0], &one, 20, "request-1"), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  for (guint i = 1; i < MOST; i++)
    g_assert_cmpint(book(f, &one, i), ==, -1);
  g_assert_cmpint(book_as(f, f->plans[0], &one, 20, "request-1"), ==, -1);
  g_assert_cmpstr(f->last->id, ==, id);
  g_assert_cmpint(book_as(f, f->plans[0], &one, 21, "request-2"), ==, WIRE_LIMIT_REACHED);
}

static void nobody_books_all_places_of_a_time(Fixture *f, gconstpointer data) {
  reopen(f, 0);
  plan_set_capacity(f->plans[0], RC, 2, NULL);
  g_assert_cmpint(book(f, &one, 1), ==, -1);
  g_assert_cmpint(book(f, &one, 1), ==, WIRE_LIMIT_REACHED);
  g_assert_cmpint(book(f, &one, 2), ==, -1);
  g_assert_cmpint(book(f, &other, 1), ==, -1);
  g_assert_cmpint(book(f, &one, 1), ==, WIRE_TIME_NOT_AVAILABLE);
}

static void bookings_leave_codes_for_sessions(Fixture *f, gconstpointer data) {
  const PlanWish wish = {.rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(30)};
  plan_set_capacity(f->plans[0], RC, 6000, NULL);
  for (guint i = 0; i < 4000; i++)
    plan_book(f->plans[0], &wish, NOW, answered, f);
  wait_for(f, 4000);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(book(f, &nobody, 1), ==, WIRE_CODES_EXHAUSTED);
  g_assert_cmpint(walk_in(f, &nobody), ==, -1);
}

/* ---- several coordinators ---- */

static void wait_until_known(Fixture *f, Plan *plan, const char *id) {
  while (!plan_find(plan, id))
    g_main_context_iteration(NULL, TRUE);
}

static void all_coordinators_count_alike(Fixture *f, gconstpointer data) {
  f->plans[1] = open_plan(f, "two", MOST);
  for (guint i = 1; i <= MOST; i++)
    g_assert_cmpint(book_as(f, f->plans[1], &one, i, NULL), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  wait_until_known(f, f->plans[0], id);
  g_assert_cmpint(book(f, &one, 10), ==, WIRE_LIMIT_REACHED);
  g_assert_cmpint(book(f, &other, 10), ==, -1);
  plan_cancel(f->plans[1], id, NOW, answered, f);
  while (holds(f, HELD_BOOKINGS, &one) == MOST)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpint(book(f, &one, 11), ==, -1);
}

/* Here it is not known yet that it was done elsewhere. */
static void a_request_done_elsewhere_is_answered_at_the_limit(Fixture *f, gconstpointer data) {
  f->plans[1] = open_plan(f, "two", MOST);
  book_all(f, &one);
  g_assert_cmpint(book_as(f, f->plans[1], &other, 20, "request-1"), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  g_assert_cmpint(book_as(f, f->plans[0], &one, 20, "request-1"), ==, -1);
  g_assert_cmpstr(f->last->id, ==, id);
}

/* A streamer's status may come before the row. */
static void a_session_that_was_seen_first_has_its_holder(Fixture *f, gconstpointer data) {
  const PlanWish wish = {.rc_name = RC, .wanted_us = MINUTES(30), .min_us = MINUTES(5), .holder = one};
  f->plans[1] = open_plan(f, "two", MOST);
  plan_walk_in(f->plans[1], &wish, NOW, answered, f);
  wait_for(f, 1);
  plan_adopt(f->plans[0], f->last->id, f->last->code, RC, "river-1", NOW, NOW + MINUTES(30), NOW, NULL);
  while (holds(f, HELD_SESSIONS, &one) == 0)
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpuint(holds(f, HELD_SESSIONS, &one), ==, 1);
}

typedef void (*Test)(Fixture *f, gconstpointer data);

static void add(const char *name, const char *kind, Test test) {
  g_autofree char *path = g_strdup_printf("/plan_held/%s/%s", kind, name);
  g_test_add(path, Fixture, kind, set_up, test, tear_down);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    Test test;
    gboolean json, mysql;
  } tests[] = {
      {"who_has_booked_enough_books_no_more", who_has_booked_enough_books_no_more, TRUE, TRUE},
      {"a_cancelled_booking_is_held_no_more", a_cancelled_booking_is_held_no_more, TRUE, TRUE},
      {"a_booking_that_begins_is_a_session_until_its_end", a_booking_that_begins_is_a_session_until_its_end,
       TRUE, TRUE},
      {"who_starts_a_session_holds_it", who_starts_a_session_holds_it, TRUE, TRUE},
      {"adopted_sessions_are_nobodys", adopted_sessions_are_nobodys, TRUE, TRUE},
      {"a_restart_forgets_nothing", a_restart_forgets_nothing, TRUE, TRUE},
      {"what_is_over_is_not_known_to_be_anybodys", what_is_over_is_not_known_to_be_anybodys, TRUE, FALSE},
      {"the_same_request_is_no_new_booking", the_same_request_is_no_new_booking, TRUE, TRUE},
      {"nobody_books_all_places_of_a_time", nobody_books_all_places_of_a_time, TRUE, TRUE},
      {"bookings_leave_codes_for_sessions", bookings_leave_codes_for_sessions, TRUE, FALSE},
      {"all_coordinators_count_alike", all_coordinators_count_alike, FALSE, TRUE},
      {"a_session_that_was_seen_first_has_its_holder", a_session_that_was_seen_first_has_its_holder, FALSE,
       TRUE},
      {"a_request_done_elsewhere_is_answered_at_the_limit", a_request_done_elsewhere_is_answered_at_the_limit,
       FALSE, TRUE},
  };
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
    if (tests[i].json)
      add(tests[i].name, json, tests[i].test);
    if (tests[i].mysql && server)
      add(tests[i].name, mysql, tests[i].test);
  }
  return mariadb_run_tests();
}
