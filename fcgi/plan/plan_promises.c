#include "fcgi/plan/plan_promises.h"

#include "common/random.h"
#include "fcgi/plan/plan_changes.h"
#include "fcgi/plan/plan_clock.h"

#define NOT_LOADED_REASON "The plan of sessions cannot be reached; try again in a moment."

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
  reservation->request_proof = g_strdup(wish->proof);
  reservation->state = state;
  reservation->booked = state == RESERVATION_PLANNED;
  reservation->created_at_us = plan->now_us;
  return g_steal_pointer(&reservation);
}

/* Takes the slots of a new reservation and sends it to disk. */
static void add_new(Plan *plan, const PlanWish *wish, ReservationState state, gint64 starts_at_us,
                    gint64 ends_at_us, const PlanWaiter *waiter) {
  Ledger *ledger = plan_ledger_of(plan, wish->rc_name);
  LedgerRun run = ledger_run(ledger, starts_at_us, ends_at_us);
  if (ledger_take(ledger, run) != LEDGER_TAKEN) {
    plan_refuse_wish(plan, wish, plan_full_word(state), PLAN_FULL_REASON, waiter);
    return;
  }
  Reservation *reservation = new_reservation(plan, wish, state);
  if (!reservation) {
    ledger_give_back(ledger, run);
    plan_refuse_wish(plan, wish, WIRE_CODES_EXHAUSTED, PLAN_NO_CODES_REASON, waiter);
    return;
  }
  reservation->starts_at_us = starts_at_us;
  reservation->ends_at_us = ends_at_us;
  PlanEntry *entry = plan_index_add(plan->index, reservation, plan_due_of(plan, reservation, FALSE));
  entry->run = run;
  plan_write(plan, entry, STORE_NEW, 0, *waiter);
}

/* To begin every promise with; whether it can be given. */
static gboolean may_promise(Plan *plan, gint64 now_us, const PlanWaiter *waiter) {
  plan_set_now(plan, now_us);
  if (!plan->stopping && plan->loaded)
    return TRUE;
  plan_refuse(waiter, WIRE_STORE_UNAVAILABLE, NULL,
              plan->stopping ? PLAN_STOPPING_REASON : NOT_LOADED_REASON);
  return FALSE;
}

/* The same request again: the same answer, now or when it is stored. */
static gboolean is_repeated(Plan *plan, const PlanWish *wish, const PlanWaiter *waiter) {
  PlanEntry *entry = wish->request_id ? plan_index_find_request(plan->index, wish->request_id) : NULL;
  if (!entry)
    return FALSE;
  if (entry->stored || g_strcmp0(entry->reservation->request_proof, wish->proof) != 0) {
    plan_tell_repeated(entry, wish->proof, waiter);
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
    plan_refuse_wish(plan, wish, WIRE_SERVERS_BUSY, "All places are taken or will be needed soon.", &waiter);
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
  /* One that is just beginning has a session soon, whatever becomes of its way to the store. */
  if (!entry || entry->claiming) {
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such booking, or it has begun.");
    return;
  }
  /* The place stays taken until the cancellation is stored: after a crash the booking may be there again. */
  entry->cancelling = TRUE;
  plan_write(plan, entry, STORE_CANCEL, 0, waiter);
}

void plan_claim(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_PLANNED);
  if (!entry) {
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, PLAN_GONE_REASON);
    return;
  }
  entry->claiming = TRUE;
  plan_write(plan, entry, STORE_CLAIM, 0, waiter);
}

/* The session that may be extended; NULL: the waiter was told why not. */
static PlanEntry *find_running(Plan *plan, const char *id, gint64 now_us, const PlanWaiter *waiter) {
  if (!may_promise(plan, now_us, waiter))
    return NULL;
  PlanEntry *entry = find_live(plan, id, RESERVATION_RUNNING);
  if (!entry)
    plan_refuse(waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session.");
  return entry;
}

static void extend_entry(Plan *plan, PlanEntry *entry, guint slots, const PlanWaiter *waiter) {
  Ledger *ledger = plan_ledger_of(plan, entry->reservation->rc_name);
  gint64 more_us = slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  gboolean taken = entry->apart || (plan_has_own_place(plan, entry)
                                        ? plan_prolong(plan, entry, entry->reservation->ends_at_us + more_us)
                                        : ledger_extend(ledger, &entry->run, slots));
  if (slots == 0 || !taken) {
    plan_refuse(waiter, WIRE_EXTENSION_NOT_AVAILABLE, NULL, PLAN_NO_EXTENSION_REASON);
    return;
  }
  entry->reservation->ends_at_us += more_us;
  entry->noticed = FALSE;
  plan_set_due(plan, entry);
  plan_write(plan, entry, STORE_EXTEND, slots, *waiter);
}

void plan_extend(Plan *plan, const char *id, guint minutes, gint64 now_us, PlanDone done,
                 gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  PlanEntry *entry = find_running(plan, id, now_us, &waiter);
  if (entry)
    extend_entry(plan, entry, (minutes + plan->rules.slot_minutes - 1) / plan->rules.slot_minutes, &waiter);
}

void plan_extend_until(Plan *plan, const char *id, gint64 until_us, gint64 now_us, PlanDone done,
                       gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  PlanEntry *entry = find_running(plan, id, now_us, &waiter);
  if (!entry)
    return;
  gint64 slot_us = plan->rules.slot_minutes * INSTANT_MINUTE;
  gint64 more_us = until_us - entry->reservation->ends_at_us;
  if (more_us > PLAN_DAY_US)
    plan_refuse(&waiter, WIRE_BAD_REQUEST, "until", "until: this is too far ahead");
  else if (more_us > 0)
    extend_entry(plan, entry, (guint)((more_us + slot_us - 1) / slot_us), &waiter);
  else if (entry->pending) /* perhaps the very extension: who asks again is not told before it is stored */
    plan_write(plan, entry, STORE_EXTEND, 0, waiter);
  else
    plan_tell(entry, &waiter);
}

guint plan_room_minutes(const Plan *plan, const char *id, guint most) {
  const PlanEntry *entry = plan_index_find(plan->index, id);
  if (!entry || entry->reservation->state != RESERVATION_RUNNING)
    return 0;
  if (entry->apart || plan_has_own_place(plan, entry))
    return most / plan->rules.slot_minutes * plan->rules.slot_minutes;
  if (entry->run.count == 0)
    return 0;
  const Ledger *ledger = g_hash_table_lookup(plan->ledgers, entry->reservation->rc_name);
  return ledger_room_after(ledger, entry->run, most / plan->rules.slot_minutes) * plan->rules.slot_minutes;
}
