/* fcgi/plan: who gets a place, what is promised, and what a restart finds. Time is passed in; the disk is
 * real. */
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"
#include "fcgi/store/store_json.h"
#include "fcgi/store/store_mysql.h"
#include "tests/unit/fcgi/mariadb.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define RC "River"
#define NOW (1796137200 * INSTANT_SECOND) /* 2026-12-01T15:00:00Z: on a slot's start */
#define MINUTES(n) ((n)*INSTANT_MINUTE)

/* The same tests for both stores; those of what is on disk for the file alone. */
static const char json[] = "json", mysql[] = "mysql";
static const char *server; /* the database's socket */

typedef struct {
  const char *kind;
  char *directory, *path;
  Mailbox *home;
  Timers *timers;
  SqlPool *pool; /* of mysql */
  Plan *plan;
  guint answers;
  Reservation *last; /* what the last answer gave */
  int refusal;       /* its code, -1: none */
} Fixture;

static const PlanRules rules = {.slot_minutes = 5,
                                .horizon_days = 60,
                                .code_digits = 4,
                                .no_show_minutes = 15,
                                .history_days = 7,
                                .notice_minutes = 5};

static Store *open_store(Fixture *f) {
  g_autoptr(GError) error = NULL;
  if (f->kind == mysql) {
    const SqlAddress address = mariadb_address(server);
    f->pool = sql_pool_new(&address, 2, f->home);
    const StoreMysqlRules store_rules = {"one", rules.slot_minutes, rules.horizon_days, rules.history_days};
    return store_mysql_new(f->pool, &store_rules, f->timers);
  }
  Store *store = store_json_open(f->path, f->home, &error);
  g_assert_no_error(error);
  return store;
}

static void open_plan(Fixture *f, gint64 now_us) {
  f->plan = plan_new(open_store(f), &rules, now_us);
  while (!plan_is_loaded(f->plan))
    g_main_context_iteration(NULL, TRUE);
  plan_set_capacity(f->plan, RC, 1, NULL);
}

static void close_plan(Fixture *f) {
  plan_close(f->plan);
  g_clear_pointer(&f->pool, sql_pool_free);
  mailbox_deliver(f->home, NULL);
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
  }
  open_plan(f, NOW);
}

static void tear_down(Fixture *f, gconstpointer data) {
  static const char *const names[] = {"plan.json", "plan.journal", "plan.json.lock"};
  close_plan(f);
  timers_free(f->timers);
  mailbox_free(f->home);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(f->directory, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
  reservation_free(f->last);
}

/* A coordinator that ended and started again at @now_us. */
static void reopen(Fixture *f, gint64 now_us) {
  close_plan(f);
  open_plan(f, now_us);
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
  Fixture *f = user_data;
  f->answers++;
  reservation_free(f->last);
  f->last = reservation ? reservation_copy(reservation) : NULL;
  f->refusal = error ? (int)wire_message_of(error) : -1;
}

static void wait_for(Fixture *f, guint answers) {
  while (f->answers < answers)
    g_main_context_iteration(NULL, TRUE);
}

static int book(Fixture *f, gint64 starts_at_us, gint64 wanted_us, gint64 now_us) {
  const PlanWish wish = {.rc_name = RC, .starts_at_us = starts_at_us, .wanted_us = wanted_us};
  guint before = f->answers;
  plan_book(f->plan, &wish, now_us, answered, f);
  wait_for(f, before + 1);
  return f->refusal;
}

static int walk_in(Fixture *f, gint64 wanted_us, gint64 min_us, gint64 now_us) {
  const PlanWish wish = {.rc_name = RC, .wanted_us = wanted_us, .min_us = min_us};
  guint before = f->answers;
  plan_walk_in(f->plan, &wish, now_us, answered, f);
  wait_for(f, before + 1);
  return f->refusal;
}

static guint32 used(Fixture *f, gint64 at_us) {
  const Ledger *ledger = plan_get_ledger(f->plan, RC);
  return ledger_used(ledger, ledger_slot(ledger, at_us));
}

static void a_booking_is_on_disk_before_it_is_told(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autoptr(GPtrArray) found = store_json_read(f->path, NULL, NULL);
  g_assert_cmpuint(found->len, ==, 1);
  g_assert_cmpstr(((const Reservation *)found->pdata[0])->id, ==, f->last->id);
  g_assert_cmpuint(strlen(f->last->code), ==, 4);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(90));
  g_assert_cmpint(book(f, NOW + MINUTES(85), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
  g_assert_cmpint(book(f, NOW + MINUTES(90), MINUTES(30), NOW), ==, -1);
}

static void times_outside_the_horizon_are_refused(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW - MINUTES(1), MINUTES(30), NOW), ==, WIRE_BAD_REQUEST);
  g_assert_cmpint(book(f, NOW + MINUTES(61 * 24 * 60), MINUTES(30), NOW), ==, WIRE_BAD_REQUEST);
}

static void of_five_hundred_three_get_the_last_three(Fixture *f, gconstpointer data) {
  const PlanWish wish = {.rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(60)};
  guint got = 0;
  plan_set_capacity(f->plan, RC, 3, NULL);
  for (guint i = 0; i < 500; i++) {
    guint before = f->answers;
    plan_book(f->plan, &wish, NOW, answered, f);
    if (f->answers == before) /* it waits for the disk: it holds a place */
      got++;
  }
  g_assert_cmpuint(got, ==, 3);
  wait_for(f, 500);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 3);
}

static void the_same_request_is_the_same_booking(Fixture *f, gconstpointer data) {
  const PlanWish wish = {
      .rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(30), .request_id = "r"};
  plan_book(f->plan, &wish, NOW, answered, f);
  plan_book(f->plan, &wish, NOW, answered, f); /* before the first one was stored */
  wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  reopen(f, NOW);
  plan_book(f->plan, &wish, NOW, answered, f);
  wait_for(f, 3);
  g_assert_cmpstr(f->last->id, ==, id);
  g_assert_cmpuint(count(f->plan), ==, 1);
}

/* Neither the code nor the key of somebody else's booking is to be had by its request id. */
static void a_request_id_is_its_senders_alone(Fixture *f, gconstpointer data) {
  PlanWish wish = {.rc_name = RC,
                   .starts_at_us = NOW + MINUTES(60),
                   .wanted_us = MINUTES(30),
                   .request_id = "r",
                   .proof = "a"};
  PlanWish other = wish;
  other.proof = "b";
  plan_book(f->plan, &wish, NOW, answered, f);
  plan_book(f->plan, &other, NOW, answered, f); /* before the first one was stored */
  g_assert_cmpint(f->refusal, ==, WIRE_REQUEST_ID_USED);
  wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  reopen(f, NOW);
  plan_book(f->plan, &other, NOW, answered, f);
  wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, WIRE_REQUEST_ID_USED);
  plan_book(f->plan, &wish, NOW, answered, f);
  wait_for(f, 4);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpstr(f->last->id, ==, id);
  plan_cancel(f->plan, id, NOW, answered, f);
  wait_for(f, 5);
  plan_book(f->plan, &wish, NOW, answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
}

static void who_waits_when_it_stops_is_told_once(Fixture *f, gconstpointer data) {
  const PlanWish wish = {
      .rc_name = RC, .starts_at_us = NOW + MINUTES(60), .wanted_us = MINUTES(30), .request_id = "r"};
  plan_book(f->plan, &wish, NOW, answered, f);
  plan_book(f->plan, &wish, NOW, answered, f);
  plan_stop(f->plan);
  g_assert_cmpuint(f->answers, ==, 2);
  g_assert_cmpint(f->refusal, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpint(book(f, NOW + MINUTES(120), MINUTES(30), NOW), ==, WIRE_STORE_UNAVAILABLE);
  reopen(f, NOW);
  g_assert_cmpuint(f->answers, ==, 3);
  g_assert_cmpuint(count(f->plan), ==, 1);
  g_autofree char *note = NULL;
  g_assert_true(store_json_check(f->path, &note, NULL));
  g_assert_null(note);
}

/* A plan whose sessions had each of the codes below 2000, the most that may rest, and ended so long ago. */
static void open_with_ended(Fixture *f, gint64 ago_us) {
  g_autofree char *at = instant_format(NOW - ago_us);
  g_autoptr(GString) text = g_string_new("[");
  for (int code = 0; code < 2000; code++)
    g_string_append_printf(text,
                           "%s{\"id\":\"old-%d\",\"code\":\"%04d\",\"rc_name\":\"Park\",\"state\":\"ended\","
                           "\"starts_at\":\"%s\",\"ends_at\":\"%s\",\"ended_at\":\"%s\"}",
                           code ? "," : "", code, code, at, at, at);
  g_string_append_c(text, ']');
  plan_close(f->plan);
  g_assert_true(g_file_set_contents(f->path, text->str, -1, NULL));
  open_plan(f, NOW);
  plan_set_capacity(f->plan, RC, 500, NULL);
}

/* Whether one of 500 new bookings has a code below 2000. */
static gboolean draws_old_codes(Fixture *f) {
  gboolean found = FALSE;
  for (int i = 0; i < 500; i++) {
    g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(5), NOW), ==, -1);
    found |= strcmp(f->last->code, "2000") < 0;
  }
  return found;
}

static void codes_rest_over_a_restart(Fixture *f, gconstpointer data) {
  open_with_ended(f, MINUTES(60));
  g_assert_false(draws_old_codes(f));
  open_with_ended(f, MINUTES(25 * 60));
  g_assert_true(draws_old_codes(f)); /* all 500 miss them once in 10^48 */
}

/* Only what the time brings about waits until it is believed again. */
static void a_doubted_time_ends_nothing(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_set_doubtful(f->plan, TRUE);
  plan_tick(f->plan, NOW + MINUTES(45));
  g_assert_nonnull(plan_find_code(f->plan, code));
  g_assert_cmpuint(used(f, NOW + MINUTES(50)), ==, 1);
  plan_set_doubtful(f->plan, FALSE);
  plan_tick(f->plan, NOW + MINUTES(46));
  g_assert_null(plan_find_code(f->plan, code));
}

static gboolean everything_runs(const Reservation *reservation, gpointer data) {
  return TRUE;
}

/* A day ahead for long enough to be believed, and back. */
static void a_day_ahead_and_back_takes_nothing(Fixture *f, gconstpointer data) {
  static const PlanListener listener = {.still_runs = everything_runs};
  plan_set_listener(f->plan, &listener, NULL);
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *running = g_strdup(f->last->code);
  plan_started(f->plan, f->last->id, "river-1");
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *booked = g_strdup(f->last->code);
  plan_tick(f->plan, NOW + MINUTES(24 * 60));
  g_assert_null(plan_find_code(f->plan, booked));
  g_assert_null(plan_find_code(f->plan, running));
  plan_tick(f->plan, NOW + MINUTES(1));
  g_assert_cmpint(plan_find_code(f->plan, booked)->state, ==, RESERVATION_PLANNED);
  g_assert_cmpint(plan_find_code(f->plan, running)->state, ==, RESERVATION_RUNNING);
  g_assert_cmpuint(used(f, NOW + MINUTES(20)), ==, 1);
  g_assert_cmpuint(used(f, NOW + MINUTES(40)), ==, 0);
  g_assert_cmpint(book(f, NOW + MINUTES(65), MINUTES(30), NOW + MINUTES(1)), ==, WIRE_TIME_NOT_AVAILABLE);
  reopen(f, NOW + MINUTES(2));
  g_assert_cmpint(plan_find_code(f->plan, booked)->state, ==, RESERVATION_PLANNED);
  g_assert_cmpint(plan_find_code(f->plan, running)->state, ==, RESERVATION_RUNNING);
}

/* Whatever its kind: what is promised holds its slots when the time comes back to them. */
static void slots_come_back_with_the_time(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(book(f, NOW + MINUTES(48 * 60), MINUTES(30), NOW + MINUTES(2 * 60)), ==, -1);
  plan_set_doubtful(f->plan, TRUE);
  plan_tick(f->plan, NOW + MINUTES(24 * 60));
  plan_tick(f->plan, NOW);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 1);
  g_assert_cmpuint(used(f, NOW + MINUTES(48 * 60)), ==, 1);
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
}

static void what_was_ended_stays_so_when_the_time_goes_back(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(24 * 60)), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_ended(f->plan, f->last->id, "users_left", NOW + MINUTES(24 * 60 + 30));
  plan_tick(f->plan, NOW);
  g_assert_null(plan_find_code(f->plan, code));
  for (gint64 at_us = NOW; at_us < NOW + MINUTES(25 * 60); at_us += MINUTES(5))
    g_assert_cmpuint(used(f, at_us), ==, 0);
}

static void codes_rest_again_when_the_time_goes_back(Fixture *f, gconstpointer data) {
  open_with_ended(f, MINUTES(60));
  plan_tick(f->plan, NOW + MINUTES(48 * 60));
  g_assert_cmpint(book(f, NOW + MINUTES(50 * 60), MINUTES(5), NOW + MINUTES(48 * 60)), ==, -1);
  plan_tick(f->plan, NOW);
  g_assert_false(draws_old_codes(f));
}

static void a_walk_in_gives_way_to_a_booking(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(40), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(1)), ==, -1);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(40));
  g_assert_cmpint(f->last->state, ==, RESERVATION_RUNNING);
  plan_ended(f->plan, f->last->id, "users_left", NOW + MINUTES(2));
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(35)), ==, WIRE_SERVERS_BUSY);
}

static void a_session_that_ends_early_frees_its_time(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(5)), ==, WIRE_SERVERS_BUSY);
  reopen(f, NOW + MINUTES(6));
  g_assert_cmpuint(used(f, NOW + MINUTES(30)), ==, 1); /* it is remembered */
  plan_ended(f->plan, id, "users_left", NOW + MINUTES(7));
  g_assert_cmpuint(used(f, NOW + MINUTES(30)), ==, 0);
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(8)), ==, -1);
}

static void a_no_show_frees_its_place(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_tick(f->plan, NOW + MINUTES(25) - 1);
  g_assert_nonnull(plan_find_code(f->plan, code));
  plan_tick(f->plan, NOW + MINUTES(25));
  g_assert_null(plan_find_code(f->plan, code));
  g_assert_cmpuint(used(f, NOW + MINUTES(40)), ==, 0);
  plan_tick(f->plan, NOW + MINUTES(26) + rules.history_days * 24 * MINUTES(60));
  g_assert_cmpuint(count(f->plan), ==, 0);
  if (f->kind == mysql) /* rows are forgotten by their age, not by us */
    return;
  reopen(f, NOW);
  g_assert_cmpuint(count(f->plan), ==, 0);
}

static void a_booking_that_was_started_is_no_no_show(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_started(f->plan, id, "river-1");
  plan_tick(f->plan, NOW + MINUTES(60));
  g_assert_cmpstr(plan_find(f->plan, id)->server_name, ==, "river-1");
  g_assert_cmpint(plan_find(f->plan, id)->state, ==, RESERVATION_RUNNING);
  plan_tick(f->plan, NOW + MINUTES(70));
  g_assert_cmpstr(plan_find(f->plan, id)->reason, ==, "time_over");
}

static void cancelling_frees_once_it_is_on_disk(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_cancel(f->plan, id, NOW, answered, f);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 1);
  wait_for(f, 2);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 0);
  plan_cancel(f->plan, id, NOW, answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  reopen(f, NOW);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 0);
}

/* What is being written is a session already: either it begins, or it is cancelled, never both. */
static void what_is_beginning_is_not_cancelled(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_claim(f->plan, id, NOW + MINUTES(60), answered, f);
  plan_cancel(f->plan, id, NOW + MINUTES(60), answered, f);
  g_assert_cmpuint(f->answers, ==, 2);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(plan_find(f->plan, id)->state, ==, RESERVATION_RUNNING);
}

static void what_is_being_cancelled_does_not_begin(Fixture *f, gconstpointer data) {
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_cancel(f->plan, id, NOW + MINUTES(60), answered, f);
  plan_claim(f->plan, id, NOW + MINUTES(60), answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_SESSION_NOT_EXIST);
  wait_for(f, 3);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpstr(plan_find(f->plan, id)->reason, ==, "cancelled");
}

static void extending_to_an_end_twice_is_once(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, answered, f);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, answered, f);
  g_assert_cmpuint(f->answers, ==, 1); /* neither is told before it is stored */
  wait_for(f, 3);
  gint64 end_us = f->last->ends_at_us;
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(end_us, >=, NOW + MINUTES(44));
  g_assert_cmpint(end_us, <, NOW + MINUTES(50));
  reopen(f, NOW);
  plan_extend_until(f->plan, id, NOW + MINUTES(44), NOW, answered, f);
  wait_for(f, 4);
  g_assert_cmpint(f->last->ends_at_us, ==, end_us);
  plan_extend_until(f->plan, id, NOW + MINUTES(31 + 24 * 60 + 50), NOW, answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_BAD_REQUEST);
}

static void extending_takes_what_is_free(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  g_assert_cmpint(book(f, NOW + MINUTES(50), MINUTES(30), NOW), ==, -1);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 20);
  plan_extend(f->plan, id, 30, NOW, answered, f);
  g_assert_cmpint(f->refusal, ==, WIRE_EXTENSION_NOT_AVAILABLE);
  plan_extend(f->plan, id, 20, NOW, answered, f);
  wait_for(f, 4);
  g_assert_cmpint(f->refusal, ==, -1);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(50));
  reopen(f, NOW);
  g_assert_cmpuint(used(f, NOW + MINUTES(45)), ==, 1);
}

static void count_ending(const Reservation *reservation, gpointer user_data) {
  (*(guint *)user_data)++;
}

/* A session on a server that takes no others is in nobody's way, nor anybody in its. */
static void what_runs_apart_takes_nobodys_place(Fixture *f, gconstpointer data) {
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_set_apart(f->plan, id, TRUE);
  g_assert_cmpuint(used(f, NOW + MINUTES(10)), ==, 0);
  g_assert_cmpint(book(f, NOW + MINUTES(20), MINUTES(60), NOW), ==, -1);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 60);
  plan_extend(f->plan, id, 30, NOW, answered, f);
  wait_for(f, 3);
  g_assert_cmpint(f->last->ends_at_us, ==, NOW + MINUTES(60));
  g_assert_cmpuint(used(f, NOW + MINUTES(30)), ==, 1);
  plan_set_apart(f->plan, id, FALSE);
  g_assert_cmpuint(used(f, NOW + MINUTES(30)), ==, 2);
  g_assert_cmpuint(plan_room_minutes(f->plan, id, 60), ==, 0);
  plan_ended(f->plan, id, "time_over", NOW + MINUTES(5));
  g_assert_cmpuint(used(f, NOW + MINUTES(30)), ==, 1);
}

static void a_coming_end_is_told_once(Fixture *f, gconstpointer data) {
  guint told = 0;
  static const PlanListener listener = {.ending = count_ending};
  plan_set_listener(f->plan, &listener, &told);
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  plan_tick(f->plan, NOW + MINUTES(25) - 1);
  g_assert_cmpuint(told, ==, 0);
  plan_tick(f->plan, NOW + MINUTES(25));
  plan_tick(f->plan, NOW + MINUTES(26));
  g_assert_cmpuint(told, ==, 1);
  plan_extend(f->plan, id, 10, NOW + MINUTES(26), answered, f);
  wait_for(f, 2);
  plan_tick(f->plan, NOW + MINUTES(30));
  g_assert_cmpuint(told, ==, 1);
  plan_tick(f->plan, NOW + MINUTES(35));
  g_assert_cmpuint(told, ==, 2);
}

static void capacity_that_falls_takes_nobodys_booking(Fixture *f, gconstpointer data) {
  gboolean overbooked;
  plan_set_capacity(f->plan, RC, 2, NULL);
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  plan_set_capacity(f->plan, RC, 1, &overbooked);
  g_assert_true(overbooked);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 2);
  g_assert_cmpint(book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
}

static void what_cannot_be_written_is_not_promised(Fixture *f, gconstpointer data) {
  struct rlimit old, small;
  g_assert_cmpint(walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *id = g_strdup(f->last->id);
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
  small = (struct rlimit){10, old.rlim_max};
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
  int booked = book(f, NOW + MINUTES(60), MINUTES(30), NOW);
  plan_extend(f->plan, id, 10, NOW, answered, f);
  wait_for(f, 3);
  int extended = f->refusal;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
  g_assert_cmpint(booked, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpint(extended, ==, WIRE_STORE_UNAVAILABLE);
  g_assert_cmpuint(used(f, NOW + MINUTES(60)), ==, 0);
  g_assert_cmpuint(used(f, NOW + MINUTES(35)), ==, 0);
  g_assert_cmpint(plan_find(f->plan, id)->ends_at_us, ==, NOW + MINUTES(30));
  g_assert_cmpint(book(f, NOW + MINUTES(30), MINUTES(60), NOW), ==, -1);
}

static void sessions_of_operators_take_their_place(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < 2; i++) { /* told twice is once */
    g_assert_true(plan_adopt(f->plan, "foreign", "1234", RC, "river-1", NOW, NOW + MINUTES(30), NOW, NULL));
    g_assert_cmpuint(used(f, NOW), ==, 1);
    g_assert_cmpstr(plan_find_code(f->plan, "1234")->id, ==, "foreign");
  }
  g_assert_cmpint(walk_in(f, MINUTES(60), MINUTES(10), NOW), ==, WIRE_SERVERS_BUSY);
}

static void a_broken_plan_is_refused_and_kept(Fixture *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"a\",";
  g_autoptr(GError) error = NULL;
  g_autofree char *kept = NULL;
  plan_close(g_steal_pointer(&f->plan));
  g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
  g_assert_null(store_json_open(f->path, f->home, &error));
  g_assert_nonnull(strstr(error->message, "plan.json: line 1, "));
  g_assert_true(g_file_get_contents(f->path, &kept, NULL, NULL));
  g_assert_cmpstr(kept, ==, text);
}

/* Whatever happens in whatever order, with restarts between: every slot is used by as many as hold it, never
 * by more than there are places, and every code leads to one. */
static void random_lives_keep_the_rule(Fixture *f, gconstpointer data) {
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
  gint64 now = NOW;
  plan_set_capacity(f->plan, RC, 3, NULL);
  for (guint step = 0; step < 3000; step++) {
    guint before = f->answers;
    const char *id = ids->len ? ids->pdata[g_test_rand_int_range(0, (gint32)ids->len)] : "";
    const PlanWish wish = {.rc_name = RC,
                           .starts_at_us = now + MINUTES(g_test_rand_int_range(0, 300)),
                           .wanted_us = MINUTES(g_test_rand_int_range(5, 90)),
                           .min_us = MINUTES(10)};
    switch (g_test_rand_int_range(0, 8)) {
    case 0:
    case 1:
      plan_book(f->plan, &wish, now, answered, f);
      break;
    case 2:
      plan_walk_in(f->plan, &wish, now, answered, f);
      break;
    case 3:
      plan_cancel(f->plan, id, now, answered, f);
      break;
    case 4:
      plan_extend(f->plan, id, 15, now, answered, f);
      break;
    case 5:
      plan_ended(f->plan, id, "users_left", now);
      answered(NULL, NULL, f);
      break;
    case 6:
      plan_started(f->plan, id, "river-1");
      answered(NULL, NULL, f);
      break;
    case 7:
      now += MINUTES(g_test_rand_int_range(0, 10));
      plan_tick(f->plan, now);
      answered(NULL, NULL, f);
      break;
    }
    wait_for(f, before + 1);
    if (f->last && !g_ptr_array_find_with_equal_func(ids, f->last->id, g_str_equal, NULL))
      g_ptr_array_add(ids, g_strdup(f->last->id));
    if (step % 100 == 99) {
      reopen(f, now);
      plan_set_capacity(f->plan, RC, 3, NULL);
    }
    for (gint64 at = now; at < now + MINUTES(400); at += MINUTES(5))
      g_assert_cmpuint(used(f, at), <=, 3);
  }
  for (gint64 slot = now - now % MINUTES(5) + MINUTES(5); slot < now + MINUTES(400); slot += MINUTES(5)) {
    guint32 holders = 0;
    for (guint i = 0; i < ids->len; i++) {
      const Reservation *r = plan_find(f->plan, ids->pdata[i]);
      if (!r || r->state == RESERVATION_ENDED || r->starts_at_us >= slot + MINUTES(5) ||
          r->ends_at_us <= slot)
        continue;
      g_assert_true(plan_find_code(f->plan, r->code) == r);
      holders++;
    }
    g_assert_cmpuint(holders, ==, used(f, slot));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = mariadb_start();
  if (!server)
    g_print("# there is no mariadbd on this machine: one store is tested\n");
#define ADD_JSON(path, function) g_test_add("/plan/json/" path, Fixture, json, set_up, function, tear_down)
#define ADD_BOTH(path, function)                                                                             \
  do {                                                                                                       \
    g_test_add("/plan/json/" path, Fixture, json, set_up, function, tear_down);                              \
    if (server)                                                                                              \
      g_test_add("/plan/mysql/" path, Fixture, mysql, set_up, function, tear_down);                          \
  } while (0)
  ADD_JSON("a-booking-is-on-disk-before-it-is-told", a_booking_is_on_disk_before_it_is_told);
  ADD_BOTH("times-outside-the-horizon-are-refused", times_outside_the_horizon_are_refused);
  ADD_BOTH("of-five-hundred-three-get-the-last-three", of_five_hundred_three_get_the_last_three);
  ADD_BOTH("the-same-request-is-the-same-booking", the_same_request_is_the_same_booking);
  ADD_BOTH("a-request-id-is-its-senders-alone", a_request_id_is_its_senders_alone);
  ADD_JSON("codes-rest-over-a-restart", codes_rest_over_a_restart);
  ADD_BOTH("who-waits-when-it-stops-is-told-once", who_waits_when_it_stops_is_told_once);
  ADD_BOTH("a-doubted-time-ends-nothing", a_doubted_time_ends_nothing);
  ADD_JSON("a-day-ahead-and-back-takes-nothing", a_day_ahead_and_back_takes_nothing);
  ADD_BOTH("slots-come-back-with-the-time", slots_come_back_with_the_time);
  ADD_BOTH("what-was-ended-stays-so-when-the-time-goes-back",
           what_was_ended_stays_so_when_the_time_goes_back);
  ADD_JSON("codes-rest-again-when-the-time-goes-back", codes_rest_again_when_the_time_goes_back);
  ADD_BOTH("a-walk-in-gives-way-to-a-booking", a_walk_in_gives_way_to_a_booking);
  ADD_BOTH("a-session-that-ends-early-frees-its-time", a_session_that_ends_early_frees_its_time);
  ADD_BOTH("a-no-show-frees-its-place", a_no_show_frees_its_place);
  ADD_BOTH("a-booking-that-was-started-is-no-no-show", a_booking_that_was_started_is_no_no_show);
  ADD_BOTH("cancelling-frees-once-it-is-on-disk", cancelling_frees_once_it_is_on_disk);
  ADD_BOTH("what-is-beginning-is-not-cancelled", what_is_beginning_is_not_cancelled);
  ADD_BOTH("what-is-being-cancelled-does-not-begin", what_is_being_cancelled_does_not_begin);
  ADD_BOTH("extending-to-an-end-twice-is-once", extending_to_an_end_twice_is_once);
  ADD_BOTH("extending-takes-what-is-free", extending_takes_what_is_free);
  ADD_JSON("what-runs-apart-takes-nobodys-place", what_runs_apart_takes_nobodys_place);
  ADD_BOTH("a-coming-end-is-told-once", a_coming_end_is_told_once);
  ADD_BOTH("capacity-that-falls-takes-nobodys-booking", capacity_that_falls_takes_nobodys_booking);
  ADD_JSON("what-cannot-be-written-is-not-promised", what_cannot_be_written_is_not_promised);
  ADD_BOTH("sessions-of-operators-take-their-place", sessions_of_operators_take_their_place);
  ADD_JSON("a-broken-plan-is-refused-and-kept", a_broken_plan_is_refused_and_kept);
  ADD_BOTH("random-lives-keep-the-rule", random_lives_keep_the_rule);
  return mariadb_run_tests();
}
