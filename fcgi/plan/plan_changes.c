/* Promises on their way to the store, and what becomes of them. */
#include "common/log.h"
#include "common/random.h"
#include "fcgi/plan/plan_entries.h"

#include <string.h>

#define CODE_TRIES 10
#define FULL_REASON "All places are taken at this time."
#define GONE_REASON "There is no such booking or session any more."
#define NOT_WRITTEN_REASON "The plan could not be written. Ask the same again in a moment."
#define NO_CODES_REASON "There are too few free codes left; try again later."
#define NO_EXTENSION_REASON "The place is needed by somebody else then."

static void change_answered(StoreOutcome outcome, const Reservation *other, const char *reason,
                            gpointer user_data);

/* ---- small pieces ---- */

/* What it is called when there is no place for a new one. */
static WireMessage full_word(ReservationState state) {
  return state == RESERVATION_PLANNED ? WIRE_TIME_NOT_AVAILABLE : WIRE_SERVERS_BUSY;
}

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

void plan_refuse(const PlanWaiter *waiter, WireMessage message, const char *field, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, field, "%s", reason);
  if (waiter->done)
    waiter->done(NULL, error, waiter->user_data);
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

static void send_change(Plan *plan, PlanEntry *entry, PlanChange *change) {
  Reservation shown = *entry->reservation;
  if (change->kind == STORE_CANCEL) {
    shown.state = RESERVATION_ENDED;
    shown.ended_at_us = plan->now_us;
    shown.reason = (char *)"cancelled";
  } else if (change->kind == STORE_CLAIM) {
    shown.state = RESERVATION_RUNNING;
  }
  guint32 capacity = ledger_capacity(plan_ledger_of(plan, shown.rc_name));
  g_hash_table_add(plan->under_way, change);
  entry->dirty &= change->kind != STORE_FACT;
  entry->pending++;
  store_put(plan->store, &(StoreChange){change->kind, &shown, entry->run, capacity}, change_answered, change);
}

/* Sends the entry as it now is to the store. */
static void write_entry(Plan *plan, PlanEntry *entry, StoreChangeKind kind, guint slots, PlanWaiter waiter) {
  PlanChange *change = g_new(PlanChange, 1);
  *change = (PlanChange){
      .plan = plan, .kind = kind, .id = g_strdup(entry->reservation->id), .slots = slots, .waiter = waiter};
  send_change(plan, entry, change);
}

/* One after the other: a store may do what it is asked at the same time in any order. */
void plan_write_fact(Plan *plan, PlanEntry *entry) {
  if (entry->pending)
    entry->dirty = TRUE;
  else
    write_entry(plan, entry, STORE_FACT, 0, (PlanWaiter){NULL, NULL});
}

/* A session that was adopted may have a code that is somebody else's here. */
static void release_code(Plan *plan, const Reservation *reservation) {
  if (codes_find(plan->codes, reservation->code) == reservation)
    codes_release(plan->codes, reservation->code, plan->now_us);
}

void plan_end_entry(Plan *plan, PlanEntry *entry, const char *reason) {
  Reservation *reservation = entry->reservation;
  Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  release_code(plan, reservation);
  reservation->state = RESERVATION_ENDED;
  reservation->ended_at_us = plan->now_us;
  g_free(reservation->reason);
  reservation->reason = g_strdup(reason);
  plan_set_due(plan, entry);
}

/* ---- what the store said ---- */

static void tell(PlanEntry *entry, const PlanWaiter *waiter) {
  if (waiter->done)
    waiter->done(entry->reservation, NULL, waiter->user_data);
}

static void new_one_stored(PlanEntry *entry, const PlanWaiter *first) {
  g_autoptr(GArray) waiters = g_steal_pointer(&entry->waiters);
  entry->stored = TRUE;
  tell(entry, first);
  for (guint i = 0; waiters && i < waiters->len; i++)
    tell(entry, &g_array_index(waiters, PlanWaiter, i));
}

/* There is to be no such entry after all: what it held is free again. Those who wait for it (transfer full,
 * nullable), but for the first. */
static GArray *take_new_one_back(Plan *plan, PlanEntry *entry) {
  GArray *waiters = g_steal_pointer(&entry->waiters);
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  release_code(plan, entry->reservation);
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

static PlanEntry *know_other(Plan *plan, const Reservation *other) {
  PlanEntry *known = plan_index_find(plan->index, other->id);
  return known ? known : plan_hold(plan, reservation_copy(other));
}

/* Another coordinator has done the client's request before: that is the answer. */
static void give_other(Plan *plan, PlanEntry *entry, const PlanWaiter *first, const Reservation *other) {
  g_autoptr(GArray) waiters = take_new_one_back(plan, entry);
  PlanEntry *known = know_other(plan, other);
  tell(known, first);
  for (guint i = 0; waiters && i < waiters->len; i++)
    tell(known, &g_array_index(waiters, PlanWaiter, i));
}

/* Another code, after one that another coordinator has given away. FALSE: there are none left. */
static gboolean try_another_code(Plan *plan, PlanEntry *entry, const PlanChange *failed) {
  Reservation *reservation = entry->reservation;
  release_code(plan, reservation);
  char *code = failed->tries < CODE_TRIES ? codes_draw(plan->codes, reservation, plan->now_us) : NULL;
  if (!code)
    return FALSE;
  g_free(reservation->code);
  reservation->code = code;
  PlanChange *change = g_new(PlanChange, 1);
  *change = *failed;
  change->id = g_strdup(failed->id);
  change->tries++;
  send_change(plan, entry, change);
  return TRUE;
}

static void take_extension_back(Plan *plan, PlanEntry *entry, guint slots) {
  if (entry->reservation->state == RESERVATION_ENDED)
    return;
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, entry->run.first + entry->run.count - slots);
  entry->reservation->ends_at_us -= slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  plan_set_due(plan, entry);
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
    refuse_new_one(plan, entry, &change->waiter, full_word(entry->reservation->state), FULL_REASON);
  else if (!try_another_code(plan, entry, change))
    refuse_new_one(plan, entry, &change->waiter, WIRE_CODES_EXHAUSTED, NO_CODES_REASON);
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
    plan_refuse(&change->waiter, WIRE_EXTENSION_NOT_AVAILABLE, NULL, NO_EXTENSION_REASON);
  } else {
    plan_refuse(&change->waiter, WIRE_SESSION_NOT_EXIST, NULL, GONE_REASON);
  }
}

static void change_done(Plan *plan, const PlanChange *change, PlanEntry *entry) {
  if (change->kind == STORE_CANCEL && entry->reservation->state != RESERVATION_ENDED)
    plan_end_entry(plan, entry, "cancelled");
  if (change->kind == STORE_CLAIM && entry->reservation->state == RESERVATION_PLANNED)
    plan_set_state(plan, entry, RESERVATION_RUNNING, NULL);
  tell(entry, &change->waiter);
}

/* A fact that came while a change was on its way. What could not be written is tried again later
 * (plan_tick()). */
static void write_what_waits(Plan *plan, const char *id, StoreOutcome outcome) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && entry->dirty && !entry->pending && outcome != STORE_UNAVAILABLE)
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
    if (change->kind == STORE_NEW)
      new_one_answered(plan, change, entry, outcome, other);
    else if (outcome == STORE_DONE)
      change_done(plan, change, entry);
    else
      change_refused(plan, change, entry, outcome);
    write_what_waits(plan, change->id, outcome);
  }
  g_free(change->id);
  g_free(change);
}

/* ---- promises ---- */

/* What @wish becomes, its code drawn; NULL when there is none. (transfer full) */
static Reservation *new_reservation(Plan *plan, const PlanWish *wish, ReservationState state) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  reservation->code = codes_draw(plan->codes, reservation, plan->now_us);
  if (!reservation->code)
    return NULL;
  reservation->id = random_hex(16);
  reservation->rc_name = g_strdup(wish->rc_name);
  reservation->name = g_strdup(wish->name);
  reservation->request_id = g_strdup(wish->request_id);
  reservation->state = state;
  reservation->booked = state == RESERVATION_PLANNED;
  reservation->created_at_us = plan->now_us;
  return g_steal_pointer(&reservation);
}

static void question_answered(StoreOutcome outcome, const Reservation *other, const char *reason,
                              gpointer user_data) {
  g_autofree PlanChange *question = user_data;
  Plan *plan = question->plan;
  if (!plan) /* whoever waited was told when it was closed */
    return;
  g_hash_table_remove(plan->under_way, question);
  if (outcome == STORE_SAME_REQUEST)
    tell(know_other(plan, other), &question->waiter);
  else if (outcome == STORE_UNAVAILABLE)
    plan_refuse(&question->waiter, WIRE_STORE_UNAVAILABLE, NULL, NOT_WRITTEN_REASON);
  else
    plan_refuse(&question->waiter, question->refusal, NULL, question->reason);
}

/* Whoever asks again, because the answer was lost, has to hear what it was. Another coordinator may have
 * given it, or one that ended, or a node of the database that died just after; here it may be unknown yet. */
static void refuse_wish(Plan *plan, const PlanWish *wish, WireMessage refusal, const char *reason,
                        const PlanWaiter *waiter) {
  if (!wish->request_id || !store_is_shared(plan->store)) {
    plan_refuse(waiter, refusal, NULL, reason);
    return;
  }
  PlanChange *question = g_new(PlanChange, 1);
  *question =
      (PlanChange){.plan = plan, .kind = STORE_ASK, .waiter = *waiter, .refusal = refusal, .reason = reason};
  const Reservation asked = {.rc_name = (char *)wish->rc_name, .request_id = (char *)wish->request_id};
  g_hash_table_add(plan->under_way, question);
  store_put(plan->store, &(StoreChange){.kind = STORE_ASK, .reservation = &asked}, question_answered,
            question);
}

/* Takes the slots of a new reservation and sends it to disk. */
static void add_new(Plan *plan, const PlanWish *wish, ReservationState state, gint64 starts_at_us,
                    gint64 ends_at_us, const PlanWaiter *waiter) {
  Ledger *ledger = plan_ledger_of(plan, wish->rc_name);
  LedgerRun run = ledger_run(ledger, starts_at_us, ends_at_us);
  if (ledger_take(ledger, run) != LEDGER_TAKEN) {
    refuse_wish(plan, wish, full_word(state), FULL_REASON, waiter);
    return;
  }
  Reservation *reservation = new_reservation(plan, wish, state);
  if (!reservation) {
    ledger_give_back(ledger, run);
    refuse_wish(plan, wish, WIRE_CODES_EXHAUSTED, NO_CODES_REASON, waiter);
    return;
  }
  reservation->starts_at_us = starts_at_us;
  reservation->ends_at_us = ends_at_us;
  PlanEntry *entry = plan_index_add(plan->index, reservation, plan_due_of(plan, reservation, FALSE));
  entry->run = run;
  write_entry(plan, entry, STORE_NEW, 0, *waiter);
}

/* To begin every promise with; whether it can be given. */
static gboolean may_promise(Plan *plan, gint64 now_us, const PlanWaiter *waiter) {
  plan->now_us = now_us;
  if (!plan->stopping && plan->loaded)
    return TRUE;
  plan_refuse(waiter, WIRE_STORE_UNAVAILABLE, NULL,
              plan->stopping ? PLAN_STOPPING_REASON : PLAN_NOT_LOADED_REASON);
  return FALSE;
}

/* The same request again: the same answer, now or when it is stored. */
static gboolean is_repeated(Plan *plan, const PlanWish *wish, const PlanWaiter *waiter) {
  PlanEntry *entry = wish->request_id ? plan_index_find_request(plan->index, wish->request_id) : NULL;
  if (!entry)
    return FALSE;
  if (entry->stored) {
    tell(entry, waiter);
    return TRUE;
  }
  if (!entry->waiters)
    entry->waiters = g_array_new(FALSE, FALSE, sizeof(PlanWaiter));
  g_array_append_val(entry->waiters, *waiter);
  return TRUE;
}

void plan_book(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = plan_whole_second(wish->starts_at_us);
  if (starts_at_us < now_us)
    plan_refuse(&waiter, WIRE_BAD_REQUEST, "time", "time: this time has passed");
  else if (starts_at_us > now_us + plan->rules.horizon_days * PLAN_DAY_US)
    plan_refuse(&waiter, WIRE_BAD_REQUEST, "date", "date: this is too far ahead");
  else
    add_new(plan, wish, RESERVATION_PLANNED, starts_at_us, starts_at_us + plan_whole_second(wish->wanted_us),
            &waiter);
}

void plan_walk_in(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = plan_whole_second(now_us);
  gint64 ends_at_us =
      ledger_walk_in(plan_ledger_of(plan, wish->rc_name), starts_at_us, wish->wanted_us, wish->min_us);
  if (ends_at_us == 0)
    refuse_wish(plan, wish, WIRE_SERVERS_BUSY, "All places are taken or will be needed soon.", &waiter);
  else
    add_new(plan, wish, RESERVATION_RUNNING, starts_at_us, plan_whole_second(ends_at_us), &waiter);
}

static PlanEntry *find_live(Plan *plan, const char *id, ReservationState state) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  return entry && entry->stored && !entry->cancelling && entry->reservation->state == state ? entry : NULL;
}

void plan_cancel(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_PLANNED);
  if (!entry) {
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such booking, or it has begun.");
    return;
  }
  /* The place stays taken until the cancellation is stored: after a crash the booking may be there again. */
  entry->cancelling = TRUE;
  write_entry(plan, entry, STORE_CANCEL, 0, waiter);
}

void plan_claim(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_PLANNED);
  if (entry)
    write_entry(plan, entry, STORE_CLAIM, 0, waiter);
  else
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, GONE_REASON);
}

void plan_extend(Plan *plan, const char *id, guint minutes, gint64 now_us, PlanDone done,
                 gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_RUNNING);
  if (!entry) {
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session.");
    return;
  }
  guint slots = (minutes + plan->rules.slot_minutes - 1) / plan->rules.slot_minutes;
  if (slots == 0 || !ledger_extend(plan_ledger_of(plan, entry->reservation->rc_name), &entry->run, slots)) {
    plan_refuse(&waiter, WIRE_EXTENSION_NOT_AVAILABLE, NULL, NO_EXTENSION_REASON);
    return;
  }
  entry->reservation->ends_at_us += slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  entry->noticed = FALSE;
  plan_set_due(plan, entry);
  write_entry(plan, entry, STORE_EXTEND, slots, waiter);
}

guint plan_room_minutes(const Plan *plan, const char *id, guint most) {
  const PlanEntry *entry = plan_index_find(plan->index, id);
  if (!entry || entry->reservation->state != RESERVATION_RUNNING || entry->run.count == 0)
    return 0;
  const Ledger *ledger = g_hash_table_lookup(plan->ledgers, entry->reservation->rc_name);
  return ledger_room_after(ledger, entry->run, most / plan->rules.slot_minutes) * plan->rules.slot_minutes;
}
