#include "streamer/sessions/sessions_internal.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"

#include <string.h>

#define ID_BYTES 12
#define CODE_DIGITS 4
#define CODE_TRIES 1000
/* The picture of a session that took a standby begins meanwhile, or its application. */
#define STANDBY_REFILL_MS 1000
#define DISPLAY_REFILL_MS 3000

/* Somebody who waits for something about the session of this id. */
typedef struct {
  char *id;
  SessionsStartedFunc started; /* that it is READY or never will be */
  GSourceOnceFunc gone;        /* that nothing is left of it */
  gpointer data;
} Waiter;

/* ---- those who wait ---- */

static void waiter_free(gpointer data) {
  Waiter *waiter = data;
  g_free(waiter->id);
  g_free(waiter);
}

static void await(Sessions *sessions, const char *id, SessionsStartedFunc started, GSourceOnceFunc gone,
                  gpointer data) {
  Waiter *waiter = g_new0(Waiter, 1);
  waiter->id = g_strdup(id);
  waiter->started = started;
  waiter->gone = gone;
  waiter->data = data;
  g_ptr_array_add(sessions->waiters, waiter);
}

/* The next waiter for @id's start or end, taken out; NULL when there is none. (transfer full) */
static Waiter *take_waiter(Sessions *sessions, const char *id, gboolean for_start) {
  for (guint i = 0; i < sessions->waiters->len; i++) {
    Waiter *waiter = sessions->waiters->pdata[i];
    if (g_str_equal(waiter->id, id) && (waiter->started != NULL) == for_start)
      return g_ptr_array_steal_index(sessions->waiters, i);
  }
  return NULL;
}

/* Tells all who wait for @id's start how it went. */
static void answer_waiters(Sessions *sessions, const char *id, Session *session, const GError *error) {
  for (Waiter *waiter; (waiter = take_waiter(sessions, id, TRUE)); waiter_free(waiter))
    waiter->started(session, error, waiter->data);
}

/* ---- what sessions and standbys tell ---- */

static void on_changed(Session *session, gpointer data) {
  sessions_touch(data);
}

static void on_started(Session *session, const char *reason, gpointer data) {
  Sessions *sessions = data;
  g_autoptr(GError) error = NULL;
  if (reason) {
    past_set_start_failure(sessions->past, session_id(session), reason);
    metrics_add(sessions->metrics, COUNTS_START_FAILURES, 1);
    wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s", reason);
  } else {
    metrics_observe(sessions->metrics, COUNTS_START_SECONDS, session_age_seconds(session),
                    session_from(session));
  }
  answer_waiters(sessions, session_id(session), error ? NULL : session, error);
}

static void on_ending(Session *session, WireEnd end, gpointer data) {
  Sessions *sessions = data;
  past_add(sessions->past, session_id(session), end);
  metrics_add(sessions->metrics, COUNTS_ENDS, 1, end);
}

static void try_pending(Sessions *sessions);

static guint count_stages(const Sessions *sessions) {
  return sessions->list->len + standbys_count(sessions->standbys) + standbys_count(sessions->displays);
}

static void update_standbys(Sessions *sessions) {
  standbys_update(sessions->standbys);
  standbys_update(sessions->displays);
}

/* A session or a standby is no more. */
static void place_left(Sessions *sessions) {
  try_pending(sessions);
  update_standbys(sessions);
  sessions_touch(sessions);
  if (sessions->closed && count_stages(sessions) == 0 && sessions->all_gone)
    sessions->all_gone(sessions->all_gone_data);
}

static void on_ended(Session *session, gpointer data) {
  Sessions *sessions = data;
  g_ptr_array_remove(sessions->list, session);
  for (Waiter *waiter; (waiter = take_waiter(sessions, session_id(session), FALSE)); waiter_free(waiter))
    waiter->gone(waiter->data);
  log_info("session_gone", "session=%s", session_id(session));
  session_free(session);
  place_left(sessions);
}

static const SessionHooks session_hooks = {on_changed, on_started, on_ending, on_ended};

static char *next_directory(Sessions *sessions) {
  return g_strdup_printf("%s/s%" G_GUINT64_FORMAT, sessions->directory, ++sessions->directories_made);
}

static Stage *start_kept(Sessions *sessions, gboolean bare, const char *name, const StageEvents *events,
                         gpointer stage_data, GError **error) {
  g_autofree char *directory = next_directory(sessions);
  StagePlan plan = {
      .session = name,
      .kept = TRUE,
      .bare = bare,
      .rc_name = sessions->settings->rc_name,
      .directory = directory,
      .cache_directory = sessions->cache_directory,
      .settings = sessions->settings,
      .metrics = sessions->metrics,
  };
  return stage_start(&plan, events, stage_data, error);
}

static Stage *start_standby(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                            gpointer data) {
  return start_kept(data, FALSE, name, events, stage_data, error);
}

static Stage *start_display(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                            gpointer data) {
  return start_kept(data, TRUE, name, events, stage_data, error);
}

static guint wanted_standbys(gpointer data) {
  const Sessions *sessions = data;
  return sessions->draining || sessions->closed ? 0 : (guint)sessions->settings->standby_sessions;
}

static guint wanted_displays(gpointer data) {
  const Sessions *sessions = data;
  return sessions->draining || sessions->closed ? 0 : (guint)sessions->settings->standby_displays;
}

static guint room_for_standbys(gpointer data) {
  const Sessions *sessions = data;
  gint64 taken = (gint64)sessions->list->len + sessions->pending.length;
  return (guint)MAX(0, sessions->settings->session_limit - taken);
}

/* For the starts that would get no standby. */
static guint room_for_displays(gpointer data) {
  const Sessions *sessions = data;
  guint room = room_for_standbys(data);
  return room - MIN(room, MAX(standbys_count(sessions->standbys), wanted_standbys(data)));
}

static void on_standbys_changed(gpointer data) {
  sessions_touch(data);
}

static void on_standby_gone(gpointer data) {
  place_left(data);
}

static void on_displays_changed(gpointer data) {
}

static const StandbysHooks standbys_hooks = {"standby",       STANDBY_REFILL_MS, start_standby,
                                             wanted_standbys, room_for_standbys, on_standbys_changed,
                                             on_standby_gone};
static const StandbysHooks displays_hooks = {"display",       DISPLAY_REFILL_MS, start_display,
                                             wanted_displays, room_for_displays, on_displays_changed,
                                             on_standby_gone};

/* ---- making a session ---- */

static gboolean is_id(const char *id) {
  gsize length = strlen(id);
  return length >= 1 && length <= SESSION_ID_MAX &&
         strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

static gboolean check_start(const Sessions *sessions, const SessionsStart *start, GError **error) {
  const char *rc_name = sessions->settings->rc_name;
  if (start->session && !is_id(start->session))
    wire_set_error(error, WIRE_BAD_REQUEST, "session",
                   "session: must be 1 to %d letters, digits, '-' and '_'.", SESSION_ID_MAX);
  else if (start->ends_at_us && start->ends_at_us <= instant_now_us())
    wire_set_error(error, WIRE_BAD_REQUEST, "ends_at", "ends_at: is in the past.");
  else if (start->rc_name && rc_name && *rc_name && !g_str_equal(start->rc_name, rc_name))
    wire_set_error(error, WIRE_BAD_REQUEST, "rc_name", "rc_name: this server shows another one.");
  else if (start->code && sessions_find_code(sessions, start->code))
    wire_set_error(error, WIRE_BAD_REQUEST, "code", "code: another session here has it.");
  else
    return TRUE;
  return FALSE;
}

static gboolean check_room(const Sessions *sessions, GError **error) {
  guint taken = sessions->list->len + sessions->pending.length;
  if (!sessions->draining && !sessions->closed && taken < sessions->settings->session_limit)
    return TRUE;
  wire_set_error(error, WIRE_SESSION_LIMIT_REACHED, NULL,
                 sessions->draining || sessions->closed ? "This server takes no new sessions."
                                                        : "This server runs all sessions that it may.");
  return FALSE;
}

/* A code that no session here has. (transfer full) */
static char *free_code(const Sessions *sessions) {
  g_autofree char *code = random_code(CODE_DIGITS);
  for (int tries = 0; tries < CODE_TRIES && sessions_find_code(sessions, code); tries++) {
    g_free(code);
    code = random_code(CODE_DIGITS);
  }
  return g_steal_pointer(&code);
}

static Stage *take_standby(Sessions *sessions) {
  Stage *standby = standbys_take(sessions->standbys);
  return standby ? standby : standbys_take(sessions->displays);
}

static Session *create(Sessions *sessions, const SessionsStart *start, GError **error) {
  g_autofree char *id = start->session ? g_strdup(start->session) : random_hex(ID_BYTES);
  g_autofree char *code = start->code ? g_strdup(start->code) : free_code(sessions);
  g_autofree char *directory = next_directory(sessions);
  g_autoptr(GError) problem = NULL;
  SessionPlan plan = {
      .id = id,
      .code = code,
      .rc_name = start->rc_name ? start->rc_name : sessions->settings->rc_name,
      .ends_at_us = start->ends_at_us
                        ? start->ends_at_us
                        : instant_now_us() + sessions->settings->session_minutes * INSTANT_MINUTE,
      .standby = take_standby(sessions),
      .directory = directory,
      .cache_directory = sessions->cache_directory,
      .settings = sessions->settings,
      .metrics = sessions->metrics,
  };
  Session *session = session_new(&plan, &session_hooks, sessions, &problem);
  if (session) {
    g_ptr_array_add(sessions->list, session);
    standbys_update(sessions->displays);
    sessions_touch(sessions);
    return session;
  }
  metrics_add(sessions->metrics, COUNTS_START_FAILURES, 1);
  g_autofree char *reason = log_quote(problem->message);
  log_error("session_failed", "session=%s reason=%s", id, reason);
  wire_set_error(error, WIRE_SESSION_START_FAILED, NULL, "The session could not be started: %s.",
                 problem->message);
  return NULL;
}

/* ---- starts that wait for a place ---- */

/* Whether all places that no session has are those of standbys that end. */
static gboolean must_wait(const Sessions *sessions) {
  return sessions->list->len + standbys_count(sessions->standbys) >= sessions->settings->session_limit &&
         !standbys_can_take(sessions->standbys);
}

static void start_free(gpointer data) {
  SessionsStart *start = data;
  g_free(start->session);
  g_free(start->code);
  g_free(start->rc_name);
  g_free(start);
}

static SessionsStart *find_pending(const Sessions *sessions, const char *id) {
  for (GList *node = sessions->pending.head; node; node = node->next)
    if (g_str_equal(((SessionsStart *)node->data)->session, id))
      return node->data;
  return NULL;
}

/* Keeps a place for it. Owned by the set. */
static const SessionsStart *wait_for_place(Sessions *sessions, const SessionsStart *start) {
  SessionsStart *pending = g_new0(SessionsStart, 1);
  pending->session = start->session ? g_strdup(start->session) : random_hex(ID_BYTES);
  pending->code = g_strdup(start->code);
  pending->rc_name = g_strdup(start->rc_name);
  pending->ends_at_us = start->ends_at_us;
  g_queue_push_tail(&sessions->pending, pending);
  return pending;
}

/* Starts those for whom there is a place now, and refuses those for whom there will be none. */
static void try_pending(Sessions *sessions) {
  for (guint left = sessions->pending.length; left > 0; left--) {
    SessionsStart *start = g_queue_pop_head(&sessions->pending);
    g_autoptr(GError) error = NULL;
    Session *session = NULL;
    if (check_start(sessions, start, &error) && check_room(sessions, &error)) {
      if (must_wait(sessions)) {
        g_queue_push_tail(&sessions->pending, start);
        continue;
      }
      session = create(sessions, start, &error);
    }
    if (!session || session_state(session) == SESSION_READY)
      answer_waiters(sessions, start->session, session, error);
    start_free(start);
  }
}

gboolean sessions_cancel(Sessions *sessions, const char *id) {
  g_autoptr(GError) error = NULL;
  SessionsStart *start = find_pending(sessions, id);
  if (!start)
    return FALSE;
  g_queue_remove(&sessions->pending, start);
  past_add(sessions->past, id, WIRE_END_BY_OPERATOR);
  wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "The session was ended before it was ready.");
  answer_waiters(sessions, id, NULL, error);
  start_free(start);
  update_standbys(sessions);
  return TRUE;
}

/* ---- starting ---- */

static void refuse_ended(const PastSession *ended, SessionsStartedFunc func, gpointer data) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s",
                 ended->start_failure ? ended->start_failure : "This session has already ended.");
  func(NULL, error, data);
}

void sessions_start(Sessions *sessions, const SessionsStart *start, SessionsStartedFunc func, gpointer data) {
  g_autoptr(GError) error = NULL;
  Session *session = start->session ? sessions_find(sessions, start->session) : NULL;
  const PastSession *ended = start->session && !session ? past_find(sessions->past, start->session) : NULL;
  if (ended) {
    refuse_ended(ended, func, data);
    return;
  }
  const SessionsStart *pending = start->session ? find_pending(sessions, start->session) : NULL;
  if (!session && !pending && check_start(sessions, start, &error) && check_room(sessions, &error)) {
    if (must_wait(sessions))
      pending = wait_for_place(sessions, start);
    else
      session = create(sessions, start, &error);
  }
  if (pending)
    await(sessions, pending->session, func, NULL, data);
  else if (!session)
    func(NULL, error, data);
  else if (session_state(session) == SESSION_READY)
    func(session, NULL, data);
  else
    await(sessions, session_id(session), func, NULL, data);
}

/* ---- finding and ending ---- */

Session *sessions_find(const Sessions *sessions, const char *id) {
  for (guint i = 0; i < sessions->list->len; i++) {
    Session *session = sessions->list->pdata[i];
    if (session_state(session) != SESSION_ENDING && g_str_equal(session_id(session), id))
      return session;
  }
  return NULL;
}

Session *sessions_find_code(const Sessions *sessions, const char *code) {
  for (guint i = 0; i < sessions->list->len; i++) {
    Session *session = sessions->list->pdata[i];
    if (session_state(session) != SESSION_ENDING && g_str_equal(session_code(session), code))
      return session;
  }
  return NULL;
}

gboolean sessions_find_ended(const Sessions *sessions, const char *id, WireEnd *end) {
  const PastSession *ended = past_find(sessions->past, id);
  if (ended)
    *end = ended->end;
  return ended != NULL;
}

void sessions_end(Sessions *sessions, Session *session, WireEnd end, GSourceOnceFunc func, gpointer data) {
  if (func)
    await(sessions, session_id(session), NULL, func, data);
  session_end(session, end);
}

void sessions_stop(Sessions *sessions, guint grace_seconds, GSourceOnceFunc func, gpointer data) {
  sessions->closed = TRUE;
  sessions->all_gone = func;
  sessions->all_gone_data = data;
  sessions_touch(sessions);
  for (guint i = 0; i < sessions->list->len; i++)
    session_stop(sessions->list->pdata[i], grace_seconds);
  try_pending(sessions);
  update_standbys(sessions);
  if (count_stages(sessions) == 0)
    func(data);
}

void sessions_drain(Sessions *sessions, gboolean on) {
  if (sessions->draining == on)
    return;
  sessions->draining = on;
  log_notice("draining", "on=%s", on ? "true" : "false");
  update_standbys(sessions);
  sessions_touch(sessions);
}

void sessions_settings_changed(Sessions *sessions) {
  for (guint i = 0; i < sessions->list->len; i++)
    session_settings_changed(sessions->list->pdata[i]);
  update_standbys(sessions);
  sessions_touch(sessions);
}

/* ---- life ---- */

Sessions *sessions_new(const StreamerSettings *settings, const char *directory, const char *cache_directory,
                       Metrics *metrics) {
  Sessions *sessions = g_new0(Sessions, 1);
  sessions->settings = settings;
  sessions->directory = directory;
  sessions->cache_directory = cache_directory;
  sessions->metrics = metrics;
  sessions->list = g_ptr_array_new();
  sessions->standbys = standbys_new(&standbys_hooks, sessions, metrics);
  sessions->displays = standbys_new(&displays_hooks, sessions, metrics);
  sessions->waiters = g_ptr_array_new_with_free_func(waiter_free);
  sessions->watches = g_ptr_array_new();
  sessions->past = past_new();
  /* A streamer that was started again must not be taken for its forerunner. */
  sessions->version = instant_now_us() / 1000;
  return sessions;
}

void sessions_free(Sessions *sessions) {
  if (!sessions)
    return;
  g_clear_handle_id(&sessions->changed_source, g_source_remove);
  for (guint i = 0; i < sessions->list->len; i++)
    session_free(sessions->list->pdata[i]);
  g_ptr_array_unref(sessions->list);
  standbys_free(sessions->standbys);
  standbys_free(sessions->displays);
  g_queue_clear_full(&sessions->pending, start_free);
  g_ptr_array_unref(sessions->waiters);
  while (sessions->watches->len)
    sessions_unwatch(sessions->watches->pdata[0]);
  g_ptr_array_unref(sessions->watches);
  past_free(sessions->past);
  g_free(sessions);
}
