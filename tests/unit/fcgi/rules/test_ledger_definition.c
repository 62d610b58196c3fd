/* fcgi/rules/ledger against its definition (count the reservations that cover a slot) on random plans. A
 * failing plan prints its seed and every step up to the failing one; plans grow with their seed, so the first
 * to fail is short. LEDGER_SEED=N runs that plan alone. */
#include "common/instant.h"
#include "fcgi/rules/ledger.h"

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

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ledger/random-plans-agree-with-the-definition",
                  test_random_plans_agree_with_the_definition);
  return g_test_run();
}
