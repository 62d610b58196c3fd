/* fcgi/plan and what lies at its border: what may come in from streamers, and what a start makes of records
 * that nobody should have written. */
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"
#include "fcgi/store/set_aside.h"
#include "fcgi/store/store_json.h"

#include <glib/gstdio.h>
#include <string.h>

#define RC "River"
#define NOW (1796137200 * INSTANT_SECOND) /* 2026-12-01T15:00:00Z: on a slot's start */
#define MINUTES(n) ((n)*INSTANT_MINUTE)

typedef struct {
  char *directory, *path;
  Mailbox *home;
  Plan *plan;
} Fixture;

static void open_plan(Fixture *f) {
  static const PlanRules rules = {
      .slot_minutes = 5, .horizon_days = 60, .code_digits = 4, .no_show_minutes = 15, .history_days = 7};
  g_autoptr(GError) error = NULL;
  Store *store = store_json_open(f->path, f->home, &error);
  g_assert_no_error(error);
  f->plan = plan_new(store, &rules, NOW);
}

static void close_plan(Fixture *f) {
  plan_close(f->plan);
  mailbox_deliver(f->home, NULL);
}

/* A coordinator that ended, and started again on this plan (NULL: its own). */
static void reopen(Fixture *f, const char *text) {
  close_plan(f);
  g_assert_true(!text || g_file_set_contents(f->path, text, -1, NULL));
  open_plan(f);
}

static void set_up(Fixture *f, gconstpointer data) {
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "plan.json", NULL);
  f->home = mailbox_new(NULL, NULL);
  open_plan(f);
}

static void tear_down(Fixture *f, gconstpointer data) {
  static const char *const names[] = {"plan.json", "plan.json.lock", "plan.rejected.json"};
  close_plan(f);
  mailbox_free(f->home);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(f->directory, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
}

static guint count(const Plan *plan) {
  guint counts[RESERVATION_N_STATES], sum = 0;
  plan_count_states(plan, counts);
  for (guint state = 0; state < RESERVATION_N_STATES; state++)
    sum += counts[state];
  return sum;
}

static guint used(Fixture *f) {
  const Ledger *ledger = plan_get_ledger(f->plan, RC);
  return ledger_used(ledger, ledger_slot(ledger, NOW));
}

/* What a streamer tells; NULL: it was adopted. (transfer full) */
static char *adopt(Fixture *f, const char *id, const char *code, gint64 starts_at_us, gint64 ends_at_us) {
  g_autoptr(GError) error = NULL;
  gboolean done = plan_adopt(f->plan, id, code, RC, "river-1", starts_at_us, ends_at_us, NOW, &error);
  g_assert_true(done == !error);
  return error ? g_strdup(error->message) : NULL;
}

static void what_could_not_be_read_again_is_not_adopted(Fixture *f, gconstpointer data) {
  static const struct {
    const char *id, *code;
    gint64 minutes;
    const char *reason;
  } cases[] = {
      {"foreign", NULL, 30, "code: is missing"},
      {"foreign", "777", 30, "code: must have at least 4 bytes"},
      {"foreign", "1234567890", 30, "code: must have at most 9 bytes"},
      {"foreign", "12 4", 30, "code: must be of digits"},
      {"for eign", "1234", 30, "id: must be of letters, digits, '-' and '_'"},
      {"", "1234", 30, "id: must not be empty"},
      {"foreign", "1234", -5, "ends_at: is before starts_at"},
      {"another", "4321", 30, "code: is that of another session or booking"},
  };
  g_assert_null(adopt(f, "first", "4321", NOW, NOW + MINUTES(30)));
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *reason = adopt(f, cases[i].id, cases[i].code, NOW, NOW + MINUTES(cases[i].minutes));
    g_assert_cmpstr(reason, ==, cases[i].reason);
    g_assert_cmpuint(used(f), ==, 1);
    g_assert_cmpuint(count(f->plan), ==, 1);
  }
  reopen(f, NULL);
  g_assert_cmpuint(count(f->plan), ==, 1);
  g_assert_cmpstr(plan_find_code(f->plan, "4321")->id, ==, "first");
}

static void refused(const Reservation *reservation, const GError *error, gpointer user_data) {
  *(int *)user_data = error ? error->code : -1;
}

/* What the request is refused with at once; -1: it is not. */
static int ask_again(Fixture *f) {
  const PlanWish wish = {.rc_name = RC, .wanted_us = MINUTES(10), .request_id = "the-same-request"};
  int refusal = -1;
  plan_walk_in(f->plan, &wish, NOW, refused, &refusal);
  return refusal;
}

/* Somebody has written it by hand; what is forgotten first must not leave a trace of itself behind. */
static void of_two_with_one_request_each_ends_for_itself(Fixture *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"r0\",\"code\":\"1230\",\"rc_name\":\"" RC
                             "\",\"state\":\"ended\",\"request_id\":\"the-same-request\","
                             "\"starts_at\":\"2026-12-01T10:00:00Z\",\"ends_at\":\"2026-12-01T10:00:00Z\","
                             "\"ended_at\":\"2026-12-01T10:00:00Z\"},"
                             "{\"id\":\"r1\",\"code\":\"1231\",\"rc_name\":\"" RC
                             "\",\"state\":\"ended\",\"request_id\":\"the-same-request\","
                             "\"starts_at\":\"2026-12-01T11:00:00Z\",\"ends_at\":\"2026-12-01T11:00:00Z\","
                             "\"ended_at\":\"2026-12-01T11:00:00Z\"}]";
  const gint64 kept_us = 7 * 24 * MINUTES(60);
  reopen(f, text);
  g_assert_cmpuint(count(f->plan), ==, 2);
  plan_tick(f->plan, NOW - MINUTES(5 * 60) + kept_us + MINUTES(1)); /* r0 is forgotten */
  g_assert_cmpuint(count(f->plan), ==, 1);
  g_assert_cmpint(ask_again(f), ==, WIRE_SESSION_NOT_EXIST); /* r1 is known still, and over */
  plan_tick(f->plan, NOW + kept_us);
  g_assert_cmpuint(count(f->plan), ==, 0);
}

static void a_broken_record_is_set_aside(Fixture *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"a\",\"code\":\"1234\",\"rc_name\":\"x\",\"state\":\"lost\","
                             "\"starts_at\":\"2026-12-01T15:00:00Z\",\"ends_at\":\"2026-12-01T16:00:00Z\"},"
                             "{\"id\":\"b\",\"code\":\"1234\",\"rc_name\":\"x\",\"state\":\"planned\","
                             "\"starts_at\":\"2026-12-01T15:00:00Z\",\"ends_at\":\"2026-12-01T16:00:00Z\"}]";
  g_autofree char *aside = NULL, *note = NULL;
  g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
  g_assert_true(store_json_check(f->path, &note, NULL));
  g_assert_nonnull(strstr(note, "1 of 2 records"));
  reopen(f, text);
  g_assert_cmpuint(count(f->plan), ==, 1);
  g_assert_cmpuint(plan_count_rejected(f->plan), ==, 1);
  g_autofree char *path = set_aside_path(f->path);
  g_assert_true(g_str_has_suffix(path, "plan.rejected.json"));
  g_assert_true(g_file_get_contents(path, &aside, NULL, NULL));
  g_assert_nonnull(
      strstr(aside, "\"reason\":\"state: must be planned, running or ended\",\"record\":{\"id\":\"a\","));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add("/plan/" path, Fixture, NULL, set_up, function, tear_down)
  ADD("what-could-not-be-read-again-is-not-adopted", what_could_not_be_read_again_is_not_adopted);
  ADD("of-two-with-one-request-each-ends-for-itself", of_two_with_one_request_each_ends_for_itself);
  ADD("a-broken-record-is-set-aside", a_broken_record_is_set_aside);
  return g_test_run();
}
