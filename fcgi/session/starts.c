/* One Start is a small machine. For a walk-in the plan is asked first (on_start_planned()): it gives the
 * session its id, its code and its end; a booking has them already. Then start_ask() takes a place on the
 * next server and calls it; on_start_answer() decides whether the session stands (start_succeed()), the same
 * server is asked again (a lost reply: START_SESSION with the same session id is the same session), or the
 * place is given back and the next server asked (start_fail()). Whatever may have been started without our
 * knowing is ended.
 */
#include "fcgi/session/starts.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/fleet/endings.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/code_door.h"
#include "fcgi/session/connection_data.h"
#include "fcgi/session/planning.h"

#include <string.h>

/* No further server is asked when this much of the web server's patience (75 s) is gone. */
#define PATIENCE_US (45 * INSTANT_SECOND)
/* A booking's place may still be used by the session before it, which ends about now: so long it is waited
 * for. */
#define BOOKED_PATIENCE_US (15 * INSTANT_SECOND)
#define LOOK_AGAIN_US (INSTANT_SECOND / 4)

struct Starts {
  Core *core;
  GHashTable *starts;     /* of Start, as a set; owned */
  GHashTable *by_session; /* session -> Start, once it has one */
  GHashTable *unplaced;   /* rc_name -> how many hold no place on a server yet */
};

typedef struct {
  Starts *starts;
  Core *core;
  GQueue people; /* of Person: the first will be the host; empty: all have gone or were answered early */
  const StartOwner *owner; /* instead of people (nullable) */
  gpointer owner_data;
  char *rc_name;
  char *request_id; /* of who began it (nullable) */
  char *language;   /* that they read (nullable) */
  gboolean booked;
  gboolean placed; /* it has held a place */
  gint64 begun_us;
  GPtrArray *tried;  /* of FleetServer, with references */
  GPtrArray *failed; /* of them, those that could not, though they had room */

  FleetServer *server; /* being asked: the last of `tried` */
  char *session;       /* NULL: the plan has not answered yet */
  char *code;
  gint64 ends_at_us;
  gboolean repeated;
  StreamerCall *call;
  Timer *timer; /* for a place to become free */
} Start;

/* Somebody who waits for it. */
typedef struct {
  Start *start;
  Request *request;
  char *name; /* nullable */
  gboolean is_host;
} Person;

static void start_ask(Start *start);

static void free_person(gpointer data) {
  Person *person = data;
  g_free(person->name);
  g_free(person);
}

static void free_start(gpointer data) {
  Start *start = data;
  streamer_call_forget(start->call);
  timer_cancel(start->timer);
  g_queue_clear_full(&start->people, free_person);
  g_ptr_array_unref(start->tried);
  g_ptr_array_unref(start->failed);
  g_free(start->rc_name);
  g_free(start->request_id);
  g_free(start->language);
  g_free(start->session);
  g_free(start->code);
  g_free(start);
}

Starts *starts_new(Core *core) {
  Starts *starts = g_new0(Starts, 1);
  starts->core = core;
  starts->starts = g_hash_table_new_full(NULL, NULL, free_start, NULL);
  starts->by_session = g_hash_table_new(g_str_hash, g_str_equal);
  starts->unplaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return starts;
}

void starts_free(Starts *starts) {
  if (!starts)
    return;
  g_hash_table_unref(starts->by_session);
  g_hash_table_unref(starts->starts);
  g_hash_table_unref(starts->unplaced);
  g_free(starts);
}

/* ---- those that are free and spoken for ---- */

guint starts_count_unplaced(const Starts *starts, const char *rc_name) {
  return GPOINTER_TO_UINT(g_hash_table_lookup(starts->unplaced, rc_name));
}

static void count_unplaced(Starts *starts, const char *rc_name, int change) {
  guint count = starts_count_unplaced(starts, rc_name) + (guint)change;
  if (count)
    g_hash_table_insert(starts->unplaced, g_strdup(rc_name), GUINT_TO_POINTER(count));
  else
    g_hash_table_remove(starts->unplaced, rc_name);
}

static void set_placed(Start *start) {
  if (!start->placed)
    count_unplaced(start->starts, start->rc_name, -1);
  start->placed = TRUE;
}

static void start_end(Start *start) {
  set_placed(start);
  if (start->session && g_hash_table_lookup(start->starts->by_session, start->session) == start)
    g_hash_table_remove(start->starts->by_session, start->session);
  g_hash_table_remove(start->starts->starts, start);
}

gboolean starts_is_starting(const Starts *starts, const char *session) {
  return g_hash_table_contains(starts->by_session, session);
}

/* ---- the people ---- */

/* The request of the first in the queue, who leaves it. (transfer full) */
static Request *take_first_person(Start *start) {
  Person *person = g_queue_pop_head(&start->people);
  Request *request = person->request;
  free_person(person);
  return request;
}

static void on_person_gone(Request *request, gpointer data) {
  Person *person = data;
  g_queue_remove(&person->start->people, person);
  free_person(person);
}

static void add_person(Start *start, Request *request, const char *name, gboolean is_host) {
  Person *person = g_new(Person, 1);
  *person = (Person){start, request, g_strdup(name), is_host};
  g_queue_push_tail(&start->people, person);
  request_wait(request, on_person_gone, person);
}

/* Whether all of the RC's servers that can be reached were asked in vain: they are out of order, not busy. */
static gboolean has_failed_everywhere(const Start *start, const Rc *rc) {
  guint reachable = 0;
  for (guint i = 0; i < start->failed->len; i++) {
    const FleetServer *server = start->failed->pdata[i];
    FleetState state = fleet_server_get_state(server);
    reachable += fleet_server_get_rc(server) == rc && state != FLEET_OFFLINE && state != FLEET_UNUSABLE;
  }
  return start->failed->len > 0 && reachable >= rc->online;
}

static void refuse_all(Start *start, Rc *rc) {
  gboolean has_failed = rc && has_failed_everywhere(start, rc);
  while (!g_queue_is_empty(&start->people))
    if (has_failed)
      busy_refuse_failed(take_first_person(start));
    else
      busy_refuse(take_first_person(start), rc);
}

/* Lets everybody in who waited. @role: of the first. */
static void let_in(Start *start, const Session *session, const char *role) {
  for (; !g_queue_is_empty(&start->people); role = "guest") {
    Person *person = g_queue_pop_head(&start->people);
    code_door_told(person->request, session->id);
    connection_data_answer(person->request, session, person->is_host ? "host" : role, person->name);
    free_person(person);
  }
}

static gboolean is_wanted(const Start *start) {
  return start->owner || start->people.length > 0;
}

/* ---- the end of a try ---- */

/* Ends it and tells its owner, who may begin another at once. */
static void start_end_failed(Start *start, const GError *error) {
  const StartOwner *owner = start->owner;
  gpointer data = start->owner_data;
  start_end(start);
  if (owner)
    owner->failed(error, data);
}

/* It came to nothing: a booking waits for the next who comes, a walk-in's place is free. */
static void start_give_up(Start *start, const char *reason) {
  g_autoptr(GError) error = NULL;
  Plan *plan = planning_get_plan(start->core->planning);
  if (start->booked)
    plan_not_started(plan, start->session);
  else
    plan_ended(plan, start->session, reason, instant_now_us());
  wire_set_error(&error, WIRE_SERVERS_BUSY, NULL, "No server could start the session.");
  start_end_failed(start, error);
}

static void start_succeed(Start *start, const ControlStarted *started) {
  FleetServer *server = start->server;
  g_autofree char *name = log_quote(fleet_server_get_info(server)->name);
  gint64 ends_at_us = started->ends_at_us ? started->ends_at_us : start->ends_at_us;
  if (!is_wanted(start)) {
    fleet_server_give_back(server, start->session);
    endings_begin(start->core, server, start->session);
    start_give_up(start, wire_end_name(WIRE_END_USERS_LEFT));
    return;
  }
  fleet_server_confirm(server, start->session, ends_at_us);
  plan_started(planning_get_plan(start->core->planning), start->session, fleet_server_get_info(server)->name);
  log_notice("session_started", "server=%s session=%s request=%s tries=%u ms=%d", name, start->session,
             start->request_id ? start->request_id : "-", start->tried->len,
             (int)((g_get_monotonic_time() - start->begun_us) / 1000));
  Session session = {.id = start->session,
                     .code = start->code,
                     .server = server,
                     .starts_at_us = instant_now_us(),
                     .ends_at_us = ends_at_us};
  let_in(start, &session, "host");
  if (start->owner)
    start->owner->stands(&session, start->owner_data);
  start_end(start);
}

static void start_fail(Start *start, const char *why, const char *detail, gboolean may_stand) {
  g_autofree char *name = log_quote(fleet_server_get_info(start->server)->name);
  g_autofree char *quoted = log_quote(detail);
  log_warning("start_failed", "server=%s session=%s why=%s detail=%s", name, start->session, why, quoted);
  g_ptr_array_add(start->failed, start->server);
  fleet_server_set_doubtful(start->server);
  fleet_server_give_back(start->server, start->session);
  if (may_stand)
    endings_begin(start->core, start->server, start->session);
  start_ask(start);
}

static void start_fail_full(Start *start) {
  fleet_server_set_full(start->server);
  fleet_server_give_back(start->server, start->session);
  start_ask(start);
}

static void start_call(Start *start);

static void on_start_answer(const StreamerResult *result, gpointer data) {
  Start *start = data;
  start->call = NULL;
  if (result->outcome == STREAMER_LOST && !start->repeated) {
    start->repeated = TRUE;
    start_call(start);
    return;
  }
  if (result->outcome != STREAMER_ANSWERED) {
    /* After a repetition, even "unreachable" leaves the first attempt open. */
    gboolean may_stand = result->outcome != STREAMER_UNREACHABLE || start->repeated;
    start_fail(start, streamer_outcome_name(result->outcome), result->detail, may_stand);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(ControlAnswer) answer = control_answer_read(result->text, result->length, &error);
  if (!answer)
    start_fail(start, "not_understood", error->message, TRUE);
  else if (answer->message == WIRE_SESSION_LIMIT_REACHED)
    start_fail_full(start);
  else if (answer->message != WIRE_SESSION_CONNECTION_DATA)
    start_fail(start, wire_name(answer->message), answer->reason, FALSE);
  else if (strcmp(answer->started.session, start->session) != 0 ||
           strcmp(answer->started.code, start->code) != 0)
    start_fail(start, "another_session", answer->started.session, TRUE);
  else
    start_succeed(start, &answer->started);
}

/* ---- a try ---- */

static void start_call(Start *start) {
  StreamerPeer *peer = watches_get_peer(start->server);
  if (!peer) {
    start_fail(start, "not_in_the_list", NULL, FALSE);
    return;
  }
  const ControlStart asked = {start->session, start->code, start->rc_name, start->language,
                              start->ends_at_us};
  guint timeout_ms = 1000 * (guint)start->core->configuration->start_timeout_seconds;
  start->call = streamer_peer_call(peer, control_start_session(&asked), start->request_id, timeout_ms, FALSE,
                                   on_start_answer, start);
}

static void take_place(Start *start, FleetServer *server) {
  start->server = server;
  set_placed(start);
  g_ptr_array_add(start->tried, fleet_server_ref(server));
  start->repeated = FALSE;
  fleet_server_take(server, start->session, start->code, start->ends_at_us);
}

static void start_look_again(gpointer data) {
  Start *start = data;
  start->timer = NULL;
  start_ask(start);
}

static gboolean is_worth_waiting(const Start *start) {
  gint64 waited_us = g_get_monotonic_time() - start->begun_us;
  const Rc *rc = fleet_find_rc(start->core->fleet, start->rc_name);
  return start->booked && (!rc || rc_is_reachable(rc)) && start->tried->len == 0 && !start->core->ending &&
         waited_us < BOOKED_PATIENCE_US;
}

/* @rc nullable */
static void tell_wanted(Core *core, Rc *rc) {
  if (!rc)
    return;
  rc->booked_us = g_get_monotonic_time();
  watches_tell_wanted(core->watches, rc);
}

static void start_ask(Start *start) {
  Rc *rc = fleet_find_rc(start->core->fleet, start->rc_name);
  gboolean is_late = g_get_monotonic_time() - start->begun_us > PATIENCE_US;
  gboolean wanted = is_wanted(start);
  FleetServer *server = rc && wanted && !is_late ? rc_choose(rc, start->tried) : NULL;
  if (!server && wanted && is_worth_waiting(start)) {
    tell_wanted(start->core, rc);
    start->timer = timers_add(start->core->timers, LOOK_AGAIN_US, start_look_again, start);
    return;
  }
  if (!server) {
    refuse_all(start, rc);
    start_give_up(start, wire_end_name(wanted ? WIRE_END_APP_FAILED : WIRE_END_USERS_LEFT));
    return;
  }
  take_place(start, server);
  start_call(start);
}

/* ---- beginning ---- */

static Start *start_new(Starts *starts, const char *rc_name, const char *request_id, gboolean booked) {
  Start *start = g_new0(Start, 1);
  start->starts = starts;
  start->core = starts->core;
  start->rc_name = g_strdup(rc_name);
  start->request_id = g_strdup(request_id);
  start->booked = booked;
  start->begun_us = g_get_monotonic_time();
  start->tried = g_ptr_array_new_with_free_func((GDestroyNotify)fleet_server_unref);
  start->failed = g_ptr_array_new();
  g_queue_init(&start->people);
  g_hash_table_add(starts->starts, start);
  count_unplaced(starts, rc_name, 1);
  return start;
}

static void set_session(Start *start, const Reservation *reservation) {
  start->session = g_strdup(reservation->id);
  start->code = g_strdup(reservation->code);
  start->ends_at_us = reservation->ends_at_us;
  g_hash_table_replace(start->starts->by_session, start->session, start);
}

static void on_start_planned(const Reservation *reservation, const GError *error, gpointer data) {
  Start *start = data;
  if (reservation) {
    set_session(start, reservation);
    start_ask(start);
    return;
  }
  Rc *rc = fleet_find_rc(start->core->fleet, start->rc_name);
  if (wire_message_of(error) == WIRE_SERVERS_BUSY)
    refuse_all(start, rc);
  while (!g_queue_is_empty(&start->people))
    request_refuse(take_first_person(start), error);
  start_end_failed(start, error);
}

static void start_plan(Start *start, const StartWish *wish) {
  start->language = g_strdup(wish->language);
  const PlanWish planned = {.rc_name = start->rc_name,
                            .wanted_us = wish->minutes * INSTANT_MINUTE,
                            .min_us = wish->min_minutes * INSTANT_MINUTE,
                            .holder = wish->holder,
                            .name = wish->name};
  plan_walk_in(planning_get_plan(start->core->planning), &planned, instant_now_us(), on_start_planned, start);
}

void starts_begin(Starts *starts, Request *request, const StartWish *wish) {
  Start *start = start_new(starts, wish->rc_name, request_get_id(request), FALSE);
  add_person(start, request, wish->name, TRUE);
  start_plan(start, wish);
}

void starts_begin_for(Starts *starts, const StartOwner *owner, gpointer owner_data, const StartWish *wish) {
  Start *start = start_new(starts, wish->rc_name, wish->request_id, FALSE);
  start->owner = owner;
  start->owner_data = owner_data;
  start_plan(start, wish);
}

/* Another coordinator has begun it: its people join as soon as it is known where it runs. */
static void start_follow(gpointer data) {
  Start *start = data;
  const Reservation *reservation = plan_find(planning_get_plan(start->core->planning), start->session);
  gboolean goes_on = reservation && reservation->state != RESERVATION_ENDED;
  FleetServer *server = goes_on ? fleet_find_server(start->core->fleet, reservation->server_name) : NULL;
  const Session *session = server ? fleet_server_find_session(server, start->session) : NULL;
  start->timer = NULL;
  if (session) {
    let_in(start, session, "guest");
    start_end(start);
  } else if (goes_on && is_wanted(start) && is_worth_waiting(start)) {
    start->timer = timers_add(start->core->timers, LOOK_AGAIN_US, start_follow, start);
  } else {
    refuse_all(start, NULL);
    start_end(start);
  }
}

/* A booking was promised: a store that cannot be reached just now is no reason to refuse it. */
static void on_start_claimed(const Reservation *reservation, const GError *error, gpointer data) {
  Start *start = data;
  if (!reservation && (wire_message_of(error) != WIRE_STORE_UNAVAILABLE || start->core->ending)) {
    start_follow(start);
    return;
  }
  if (!reservation)
    plan_started(planning_get_plan(start->core->planning), start->session, NULL);
  start_ask(start);
}

void starts_begin_booked(Starts *starts, Request *request, const Reservation *reservation,
                         const StartPerson *person) {
  Start *start = g_hash_table_lookup(starts->by_session, reservation->id);
  if (start) {
    add_person(start, request, person->name, person->is_host);
    return;
  }
  start = start_new(starts, reservation->rc_name, request_get_id(request), TRUE);
  set_session(start, reservation);
  start->language = g_strdup(person->language);
  add_person(start, request, person->name, person->is_host);
  plan_claim(planning_get_plan(starts->core->planning), start->session, instant_now_us(), on_start_claimed,
             start);
}

void starts_answer_all(Starts *starts) {
  GHashTableIter iter;
  gpointer start;
  g_hash_table_iter_init(&iter, starts->starts);
  while (g_hash_table_iter_next(&iter, &start, NULL))
    refuse_all(start, NULL);
}
