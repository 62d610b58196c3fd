#include "streamer/sessions.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"

#include <string.h>

#define ID_BYTES 12
#define CODE_DIGITS 4
#define CODE_TRIES 1000
#define ENDED_KEPT 256

/* Somebody who waits for something about the session of this id. */
typedef struct {
  char *id;
  SessionsStartedFunc started; /* that it is READY or never will be */
  GSourceOnceFunc gone;        /* that nothing is left of it */
  gpointer data;
} Waiter;

typedef struct {
  char *id;
  WireEnd end;
  char *start_failure; /* why it never was READY; NULL: it was */
} Ended;

struct SessionsWatch {
  Sessions *sessions;
  GSourceOnceFunc func;
  gpointer data;
  guint timeout_source;
};

struct Sessions {
  const StreamerSettings *settings;
  const char *directory, *cache_directory;
  GPtrArray *list;    /* of Session, in order of starting */
  GPtrArray *waiters; /* of Waiter */
  GPtrArray *watches; /* of SessionsWatch */
  GQueue ended;       /* of Ended, the newest last */
  gint64 version;
  guint64 directories_made;
  gboolean draining, closed;
  guint changed_source;
  GSourceOnceFunc all_gone;
  gpointer all_gone_data;
};

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

/* ---- the status ---- */

static void call_watch(SessionsWatch *watch) {
  GSourceOnceFunc func = watch->func;
  gpointer data = watch->data;
  sessions_unwatch(watch);
  func(data);
}

static gboolean tell_changed(gpointer data) {
  Sessions *sessions = data;
  sessions->changed_source = 0;
  for (guint left = sessions->watches->len; left > 0; left--)
    call_watch(sessions->watches->pdata[0]);
  return G_SOURCE_REMOVE;
}

/* Told a moment later, so that what belongs together is one change. */
void sessions_touch(Sessions *sessions) {
  sessions->version++;
  if (!sessions->changed_source)
    sessions->changed_source = g_idle_add(tell_changed, sessions);
}

static gboolean on_watch_timeout(gpointer data) {
  SessionsWatch *watch = data;
  watch->timeout_source = 0;
  call_watch(watch);
  return G_SOURCE_REMOVE;
}

SessionsWatch *sessions_watch(Sessions *sessions, gint64 version, guint wait_ms, GSourceOnceFunc func,
                              gpointer data) {
  if (version != sessions->version || wait_ms == 0) {
    func(data);
    return NULL;
  }
  SessionsWatch *watch = g_new0(SessionsWatch, 1);
  watch->sessions = sessions;
  watch->func = func;
  watch->data = data;
  watch->timeout_source = g_timeout_add(wait_ms, on_watch_timeout, watch);
  g_ptr_array_add(sessions->watches, watch);
  return watch;
}

void sessions_unwatch(SessionsWatch *watch) {
  g_clear_handle_id(&watch->timeout_source, g_source_remove);
  g_ptr_array_remove(watch->sessions->watches, watch);
  g_free(watch);
}

typedef struct {
  char *session, *code, *state;
  gint64 users, starts_at_us, ends_at_us;
} Row;

static const Field row_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(Row, session)},
    {"code", FIELD_TEXT, G_STRUCT_OFFSET(Row, code)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Row, state)},
    {"users", FIELD_INT, G_STRUCT_OFFSET(Row, users)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(Row, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Row, ends_at_us)},
    {NULL},
};

typedef struct {
  char *server_name, *rc_name, *state;
  gint64 version, session_limit;
  GPtrArray *sessions;
} Status;

static const Field status_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Status, server_name)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Status, rc_name), .always = TRUE},
    {"version", FIELD_INT, G_STRUCT_OFFSET(Status, version)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Status, state)},
    {"session_limit", FIELD_INT, G_STRUCT_OFFSET(Status, session_limit)},
    {"sessions", FIELD_LIST, G_STRUCT_OFFSET(Status, sessions), .sub = row_fields, .size = sizeof(Row)},
    {NULL},
};

static const char *state_name(const Sessions *sessions) {
  if (sessions->draining || sessions->closed)
    return "draining";
  return sessions->list->len < sessions->settings->session_limit ? "free" : "busy";
}

char *sessions_status(const Sessions *sessions) {
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < sessions->list->len; i++) {
    const Session *session = sessions->list->pdata[i];
    Row *row = g_new0(Row, 1);
    row->session = (char *)session_id(session);
    row->code = (char *)session_code(session);
    row->state = (char *)session_state_name(session);
    row->users = users_count(session_users(session));
    row->starts_at_us = session_starts_at_us(session);
    row->ends_at_us = session_ends_at_us(session);
    g_ptr_array_add(rows, row);
  }
  Status status = {
      .server_name = sessions->settings->server_name,
      .rc_name = sessions->settings->rc_name,
      .state = (char *)state_name(sessions),
      .version = sessions->version,
      .session_limit = sessions->settings->session_limit,
      .sessions = rows,
  };
  return fields_write_members(status_fields, &status);
}

typedef struct {
  char *server_name, *state;
  gint64 session_limit, sessions;
} Health;

static const Field health_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Health, server_name)},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(Health, state)},
    {"session_limit", FIELD_INT, G_STRUCT_OFFSET(Health, session_limit)},
    {"sessions", FIELD_INT, G_STRUCT_OFFSET(Health, sessions)},
    {NULL},
};

char *sessions_health(const Sessions *sessions) {
  Health health = {sessions->settings->server_name, (char *)state_name(sessions),
                   sessions->settings->session_limit, sessions->list->len};
  return fields_write(health_fields, &health);
}

/* ---- what sessions tell ---- */

static void ended_free(gpointer data) {
  Ended *ended = data;
  g_free(ended->id);
  g_free(ended->start_failure);
  g_free(ended);
}

static Ended *find_ended(const Sessions *sessions, const char *id) {
  for (GList *node = sessions->ended.tail; node; node = node->prev)
    if (g_str_equal(((Ended *)node->data)->id, id))
      return node->data;
  return NULL;
}

static void on_changed(Session *session, gpointer data) {
  sessions_touch(data);
}

static void on_started(Session *session, const char *reason, gpointer data) {
  Sessions *sessions = data;
  g_autoptr(GError) error = NULL;
  if (reason) {
    Ended *ended = find_ended(sessions, session_id(session));
    if (ended)
      ended->start_failure = g_strdup(reason);
    wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s", reason);
  }
  for (Waiter *waiter; (waiter = take_waiter(sessions, session_id(session), TRUE)); waiter_free(waiter))
    waiter->started(error ? NULL : session, error, waiter->data);
}

static void on_ending(Session *session, WireEnd end, gpointer data) {
  Sessions *sessions = data;
  Ended *ended = g_new0(Ended, 1);
  ended->id = g_strdup(session_id(session));
  ended->end = end;
  g_queue_push_tail(&sessions->ended, ended);
  if (sessions->ended.length > ENDED_KEPT)
    ended_free(g_queue_pop_head(&sessions->ended));
}

static void on_ended(Session *session, gpointer data) {
  Sessions *sessions = data;
  g_ptr_array_remove(sessions->list, session);
  for (Waiter *waiter; (waiter = take_waiter(sessions, session_id(session), FALSE)); waiter_free(waiter))
    waiter->gone(waiter->data);
  log_info("session_gone", "session=%s", session_id(session));
  session_free(session);
  sessions_touch(sessions);
  if (sessions->closed && sessions->list->len == 0 && sessions->all_gone)
    sessions->all_gone(sessions->all_gone_data);
}

static const SessionHooks session_hooks = {on_changed, on_started, on_ending, on_ended};

/* ---- starting ---- */

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
  if (!sessions->draining && !sessions->closed && sessions->list->len < sessions->settings->session_limit)
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

static Session *create(Sessions *sessions, const SessionsStart *start, GError **error) {
  g_autofree char *id = start->session ? g_strdup(start->session) : random_hex(ID_BYTES);
  g_autofree char *code = start->code ? g_strdup(start->code) : free_code(sessions);
  g_autofree char *directory =
      g_strdup_printf("%s/s%" G_GUINT64_FORMAT, sessions->directory, ++sessions->directories_made);
  g_autoptr(GError) problem = NULL;
  SessionPlan plan = {
      .id = id,
      .code = code,
      .rc_name = start->rc_name ? start->rc_name : sessions->settings->rc_name,
      .ends_at_us = start->ends_at_us
                        ? start->ends_at_us
                        : instant_now_us() + sessions->settings->session_minutes * INSTANT_MINUTE,
      .directory = directory,
      .cache_directory = sessions->cache_directory,
      .settings = sessions->settings,
  };
  Session *session = session_new(&plan, &session_hooks, sessions, &problem);
  if (session) {
    g_ptr_array_add(sessions->list, session);
    sessions_touch(sessions);
    return session;
  }
  g_autofree char *reason = log_quote(problem->message);
  log_error("session_failed", "session=%s reason=%s", id, reason);
  wire_set_error(error, WIRE_SESSION_START_FAILED, NULL, "The session could not be started: %s.",
                 problem->message);
  return NULL;
}

static void refuse_ended(const Ended *ended, SessionsStartedFunc func, gpointer data) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s",
                 ended->start_failure ? ended->start_failure : "This session has already ended.");
  func(NULL, error, data);
}

void sessions_start(Sessions *sessions, const SessionsStart *start, SessionsStartedFunc func, gpointer data) {
  g_autoptr(GError) error = NULL;
  Session *session = start->session ? sessions_find(sessions, start->session) : NULL;
  const Ended *ended = start->session && !session ? find_ended(sessions, start->session) : NULL;
  if (ended) {
    refuse_ended(ended, func, data);
    return;
  }
  if (!session && check_start(sessions, start, &error) && check_room(sessions, &error))
    session = create(sessions, start, &error);
  if (!session)
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
  const Ended *ended = find_ended(sessions, id);
  if (ended)
    *end = ended->end;
  return ended != NULL;
}

void sessions_end(Sessions *sessions, Session *session, WireEnd end, GSourceOnceFunc func, gpointer data) {
  if (func)
    await(sessions, session_id(session), NULL, func, data);
  session_end(session, end);
}

void sessions_end_all(Sessions *sessions, WireEnd end, GSourceOnceFunc func, gpointer data) {
  sessions->closed = TRUE;
  sessions->all_gone = func;
  sessions->all_gone_data = data;
  sessions_touch(sessions);
  for (guint i = 0; i < sessions->list->len; i++)
    session_end(sessions->list->pdata[i], end);
  if (sessions->list->len == 0)
    func(data);
}

void sessions_drain(Sessions *sessions, gboolean on) {
  if (sessions->draining == on)
    return;
  sessions->draining = on;
  log_notice("draining", "on=%s", on ? "true" : "false");
  sessions_touch(sessions);
}

/* ---- life ---- */

Sessions *sessions_new(const StreamerSettings *settings, const char *directory, const char *cache_directory) {
  Sessions *sessions = g_new0(Sessions, 1);
  sessions->settings = settings;
  sessions->directory = directory;
  sessions->cache_directory = cache_directory;
  sessions->list = g_ptr_array_new();
  sessions->waiters = g_ptr_array_new_with_free_func(waiter_free);
  sessions->watches = g_ptr_array_new();
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
  g_ptr_array_unref(sessions->waiters);
  while (sessions->watches->len)
    sessions_unwatch(sessions->watches->pdata[0]);
  g_ptr_array_unref(sessions->watches);
  g_queue_clear_full(&sessions->ended, ended_free);
  g_free(sessions);
}
