#include "fcgi/plan/plan_clock.h"

#include "common/log.h"
#include "fcgi/plan/plan_changes.h"

/* What clocks are slewed by is no going back. */
#define GOES_BACK_US (2 * INSTANT_SECOND)

/* ---- codes ---- */

static void collect_resting(PlanEntry *entry, gpointer data) {
  if (entry->reservation->state == RESERVATION_ENDED)
    g_ptr_array_add(data, entry->reservation);
}

static gint compare_ends(gconstpointer a, gconstpointer b) {
  gint64 x = (*(const Reservation *const *)a)->ended_at_us, y = (*(const Reservation *const *)b)->ended_at_us;
  return (x > y) - (x < y);
}

void plan_let_codes_rest(Plan *plan) {
  g_autoptr(GPtrArray) ended = g_ptr_array_new();
  plan_index_for_each(plan->index, collect_resting, ended);
  g_ptr_array_sort(ended, compare_ends);
  for (guint i = 0; i < ended->len; i++) {
    Reservation *reservation = ended->pdata[i];
    gint64 ended_at_us = MIN(reservation->ended_at_us, plan->now_us);
    if (ended_at_us + CODES_REST_US > plan->now_us &&
        codes_claim(plan->codes, reservation->code, reservation))
      codes_release(plan->codes, reservation->code, ended_at_us);
  }
}

/* ---- what was ended too soon ---- */

/* What it would be if it had not been ended; RESERVATION_ENDED: it is over. */
static ReservationState state_unless_ended(const Plan *plan, const PlanEntry *entry) {
  const Reservation *it = entry->reservation;
  Reservation planned = *it;
  planned.state = RESERVATION_PLANNED;
  /* In a database an end is for good: another coordinator may have told it. */
  if (!entry->stored || store_is_shared(plan->store) || codes_find(plan->codes, it->code))
    return RESERVATION_ENDED;
  if (g_strcmp0(it->reason, PLAN_NO_SHOW) == 0 && plan_due_of(plan, &planned, FALSE) > plan->now_us)
    return RESERVATION_PLANNED;
  if (g_strcmp0(it->reason, wire_end_name(WIRE_END_TIME_OVER)) == 0 && it->ends_at_us > plan->now_us &&
      plan->listener.still_runs && plan->listener.still_runs(it, plan->listener_data))
    return RESERVATION_RUNNING;
  return RESERVATION_ENDED;
}

static void revive_entry(Plan *plan, PlanEntry *entry, ReservationState state) {
  Reservation *reservation = entry->reservation;
  const Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  log_notice("session_taken_back", "session=%s was=%s", reservation->id, reservation->reason);
  reservation->state = state;
  reservation->ended_at_us = 0;
  g_clear_pointer(&reservation->reason, g_free);
  entry->run = ledger_run(ledger, reservation->starts_at_us, reservation->ends_at_us);
  entry->noticed = FALSE;
  codes_claim(plan->codes, reservation->code, reservation);
  plan_count_held(plan, entry);
  plan_set_due(plan, entry);
  plan_write_fact(plan, entry);
}

/* ---- slots ---- */

static void take_slots_again(PlanEntry *entry, gpointer data) {
  Plan *plan = data;
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  if (entry->reservation->state == RESERVATION_ENDED) {
    ReservationState state = state_unless_ended(plan, entry);
    if (state == RESERVATION_ENDED) {
      gint64 used = ledger_slot(ledger, plan->now_us) - entry->run.first;
      entry->run.count = (guint)CLAMP(used, 0, (gint64)entry->run.count);
      return;
    }
    revive_entry(plan, entry, state);
  }
  if (entry->run.count > 0)
    ledger_restore(ledger, entry->run);
}

static void go_back(Plan *plan, gint64 by_us) {
  GHashTableIter iter;
  gpointer ledger;
  log_notice("plan_goes_back", "seconds=%d", (int)MIN(by_us / INSTANT_SECOND, G_MAXINT));
  g_hash_table_iter_init(&iter, plan->ledgers);
  while (g_hash_table_iter_next(&iter, NULL, &ledger))
    ledger_begin_anew(ledger, plan->now_us);
  plan_index_for_each(plan->index, take_slots_again, plan);
  codes_forget_rests(plan->codes);
  plan_let_codes_rest(plan);
}

void plan_set_now(Plan *plan, gint64 now_us) {
  gint64 back_us = plan->now_us - now_us;
  plan->now_us = now_us;
  if (back_us > GOES_BACK_US)
    go_back(plan, back_us);
}
