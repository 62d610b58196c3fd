#include "streamer/sessions/sessions_internal.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "common/random.h"
#include "streamer/base/counts.h"

#define ID_BYTES 12
#define CODE_DIGITS 4
#define CODE_TRIES 1000

/* ---- what sessions and kept stages tell ---- */

static void on_session_changed(Session *session, gpointer data) {
  status_watches_touch(((Sessions *)data)->watches);
}

/* What failed less than this after the host was found to be usable may well fail again. */
#define STOOD_US (60 * INSTANT_SECOND)

static void note_failure_of(StageFault fault, const char *reason, gpointer data) {
  Sessions *sessions = data;
  gboolean was_usable = usability_reason(sessions->usability) == NULL;
  if (!usability_note_failure(sessions->usability, fault, reason))
    return;
  status_watches_touch(sessions->watches);
  if (was_usable)
    kept_stages_try(sessions->kept, usability_lasted_us(sessions->usability) > STOOD_US);
}

static void note_shown(gpointer data) {
  Sessions *sessions = data;
  if (!usability_note_success(sessions->usability))
    return;
  status_watches_touch(sessions->watches);
  kept_stages_update(sessions->kept);
}

static gboolean is_usable(gpointer data) {
  return usability_reason(((const Sessions *)data)->usability) == NULL;
}

static const char *trial_rc_name(gpointer data) {
  const Sessions *sessions = data;
  return sessions->settings->rc_name ? sessions->settings->rc_name : sessions->rc_name;
}

static void on_session_started(Session *session, const char *reason, gpointer data) {
  Sessions *sessions = data;
  g_autoptr(GError) error = NULL;
  if (reason) {
    const char *cause = session_start_failure(session);
    if (cause)
      note_failure_of(session_start_fault(session), cause, sessions);
    past_set_start_failure(sessions->past, session_id(session), reason);
    metrics_add(sessions->metrics, COUNTS_START_FAILURES, 1);
    wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s", reason);
  } else {
    metrics_observe(sessions->metrics, COUNTS_START_SECONDS, session_age_seconds(session),
                    session_from(session));
    note_shown(sessions);
  }
  session_waiters_tell_start(sessions->waiters, session_id(session), error ? NULL : session, error);
}

static void on_session_ending(Session *session, WireEnd end, gpointer data) {
  Sessions *sessions = data;
  past_add(sessions->past, session_id(session), end);
  metrics_add(sessions->metrics, COUNTS_ENDS, 1, end);
}

static void try_pending(Sessions *sessions);

static guint count_stages(const Sessions *sessions) {
  return sessions->list->len + kept_stages_count(sessions->kept);
}

/* A session or a standby is no more. */
static void place_left(Sessions *sessions) {
  try_pending(sessions);
  kept_stages_update(sessions->kept);
  status_watches_touch(sessions->watches);
  if (sessions->closed && count_stages(sessions) == 0 && sessions->all_gone)
    sessions->all_gone(sessions->all_gone_data);
}

static void on_session_ended(Session *session, gpointer data) {
  Sessions *sessions = data;
  g_ptr_array_remove(sessions->list, session);
  session_waiters_tell_end(sessions->waiters, session_id(session));
  log_info("session_gone", "session=%s", session_id(session));
  session_free(session);
  place_left(sessions);
}

static gboolean is_place_wanted(gpointer data) {
  return program_clock_running_us() < ((const Sessions *)data)->wanted_until_us;
}

static const SessionHooks session_hooks = {
    .changed = on_session_changed,
    .started = on_session_started,
    .ending = on_session_ending,
    .ended = on_session_ended,
    .is_wanted = is_place_wanted,
};

static char *next_directory(gpointer data) {
  Sessions *sessions = data;
  return g_strdup_printf("%s/s%" G_GUINT64_FORMAT, sessions->directory, ++sessions->directories_made);
}

static gboolean takes_new_ones(const Sessions *sessions) {
  return !sessions->draining && !sessions->closed;
}

static guint count_taken(const Sessions *sessions) {
  return sessions->list->len + sessions->pending.length;
}

static guint room_for_kept(gpointer data) {
  const Sessions *sessions = data;
  gint64 room = sessions->settings->session_limit - count_taken(sessions);
  return takes_new_ones(sessions) ? (guint)MAX(0, room) : 0;
}

static void on_kept_changed(gpointer data) {
  status_watches_touch(((Sessions *)data)->watches);
}

static void on_kept_gone(gpointer data) {
  place_left(data);
}

static const KeptStagesHooks kept_hooks = {
    .room = room_for_kept,
    .directory = next_directory,
    .changed = on_kept_changed,
    .gone = on_kept_gone,
    .shown = note_shown,
    .failed = note_failure_of,
    .is_usable = is_usable,
    .rc_name = trial_rc_name,
};

/* ---- making a session ---- */

static gboolean check_start(const Sessions *sessions, const SessionsStart *start, GError **error) {
  const char *rc_name = sessions->settings->rc_name;
  if (start->session && !session_is_id(start->session))
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
  gboolean takes = takes_new_ones(sessions);
  const char *reason = usability_reason(sessions->usability);
  if (takes && reason) {
    wire_set_error(error, WIRE_SESSION_START_FAILED, NULL, "This server can show nothing just now: %s.",
                   reason);
    return FALSE;
  }
  if (takes && count_taken(sessions) < sessions->settings->session_limit)
    return TRUE;
  wire_set_error(error, WIRE_SESSION_LIMIT_REACHED, NULL,
                 takes ? "This server runs all sessions that it may." : "This server takes no new sessions.");
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

static Session *sessions_create(Sessions *sessions, const SessionsStart *start, GError **error) {
  g_autofree char *id = start->session ? g_strdup(start->session) : random_hex(ID_BYTES);
  g_autofree char *code = start->code ? g_strdup(start->code) : free_code(sessions);
  g_autofree char *directory = next_directory(sessions);
  g_autoptr(GError) problem = NULL;
  SessionPlan plan = {
      .id = id,
      .code = code,
      .rc_name = start->rc_name ? start->rc_name : sessions->settings->rc_name,
      .language = start->language,
      .ends_at_us = start->ends_at_us
                        ? start->ends_at_us
                        : instant_now_us() + sessions->settings->session_minutes * INSTANT_MINUTE,
      .standby = kept_stages_take(sessions->kept),
      .directory = directory,
      .cache_directory = sessions->cache_directory,
      .settings = sessions->settings,
      .metrics = sessions->metrics,
  };
  g_free(sessions->rc_name);
  sessions->rc_name = g_strdup(start->rc_name);
  Session *session = session_new(&plan, &session_hooks, sessions, &problem);
  if (session) {
    g_ptr_array_add(sessions->list, session);
    kept_stages_update_displays(sessions->kept);
    status_watches_touch(sessions->watches);
    return session;
  }
  metrics_add(sessions->metrics, COUNTS_START_FAILURES, 1);
  g_autofree char *reason = log_quote(problem->message);
  log_error("session_failed", "session=%s reason=%s", id, reason);
  note_failure_of(STAGE_FAULT_HOST, problem->message, sessions);
  wire_set_error(error, WIRE_SESSION_START_FAILED, NULL, "The session could not be started: %s.",
                 problem->message);
  return NULL;
}

/* ---- starts that wait for a place ---- */

/* Whether all places that no session has are those of standbys that end. */
static gboolean must_wait(const Sessions *sessions) {
  return sessions->list->len + kept_stages_count_standbys(sessions->kept) >=
             sessions->settings->session_limit &&
         !kept_stages_can_take_standby(sessions->kept);
}

static void start_free(gpointer data) {
  SessionsStart *start = data;
  g_free(start->session);
  g_free(start->code);
  g_free(start->rc_name);
  g_free(start->language);
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
  pending->language = g_strdup(start->language);
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
      session = sessions_create(sessions, start, &error);
    }
    if (!session || session_state(session) == SESSION_READY)
      session_waiters_tell_start(sessions->waiters, start->session, session, error);
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
  session_waiters_tell_start(sessions->waiters, id, NULL, error);
  start_free(start);
  kept_stages_update(sessions->kept);
  return TRUE;
}

/* ---- starting ---- */

static void refuse_ended(const PastSession *ended, SessionStartedFunc func, gpointer data) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_SESSION_START_FAILED, NULL, "%s",
                 ended->start_failure ? ended->start_failure : "This session has already ended.");
  func(NULL, error, data);
}

void sessions_start(Sessions *sessions, const SessionsStart *start, SessionStartedFunc func, gpointer data) {
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
      session = sessions_create(sessions, start, &error);
  }
  if (pending)
    session_waiters_await_start(sessions->waiters, pending->session, func, data);
  else if (!session)
    func(NULL, error, data);
  else if (session_state(session) == SESSION_READY)
    func(session, NULL, data);
  else
    session_waiters_await_start(sessions->waiters, session_id(session), func, data);
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
    session_waiters_await_end(sessions->waiters, session_id(session), func, data);
  session_end(session, end);
}

void sessions_stop(Sessions *sessions, guint grace_seconds, GSourceOnceFunc func, gpointer data) {
  sessions->closed = TRUE;
  sessions->all_gone = func;
  sessions->all_gone_data = data;
  status_watches_touch(sessions->watches);
  for (guint i = 0; i < sessions->list->len; i++)
    session_stop(sessions->list->pdata[i], grace_seconds);
  try_pending(sessions);
  kept_stages_update(sessions->kept);
  if (count_stages(sessions) == 0)
    func(data);
}

void sessions_drain(Sessions *sessions, gboolean on) {
  if (sessions->draining == on)
    return;
  sessions->draining = on;
  log_notice("draining", "on=%s", on ? "true" : "false");
  kept_stages_update(sessions->kept);
  status_watches_touch(sessions->watches);
}

void sessions_want_place(Sessions *sessions, gint64 seconds) {
  gint64 now_us = program_clock_running_us(), until_us = now_us + seconds * INSTANT_SECOND;
  gboolean is_news = sessions->wanted_until_us <= now_us;
  sessions->wanted_until_us = MAX(sessions->wanted_until_us, until_us);
  if (!is_news)
    return;
  log_info("place_wanted", "seconds=%d", (int)seconds);
  for (guint i = 0; i < sessions->list->len; i++)
    session_look_again(sessions->list->pdata[i]);
}

void sessions_settings_changed(Sessions *sessions) {
  for (guint i = 0; i < sessions->list->len; i++)
    session_look_again(sessions->list->pdata[i]);
  kept_stages_try(sessions->kept, TRUE);
  status_watches_touch(sessions->watches);
}

void sessions_set_unusable(Sessions *sessions, const char *reason) {
  if (usability_note_failure(sessions->usability, STAGE_FAULT_HOST, reason))
    status_watches_touch(sessions->watches);
  kept_stages_try(sessions->kept, TRUE);
}

StatusWatches *sessions_watches(const Sessions *sessions) {
  return sessions->watches;
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
  sessions->kept = kept_stages_new(settings, cache_directory, metrics, &kept_hooks, sessions);
  sessions->waiters = session_waiters_new();
  sessions->watches = status_watches_new();
  sessions->past = past_new();
  sessions->usability = usability_new();
  return sessions;
}

void sessions_free(Sessions *sessions) {
  if (!sessions)
    return;
  for (guint i = 0; i < sessions->list->len; i++)
    session_free(sessions->list->pdata[i]);
  g_ptr_array_unref(sessions->list);
  kept_stages_free(sessions->kept);
  g_queue_clear_full(&sessions->pending, start_free);
  session_waiters_free(sessions->waiters);
  status_watches_free(sessions->watches);
  past_free(sessions->past);
  usability_free(sessions->usability);
  g_free(sessions->rc_name);
  g_free(sessions);
}
