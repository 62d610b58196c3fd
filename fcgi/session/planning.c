#include "fcgi/session/planning.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "fcgi/rules/guard.h"
#include "fcgi/store/store_json.h"
#include "fcgi/store/store_mysql.h"

#include <string.h>

#define TICK_US INSTANT_SECOND
/* After a restart, sessions that were being started when the last coordinator ended have so long to show up
 * in some server's status; then they are taken to have failed. */
#define ORPHAN_PATIENCE_US (30 * INSTANT_SECOND)
#define KEY_PURPOSE "cancel"
#define GUARD_WARNING 0.7

struct Planning {
  Core *core;
  const PlanningListener *listener;
  Plan *plan;
  Guard *guard;
  Timer *timer;
  Timer *orphans_timer;
  gboolean warned;     /* that guessing has used up most of what may be wrong in a day */
  GHashTable *running; /* while a list of servers is taken: server's name -> GPtrArray of sessions' ids */
  gboolean dense;      /* the log has it that too many codes are in use */
};

Plan *planning_get_plan(Planning *planning) {
  return planning->plan;
}

static gboolean is_starting(const Planning *planning, const char *session) {
  return planning->listener->is_starting(session, planning->core);
}

/* ---- what the fleet tells ---- */

static void set_capacity(Planning *planning, const char *rc_name, gint64 capacity) {
  gboolean overbooked;
  plan_set_capacity(planning->plan, rc_name, (guint32)CLAMP(capacity, 0, G_MAXINT32), &overbooked);
  if (overbooked) {
    g_autofree char *name = log_quote(rc_name);
    log_error("overbooked",
              "rc=%s capacity=%d note=\"more is booked than there are places; no booking was dropped\"", name,
              (int)capacity);
  }
}

/* What is booked of an RC that left the list stays booked: it may come back, and the operator has to know. */
static void set_capacity_of_gone(Planning *planning) {
  g_autoptr(GPtrArray) names = plan_list_rcs(planning->plan);
  for (guint i = 0; i < names->len; i++)
    if (!fleet_find_rc(planning->core->fleet, names->pdata[i]))
      set_capacity(planning, names->pdata[i], 0);
}

/* What runs on a server that is not enabled takes no place that others could have. */
static gboolean has_place_beside(const Reservation *reservation, gpointer data) {
  const Planning *planning = data;
  const FleetServer *server = fleet_find_server(planning->core->fleet, reservation->server_name);
  return server && !fleet_server_get_info(server)->enabled;
}

static void set_apart(const Reservation *reservation, gpointer data) {
  Planning *planning = data;
  plan_set_apart(planning->plan, reservation->id, has_place_beside(reservation, planning));
}

void planning_capacity_changed(Planning *planning, const Rc *rc) {
  const Fleet *fleet = planning->core->fleet;
  if (rc) {
    set_capacity(planning, rc->name, rc->capacity);
    return;
  }
  g_clear_pointer(&planning->running, g_hash_table_unref); /* the list has been taken */
  plan_for_each_running(planning->plan, set_apart, planning);
  for (guint i = 0; i < fleet_count_rcs(fleet); i++)
    set_capacity(planning, fleet_get_rc(fleet, i)->name, fleet_get_rc(fleet, i)->capacity);
  set_capacity_of_gone(planning);
}

static void collect_running(const Reservation *reservation, gpointer data) {
  GHashTable *by_server = data;
  if (!reservation->server_name)
    return;
  GPtrArray *ids = g_hash_table_lookup(by_server, reservation->server_name);
  if (!ids) {
    ids = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(by_server, g_strdup(reservation->server_name), ids);
  }
  g_ptr_array_add(ids, g_strdup(reservation->id));
}

/* What runs, by server: looked for once for all servers of a list. */
static GHashTable *running_by_server(Planning *planning) {
  if (!planning->running) {
    planning->running =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    plan_for_each_running(planning->plan, collect_running, planning->running);
  }
  return planning->running;
}

void planning_server_added(Planning *planning, FleetServer *server) {
  const GPtrArray *ids =
      g_hash_table_lookup(running_by_server(planning), fleet_server_get_info(server)->name);
  for (guint i = 0; ids && i < ids->len; i++) {
    const Reservation *reservation = plan_find(planning->plan, ids->pdata[i]);
    if (reservation)
      fleet_server_restore(server, reservation->id, reservation->code, reservation->generation,
                           reservation->ends_at_us);
  }
}

/* One that the plan does not know. */
static gboolean adopt_session(Planning *planning, const Server *info, const Session *session,
                              GError **error) {
  gint64 now_us = instant_now_us();
  gint64 ends_at_us =
      session->ends_at_us ? session->ends_at_us : MAX(now_us, session->starts_at_us) + INSTANT_MINUTE;
  return plan_adopt(planning->plan, session->id, session->code, info->rc_name, info->name,
                    session->starts_at_us, ends_at_us, now_us, error);
}

/* Whether the plan has it on another server of the list. */
static gboolean is_elsewhere(const Planning *planning, const Reservation *known, const char *server_name) {
  return known->state == RESERVATION_RUNNING && known->server_name &&
         strcmp(known->server_name, server_name) != 0 &&
         fleet_find_server(planning->core->fleet, known->server_name);
}

gboolean planning_session_seen(Planning *planning, FleetServer *server, const Session *session,
                               GError **error) {
  const Server *info = fleet_server_get_info(server);
  const Reservation *known = plan_find(planning->plan, session->id);
  if (!known)
    return adopt_session(planning, info, session, error);
  if (is_elsewhere(planning, known, info->name)) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "session", "is that of a session on another server");
    return FALSE;
  }
  /* After a removal it is told the new one as soon as it can be (invitations.h). */
  if (strcmp(known->code, session->code) != 0 && !known->generation && !session->generation) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "code", "is not the one that this session was given");
    return FALSE;
  }
  if (known->state == RESERVATION_RUNNING && !known->server_name && !is_starting(planning, session->id))
    plan_started(planning->plan, session->id, info->name);
  return TRUE;
}

/* Only words that we know are written down. */
void planning_session_over(Planning *planning, FleetServer *server, const char *session, const char *reason) {
  const Reservation *known = plan_find(planning->plan, session);
  WireEnd end = wire_end_from_name(reason ? reason : "");
  if (known && g_strcmp0(known->server_name, fleet_server_get_info(server)->name) == 0)
    plan_ended(planning->plan, session, end < WIRE_N_ENDS ? wire_end_name(end) : "ended", instant_now_us());
}

/* Another coordinator started it: its place is taken here, too, before the server's status tells. */
static void on_plan_appeared(const Reservation *reservation, gpointer data) {
  const Planning *planning = data;
  FleetServer *server = fleet_find_server(planning->core->fleet, reservation->server_name);
  if (server && !fleet_server_find_session(server, reservation->id))
    fleet_server_restore(server, reservation->id, reservation->code, reservation->generation,
                         reservation->ends_at_us);
}

/* What the fleet has of it stays when its time is over, until its server says that it is. */
static gboolean on_plan_asks_whether_runs(const Reservation *reservation, gpointer data) {
  const Planning *planning = data;
  const FleetServer *server = fleet_find_server(planning->core->fleet, reservation->server_name);
  return server && fleet_server_find_session(server, reservation->id);
}

static void on_plan_invited(const Reservation *reservation, gpointer data) {
  const Planning *planning = data;
  planning->listener->invited(reservation, planning->core);
}

/* ---- the clock ---- */

static void watch_density(Planning *planning) {
  gboolean dense = plan_codes_are_dense(planning->plan);
  if (dense && !planning->dense)
    log_warning("codes_are_dense", "note=\"so many are in use that guessing pays; set more code_digits\"");
  planning->dense = dense;
}

static void on_planning_tick(gpointer data) {
  Planning *planning = data;
  plan_set_doubtful(planning->plan, program_clock_is_doubted());
  plan_tick(planning->plan, instant_now_us());
  watch_density(planning);
  planning->timer = timers_add(planning->core->timers, TICK_US, on_planning_tick, planning);
}

static void collect_orphan(const Reservation *reservation, gpointer data) {
  gint64 old_us = instant_now_us() - ORPHAN_PATIENCE_US;
  if (!reservation->server_name && MAX(reservation->created_at_us, reservation->starts_at_us) <= old_us)
    g_ptr_array_add(data, g_strdup(reservation->id));
}

static void give_orphans_up(Planning *planning) {
  g_autoptr(GPtrArray) orphans = g_ptr_array_new_with_free_func(g_free);
  plan_for_each_running(planning->plan, collect_orphan, orphans);
  for (guint i = 0; i < orphans->len; i++) {
    const char *id = orphans->pdata[i];
    const Reservation *reservation = plan_find(planning->plan, id);
    if (!reservation || is_starting(planning, id))
      continue;
    log_warning("session_not_found", "session=%s note=\"it was being started when the coordinator ended\"",
                id);
    if (reservation->booked)
      plan_not_started(planning->plan, id);
    else
      plan_ended(planning->plan, id, wire_end_name(WIRE_END_APP_FAILED), instant_now_us());
  }
}

static void on_orphans_due(gpointer data) {
  Planning *planning = data;
  planning->orphans_timer = NULL;
  if (program_clock_is_doubted()) /* servers may refuse us for as long */
    planning->orphans_timer = timers_add(planning->core->timers, TICK_US, on_orphans_due, planning);
  else
    give_orphans_up(planning);
}

void planning_catch_up(Planning *planning) {
  plan_tick(planning->plan, instant_now_us());
  give_orphans_up(planning);
}

/* ---- more time ---- */

/* What is offered, as an event's members (transfer full); NULL: nothing. */
static char *make_offer(Planning *planning, const Reservation *reservation) {
  guint most = (guint)planning->core->configuration->extension_minutes;
  guint minutes = plan_room_minutes(planning->plan, reservation->id, most);
  g_autofree char *ends_at = instant_format(reservation->ends_at_us);
  return minutes ? g_strdup_printf("\"ends_at\":\"%s\",\"available_minutes\":%u", ends_at, minutes) : NULL;
}

static void on_plan_ending(const Reservation *reservation, gpointer data) {
  Planning *planning = data;
  g_autofree char *offer = make_offer(planning, reservation);
  if (offer)
    planning->listener->ending(reservation->id, offer, planning->core);
}

char *planning_standing_offer(Planning *planning, const char *session) {
  const Reservation *reservation = plan_find(planning->plan, session);
  gint64 notice_us = planning->core->configuration->extension_notice_minutes * INSTANT_MINUTE;
  gboolean is_ending = reservation && reservation->state == RESERVATION_RUNNING &&
                       reservation->ends_at_us - notice_us <= instant_now_us();
  g_autofree char *offer = is_ending ? make_offer(planning, reservation) : NULL;
  return offer ? wire_answer(WIRE_EXTENSION_OFFERED, offer) : NULL;
}

/* ---- codes ---- */

/* The guard's memory in a file is shared with processes before and after us; else it measures how long we
 * run, whatever the wall clock does. */
static gint64 guard_now_us(const Planning *planning) {
  return planning->core->mode == CORE_CHANGES ? instant_now_us() : g_get_monotonic_time();
}

static void watch_guessing(Planning *planning) {
  gboolean much = guard_spent(planning->guard, guard_now_us(planning)) >= GUARD_WARNING;
  if (much && !planning->warned)
    log_warning("codes_are_guessed", "note=\"strangers have to knock until fewer are wrong; consider more "
                                     "code_digits\"");
  planning->warned = much;
}

PlanningCode planning_try_code(Planning *planning, const char *client, const char *code, const char *key,
                               const Reservation **reservation, guint *retry_after_seconds) {
  const Reservation *found = plan_find_code(planning->plan, code);
  *reservation = found;
  if (key && found && planning_key_is_right(planning, found, key))
    return PLANNING_RIGHT;
  GuardAnswer answer =
      guard_try(planning->guard, client, found ? found->id : NULL, plan_code_chance(planning->plan, code),
                guard_now_us(planning), retry_after_seconds);
  if (answer == GUARD_RIGHT)
    return PLANNING_RIGHT;
  watch_guessing(planning);
  return answer == GUARD_REFUSED ? PLANNING_REFUSED : PLANNING_WRONG;
}

double planning_get_guessed(Planning *planning) {
  return guard_spent(planning->guard, guard_now_us(planning));
}

void planning_code_told(Planning *planning, const char *client, const char *session) {
  guard_remember(planning->guard, client, session, guard_now_us(planning));
}

char *planning_make_key(const Planning *planning, const Reservation *reservation) {
  return key_ring_secret(site_keys_get_bookings(planning->core->keys), KEY_PURPOSE, reservation->id);
}

gboolean planning_key_is_right(const Planning *planning, const Reservation *reservation, const char *key) {
  return key_ring_secret_is(site_keys_get_bookings(planning->core->keys), KEY_PURPOSE, reservation->id, key);
}

/* ---- opening and closing ---- */

/* Who answers one code alone must know how many were wrong before. */
static Guard *open_guard(const Core *core, GError **error) {
  double risk = GUARD_RISK_PER_DAY / (double)core->configuration->coordinators;
  if (core->mode != CORE_CHANGES)
    return guard_new(risk);
  g_autofree char *path = g_strconcat(core->configuration->plan_file, ".guard", NULL);
  return guard_open(path, risk, error);
}

static Store *open_store(Core *core, GError **error) {
  const Configuration *configuration = core->configuration;
  g_auto(GStrv) marks = site_keys_make_marks(core->keys);
  const StoreMysqlRules rules = {
      .coordinator = core->name,
      .slot_minutes = (guint)configuration->slot_minutes,
      .horizon_days = (guint)configuration->horizon_days,
      .history_days = (guint)configuration->history_days,
      .key_marks = marks,
  };
  if (core->database)
    return store_mysql_new(core->database, &rules, core->timers);
  if (core->mode == CORE_LOOKS)
    return store_json_look(configuration->plan_file, core->mailbox, error);
  if (core->mode == CORE_CHANGES)
    return store_json_open_briefly(configuration->plan_file, core->mailbox, error);
  return store_json_open(configuration->plan_file, core->mailbox, error);
}

Planning *planning_open(Core *core, const PlanningListener *listener, GError **error) {
  static const PlanListener plan_listener = {on_plan_ending, on_plan_appeared, has_place_beside,
                                             on_plan_asks_whether_runs, on_plan_invited};
  const Configuration *configuration = core->configuration;
  const PlanRules rules = {
      .slot_minutes = (guint)configuration->slot_minutes,
      .horizon_days = (guint)configuration->horizon_days,
      .code_digits = (guint)configuration->code_digits,
      .no_show_minutes = (guint)configuration->no_show_minutes,
      .history_days = (guint)configuration->history_days,
      .notice_minutes = (guint)configuration->extension_notice_minutes,
      .held = {.most = {[HELD_BOOKINGS] = (guint)configuration->limits_bookings,
                        [HELD_SESSIONS] = (guint)configuration->limits_sessions,
                        [HELD_PLACES] = (guint)configuration->limits_places},
               .neighbours = (guint)configuration->limits_neighbours},
  };
  Store *store = open_store(core, error);
  if (!store)
    return NULL;
  Guard *guard = open_guard(core, error);
  if (!guard) {
    store_close(store);
    return NULL;
  }
  Planning *planning = g_new0(Planning, 1);
  planning->core = core;
  planning->listener = listener;
  store_set_meter(store, core->metering);
  planning->plan = plan_new(store, &rules, instant_now_us());
  planning->guard = guard;
  planning->timer = timers_add(core->timers, TICK_US, on_planning_tick, planning);
  planning->orphans_timer = timers_add(core->timers, ORPHAN_PATIENCE_US, on_orphans_due, planning);
  plan_set_listener(planning->plan, &plan_listener, planning);
  return planning;
}

void planning_stop(Planning *planning) {
  if (planning)
    plan_stop(planning->plan);
}

void planning_close(Planning *planning) {
  if (!planning)
    return;
  timer_cancel(planning->timer);
  timer_cancel(planning->orphans_timer);
  plan_close(planning->plan);
  g_clear_pointer(&planning->running, g_hash_table_unref);
  guard_free(planning->guard);
  g_free(planning);
}
