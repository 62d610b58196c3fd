#include "fcgi/plan/plan_entries.h"

#include "common/log.h"

Ledger *plan_ledger_of(Plan *plan, const char *rc_name) {
  Ledger *ledger = g_hash_table_lookup(plan->ledgers, rc_name);
  if (!ledger) {
    ledger = ledger_new(plan->rules.slot_minutes, plan->rules.horizon_days, plan->now_us);
    g_hash_table_insert(plan->ledgers, g_strdup(rc_name), ledger);
  }
  ledger_forget_past(ledger, plan->now_us);
  return ledger;
}

gint64 plan_whole_second(gint64 at_us) {
  return at_us - at_us % INSTANT_SECOND;
}

gint64 plan_due_of(const Plan *plan, const Reservation *reservation, gboolean noticed) {
  switch (reservation->state) {
  case RESERVATION_PLANNED:
    return MIN(reservation->starts_at_us + plan->rules.no_show_minutes * INSTANT_MINUTE,
               reservation->ends_at_us);
  case RESERVATION_RUNNING:
    return reservation->ends_at_us - (noticed ? 0 : plan->rules.notice_minutes * INSTANT_MINUTE);
  case RESERVATION_ENDED:
    return reservation->ended_at_us + plan->rules.history_days * PLAN_DAY_US;
  }
  return G_MAXINT64;
}

void plan_set_due(Plan *plan, PlanEntry *entry) {
  plan_index_set_due(plan->index, entry, plan_due_of(plan, entry->reservation, entry->noticed));
}

/* ---- codes ---- */

/* A code that the store has given to @reservation. One that is on its way there with the same code will be
 * refused it, and draws another. */
static void claim_code(Plan *plan, Reservation *reservation) {
  const Reservation *owner = codes_find(plan->codes, reservation->code);
  const PlanEntry *held = owner ? plan_index_find(plan->index, owner->id) : NULL;
  if (held && !held->stored)
    codes_release(plan->codes, reservation->code, plan->now_us);
  if (!codes_claim(plan->codes, reservation->code, reservation))
    log_warning("code_not_unique", "session=%s", reservation->id);
}

/* A session that was adopted may have a code that is somebody else's here. */
void plan_release_code(Plan *plan, const Reservation *reservation) {
  if (codes_find(plan->codes, reservation->code) == reservation)
    codes_release(plan->codes, reservation->code, plan->now_us);
}

gboolean plan_draw_code(Plan *plan, Reservation *reservation) {
  char *code = codes_draw(plan->codes, reservation, plan->now_us);
  if (!code)
    return FALSE;
  plan_release_code(plan, reservation);
  g_free(reservation->code);
  reservation->code = code;
  return TRUE;
}

gboolean plan_take_invitation(Plan *plan, PlanEntry *entry, const Reservation *stored) {
  Reservation *reservation = entry->reservation;
  gboolean same_code = g_strcmp0(reservation->code, stored->code) == 0;
  if (same_code && reservation->generation == stored->generation &&
      reservation_wants_knock(reservation) == reservation_wants_knock(stored))
    return FALSE;
  if (!same_code) {
    plan_release_code(plan, reservation);
    g_free(reservation->code);
    reservation->code = g_strdup(stored->code);
    claim_code(plan, reservation);
  }
  reservation->generation = stored->generation;
  g_free(reservation->door);
  reservation->door = g_strdup(stored->door);
  return TRUE;
}

/* ---- what becomes of an entry ---- */

void plan_count_held(Plan *plan, PlanEntry *entry) {
  Reservation *it = entry->reservation;
  HeldKind kind = it->state == RESERVATION_PLANNED ? HELD_BOOKINGS : HELD_SESSIONS;
  if (it->state == RESERVATION_ENDED) {
    held_remove(g_steal_pointer(&entry->held));
    g_clear_pointer(&it->client, g_free);
    g_clear_pointer(&it->network, g_free);
  } else if (entry->held) {
    held_move(entry->held, kind);
  } else {
    const Holder holder = holder_parse(it->client, it->network);
    entry->held = held_add(plan->held, kind, &holder, it->rc_name, it->id, entry);
  }
}

PlanEntry *plan_hold(Plan *plan, Reservation *reservation) {
  PlanEntry *entry = plan_index_add(plan->index, reservation, plan_due_of(plan, reservation, FALSE));
  entry->stored = TRUE;
  plan_count_held(plan, entry);
  if (reservation->state == RESERVATION_ENDED)
    return entry;
  claim_code(plan, reservation);
  Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  LedgerRun run = ledger_run(ledger, reservation->starts_at_us, reservation->ends_at_us);
  if (ledger_restore(ledger, run))
    entry->run = run;
  return entry;
}

PlanEntry *plan_know(Plan *plan, const Reservation *other) {
  PlanEntry *known = plan_index_find(plan->index, other->id);
  return known ? known : plan_hold(plan, reservation_copy(other));
}

gboolean plan_set_state(Plan *plan, PlanEntry *entry, ReservationState state, const char *server_name) {
  Reservation *reservation = entry->reservation;
  if (reservation->state == state && g_strcmp0(reservation->server_name, server_name) == 0)
    return FALSE;
  reservation->state = state;
  g_free(reservation->server_name);
  reservation->server_name = g_strdup(server_name);
  plan_count_held(plan, entry);
  plan_set_due(plan, entry);
  return TRUE;
}

gboolean plan_has_own_place(const Plan *plan, const PlanEntry *entry) {
  return plan->listener.has_own_place &&
         plan->listener.has_own_place(entry->reservation, plan->listener_data);
}

gboolean plan_prolong(Plan *plan, PlanEntry *entry, gint64 ends_at_us) {
  Reservation *reservation = entry->reservation;
  Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  LedgerRun longer = ledger_run(ledger, reservation->starts_at_us, ends_at_us), old = entry->run;
  ledger_give_back_rest(ledger, &entry->run, entry->run.first);
  gboolean taken = ledger_restore(ledger, longer);
  entry->run = longer;
  if (!taken && !ledger_restore(ledger, entry->run = old))
    entry->run.count = 0;
  return taken;
}

void plan_end_entry(Plan *plan, PlanEntry *entry, const char *reason) {
  Reservation *reservation = entry->reservation;
  Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  plan_release_code(plan, reservation);
  reservation->state = RESERVATION_ENDED;
  reservation->ended_at_us = plan->now_us;
  g_free(reservation->reason);
  reservation->reason = g_strdup(reason);
  plan_count_held(plan, entry);
  plan_set_due(plan, entry);
}

/* ---- those who wait ---- */

void plan_tell(PlanEntry *entry, const PlanWaiter *waiter) {
  if (waiter->done)
    waiter->done(entry->reservation, NULL, waiter->user_data);
}

void plan_refuse(const PlanWaiter *waiter, WireMessage message, const char *field, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, field, "%s", reason);
  if (waiter->done)
    waiter->done(NULL, error, waiter->user_data);
}

void plan_tell_repeated(PlanEntry *entry, const char *proof, const PlanWaiter *waiter) {
  const Reservation *reservation = entry->reservation;
  if (g_strcmp0(reservation->request_proof, proof) != 0)
    plan_refuse(waiter, WIRE_REQUEST_ID_USED, "request_id",
                "request_id: was used for another request, or by somebody else");
  else if (reservation->state == RESERVATION_ENDED)
    plan_refuse(waiter, WIRE_SESSION_NOT_EXIST, NULL, "The booking that this request made is over.");
  else
    plan_tell(entry, waiter);
}
