#include "fcgi/plan/plan.h"

#include "common/log.h"
#include "common/log_limit.h"
#include "fcgi/plan/plan_changes.h"
#include "fcgi/plan/plan_clock.h"

#include <string.h>

/* As many sessions as a list of servers can have while a database is not there. */
#define FOUND_RUNNING_MAX 100000
#define MUCH_A_MINUTE 20

/* ---- facts ---- */

static void write_state(Plan *plan, PlanEntry *entry, ReservationState state, const char *server_name) {
  if (plan_set_state(plan, entry, state, server_name))
    plan_write_fact(plan, entry);
}

void plan_started(Plan *plan, const char *id, const char *server_name) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && entry->reservation->state != RESERVATION_ENDED)
    write_state(plan, entry, RESERVATION_RUNNING, server_name);
}

void plan_not_started(Plan *plan, const char *id) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (entry && entry->reservation->state == RESERVATION_RUNNING)
    write_state(plan, entry, RESERVATION_PLANNED, NULL);
}

void plan_ended(Plan *plan, const char *id, const char *reason, gint64 now_us) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  plan_set_now(plan, now_us);
  if (!entry || entry->reservation->state == RESERVATION_ENDED)
    return;
  plan_end_entry(plan, entry, reason);
  plan_write_fact(plan, entry);
}

/* ---- sessions that were found running ---- */

/* It runs where @reservation says. One that is known may not say so: the coordinator that started it could
 * not write it down any more. */
static void learn_where(Plan *plan, PlanEntry *known, const Reservation *reservation) {
  if (known->reservation->state == RESERVATION_RUNNING && !known->reservation->server_name)
    write_state(plan, known, RESERVATION_RUNNING, reservation->server_name);
}

/* Two with one code: people would come to a stranger's session, whichever of them it opens. */
static gboolean is_code_free(const Plan *plan, const Reservation *reservation, GError **error) {
  if (!codes_find(plan->codes, reservation->code))
    return TRUE;
  fields_set_error(error, FIELDS_ERROR_RANGE, "code", "is that of another session or booking");
  return FALSE;
}

/* (transfer full @reservation), unless it is FALSE */
static gboolean adopt_running(Plan *plan, Reservation *reservation, GError **error) {
  PlanEntry *known = plan_index_find(plan->index, reservation->id);
  if (!known && !is_code_free(plan, reservation, error))
    return FALSE;
  if (!known) {
    plan_write_fact(plan, plan_hold(plan, reservation));
    return TRUE;
  }
  learn_where(plan, known, reservation);
  reservation_free(reservation);
  return TRUE;
}

/* Until the store has told what it has. */
static gboolean keep_running(Plan *plan, Reservation *reservation, GError **error) {
  if (plan->found_running->len < FOUND_RUNNING_MAX) {
    g_ptr_array_add(plan->found_running, reservation);
    return TRUE;
  }
  fields_set_error(error, FIELDS_ERROR_RANGE, "session", "has to wait until the plan is loaded");
  return FALSE;
}

gboolean plan_adopt(Plan *plan, const char *id, const char *code, const char *rc_name,
                    const char *server_name, gint64 starts_at_us, gint64 ends_at_us, gint64 now_us,
                    GError **error) {
  g_autoptr(Reservation) reservation = g_new0(Reservation, 1);
  plan_set_now(plan, now_us);
  reservation->id = g_strdup(id);
  reservation->code = g_strdup(code);
  reservation->rc_name = g_strdup(rc_name);
  reservation->server_name = g_strdup(server_name);
  reservation->starts_at_us = plan_whole_second(starts_at_us);
  reservation->ends_at_us = plan_whole_second(ends_at_us);
  reservation->created_at_us = now_us;
  reservation->state = RESERVATION_RUNNING;
  if (!reservation_check(reservation, error) ||
      !(plan->loaded ? adopt_running(plan, reservation, error) : keep_running(plan, reservation, error)))
    return FALSE;
  g_steal_pointer(&reservation);
  return TRUE;
}

static void adopt_found(Plan *plan) {
  for (guint i = 0; i < plan->found_running->len; i++) {
    g_autoptr(GError) error = NULL;
    Reservation *reservation = plan->found_running->pdata[i];
    if (adopt_running(plan, reservation, &error))
      continue;
    g_autofree char *name = log_quote(reservation->server_name), *reason = log_quote(error->message);
    log_warning("session_not_adopted", "server=%s session=%s reason=%s", name, reservation->id, reason);
    reservation_free(reservation);
  }
  g_ptr_array_set_size(plan->found_running, 0);
}

/* ---- time ---- */

static void forget_entry(Plan *plan, PlanEntry *entry) {
  store_put(plan->store, &(StoreChange){.kind = STORE_FORGET, .reservation = entry->reservation}, NULL, NULL);
  plan_index_remove(plan->index, entry);
}

static void tell_end(Plan *plan, PlanEntry *entry) {
  entry->noticed = TRUE;
  plan_set_due(plan, entry);
  if (plan->listener.ending)
    plan->listener.ending(entry->reservation, plan->listener_data);
}

static void do_due(Plan *plan, PlanEntry *entry) {
  ReservationState state = entry->reservation->state;
  if (!entry->stored || entry->cancelling) {
    plan_index_set_due(plan->index, entry, plan->now_us + INSTANT_SECOND);
  } else if (entry->dirty && !entry->pending) {
    plan_write_fact(plan, entry);
    plan_index_set_due(
        plan->index, entry,
        MAX(plan_due_of(plan, entry->reservation, entry->noticed), plan->now_us + PLAN_RETRY_US));
  } else if (plan->doubtful) {
    plan_index_set_due(plan->index, entry, plan->now_us + PLAN_RETRY_US);
  } else if (state == RESERVATION_ENDED) {
    forget_entry(plan, entry);
  } else if (state == RESERVATION_RUNNING && entry->reservation->ends_at_us > plan->now_us) {
    tell_end(plan, entry);
  } else {
    plan_end_entry(plan, entry,
                   state == RESERVATION_PLANNED ? PLAN_NO_SHOW : wire_end_name(WIRE_END_TIME_OVER));
    plan_write_fact(plan, entry);
  }
}

void plan_set_doubtful(Plan *plan, gboolean doubtful) {
  plan->doubtful = doubtful;
}

void plan_tick(Plan *plan, gint64 now_us) {
  plan_set_now(plan, now_us);
  for (;;) {
    PlanEntry *entry = plan_index_first_due(plan->index);
    if (!entry || entry->due_us > now_us)
      return;
    do_due(plan, entry);
  }
}

/* ---- questions ---- */

void plan_set_capacity(Plan *plan, const char *rc_name, guint32 capacity, gboolean *overbooked) {
  Ledger *ledger = plan_ledger_of(plan, rc_name);
  gboolean is_worse = capacity < ledger_capacity(ledger) || capacity == 0;
  ledger_set_capacity(ledger, capacity);
  if (!overbooked)
    return;
  g_autoptr(GArray) excess = is_worse ? ledger_overbooked(ledger) : NULL;
  *overbooked = excess && excess->len > 0;
}

void plan_set_apart(Plan *plan, const char *id, gboolean apart) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  if (!entry || entry->apart == apart || entry->reservation->state != RESERVATION_RUNNING ||
      store_is_shared(plan->store))
    return;
  const Reservation *reservation = entry->reservation;
  Ledger *ledger = plan_ledger_of(plan, reservation->rc_name);
  LedgerRun whole = ledger_run(ledger, reservation->starts_at_us, reservation->ends_at_us);
  entry->apart = apart;
  if (apart)
    ledger_give_back_rest(ledger, &entry->run, ledger_slot(ledger, plan->now_us));
  else if (ledger_restore(ledger, whole))
    entry->run = whole;
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

void plan_count_codes(const Plan *plan, guint *live, guint *resting) {
  *live = codes_live(plan->codes);
  *resting = codes_resting(plan->codes);
}

gboolean plan_codes_are_dense(const Plan *plan) {
  return codes_are_dense(plan->codes);
}

Held *plan_get_held(const Plan *plan) {
  return plan->held;
}

const Ledger *plan_get_ledger(Plan *plan, const char *rc_name) {
  return plan_ledger_of(plan, rc_name);
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

void plan_set_listener(Plan *plan, const PlanListener *listener, gpointer user_data) {
  plan->listener = *listener;
  plan->listener_data = user_data;
}

gboolean plan_is_loaded(const Plan *plan) {
  return plan->loaded;
}

static void count_state(PlanEntry *entry, gpointer counts) {
  ((guint *)counts)[entry->reservation->state]++;
}

void plan_count_states(const Plan *plan, guint counts[RESERVATION_N_STATES]) {
  memset(counts, 0, RESERVATION_N_STATES * sizeof *counts);
  plan_index_for_each(plan->index, count_state, counts);
}

void plan_refresh(Plan *plan, StoreRefreshed func, gpointer user_data) {
  store_refresh(plan->store, func, user_data);
}

guint plan_count_rejected(const Plan *plan) {
  return store_count_rejected(plan->store);
}

guint64 plan_get_writes(const Plan *plan) {
  return store_count_writes(plan->store);
}

/* ---- opening and closing ---- */

static void on_much_held(HeldKind kind, gboolean network, guint count, const char *session, gpointer data) {
  static LogLimit limit = LOG_LIMIT("much_is_held", MUCH_A_MINUTE);
  log_limited(&limit, LOG_LEVEL_WARNING,
              "kind=%s by=%s count=%u session=%s note=\"CANCEL_HELD with this session ends all of it\"",
              held_word(kind), network ? "network" : "client", count, session ? session : "-");
}

/* Others' extension: the longer run is taken instead, whether it is free here or not. */
static void merge_end(Plan *plan, PlanEntry *entry, gint64 ends_at_us) {
  Reservation *reservation = entry->reservation;
  if (ends_at_us <= reservation->ends_at_us)
    return;
  plan_prolong(plan, entry, ends_at_us);
  reservation->ends_at_us = ends_at_us;
  entry->noticed = FALSE;
  plan_set_due(plan, entry);
}

/* A session that a streamer's status told of first: the store knows whose it is. */
static void learn_holder(Plan *plan, PlanEntry *entry, const Reservation *seen) {
  Reservation *reservation = entry->reservation;
  if (reservation->client || !seen->client || reservation->state == RESERVATION_ENDED)
    return;
  reservation->client = g_strdup(seen->client);
  reservation->network = g_strdup(seen->network);
  plan_count_held(plan, entry);
}

static void merge_invitation(Plan *plan, PlanEntry *entry, const Reservation *seen) {
  if (seen->generation >= entry->reservation->generation && plan_take_invitation(plan, entry, seen) &&
      seen->state == RESERVATION_RUNNING && plan->listener.invited)
    plan->listener.invited(entry->reservation, plan->listener_data);
}

/* What another coordinator has done to a reservation that is known here. What is on its way from here is
 * newer; an end is for good. */
static void merge_seen(Plan *plan, PlanEntry *entry, const Reservation *seen) {
  learn_holder(plan, entry, seen);
  if (!entry->stored || entry->pending || entry->dirty || entry->reservation->state == RESERVATION_ENDED)
    return;
  if (seen->state == RESERVATION_ENDED) {
    plan_end_entry(plan, entry, seen->reason);
    return;
  }
  merge_end(plan, entry, seen->ends_at_us);
  merge_invitation(plan, entry, seen);
  if (plan_set_state(plan, entry, seen->state, seen->server_name) && seen->server_name &&
      plan->listener.appeared)
    plan->listener.appeared(entry->reservation, plan->listener_data);
}

static void on_store_seen(const Reservation *seen, gpointer data) {
  Plan *plan = data;
  PlanEntry *entry = plan_index_find(plan->index, seen->id);
  if (entry) {
    merge_seen(plan, entry, seen);
    return;
  }
  if (plan->loaded && seen->state == RESERVATION_ENDED && plan_due_of(plan, seen, FALSE) <= plan->now_us)
    return; /* it was here and has been forgotten */
  entry = plan_hold(plan, reservation_copy(seen));
  if (seen->state == RESERVATION_RUNNING && seen->server_name && plan->listener.appeared)
    plan->listener.appeared(entry->reservation, plan->listener_data);
}

static void on_store_loaded(gpointer data) {
  Plan *plan = data;
  plan_let_codes_rest(plan);
  plan->loaded = TRUE;
  adopt_found(plan);
}

Plan *plan_new(Store *store, const PlanRules *rules, gint64 now_us) {
  static const StoreListener listener = {on_store_seen, on_store_loaded};
  Plan *plan = g_new0(Plan, 1);
  plan->rules = *rules;
  plan->now_us = now_us;
  plan->index = plan_index_new();
  plan->held = held_new(&rules->held);
  held_set_listener(plan->held, on_much_held, plan);
  plan->codes = codes_new(rules->code_digits);
  plan->ledgers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)ledger_free);
  plan->under_way = g_hash_table_new(NULL, NULL);
  plan->found_running = g_ptr_array_new();
  plan->store = store;
  store_begin(store, &listener, plan);
  return plan;
}

static void refuse_stopping(PlanWaiter *waiter) {
  PlanDone done = g_steal_pointer(&waiter->done);
  plan_refuse(&(PlanWaiter){done, waiter->user_data}, WIRE_STORE_UNAVAILABLE, NULL, PLAN_STOPPING_REASON);
}

void plan_stop(Plan *plan) {
  plan->stopping = TRUE;
  g_autoptr(GList) changes = g_hash_table_get_keys(plan->under_way);
  for (GList *link = changes; link; link = link->next) {
    PlanChange *change = link->data;
    PlanEntry *entry = change->id ? plan_index_find(plan->index, change->id) : NULL;
    refuse_stopping(&change->waiter);
    for (guint i = 0; entry && entry->waiters && i < entry->waiters->len; i++)
      refuse_stopping(&g_array_index(entry->waiters, PlanWaiter, i));
  }
}

/* What still waits to be written is given to the store before it closes. */
static void write_at_last(PlanEntry *entry, gpointer data) {
  Plan *plan = data;
  if (entry->dirty && entry->stored)
    store_put(plan->store,
              &(StoreChange){.kind = STORE_FACT, .reservation = entry->reservation, .run = entry->run}, NULL,
              NULL);
}

void plan_close(Plan *plan) {
  if (!plan)
    return;
  plan_index_for_each(plan->index, write_at_last, plan);
  store_close(plan->store);
  plan_stop(plan);
  GHashTableIter iter;
  gpointer change;
  g_hash_table_iter_init(&iter, plan->under_way);
  while (g_hash_table_iter_next(&iter, &change, NULL))
    ((PlanChange *)change)->plan = NULL;
  g_hash_table_unref(plan->under_way);
  g_ptr_array_set_free_func(plan->found_running, (GDestroyNotify)reservation_free);
  g_ptr_array_unref(plan->found_running);
  g_hash_table_unref(plan->ledgers);
  codes_free(plan->codes);
  plan_index_free(plan->index);
  held_free(plan->held);
  g_free(plan);
}
