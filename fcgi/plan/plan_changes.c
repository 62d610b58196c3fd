#include "fcgi/plan/plan_changes.h"

#include "common/log.h"

#define CODE_TRIES 10
#define NOT_WRITTEN_REASON "The plan could not be written. Ask the same again in a moment."

static void change_answered(StoreOutcome outcome, const Reservation *other, const char *reason,
                            gpointer user_data);

WireMessage plan_full_word(ReservationState state) {
  return state == RESERVATION_PLANNED ? WIRE_TIME_NOT_AVAILABLE : WIRE_SERVERS_BUSY;
}

/* ---- sending ---- */

static void send_change(Plan *plan, PlanEntry *entry, PlanChange *change) {
  Reservation shown = *entry->reservation;
  if (change->kind == STORE_CANCEL) {
    shown.state = RESERVATION_ENDED;
    shown.ended_at_us = plan->now_us;
    shown.reason = (char *)"cancelled";
  } else if (change->kind == STORE_CLAIM) {
    shown.state = RESERVATION_RUNNING;
  }
  gboolean is_beside = change->kind == STORE_EXTEND && plan_has_own_place(plan, entry);
  guint32 capacity = is_beside ? G_MAXUINT32 : ledger_capacity(plan_ledger_of(plan, shown.rc_name));
  g_hash_table_add(plan->under_way, change);
  entry->dirty &= change->kind != STORE_FACT;
  entry->pending++;
  store_put(plan->store, &(StoreChange){change->kind, &shown, entry->run, capacity}, change_answered, change);
}

void plan_write(Plan *plan, PlanEntry *entry, StoreChangeKind kind, guint slots, PlanWaiter waiter) {
  PlanChange *change = g_new(PlanChange, 1);
  *change = (PlanChange){
      .plan = plan, .kind = kind, .id = g_strdup(entry->reservation->id), .slots = slots, .waiter = waiter};
  send_change(plan, entry, change);
}

void plan_write_invitation(Plan *plan, PlanEntry *entry) {
  entry->uninvited = entry->inviting;
  if (entry->inviting)
    return;
  entry->inviting = TRUE;
  plan_write(plan, entry, STORE_INVITE, 0, (PlanWaiter){NULL, NULL});
}

void plan_write_door(Plan *plan, PlanEntry *entry, const char *before, const PlanWaiter *waiter) {
  PlanChange *change = g_new(PlanChange, 1);
  *change = (PlanChange){.plan = plan,
                         .kind = STORE_INVITE,
                         .id = g_strdup(entry->reservation->id),
                         .is_door = TRUE,
                         .door_before = g_strdup(before),
                         .waiter = *waiter};
  entry->inviting = TRUE;
  send_change(plan, entry, change);
}

/* One after the other: a store may do what it is asked at the same time in any order. */
void plan_write_fact(Plan *plan, PlanEntry *entry) {
  if (entry->pending)
    entry->dirty = TRUE;
  else if (entry->uninvited)
    plan_write_invitation(plan, entry);
  else
    plan_write(plan, entry, STORE_FACT, 0, (PlanWaiter){NULL, NULL});
}

/* ---- what the store said ---- */

static void new_one_stored(PlanEntry *entry, const PlanWaiter *first) {
  g_autoptr(GArray) waiters = g_steal_pointer(&entry->waiters);
  entry->stored = TRUE;
  plan_tell(entry, first);
  for (guint i = 0; waiters && i < waiters->len; i++)
    plan_tell(entry, &g_array_index(waiters, PlanWaiter, i));
}

/* There is to be no such entry after all: what it held is free again. Those who wait for it (transfer full,
 * nullable), but for the first. */
static GArray *take_new_one_back(Plan *plan, PlanEntry *entry) {
  GArray *waiters = g_steal_pointer(&entry->waiters);
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  plan_release_code(plan, entry->reservation);
  plan_index_remove(plan->index, entry);
  return waiters;
}

static void refuse_new_one(Plan *plan, PlanEntry *entry, const PlanWaiter *first, WireMessage message,
                           const char *reason) {
  g_autoptr(GArray) waiters = take_new_one_back(plan, entry);
  plan_refuse(first, message, NULL, reason);
  for (guint i = 0; waiters && i < waiters->len; i++)
    plan_refuse(&g_array_index(waiters, PlanWaiter, i), message, NULL, reason);
}

/* Another coordinator has done the client's request before: that is the answer. */
static void give_other(Plan *plan, PlanEntry *entry, const PlanWaiter *first, const Reservation *other) {
  g_autofree char *proof = g_strdup(entry->reservation->request_proof);
  g_autoptr(GArray) waiters = take_new_one_back(plan, entry);
  PlanEntry *known = plan_know(plan, other);
  plan_tell_repeated(known, proof, first);
  for (guint i = 0; waiters && i < waiters->len; i++)
    plan_tell_repeated(known, proof, &g_array_index(waiters, PlanWaiter, i));
}

/* Another code, after one that another coordinator has given away. FALSE: there are none left. */
static gboolean try_another_code(Plan *plan, PlanEntry *entry, const PlanChange *failed) {
  if (failed->tries >= CODE_TRIES || !plan_draw_code(plan, entry->reservation))
    return FALSE;
  PlanChange *change = g_new(PlanChange, 1);
  *change = *failed;
  change->id = g_strdup(failed->id);
  change->door_before = g_strdup(failed->door_before);
  change->tries++;
  send_change(plan, entry, change);
  return TRUE;
}

static void take_extension_back(Plan *plan, PlanEntry *entry, guint slots) {
  if (entry->reservation->state == RESERVATION_ENDED)
    return;
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_run_end(entry->run) - slots);
  entry->reservation->ends_at_us -= slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  plan_set_due(plan, entry);
}

/* ---- how one comes into it ---- */

static void tell_invited(Plan *plan, PlanEntry *entry) {
  if (!entry->uninvited && plan->listener.invited)
    plan->listener.invited(entry->reservation, plan->listener_data);
}

static void take_door_back(PlanEntry *entry, const PlanChange *change) {
  g_free(entry->reservation->door);
  entry->reservation->door = g_strdup(change->door_before);
}

/* What could not be written: a host asks again, but a removal stays one. */
static void invitation_unwritten(Plan *plan, PlanEntry *entry, const PlanChange *change) {
  if (change->is_door && !entry->uninvited) {
    take_door_back(entry, change);
  } else {
    entry->uninvited = entry->dirty = TRUE;
    plan_index_set_due(plan->index, entry, MIN(entry->due_us, plan->now_us + PLAN_RETRY_US));
  }
  plan_refuse(&change->waiter, WIRE_STORE_UNAVAILABLE, NULL, NOT_WRITTEN_REASON);
}

static void invitation_answered(Plan *plan, const PlanChange *change, PlanEntry *entry, StoreOutcome outcome,
                                const Reservation *other) {
  if (entry->reservation->state != RESERVATION_RUNNING) {
    plan_refuse(&change->waiter, WIRE_SESSION_NOT_EXIST, NULL, PLAN_GONE_REASON);
  } else if (outcome == STORE_CODE_TAKEN && try_another_code(plan, entry, change)) {
    entry->inviting = TRUE;
  } else if (outcome == STORE_UNAVAILABLE || outcome == STORE_CODE_TAKEN) {
    invitation_unwritten(plan, entry, change);
  } else if (outcome == STORE_OTHER && other->generation >= entry->reservation->generation) {
    entry->uninvited = FALSE;
    plan_take_invitation(plan, entry, other);
    tell_invited(plan, entry);
    plan_refuse(&change->waiter, WIRE_STORE_UNAVAILABLE, NULL, PLAN_INVITING_REASON);
  } else if (outcome == STORE_DONE) {
    tell_invited(plan, entry);
    plan_tell(entry, &change->waiter);
  } else {
    plan_refuse(&change->waiter, WIRE_SESSION_NOT_EXIST, NULL, PLAN_GONE_REASON);
  }
}

static void new_one_answered(Plan *plan, const PlanChange *change, PlanEntry *entry, StoreOutcome outcome,
                             const Reservation *other) {
  if (outcome == STORE_DONE)
    new_one_stored(entry, &change->waiter);
  else if (outcome == STORE_SAME_REQUEST)
    give_other(plan, entry, &change->waiter, other);
  else if (outcome == STORE_UNAVAILABLE)
    refuse_new_one(plan, entry, &change->waiter, WIRE_STORE_UNAVAILABLE, NOT_WRITTEN_REASON);
  else if (outcome != STORE_CODE_TAKEN)
    refuse_new_one(plan, entry, &change->waiter, plan_full_word(entry->reservation->state), PLAN_FULL_REASON);
  else if (!try_another_code(plan, entry, change))
    refuse_new_one(plan, entry, &change->waiter, WIRE_CODES_EXHAUSTED, PLAN_NO_CODES_REASON);
}

/* The store did not do it. */
static void change_refused(Plan *plan, const PlanChange *change, PlanEntry *entry, StoreOutcome outcome) {
  if (change->kind == STORE_EXTEND)
    take_extension_back(plan, entry, change->slots);
  if (outcome == STORE_UNAVAILABLE) {
    entry->dirty = TRUE;
    plan_index_set_due(plan->index, entry, MIN(entry->due_us, plan->now_us + PLAN_RETRY_US));
    plan_refuse(&change->waiter, WIRE_STORE_UNAVAILABLE, NULL, NOT_WRITTEN_REASON);
  } else if (outcome == STORE_FULL) {
    plan_refuse(&change->waiter, WIRE_EXTENSION_NOT_AVAILABLE, NULL, PLAN_NO_EXTENSION_REASON);
  } else {
    plan_refuse(&change->waiter, WIRE_SESSION_NOT_EXIST, NULL, PLAN_GONE_REASON);
  }
}

static void change_done(Plan *plan, const PlanChange *change, PlanEntry *entry) {
  if (change->kind == STORE_CANCEL && entry->reservation->state != RESERVATION_ENDED)
    plan_end_entry(plan, entry, "cancelled");
  if (change->kind == STORE_CLAIM && entry->reservation->state == RESERVATION_PLANNED)
    plan_set_state(plan, entry, RESERVATION_RUNNING, NULL);
  plan_tell(entry, &change->waiter);
}

/* A fact that came while a change was on its way. What could not be written is tried again later
 * (plan_tick()). */
static void write_what_waits(Plan *plan, const char *id, StoreOutcome outcome) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && (entry->dirty || entry->uninvited) && !entry->pending && outcome != STORE_UNAVAILABLE)
    plan_write_fact(plan, entry);
}

/* Once an outage: every request fails then. */
static void log_writing(Plan *plan, StoreOutcome outcome, const char *reason) {
  if (outcome == STORE_UNAVAILABLE && plan->not_written++ == 0) {
    log_error("plan_not_written", "reason=\"%s\"", reason);
  } else if (outcome != STORE_UNAVAILABLE && plan->not_written > 0) {
    log_notice("plan_written_again", "failed=%u", plan->not_written);
    plan->not_written = 0;
  }
}

static void change_answered(StoreOutcome outcome, const Reservation *other, const char *reason,
                            gpointer user_data) {
  PlanChange *change = user_data;
  Plan *plan = change->plan;
  PlanEntry *entry = plan ? plan_index_find(plan->index, change->id) : NULL;
  if (plan) {
    g_hash_table_remove(plan->under_way, change);
    log_writing(plan, outcome, reason);
  }
  if (entry) {
    entry->pending--;
    entry->cancelling &= change->kind != STORE_CANCEL;
    entry->claiming &= change->kind != STORE_CLAIM;
    entry->inviting &= change->kind != STORE_INVITE;
    if (change->kind == STORE_NEW)
      new_one_answered(plan, change, entry, outcome, other);
    else if (change->kind == STORE_INVITE)
      invitation_answered(plan, change, entry, outcome, other);
    else if (outcome == STORE_DONE)
      change_done(plan, change, entry);
    else
      change_refused(plan, change, entry, outcome);
    write_what_waits(plan, change->id, outcome);
  }
  g_free(change->door_before);
  g_free(change->id);
  g_free(change);
}

/* ---- asking before a refusal ---- */

static void question_answered(StoreOutcome outcome, const Reservation *other, const char *reason,
                              gpointer user_data) {
  g_autofree PlanChange *question = user_data;
  g_autofree char *proof = question->proof, *reason_kept = question->reason;
  Plan *plan = question->plan;
  if (!plan) /* whoever waited was told when it was closed */
    return;
  g_hash_table_remove(plan->under_way, question);
  if (outcome == STORE_SAME_REQUEST)
    plan_tell_repeated(plan_know(plan, other), proof, &question->waiter);
  else if (outcome == STORE_UNAVAILABLE)
    plan_refuse(&question->waiter, WIRE_STORE_UNAVAILABLE, NULL, NOT_WRITTEN_REASON);
  else
    plan_refuse(&question->waiter, question->refusal, question->field, reason_kept);
}

/* Whoever asks again, because the answer was lost, has to hear what it was. Another coordinator may have
 * given it, or one that ended, or a node of the database that died just after; here it may be unknown yet. */
void plan_refuse_wish(Plan *plan, const PlanWish *wish, WireMessage refusal, const char *field,
                      const char *reason, const PlanWaiter *waiter) {
  if (!wish->request_id || !store_is_shared(plan->store)) {
    plan_refuse(waiter, refusal, field, reason);
    return;
  }
  PlanChange *question = g_new(PlanChange, 1);
  *question = (PlanChange){.plan = plan,
                           .kind = STORE_ASK,
                           .proof = g_strdup(wish->proof),
                           .waiter = *waiter,
                           .refusal = refusal,
                           .field = field,
                           .reason = g_strdup(reason)};
  const Reservation asked = {.rc_name = (char *)wish->rc_name, .request_id = (char *)wish->request_id};
  g_hash_table_add(plan->under_way, question);
  store_put(plan->store, &(StoreChange){.kind = STORE_ASK, .reservation = &asked}, question_answered,
            question);
}
