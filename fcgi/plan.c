#include "fcgi/plan.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"
#include "common/wire.h"
#include "fcgi/codes.h"
#include "fcgi/plan_index.h"
#include "fcgi/record_file.h"

#include <string.h>

#define DAY_US (24 * 60 * INSTANT_MINUTE)
#define RETRY_US (5 * INSTANT_SECOND) /* between tries to write facts that could not be written */

static const char stopping_reason[] = "The coordinator is stopping; try again in a moment.";

struct Plan {
  PlanRules rules;
  RecordFile *file;
  PlanIndex *index;
  Codes *codes;
  GHashTable *ledgers;   /* rc_name -> Ledger */
  GHashTable *under_way; /* set of Change */
  gint64 now_us;         /* of the last call: the ledgers' present */
  PlanEnding ending;
  gpointer ending_data;
  gboolean stopping; /* no more promises */
};

typedef struct {
  PlanDone done;
  gpointer user_data;
} Waiter;

typedef enum { CHANGE_NEW, CHANGE_EXTEND, CHANGE_CANCEL, CHANGE_FACT } ChangeKind;

/* A change on its way to disk. */
typedef struct {
  Plan *plan; /* NULL: it was closed meanwhile */
  ChangeKind kind;
  char *id;
  guint slots; /* CHANGE_EXTEND: how many were added */
  Waiter waiter;
} Change;

static void change_stored(gboolean stored, const char *reason, gpointer user_data);

/* ---- small pieces ---- */

static Ledger *ledger_of(Plan *plan, const char *rc_name) {
  Ledger *ledger = g_hash_table_lookup(plan->ledgers, rc_name);
  if (!ledger) {
    ledger = ledger_new(plan->rules.slot_minutes, plan->rules.horizon_days, plan->now_us);
    g_hash_table_insert(plan->ledgers, g_strdup(rc_name), ledger);
  }
  ledger_forget_past(ledger, plan->now_us);
  return ledger;
}

/* Instants of a plan are whole seconds: that is what its file keeps. */
static gint64 whole_second(gint64 at_us) {
  return at_us - at_us % INSTANT_SECOND;
}

static void refuse(const Waiter *waiter, WireMessage message, const char *field, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, field, "%s", reason);
  if (waiter->done)
    waiter->done(NULL, error, waiter->user_data);
}

static gint64 due_of(const Plan *plan, const Reservation *reservation, gboolean noticed) {
  switch (reservation->state) {
  case RESERVATION_PLANNED:
    return MIN(reservation->starts_at_us + plan->rules.no_show_minutes * INSTANT_MINUTE,
               reservation->ends_at_us);
  case RESERVATION_RUNNING:
    return reservation->ends_at_us - (noticed ? 0 : plan->rules.notice_minutes * INSTANT_MINUTE);
  case RESERVATION_ENDED:
    return reservation->ended_at_us + plan->rules.history_days * DAY_US;
  }
  return G_MAXINT64;
}

static void set_due(Plan *plan, PlanEntry *entry) {
  plan_index_set_due(plan->index, entry, due_of(plan, entry->reservation, entry->noticed));
}

/* Sends the entry as it now is to disk. */
static void write_entry(Plan *plan, PlanEntry *entry, ChangeKind kind, guint slots, Waiter waiter) {
  Change *change = g_new(Change, 1);
  *change = (Change){plan, kind, g_strdup(entry->reservation->id), slots, waiter};
  g_hash_table_add(plan->under_way, change);
  entry->dirty = FALSE;
  Reservation shown = *entry->reservation;
  if (kind == CHANGE_CANCEL) {
    shown.state = RESERVATION_ENDED;
    shown.ended_at_us = plan->now_us;
    shown.reason = (char *)"cancelled";
  }
  record_file_put(plan->file, change->id, reservation_format(&shown), change_stored, change);
}

static void write_fact(Plan *plan, PlanEntry *entry) {
  write_entry(plan, entry, CHANGE_FACT, 0, (Waiter){NULL, NULL});
}

/* A session that was adopted may have a code that is somebody else's here. */
static void release_code(Plan *plan, const Reservation *reservation) {
  if (codes_find(plan->codes, reservation->code) == reservation)
    codes_release(plan->codes, reservation->code, plan->now_us);
}

/* It is over: its places from now on and its code are free. */
static void end_entry(Plan *plan, PlanEntry *entry, const char *reason) {
  Reservation *reservation = entry->reservation;
  Ledger *ledger = ledger_of(plan, reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  release_code(plan, reservation);
  reservation->state = RESERVATION_ENDED;
  reservation->ended_at_us = plan->now_us;
  g_free(reservation->reason);
  reservation->reason = g_strdup(reason);
  set_due(plan, entry);
}

/* ---- what the disk said ---- */

static void tell(PlanEntry *entry, const Waiter *waiter) {
  if (waiter->done)
    waiter->done(entry->reservation, NULL, waiter->user_data);
}

static void new_one_stored(PlanEntry *entry, const Waiter *first) {
  g_autoptr(GArray) waiters = g_steal_pointer(&entry->waiters);
  entry->stored = TRUE;
  tell(entry, first);
  for (guint i = 0; waiters && i < waiters->len; i++)
    tell(entry, &g_array_index(waiters, Waiter, i));
}

static void new_one_failed(Plan *plan, PlanEntry *entry, const Waiter *first, const char *reason) {
  g_autoptr(GArray) waiters = g_steal_pointer(&entry->waiters);
  Ledger *ledger = ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  release_code(plan, entry->reservation);
  plan_index_remove(plan->index, entry);
  refuse(first, WIRE_STORE_UNAVAILABLE, NULL, reason);
  for (guint i = 0; waiters && i < waiters->len; i++)
    refuse(&g_array_index(waiters, Waiter, i), WIRE_STORE_UNAVAILABLE, NULL, reason);
}

static void take_extension_back(Plan *plan, PlanEntry *entry, guint slots) {
  if (entry->reservation->state == RESERVATION_ENDED)
    return;
  Ledger *ledger = ledger_of(plan, entry->reservation->rc_name);
  ledger_give_back_rest(ledger, &entry->run, entry->run.first + entry->run.count - slots);
  entry->reservation->ends_at_us -= slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  set_due(plan, entry);
}

static void change_done(Plan *plan, const Change *change, PlanEntry *entry, gboolean stored) {
  static const char unavailable[] =
      "The plan could not be written; nothing was changed. Try again in a moment.";
  if (!stored && change->kind != CHANGE_NEW) {
    entry->dirty = TRUE;
    plan_index_set_due(plan->index, entry, MIN(entry->due_us, plan->now_us + RETRY_US));
  }
  switch (change->kind) {
  case CHANGE_NEW:
    if (stored)
      new_one_stored(entry, &change->waiter);
    else
      new_one_failed(plan, entry, &change->waiter, unavailable);
    return;
  case CHANGE_CANCEL:
    entry->cancelling = FALSE;
    if (stored && entry->reservation->state != RESERVATION_ENDED)
      end_entry(plan, entry, "cancelled");
    break;
  case CHANGE_EXTEND:
    if (!stored)
      take_extension_back(plan, entry, change->slots);
    break;
  case CHANGE_FACT:
    break;
  }
  if (stored)
    tell(entry, &change->waiter);
  else
    refuse(&change->waiter, WIRE_STORE_UNAVAILABLE, NULL, unavailable);
}

static void change_stored(gboolean stored, const char *reason, gpointer user_data) {
  Change *change = user_data;
  Plan *plan = change->plan;
  PlanEntry *entry = plan ? plan_index_find(plan->index, change->id) : NULL;
  if (plan)
    g_hash_table_remove(plan->under_way, change);
  if (!stored)
    log_error("plan_not_written", "reason=\"%s\"", reason);
  if (entry)
    change_done(plan, change, entry, stored);
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

/* Takes the slots of a new reservation and sends it to disk. */
static void add_new(Plan *plan, const PlanWish *wish, ReservationState state, gint64 starts_at_us,
                    gint64 ends_at_us, const Waiter *waiter) {
  Ledger *ledger = ledger_of(plan, wish->rc_name);
  LedgerRun run = ledger_run(ledger, starts_at_us, ends_at_us);
  if (ledger_take(ledger, run) != LEDGER_TAKEN) {
    refuse(waiter, state == RESERVATION_PLANNED ? WIRE_TIME_NOT_AVAILABLE : WIRE_SERVERS_BUSY, NULL,
           "All places are taken at this time.");
    return;
  }
  Reservation *reservation = new_reservation(plan, wish, state);
  if (!reservation) {
    ledger_give_back(ledger, run);
    refuse(waiter, WIRE_CODES_EXHAUSTED, NULL, "There are too few free codes left; try again later.");
    return;
  }
  reservation->starts_at_us = starts_at_us;
  reservation->ends_at_us = ends_at_us;
  PlanEntry *entry = plan_index_add(plan->index, reservation, due_of(plan, reservation, FALSE));
  entry->run = run;
  write_entry(plan, entry, CHANGE_NEW, 0, *waiter);
}

/* To begin every promise with; whether it can be given. */
static gboolean may_promise(Plan *plan, gint64 now_us, const Waiter *waiter) {
  plan->now_us = now_us;
  if (plan->stopping)
    refuse(waiter, WIRE_STORE_UNAVAILABLE, NULL, stopping_reason);
  return !plan->stopping;
}

/* The same request again: the same answer, now or when it is stored. */
static gboolean is_repeated(Plan *plan, const PlanWish *wish, const Waiter *waiter) {
  PlanEntry *entry = wish->request_id ? plan_index_find_request(plan->index, wish->request_id) : NULL;
  if (!entry)
    return FALSE;
  if (entry->stored) {
    tell(entry, waiter);
    return TRUE;
  }
  if (!entry->waiters)
    entry->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
  g_array_append_val(entry->waiters, *waiter);
  return TRUE;
}

void plan_book(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const Waiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = whole_second(wish->starts_at_us);
  if (starts_at_us < now_us)
    refuse(&waiter, WIRE_BAD_REQUEST, "time", "time: this time has passed");
  else if (starts_at_us > now_us + plan->rules.horizon_days * DAY_US)
    refuse(&waiter, WIRE_BAD_REQUEST, "date", "date: this is too far ahead");
  else
    add_new(plan, wish, RESERVATION_PLANNED, starts_at_us, starts_at_us + whole_second(wish->wanted_us),
            &waiter);
}

void plan_walk_in(Plan *plan, const PlanWish *wish, gint64 now_us, PlanDone done, gpointer user_data) {
  const Waiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter) || is_repeated(plan, wish, &waiter))
    return;
  gint64 starts_at_us = whole_second(now_us);
  gint64 ends_at_us =
      ledger_walk_in(ledger_of(plan, wish->rc_name), starts_at_us, wish->wanted_us, wish->min_us);
  if (ends_at_us == 0)
    refuse(&waiter, WIRE_SERVERS_BUSY, NULL, "All places are taken or will be needed soon.");
  else
    add_new(plan, wish, RESERVATION_RUNNING, starts_at_us, whole_second(ends_at_us), &waiter);
}

static PlanEntry *find_live(Plan *plan, const char *id, ReservationState state) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  return entry && entry->stored && !entry->cancelling && entry->reservation->state == state ? entry : NULL;
}

void plan_cancel(Plan *plan, const char *id, gint64 now_us, PlanDone done, gpointer user_data) {
  const Waiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_PLANNED);
  if (!entry) {
    refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such booking, or it has begun.");
    return;
  }
  /* The place stays taken until the cancellation is on disk: after a crash the booking may be there again. */
  entry->cancelling = TRUE;
  write_entry(plan, entry, CHANGE_CANCEL, 0, waiter);
}

void plan_extend(Plan *plan, const char *id, guint minutes, gint64 now_us, PlanDone done,
                 gpointer user_data) {
  const Waiter waiter = {done, user_data};
  if (!may_promise(plan, now_us, &waiter))
    return;
  PlanEntry *entry = find_live(plan, id, RESERVATION_RUNNING);
  if (!entry) {
    refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session.");
    return;
  }
  guint slots = (minutes + plan->rules.slot_minutes - 1) / plan->rules.slot_minutes;
  if (slots == 0 || !ledger_extend(ledger_of(plan, entry->reservation->rc_name), &entry->run, slots)) {
    refuse(&waiter, WIRE_EXTENSION_NOT_AVAILABLE, NULL, "The place is needed by somebody else then.");
    return;
  }
  entry->reservation->ends_at_us += slots * plan->rules.slot_minutes * INSTANT_MINUTE;
  entry->noticed = FALSE;
  set_due(plan, entry);
  write_entry(plan, entry, CHANGE_EXTEND, slots, waiter);
}

guint plan_room_minutes(const Plan *plan, const char *id, guint most) {
  const PlanEntry *entry = plan_index_find(plan->index, id);
  if (!entry || entry->reservation->state != RESERVATION_RUNNING || entry->run.count == 0)
    return 0;
  const Ledger *ledger = g_hash_table_lookup(plan->ledgers, entry->reservation->rc_name);
  return ledger_room_after(ledger, entry->run, most / plan->rules.slot_minutes) * plan->rules.slot_minutes;
}

/* ---- facts ---- */

static void set_state(Plan *plan, PlanEntry *entry, ReservationState state, const char *server_name) {
  Reservation *reservation = entry->reservation;
  if (reservation->state == state && g_strcmp0(reservation->server_name, server_name) == 0)
    return;
  reservation->state = state;
  g_free(reservation->server_name);
  reservation->server_name = g_strdup(server_name);
  set_due(plan, entry);
  write_fact(plan, entry);
}

void plan_started(Plan *plan, const char *id, const char *server_name) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && entry->reservation->state != RESERVATION_ENDED)
    set_state(plan, entry, RESERVATION_RUNNING, server_name);
}

void plan_not_started(Plan *plan, const char *id) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && entry->reservation->state == RESERVATION_RUNNING)
    set_state(plan, entry, RESERVATION_PLANNED, NULL);
}

void plan_ended(Plan *plan, const char *id, const char *reason, gint64 now_us) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  plan->now_us = now_us;
  if (!entry || entry->reservation->state == RESERVATION_ENDED)
    return;
  end_entry(plan, entry, reason);
  write_fact(plan, entry);
}

/* Takes the places of a reservation that was promised before, whether they are there or not. */
static PlanEntry *hold(Plan *plan, Reservation *reservation) {
  PlanEntry *entry = plan_index_add(plan->index, reservation, due_of(plan, reservation, FALSE));
  entry->stored = TRUE;
  if (reservation->state == RESERVATION_ENDED)
    return entry;
  if (!codes_claim(plan->codes, reservation->code, reservation))
    log_warning("code_not_unique", "session=%s", reservation->id);
  Ledger *ledger = ledger_of(plan, reservation->rc_name);
  LedgerRun run = ledger_run(ledger, reservation->starts_at_us, reservation->ends_at_us);
  if (ledger_restore(ledger, run))
    entry->run = run;
  return entry;
}

void plan_adopt(Plan *plan, const char *id, const char *code, const char *rc_name, const char *server_name,
                gint64 starts_at_us, gint64 ends_at_us, gint64 now_us) {
  plan->now_us = now_us;
  if (plan_index_find(plan->index, id))
    return;
  Reservation *reservation = g_new0(Reservation, 1);
  reservation->id = g_strdup(id);
  reservation->code = g_strdup(code);
  reservation->rc_name = g_strdup(rc_name);
  reservation->server_name = g_strdup(server_name);
  reservation->starts_at_us = whole_second(starts_at_us);
  reservation->ends_at_us = whole_second(ends_at_us);
  reservation->created_at_us = now_us;
  reservation->state = RESERVATION_RUNNING;
  write_fact(plan, hold(plan, reservation));
}

/* ---- time ---- */

static void forget(Plan *plan, PlanEntry *entry) {
  record_file_put(plan->file, entry->reservation->id, NULL, NULL, NULL);
  plan_index_remove(plan->index, entry);
}

static void tell_end(Plan *plan, PlanEntry *entry) {
  entry->noticed = TRUE;
  set_due(plan, entry);
  if (plan->ending)
    plan->ending(entry->reservation, plan->ending_data);
}

static void do_due(Plan *plan, PlanEntry *entry) {
  ReservationState state = entry->reservation->state;
  if (!entry->stored || entry->cancelling) {
    plan_index_set_due(plan->index, entry, plan->now_us + INSTANT_SECOND);
  } else if (entry->dirty) {
    write_fact(plan, entry);
    plan_index_set_due(plan->index, entry,
                       MAX(due_of(plan, entry->reservation, entry->noticed), plan->now_us + RETRY_US));
  } else if (state == RESERVATION_ENDED) {
    forget(plan, entry);
  } else if (state == RESERVATION_RUNNING && entry->reservation->ends_at_us > plan->now_us) {
    tell_end(plan, entry);
  } else {
    end_entry(plan, entry, state == RESERVATION_PLANNED ? "no_show" : wire_end_name(WIRE_END_TIME_OVER));
    write_fact(plan, entry);
  }
}

void plan_tick(Plan *plan, gint64 now_us) {
  plan->now_us = now_us;
  for (;;) {
    PlanEntry *entry = plan_index_first_due(plan->index);
    if (!entry || entry->due_us > now_us)
      return;
    do_due(plan, entry);
  }
}

gint64 plan_next_due(const Plan *plan) {
  const PlanEntry *entry = plan_index_first_due(plan->index);
  return entry ? entry->due_us : G_MAXINT64;
}

/* ---- questions ---- */

void plan_set_capacity(Plan *plan, const char *rc_name, guint32 capacity, gboolean *overbooked) {
  Ledger *ledger = ledger_of(plan, rc_name);
  gboolean is_worse = capacity < ledger_capacity(ledger) || capacity == 0;
  ledger_set_capacity(ledger, capacity);
  if (!overbooked)
    return;
  g_autoptr(GArray) excess = is_worse ? ledger_overbooked(ledger) : NULL;
  *overbooked = excess && excess->len > 0;
}

GPtrArray *plan_list_rcs(const Plan *plan) {
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init(&iter, plan->ledgers);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    g_ptr_array_add(names, g_strdup(name));
  return names;
}

const Reservation *plan_find_code(const Plan *plan, const char *code) {
  const Reservation *owner = codes_find(plan->codes, code);
  const PlanEntry *entry = owner ? plan_index_find(plan->index, owner->id) : NULL;
  return entry && entry->stored && !entry->cancelling ? owner : NULL;
}

const Reservation *plan_find(const Plan *plan, const char *id) {
  const PlanEntry *entry = plan_index_find(plan->index, id);
  return entry && entry->stored ? entry->reservation : NULL;
}

double plan_code_chance(const Plan *plan, const char *code) {
  return codes_chance(plan->codes, code);
}

gboolean plan_codes_are_dense(const Plan *plan) {
  return codes_are_dense(plan->codes);
}

const Ledger *plan_get_ledger(Plan *plan, const char *rc_name) {
  return ledger_of(plan, rc_name);
}

typedef struct {
  void (*func)(const Reservation *reservation, gpointer user_data);
  gpointer user_data;
} Visit;

static void visit_running(PlanEntry *entry, gpointer data) {
  const Visit *visit = data;
  if (entry->reservation->state == RESERVATION_RUNNING)
    visit->func(entry->reservation, visit->user_data);
}

void plan_for_each_running(const Plan *plan, void (*func)(const Reservation *reservation, gpointer user_data),
                           gpointer user_data) {
  Visit visit = {func, user_data};
  plan_index_for_each(plan->index, visit_running, &visit);
}

void plan_set_ending_func(Plan *plan, PlanEnding ending, gpointer user_data) {
  plan->ending = ending;
  plan->ending_data = user_data;
}

guint plan_count(const Plan *plan) {
  return plan_index_count(plan->index);
}

guint64 plan_get_writes(const Plan *plan) {
  return record_file_get_writes(plan->file);
}

/* ---- opening and closing ---- */

/* The record's reservation (transfer full); NULL with an error that names the file and the place. */
static Reservation *read_record(const char *path, const GPtrArray *records, guint i, GError **error) {
  Reservation *reservation = reservation_parse(records->pdata[i], error);
  if (!reservation)
    g_prefix_error(error, "%s: [%u].", path, i);
  return reservation;
}

static gboolean restore(Plan *plan, const char *path, const GPtrArray *records, GError **error) {
  for (guint i = 0; i < records->len; i++) {
    Reservation *reservation = read_record(path, records, i, error);
    if (!reservation)
      return FALSE;
    hold(plan, reservation);
  }
  return TRUE;
}

static void collect_resting(PlanEntry *entry, gpointer data) {
  if (entry->reservation->state == RESERVATION_ENDED)
    g_ptr_array_add(data, entry->reservation);
}

static gint compare_ends(gconstpointer a, gconstpointer b) {
  gint64 x = (*(const Reservation *const *)a)->ended_at_us, y = (*(const Reservation *const *)b)->ended_at_us;
  return (x > y) - (x < y);
}

/* Codes rest after their sessions' ends, whether there was a restart or not (codes.h). */
static void let_codes_rest(Plan *plan) {
  g_autoptr(GPtrArray) ended = g_ptr_array_new();
  plan_index_for_each(plan->index, collect_resting, ended);
  g_ptr_array_sort(ended, compare_ends);
  for (guint i = 0; i < ended->len; i++) {
    Reservation *reservation = ended->pdata[i];
    if (reservation->ended_at_us + CODES_REST_US > plan->now_us &&
        codes_claim(plan->codes, reservation->code, reservation))
      codes_release(plan->codes, reservation->code, reservation->ended_at_us);
  }
}

gboolean plan_check(const char *path, GError **error) {
  g_autoptr(GPtrArray) records = record_file_read(path, "id", error);
  for (guint i = 0; records && i < records->len; i++) {
    g_autoptr(Reservation) reservation = read_record(path, records, i, error);
    if (!reservation)
      return FALSE;
  }
  return records != NULL;
}

Plan *plan_open(const char *path, const PlanRules *rules, Mailbox *home, gint64 now_us, GError **error) {
  Plan *plan = g_new0(Plan, 1);
  g_autoptr(GPtrArray) records = NULL;
  plan->rules = *rules;
  plan->now_us = now_us;
  plan->index = plan_index_new();
  plan->codes = codes_new(rules->code_digits);
  plan->ledgers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)ledger_free);
  plan->under_way = g_hash_table_new(NULL, NULL);
  plan->file = record_file_open(path, "id", home, &records, error);
  if (!plan->file || !restore(plan, path, records, error)) {
    plan_close(plan);
    return NULL;
  }
  let_codes_rest(plan);
  return plan;
}

static void refuse_stopping(Waiter *waiter) {
  PlanDone done = g_steal_pointer(&waiter->done);
  refuse(&(Waiter){done, waiter->user_data}, WIRE_STORE_UNAVAILABLE, NULL, stopping_reason);
}

void plan_stop(Plan *plan) {
  plan->stopping = TRUE;
  g_autoptr(GList) changes = g_hash_table_get_keys(plan->under_way);
  for (GList *link = changes; link; link = link->next) {
    Change *change = link->data;
    PlanEntry *entry = plan_index_find(plan->index, change->id);
    refuse_stopping(&change->waiter);
    for (guint i = 0; entry && entry->waiters && i < entry->waiters->len; i++)
      refuse_stopping(&g_array_index(entry->waiters, Waiter, i));
  }
}

void plan_close(Plan *plan) {
  if (!plan)
    return;
  record_file_close(plan->file);
  plan_stop(plan);
  GHashTableIter iter;
  gpointer change;
  g_hash_table_iter_init(&iter, plan->under_way);
  while (g_hash_table_iter_next(&iter, &change, NULL))
    ((Change *)change)->plan = NULL;
  g_hash_table_unref(plan->under_way);
  g_hash_table_unref(plan->ledgers);
  codes_free(plan->codes);
  plan_index_free(plan->index);
  g_free(plan);
}
