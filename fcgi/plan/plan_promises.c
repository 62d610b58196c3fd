#include "fcgi/plan/plan_promises.h"

#include "common/random.h"
#include "fcgi/plan/plan_changes.h"
#include "fcgi/plan/plan_clock.h"

#include <string.h>

#define NOT_LOADED_REASON "The plan of sessions cannot be reached; try again in a moment."

/* What @wish becomes, its code drawn; NULL when there is none for it. (transfer full) */
static Reservation *new_reservation(Plan *plan, const PlanWish *wish, ReservationState state) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  if (state == RESERVATION_RUNNING || codes_left_for_bookings(plan->codes) > 0)
    reservation->code = codes_draw(plan->codes, reservation, plan->now_us);
  if (!reservation->code)
    return NULL;
  if (wish->holder.counts) {
    reservation->client = holder_format(wish->holder.client);
    reservation->network = holder_format(wish->holder.network);
  }
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
    plan_refuse_wish(plan, wish, plan_full_word(state), NULL, PLAN_FULL_REASON, waiter);
    return;
  }
  Reservation *reservation = new_reservation(plan, wish, state);
  if (!reservation) {
    ledger_give_back(ledger, run);
    plan_refuse_wish(plan, wish, WIRE_CODES_EXHAUSTED, NULL, PLAN_NO_CODES_REASON, waiter);
    return;
  }
  reservation->starts_at_us = starts_at_us;
  reservation->ends_at_us = ends_at_us;
  PlanEntry *entry = plan_index_add(plan->index, reservation, plan_due_of(plan, reservation, FALSE));
  entry->run = run;
  plan_count_held(plan, entry);
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

/* ---- what one may hold ---- */

/* What somebody holds of an RC's places within a run. */
typedef struct {
  const char *rc_name;
  guint64 client; /* whose is counted apart from the network's */
  LedgerRun run;
  HeldCounts counts;
} Overlap;

static void count_overlap(const HeldThing *thing, gpointer data) {
  Overlap *overlap = data;
  if (held_get_kind(thing) == HELD_PLACES)
    return;
  const PlanEntry *entry = held_get_what(thing);
  if (strcmp(entry->reservation->rc_name, overlap->rc_name) != 0 ||
      entry->run.first >= ledger_run_end(overlap->run) || ledger_run_end(entry->run) <= overlap->run.first)
    return;
  overlap->counts.network++;
  overlap->counts.client +=
      holder_parse(entry->reservation->client, entry->reservation->network).client == overlap->client;
}

/* Whether the wish would take what is left of the RC's places at that time for those who have fewer. */
static gboolean check_overlap(Plan *plan, const PlanWish *wish, LedgerRun run, GError **error) {
  Overlap overlap = {wish->rc_name, wish->holder.client, run, {0, 0}};
  guint32 left = 0;
  ledger_free_starts(plan_ledger_of(plan, wish->rc_name), run.first, 1, run.count, &left);
  held_for_each(plan->held, &wish->holder, TRUE, count_overlap, &overlap);
  return held_check_share(plan->held, HELD_BOOKINGS, HELD_OF_SERVERS, &wish->holder, overlap.counts, left,
                          error);
}

/* Whether somebody may book one more; if not, the waiter is told, with nothing changed. */
static gboolean may_book(Plan *plan, const PlanWish *wish, gint64 starts_at_us, gint64 ends_at_us,
                         const PlanWaiter *waiter) {
  g_autoptr(GError) error = NULL;
  const HeldCounts all = held_count(plan->held, HELD_BOOKINGS, &wish->holder, NULL);
  LedgerRun run = ledger_run(plan_ledger_of(plan, wish->rc_name), starts_at_us, ends_at_us);
  if (!wish->holder.counts || (held_check(plan->held, HELD_BOOKINGS, &wish->holder, &error) &&
                               held_check_share(plan->held, HELD_BOOKINGS, HELD_OF_CODES, &wish->holder, all,
                                                codes_left_for_bookings(plan->codes), &error) &&
                               check_overlap(plan, wish, run, &error)))
    return TRUE;
  plan_refuse_wish(plan, wish, wire_message_of(error), held_word(HELD_BOOKINGS), error->message, waiter);
  return FALSE;
}

/* ---- new ones ---- */

void plan_book(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = plan_whole_second(wish->starts_at_us);
  gint64 ends_at_us = starts_at_us + plan_whole_second(wish->wanted_us);
  if (starts_at_us < now_us)
    plan_refuse(&waiter, WIRE_BAD_REQUEST, "time", "time: this time has passed");
  else if (starts_at_us > now_us + plan->rules.horizon_days * PLAN_DAY_US)
    plan_refuse(&waiter, WIRE_BAD_REQUEST, "date", "date: this is too far ahead");
  else if (may_book(plan, wish, starts_at_us, ends_at_us, &waiter))
    add_new(plan, wish, RESERVATION_PLANNED, starts_at_us, ends_at_us, &waiter);
}

void plan_walk_in(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = plan_whole_second(now_us);
  gint64 ends_at_us =
      ledger_walk_in(plan_ledger_of(plan, wish->rc_name), starts_at_us, wish->wanted_us, wish->min_us);
  if (ends_at_us == 0)
    plan_refuse_wish(plan, wish, WIRE_SERVERS_BUSY, NULL, "All places are taken or will be needed soon.",
                     &waiter);
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
