/* fcgi/plan: what a restart and a time that goes back, or is doubted, do to sessions, slots and codes. */
#include "common/wire.h"
#include "tests/unit/fcgi/plan/plan_fixture.h"

#include <string.h>

/* A plan whose sessions had each of the codes below 2000, the most that may rest, and ended so long ago. */
static void open_with_ended(PlanFixture *f, gint64 ago_us) {
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
  plan_fixture_open(f, NOW);
  plan_set_capacity(f->plan, RC, 500, NULL);
}

/* Whether one of 500 new bookings has a code below 2000. */
static gboolean draws_old_codes(PlanFixture *f) {
  gboolean found = FALSE;
  for (int i = 0; i < 500; i++) {
    g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(5), NOW), ==, -1);
    found |= strcmp(f->last->code, "2000") < 0;
  }
  return found;
}

static void codes_rest_over_a_restart(PlanFixture *f, gconstpointer data) {
  open_with_ended(f, MINUTES(60));
  g_assert_false(draws_old_codes(f));
  open_with_ended(f, MINUTES(25 * 60));
  g_assert_true(draws_old_codes(f)); /* all 500 miss them once in 10^48 */
}

/* Only what the time brings about waits until it is believed again. */
static void a_doubted_time_ends_nothing(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(10), MINUTES(60), NOW), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_set_doubtful(f->plan, TRUE);
  plan_tick(f->plan, NOW + MINUTES(45));
  g_assert_nonnull(plan_find_code(f->plan, code));
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(50)), ==, 1);
  plan_set_doubtful(f->plan, FALSE);
  plan_tick(f->plan, NOW + MINUTES(46));
  g_assert_null(plan_find_code(f->plan, code));
}

static gboolean everything_runs(const Reservation *reservation, gpointer data) {
  return TRUE;
}

/* A day ahead for long enough to be believed, and back. */
static void a_day_ahead_and_back_takes_nothing(PlanFixture *f, gconstpointer data) {
  static const PlanListener listener = {.still_runs = everything_runs};
  plan_set_listener(f->plan, &listener, NULL);
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(30), MINUTES(10), NOW), ==, -1);
  g_autofree char *running = g_strdup(f->last->code);
  plan_started(f->plan, f->last->id, "river-1");
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_autofree char *booked = g_strdup(f->last->code);
  plan_tick(f->plan, NOW + MINUTES(24 * 60));
  g_assert_null(plan_find_code(f->plan, booked));
  g_assert_null(plan_find_code(f->plan, running));
  plan_tick(f->plan, NOW + MINUTES(1));
  g_assert_cmpint(plan_find_code(f->plan, booked)->state, ==, RESERVATION_PLANNED);
  g_assert_cmpint(plan_find_code(f->plan, running)->state, ==, RESERVATION_RUNNING);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(20)), ==, 1);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(40)), ==, 0);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(65), MINUTES(30), NOW + MINUTES(1)), ==,
                  WIRE_TIME_NOT_AVAILABLE);
  plan_fixture_reopen(f, NOW + MINUTES(2));
  g_assert_cmpint(plan_find_code(f->plan, booked)->state, ==, RESERVATION_PLANNED);
  g_assert_cmpint(plan_find_code(f->plan, running)->state, ==, RESERVATION_RUNNING);
}

/* Whatever its kind: what is promised holds its slots when the time comes back to them. */
static void slots_come_back_with_the_time(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, -1);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(48 * 60), MINUTES(30), NOW + MINUTES(2 * 60)), ==, -1);
  plan_set_doubtful(f->plan, TRUE);
  plan_tick(f->plan, NOW + MINUTES(24 * 60));
  plan_tick(f->plan, NOW);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(60)), ==, 1);
  g_assert_cmpuint(plan_fixture_used(f, NOW + MINUTES(48 * 60)), ==, 1);
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(60), MINUTES(30), NOW), ==, WIRE_TIME_NOT_AVAILABLE);
}

static void what_was_ended_stays_so_when_the_time_goes_back(PlanFixture *f, gconstpointer data) {
  g_assert_cmpint(plan_fixture_walk_in(f, MINUTES(60), MINUTES(10), NOW + MINUTES(24 * 60)), ==, -1);
  g_autofree char *code = g_strdup(f->last->code);
  plan_ended(f->plan, f->last->id, "users_left", NOW + MINUTES(24 * 60 + 30));
  plan_tick(f->plan, NOW);
  g_assert_null(plan_find_code(f->plan, code));
  for (gint64 at_us = NOW; at_us < NOW + MINUTES(25 * 60); at_us += MINUTES(5))
    g_assert_cmpuint(plan_fixture_used(f, at_us), ==, 0);
}

static void codes_rest_again_when_the_time_goes_back(PlanFixture *f, gconstpointer data) {
  open_with_ended(f, MINUTES(60));
  plan_tick(f->plan, NOW + MINUTES(48 * 60));
  g_assert_cmpint(plan_fixture_book(f, NOW + MINUTES(50 * 60), MINUTES(5), NOW + MINUTES(48 * 60)), ==, -1);
  plan_tick(f->plan, NOW);
  g_assert_false(draws_old_codes(f));
}

int main(int argc, char **argv) {
  plan_fixture_begin(&argc, &argv);
  plan_fixture_add_json("codes-rest-over-a-restart", codes_rest_over_a_restart);
  plan_fixture_add("a-doubted-time-ends-nothing", a_doubted_time_ends_nothing);
  plan_fixture_add_json("a-day-ahead-and-back-takes-nothing", a_day_ahead_and_back_takes_nothing);
  plan_fixture_add("slots-come-back-with-the-time", slots_come_back_with_the_time);
  plan_fixture_add("what-was-ended-stays-so-when-the-time-goes-back",
                   what_was_ended_stays_so_when_the_time_goes_back);
  plan_fixture_add_json("codes-rest-again-when-the-time-goes-back", codes_rest_again_when_the_time_goes_back);
  return plan_fixture_run();
}
