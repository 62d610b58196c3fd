/* fcgi/rules/ledger: its rule by example, and its cost. test_ledger_definition.c has the rule in general. */
#include "common/instant.h"
#include "fcgi/rules/calendar.h"
#include "fcgi/rules/ledger.h"

#include <malloc.h>
#include <time.h>

#define SLOT_US (5 * INSTANT_MINUTE)
#define NOON_US (G_GINT64_CONSTANT(1796126400) * G_USEC_PER_SEC) /* 2026-12-01 12:00 UTC */

static Ledger *noon_ledger(guint32 capacity) {
  Ledger *ledger = ledger_new(5, 2, NOON_US);
  ledger_set_capacity(ledger, capacity);
  return ledger;
}

/* The run from @from_minutes to @to_minutes after noon. */
static LedgerRun minutes(const Ledger *ledger, int from_minutes, int to_minutes) {
  return ledger_run(ledger, NOON_US + from_minutes * INSTANT_MINUTE, NOON_US + to_minutes * INSTANT_MINUTE);
}

static gint64 minute_of(const Ledger *ledger, gint64 slot) {
  return (ledger_slot_starts_at(ledger, slot) - NOON_US) / INSTANT_MINUTE;
}

static void test_run_is_all_or_nothing(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 60, 90)), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 30, 65)), ==, LEDGER_FULL);
  for (int minute = 30; minute < 60; minute += 5)
    g_assert_cmpuint(ledger_used(ledger, minutes(ledger, minute, minute + 5).first), ==, 0);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 30, 60)), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 90, 120)), ==, LEDGER_TAKEN);
}

static void test_run_covers_every_slot_it_touches(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  LedgerRun run = ledger_run(ledger, NOON_US + 1, NOON_US + 2 * SLOT_US + 1);
  g_assert_cmpint(run.first, ==, ledger_slot(ledger, NOON_US));
  g_assert_cmpuint(run.count, ==, 3);
  g_assert_cmpuint(ledger_run(ledger, NOON_US, NOON_US + SLOT_US).count, ==, 1);
  g_assert_cmpuint(ledger_run(ledger, NOON_US, NOON_US).count, ==, 0);
  g_assert_cmpint(ledger_take(ledger, ledger_run(ledger, NOON_US, G_MAXINT64)), ==, LEDGER_OUTSIDE);
}

static void test_horizon_limits_starts_not_ends(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  const int end = 2 * 1440;
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, -5, 30)), ==, LEDGER_OUTSIDE);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, end, end + 30)), ==, LEDGER_OUTSIDE);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 0, 0)), ==, LEDGER_OUTSIDE);
  LedgerRun run = minutes(ledger, end - 5, end + 30);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
  g_assert_true(ledger_extend(ledger, &run, 6));
  g_assert_cmpuint(ledger_used(ledger, minutes(ledger, end + 55, end + 60).first), ==, 1);
  ledger_forget_past(ledger, NOON_US + SLOT_US);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, end, end + 5)), ==, LEDGER_FULL);
}

static void test_early_end_frees_the_rest(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  LedgerRun run = minutes(ledger, 0, 60);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
  ledger_forget_past(ledger, NOON_US + 22 * INSTANT_MINUTE);
  ledger_give_back_rest(ledger, &run, ledger_slot(ledger, NOON_US + 22 * INSTANT_MINUTE));
  g_assert_cmpuint(run.count, ==, 4);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 22, 60)), ==, LEDGER_TAKEN);
  ledger_give_back(ledger, run); /* wholly in the past: nothing happens */
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 20, 25)), ==, LEDGER_FULL);
}

static void test_extension_stops_at_the_next_booking(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  LedgerRun run = minutes(ledger, 0, 30);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 50, 60)), ==, LEDGER_TAKEN);
  g_assert_cmpuint(ledger_room_after(ledger, run, 6), ==, 4);
  g_assert_cmpuint(ledger_room_after(ledger, run, 3), ==, 3);
  g_assert_false(ledger_extend(ledger, &run, 5));
  g_assert_cmpuint(run.count, ==, 6);
  g_assert_true(ledger_extend(ledger, &run, 4));
  g_assert_cmpuint(run.count, ==, 10);
  g_assert_cmpuint(ledger_room_after(ledger, run, 6), ==, 0);
  g_assert_false(ledger_extend(ledger, &run, 0));
}

static void test_walk_in_gets_the_time_until_the_next_booking(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  gint64 now_us = NOON_US + 2 * INSTANT_MINUTE, hour_us = 60 * INSTANT_MINUTE;
  g_assert_cmpint(ledger_walk_in(ledger, now_us, hour_us, hour_us), ==, now_us + hour_us);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 30, 60)), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_walk_in(ledger, now_us, hour_us, 28 * INSTANT_MINUTE), ==,
                  NOON_US + 30 * INSTANT_MINUTE);
  g_assert_cmpint(ledger_walk_in(ledger, now_us, hour_us, 29 * INSTANT_MINUTE), ==, 0);
  /* who wants less than the least there is gets it */
  g_assert_cmpint(ledger_walk_in(ledger, now_us, SLOT_US, hour_us), ==, now_us + SLOT_US);
  ledger_set_capacity(ledger, 0);
  g_assert_cmpint(ledger_walk_in(ledger, now_us, SLOT_US, 1), ==, 0);
}

static void test_nearest_alternatives_come_nearest_first(void) {
  g_autoptr(Ledger) ledger = noon_ledger(1);
  gint64 starts[4];
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 100, 130)), ==, LEDGER_TAKEN);
  LedgerRun wanted = minutes(ledger, 110, 140);
  g_assert_cmpuint(ledger_nearest(ledger, wanted, 1, 3, starts), ==, 3);
  g_assert_cmpint(minute_of(ledger, starts[0]), ==, 130);
  g_assert_cmpint(minute_of(ledger, starts[1]), ==, 135);
  g_assert_cmpint(minute_of(ledger, starts[2]), ==, 140);
  g_assert_cmpuint(ledger_nearest(ledger, wanted, 6, 4, starts), ==, 4);
  g_assert_cmpint(minute_of(ledger, starts[0]), ==, 140);
  g_assert_cmpint(minute_of(ledger, starts[1]), ==, 50);
  g_assert_cmpint(minute_of(ledger, starts[2]), ==, 170);
  g_assert_cmpint(minute_of(ledger, starts[3]), ==, 20);
  wanted = minutes(ledger, 0, 30);
  g_assert_cmpuint(ledger_nearest(ledger, wanted, 1, 1, starts), ==, 1);
  g_assert_cmpint(minute_of(ledger, starts[0]), ==, 0);
  ledger_set_capacity(ledger, 0);
  g_assert_cmpuint(ledger_nearest(ledger, wanted, 1, 3, starts), ==, 0);
}

static void test_lost_capacity_takes_nothing_and_is_reported(void) {
  g_autoptr(Ledger) ledger = noon_ledger(3);
  for (int i = 0; i < 3; i++)
    g_assert_cmpint(ledger_take(ledger, minutes(ledger, 60, 120)), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 150, 160)), ==, LEDGER_TAKEN);
  LedgerRun twice = minutes(ledger, 900, 910);
  g_assert_cmpint(ledger_take(ledger, twice), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, twice), ==, LEDGER_TAKEN);

  ledger_set_capacity(ledger, 1);
  g_assert_cmpuint(ledger_used(ledger, minutes(ledger, 60, 65).first), ==, 3);
  g_assert_cmpint(ledger_take(ledger, minutes(ledger, 55, 65)), ==, LEDGER_FULL);
  g_autoptr(GArray) excesses = ledger_overbooked(ledger);
  g_assert_cmpuint(excesses->len, ==, 2);
  LedgerExcess *first = &g_array_index(excesses, LedgerExcess, 0);
  g_assert_cmpint(minute_of(ledger, first->run.first), ==, 60);
  g_assert_cmpuint(first->run.count, ==, 12);
  g_assert_cmpuint(first->over, ==, 2);
  LedgerExcess *second = &g_array_index(excesses, LedgerExcess, 1);
  g_assert_cmpint(second->run.first, ==, twice.first);
  g_assert_cmpuint(second->over, ==, 1);

  ledger_set_capacity(ledger, 3);
  g_autoptr(GArray) none = ledger_overbooked(ledger);
  g_assert_cmpuint(none->len, ==, 0);
}

static void test_restored_runs_ask_for_nothing(void) {
  g_autoptr(Ledger) ledger = noon_ledger(0);
  LedgerRun running = minutes(ledger, -30, 30), late = minutes(ledger, 9 * 1440, 9 * 1440 + 30);
  g_assert_true(ledger_restore(ledger, running));
  g_assert_true(ledger_restore(ledger, late));
  g_assert_cmpuint(ledger_used(ledger, running.first), ==, 0);
  g_assert_cmpuint(ledger_used(ledger, minutes(ledger, 25, 30).first), ==, 1);
  g_assert_cmpuint(ledger_used(ledger, late.first), ==, 1);
  g_assert_false(ledger_restore(ledger, (LedgerRun){running.first, 0}));
  g_assert_false(ledger_restore(ledger, (LedgerRun){running.first, LEDGER_RUN_MAX + 1}));
  g_assert_false(ledger_restore(ledger, (LedgerRun){-1, 5}));
  ledger_give_back(ledger, running);
  ledger_give_back(ledger, late);
  g_assert_cmpuint(ledger_used(ledger, late.first), ==, 0);
}

/* The free starts of local days, 23, 24, 24.5 and 25 hours long, are those of the definition: an instant of
 * the day on the slots' grid, with places free until the end. */
static void test_days_with_clock_changes_have_all_their_starts(void) {
  static const struct {
    const char *zone, *date;
    guint starts;
  } rows[] = {
      {"Europe/Berlin", "29/3/2026", 23 * 12},          {"Europe/Berlin", "25/10/2026", 25 * 12},
      {"Europe/Berlin", "29/2/2028", 24 * 12},          {"America/New_York", "8/3/2026", 23 * 12},
      {"Australia/Lord_Howe", "5/4/2026", 24 * 12 + 6}, {"Asia/Kolkata", "1/1/2027", 24 * 12},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(rows[i].zone, NULL);
    gint64 starts_at_us, ends_at_us;
    g_assert_true(calendar_day(zone, rows[i].date, &starts_at_us, &ends_at_us, NULL));
    g_autoptr(Ledger) ledger = ledger_new(5, 3, starts_at_us - 1440 * INSTANT_MINUTE);
    ledger_set_capacity(ledger, 2);
    /* one place is taken for an hour in the middle of the clock change */
    LedgerRun taken =
        ledger_run(ledger, starts_at_us + 90 * INSTANT_MINUTE, starts_at_us + 150 * INSTANT_MINUTE);
    g_assert_cmpint(ledger_take(ledger, taken), ==, LEDGER_TAKEN);

    LedgerRun day = ledger_run(ledger, starts_at_us, ends_at_us);
    g_assert_cmpuint(day.count, ==, rows[i].starts);
    g_autofree guint32 *places = g_new(guint32, day.count);
    ledger_free_starts(ledger, day.first, day.count, 6, places);
    for (guint start = 0; start < day.count; start++) {
      gint64 from = day.first + start;
      gboolean meets = from < taken.first + taken.count && from + 6 > taken.first;
      g_assert_cmpuint(places[start], ==, meets ? 1 : 2);
    }
  }
}

/* Two years of one day after the other, each booked to its end a month ahead. Under sanitizers, which keep
 * their own heap, mallinfo2() shows nothing, and only the counters are checked. */
static void test_what_is_past_costs_no_memory(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 31, NOON_US);
  ledger_set_capacity(ledger, 1);
  gsize after_a_month = 0;
  for (int day = 0; day < 730; day++) {
    gint64 now_us = NOON_US + day * G_TIME_SPAN_DAY;
    ledger_forget_past(ledger, now_us);
    LedgerRun run = ledger_run(ledger, now_us + 30 * G_TIME_SPAN_DAY, now_us + 31 * G_TIME_SPAN_DAY);
    g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
    g_assert_cmpuint(ledger_used(ledger, ledger_slot(ledger, now_us)), ==, day >= 30);
    if (day == 31)
      after_a_month = mallinfo2().uordblks;
  }
  g_assert_cmpuint(mallinfo2().uordblks, <=, after_a_month + 16384);
}

/* ---- cost ---- */

static gint64 cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

/* Nanoseconds of a decision (take an hour and give it back) in a ledger of 60 days with @reservations hours
 * booked: the best of several rounds, which is what the code costs when nobody else uses the processor. */
static double decision_ns(guint reservations) {
  enum { ROUNDS = 7, DECISIONS = 4000 };
  g_autoptr(GRand) rand = g_rand_new_with_seed(reservations);
  g_autoptr(Ledger) ledger = ledger_new(5, 60, NOON_US);
  ledger_set_capacity(ledger, G_MAXUINT32);
  gint64 first = ledger_slot(ledger, NOON_US);
  for (guint i = 0; i < reservations; i++)
    g_assert_cmpint(ledger_take(ledger, (LedgerRun){first + g_rand_int_range(rand, 0, 60 * 288), 12}), ==,
                    LEDGER_TAKEN);
  double best = G_MAXDOUBLE;
  for (int round = 0; round < ROUNDS; round++) {
    gint64 begin = cpu_ns();
    for (int i = 0; i < DECISIONS; i++) {
      LedgerRun run = {first + (i * 7919) % (60 * 288), 12};
      g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
      ledger_give_back(ledger, run);
    }
    best = MIN(best, (double)(cpu_ns() - begin) / DECISIONS);
  }
  return best;
}

static void test_what_went_back_is_begun_anew(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 60, 1000 * G_TIME_SPAN_DAY);
  ledger_set_capacity(ledger, 1);
  const LedgerRun run = ledger_run(ledger, 1000 * G_TIME_SPAN_DAY, 1000 * G_TIME_SPAN_DAY + G_TIME_SPAN_HOUR);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
  ledger_forget_past(ledger, 1002 * G_TIME_SPAN_DAY);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_OUTSIDE);
  ledger_begin_anew(ledger, 1000 * G_TIME_SPAN_DAY);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_TAKEN);
  g_assert_cmpint(ledger_take(ledger, run), ==, LEDGER_FULL);
}

static void test_a_decision_costs_its_run_whatever_is_booked(void) {
  double few = decision_ns(1000), more = decision_ns(10000), many = decision_ns(100000);
  g_test_message(
      "take and give back 12 slots: %.0f / %.0f / %.0f ns at 1,000 / 10,000 / 100,000 reservations", few,
      more, many);
  /* One that looked at each reservation would be 100 times dearer. */
  g_assert_cmpfloat(many, <, 5 * few);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ledger/run-is-all-or-nothing", test_run_is_all_or_nothing);
  g_test_add_func("/ledger/run-covers-every-slot-it-touches", test_run_covers_every_slot_it_touches);
  g_test_add_func("/ledger/horizon-limits-starts-not-ends", test_horizon_limits_starts_not_ends);
  g_test_add_func("/ledger/early-end-frees-the-rest", test_early_end_frees_the_rest);
  g_test_add_func("/ledger/extension-stops-at-the-next-booking", test_extension_stops_at_the_next_booking);
  g_test_add_func("/ledger/walk-in-gets-the-time-until-the-next-booking",
                  test_walk_in_gets_the_time_until_the_next_booking);
  g_test_add_func("/ledger/nearest-alternatives-come-nearest-first",
                  test_nearest_alternatives_come_nearest_first);
  g_test_add_func("/ledger/lost-capacity-takes-nothing-and-is-reported",
                  test_lost_capacity_takes_nothing_and_is_reported);
  g_test_add_func("/ledger/restored-runs-ask-for-nothing", test_restored_runs_ask_for_nothing);
  g_test_add_func("/ledger/days-with-clock-changes-have-all-their-starts",
                  test_days_with_clock_changes_have_all_their_starts);
  g_test_add_func("/ledger/what-is-past-costs-no-memory", test_what_is_past_costs_no_memory);
  g_test_add_func("/ledger/what-went-back-is-begun-anew", test_what_went_back_is_begun_anew);
  g_test_add_func("/ledger/a-decision-costs-its-run-whatever-is-booked",
                  test_a_decision_costs_its_run_whatever_is_booked);
  return g_test_run();
}
