/* The ledger: its rule by example, and against the definition (count the reservations that cover a slot) on
 * random plans. A failing plan prints its seed and every step up to the failing one; plans grow with their
 * seed, so the first to fail is short. LEDGER_SEED=N runs that plan alone. */
#include "fcgi/rules/calendar.h"
#include "fcgi/rules/ledger.h"

#include "common/instant.h"

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

/* ---- against the definition ---- */

#define PLAN_HORIZON_DAYS 1
#define PLAN_SLOT_MINUTES 30 /* 48 slots to the horizon: dense enough that runs meet */
#define PLAN_SLOT_US (PLAN_SLOT_MINUTES * INSTANT_MINUTE)
#define PLAN_CHECKS 300000

typedef struct {
  GRand *rand;
  Ledger *ledger;
  GArray *runs; /* LedgerRun: the reservations, the whole of the definition */
  gint64 current;
  guint32 capacity;
  gboolean loud;
} Plan;

static guint32 defined_used(const Plan *plan, gint64 slot) {
  guint32 used = 0;
  for (guint i = 0; slot >= plan->current && i < plan->runs->len; i++) {
    LedgerRun run = g_array_index(plan->runs, LedgerRun, i);
    used += slot >= run.first && slot < run.first + run.count;
  }
  return used;
}

static guint defined_room(const Plan *plan, gint64 first, guint most) {
  guint room = 0;
  while (room < most && defined_used(plan, first + room) < plan->capacity)
    room++;
  return room;
}

static gboolean defined_may_start(const Plan *plan, gint64 first, guint count) {
  return first >= plan->current && first < plan->current + 48 && defined_room(plan, first, count) == count;
}

static int draw(Plan *plan, int begin, int end) {
  return g_rand_int_range(plan->rand, begin, end);
}

static LedgerRun draw_run(Plan *plan) {
  return (LedgerRun){plan->current + draw(plan, -2, 52), (guint)draw(plan, 1, 10)};
}

static gboolean step_take(Plan *plan) {
  LedgerRun run = draw_run(plan);
  gboolean outside = run.first < plan->current || run.first >= plan->current + 48;
  LedgerAnswer expected = outside                                         ? LEDGER_OUTSIDE
                          : defined_may_start(plan, run.first, run.count) ? LEDGER_TAKEN
                                                                          : LEDGER_FULL;
  if (expected == LEDGER_TAKEN)
    g_array_append_val(plan->runs, run);
  return ledger_take(plan->ledger, run) == expected;
}

static gboolean step_restore(Plan *plan) {
  LedgerRun run = {plan->current + draw(plan, -6, 90), (guint)draw(plan, 1, 10)};
  g_array_append_val(plan->runs, run);
  return ledger_restore(plan->ledger, run);
}

static gboolean step_give_back(Plan *plan) {
  if (plan->runs->len == 0)
    return TRUE;
  guint index = (guint)draw(plan, 0, (int)plan->runs->len);
  ledger_give_back(plan->ledger, g_array_index(plan->runs, LedgerRun, index));
  g_array_remove_index_fast(plan->runs, index);
  return TRUE;
}

static gboolean step_give_back_rest(Plan *plan) {
  if (plan->runs->len == 0)
    return TRUE;
  LedgerRun *run = &g_array_index(plan->runs, LedgerRun, draw(plan, 0, (int)plan->runs->len));
  LedgerRun before = *run;
  gint64 slot = before.first + draw(plan, -2, 12);
  ledger_give_back_rest(plan->ledger, run, slot);
  gint64 kept = CLAMP(slot - before.first, 0, (gint64)before.count);
  return run->first == before.first && run->count == kept;
}

static gboolean step_extend(Plan *plan) {
  if (plan->runs->len == 0)
    return TRUE;
  LedgerRun *run = &g_array_index(plan->runs, LedgerRun, draw(plan, 0, (int)plan->runs->len));
  guint slots = (guint)draw(plan, 1, 6);
  gint64 end = run->first + run->count;
  gboolean room_agrees = ledger_room_after(plan->ledger, *run, 8) == defined_room(plan, end, 8);
  gboolean expected = end >= plan->current && defined_room(plan, end, slots) == slots;
  guint count = run->count + (expected ? slots : 0);
  /* The run grows in place, and with it the definition. */
  return ledger_extend(plan->ledger, run, slots) == expected && run->count == count && room_agrees;
}

static gboolean step_walk_in(Plan *plan) {
  gint64 now_us = plan->current * PLAN_SLOT_US + draw(plan, 0, (int)PLAN_SLOT_US);
  gint64 wanted_us = draw(plan, 1, 300) * INSTANT_MINUTE, min_us = draw(plan, 1, 200) * INSTANT_MINUTE;
  /* by the definition: move the end back slot by slot until every slot before it is free */
  gint64 expected = now_us + wanted_us;
  while (expected > now_us) {
    gint64 last = (expected - 1) / PLAN_SLOT_US;
    if (defined_room(plan, plan->current, 99) > last - plan->current)
      break;
    expected = last * PLAN_SLOT_US;
  }
  if (expected - now_us < MIN(wanted_us, min_us))
    expected = 0;
  return ledger_walk_in(plan->ledger, now_us, wanted_us, min_us) == expected;
}

static gboolean step_free_starts(Plan *plan) {
  guint32 places[70];
  gint64 first = plan->current + draw(plan, -5, 10);
  guint starts = (guint)draw(plan, 0, 70), run_slots = (guint)draw(plan, 1, 12);
  ledger_free_starts(plan->ledger, first, starts, run_slots, places);
  for (guint i = 0; i < starts; i++) {
    guint32 peak = 0;
    for (guint j = 0; j < run_slots; j++)
      peak = MAX(peak, defined_used(plan, first + i + j));
    guint32 expected = defined_may_start(plan, first + i, run_slots) ? plan->capacity - peak : 0;
    if (places[i] != expected)
      return FALSE;
  }
  return TRUE;
}

static gboolean step_nearest(Plan *plan) {
  LedgerRun wanted = draw_run(plan);
  wanted.first += draw(plan, 0, 8) == 0 ? draw(plan, -60, 60) : 0;
  guint step = (guint)draw(plan, 1, 5), max = (guint)draw(plan, 0, 6), expected = 0;
  gint64 starts[6];
  guint found = ledger_nearest(plan->ledger, wanted, step, max, starts);
  for (gint64 distance = 0; distance < 200 && expected < max; distance += step) {
    gint64 sides[] = {wanted.first - distance, wanted.first + distance};
    for (guint side = distance ? 0 : 1; side < 2 && expected < max; side++)
      if (defined_may_start(plan, sides[side], wanted.count) &&
          (expected >= found || starts[expected++] != sides[side]))
        return FALSE;
  }
  return found == expected;
}

static gboolean step_capacity(Plan *plan) {
  plan->capacity = (guint32)draw(plan, 0, 5);
  ledger_set_capacity(plan->ledger, plan->capacity);
  return TRUE;
}

static gboolean step_time_passes(Plan *plan) {
  gint64 slot = plan->current + (draw(plan, 0, 20) ? draw(plan, -1, 4) : draw(plan, 0, 400));
  plan->current = MAX(plan->current, slot);
  ledger_forget_past(plan->ledger, slot * PLAN_SLOT_US + draw(plan, 0, (int)PLAN_SLOT_US));
  return TRUE;
}

static gboolean step_overbooked(Plan *plan) {
  g_autoptr(GArray) excesses = ledger_overbooked(plan->ledger);
  guint index = 0;
  for (gint64 slot = plan->current - 10; slot < plan->current + 130; slot++) {
    guint32 over = 0;
    while (defined_used(plan, slot + over) > plan->capacity)
      over++;
    if (!over)
      continue;
    guint32 worst = 0;
    for (guint i = 0; i < over; i++)
      worst = MAX(worst, defined_used(plan, slot + i) - plan->capacity);
    LedgerExcess *excess = index < excesses->len ? &g_array_index(excesses, LedgerExcess, index) : NULL;
    if (!excess || excess->run.first != slot || excess->run.count != over || excess->over != worst)
      return FALSE;
    index++;
    slot += over;
  }
  return index == excesses->len;
}

static const struct {
  const char *name;
  gboolean (*run)(Plan *plan);
  int weight;
} steps[] = {
    {"take", step_take, 12},
    {"restore", step_restore, 1},
    {"give back", step_give_back, 3},
    {"give back the rest", step_give_back_rest, 2},
    {"extend", step_extend, 4},
    {"walk in", step_walk_in, 4},
    {"free starts", step_free_starts, 2},
    {"nearest", step_nearest, 4},
    {"capacity", step_capacity, 1},
    {"time passes", step_time_passes, 2},
    {"overbooked", step_overbooked, 1},
};

static guint draw_step(Plan *plan) {
  int total = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
    total += steps[i].weight;
  int value = draw(plan, 0, total);
  guint step = 0;
  while ((value -= steps[step].weight) >= 0)
    step++;
  return step;
}

static gboolean counters_agree(const Plan *plan) {
  for (gint64 slot = plan->current - 4; slot < plan->current + 110; slot++)
    if (ledger_used(plan->ledger, slot) != defined_used(plan, slot))
      return FALSE;
  return TRUE;
}

/* Runs the plan of @seed: as many steps as the seed allows. Returns the steps done, or minus the failing one.
 */
static int run_plan(guint32 seed, gboolean loud) {
  g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(LedgerRun));
  g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
  Plan plan = {.rand = rand, .runs = runs, .current = 59568000 / PLAN_SLOT_MINUTES, .loud = loud};
  plan.current += draw(&plan, 0, 128); /* blocks begin anywhere in the horizon */
  plan.ledger = ledger_new(PLAN_SLOT_MINUTES, PLAN_HORIZON_DAYS, plan.current * PLAN_SLOT_US);
  plan.capacity = (guint32)draw(&plan, 1, 4);
  ledger_set_capacity(plan.ledger, plan.capacity);

  int count = 1 + (int)MIN(seed / 8, 120), done = 0;
  for (; done < count; done++) {
    guint step = draw_step(&plan);
    if (loud)
      g_test_message("step %d: %s (%u reservations, capacity %u)", done + 1, steps[step].name, runs->len,
                     plan.capacity);
    if (!steps[step].run(&plan) || (done % 8 == 7 && !counters_agree(&plan)))
      break;
  }
  gboolean ok = done == count && counters_agree(&plan);
  ledger_free(plan.ledger);
  return ok ? count : -(done + 1);
}

static void check_plan(guint32 seed, guint *checks) {
  int result = run_plan(seed, FALSE);
  if (result < 0) {
    run_plan(seed, TRUE);
    g_test_message("plan %u breaks the definition at step %d: LEDGER_SEED=%u runs it alone", seed, -result,
                   seed);
    g_test_fail();
  }
  *checks += (guint)ABS(result);
}

static void test_random_plans_agree_with_the_definition(void) {
  guint checks = 0;
  const char *seed = g_getenv("LEDGER_SEED");
  if (seed) {
    check_plan((guint32)g_ascii_strtoull(seed, NULL, 10), &checks);
    return;
  }
  for (guint32 plan = 1; checks < PLAN_CHECKS && !g_test_failed(); plan++)
    check_plan(plan, &checks);
  g_test_message("%u steps agree", checks);
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
  g_test_add_func("/ledger/random-plans-agree-with-the-definition",
                  test_random_plans_agree_with_the_definition);
  g_test_add_func("/ledger/a-decision-costs-its-run-whatever-is-booked",
                  test_a_decision_costs_its_run_whatever_is_booked);
  return g_test_run();
}
