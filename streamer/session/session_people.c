/* The people of a session: who is in, who steers, and what they say. */
#include "common/instant.h"
#include "common/log.h"
#include "streamer/session/session_internal.h"

static const char *const leavings[] = {
    [SESSION_LEFT] = "left", [SESSION_LOST] = "lost", [SESSION_REMOVED] = "removed"};

/* ---- who steers ---- */

static void tell_engine(Session *session) {
  Engine *engine = stage_get_engine(session->stage);
  if (engine)
    engine_control(engine, floor_holder(session->floor));
}

static void on_controller(const char *holder, FloorReason reason, gpointer data) {
  Session *session = data;
  g_autofree char *who = log_quote(holder);
  tell_engine(session);
  log_info("control_changed", "session=%s user=%s reason=%s", session->id, who, floor_reason_name(reason));
  session_tell(session->events, WIRE_CONTROL_CHANGED,
               &(SessionEvent){.controller = (char *)holder, .reason = (char *)floor_reason_name(reason)});
}

static void on_request(const char *user, gpointer data) {
  Session *session = data;
  session_tell(session->events, WIRE_CONTROL_REQUESTED, &(SessionEvent){.user = (char *)user});
}

static void on_decline(const char *user, const char *reason, gpointer data) {
  Session *session = data;
  session_tell(session->events, WIRE_CONTROL_DECLINED,
               &(SessionEvent){.user = (char *)user, .reason = (char *)reason});
}

static const FloorEvents floor_events = {on_controller, on_request, on_decline};

const char *session_controller(const Session *session) {
  return floor_holder(session->floor);
}

char **session_control_requests(const Session *session) {
  return floor_requests(session->floor);
}

void session_request_control(Session *session, const char *user) {
  floor_request(session->floor, users_find(session->users, user), g_get_monotonic_time());
  session_plan_tick(session);
}

void session_release_control(Session *session, const char *user) {
  floor_release(session->floor, users_find(session->users, user), g_get_monotonic_time());
  session_plan_tick(session);
}

/* The person that @user's question is about. */
static const User *find_other(const Session *session, const char *field, const char *other, GError **error) {
  const User *found = users_find(session->users, other);
  if (!found)
    wire_set_error(error, WIRE_FORBIDDEN, field, "There is no such person in the session.");
  return found;
}

static gboolean refuse_decision(GError **error) {
  wire_set_error(error, WIRE_FORBIDDEN, NULL, "Who steers, or the host, decides that.");
  return FALSE;
}

gboolean session_grant_control(Session *session, const char *user, const char *other, GError **error) {
  const User *found = find_other(session, "user", other, error);
  if (!found)
    return FALSE;
  if (!floor_grant(session->floor, users_find(session->users, user), found, g_get_monotonic_time()))
    return refuse_decision(error);
  session_plan_tick(session);
  return TRUE;
}

gboolean session_decline_control(Session *session, const char *user, const char *other, GError **error) {
  const User *found = find_other(session, "user", other, error);
  if (!found)
    return FALSE;
  return floor_decline(session->floor, users_find(session->users, user), found) || refuse_decision(error);
}

void session_people_input(Session *session, const char *user, gboolean steers) {
  const User *found = users_find(session->users, user);
  if (steers && found)
    floor_steered(session->floor, found, g_get_monotonic_time());
  else if (found)
    floor_touched(session->floor, found, g_get_monotonic_time());
}

/* ---- who is in ---- */

static void note_presence(Session *session) {
  session_time_presence(&session->time, users_count(session->users) > 0, g_get_monotonic_time());
  session->hooks.changed(session, session->data);
  session_plan_tick(session);
}

static void tell_name(Session *session, const User *user) {
  session_tell(session->events, WIRE_USER_CHANGED, &(SessionEvent){.user = user->id, .name = user->name});
}

static void welcome(Session *session, const User *user) {
  g_autofree char *who = log_quote(user->id);
  log_info("user_joined", "session=%s user=%s role=%s", session->id, who, user->role);
  session_tell(
      session->events, WIRE_USER_JOINED,
      &(SessionEvent){.user = user->id, .name = user->name, .role = user->role, .number = user->number});
  session_note_activity(session, user->id);
  floor_joined(session->floor, user, g_get_monotonic_time());
}

const User *session_admit(Session *session, const Ticket *ticket, const char *name, GError **error) {
  if (session_has_removed(session, ticket->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, "ticket", "The host has removed you from this session.");
    return NULL;
  }
  gboolean joined;
  const User *known = users_find(session->users, ticket->user);
  g_autofree char *before = known ? g_strdup(known->name) : NULL;
  const char *called = known || (name && *name) ? name : ticket->name;
  const User *user =
      users_admit(session->users, ticket->user, called, ticket->role,
                  (guint)session->settings->session_users_limit, g_get_monotonic_time(), &joined);
  if (!user) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "The session is full.");
    return NULL;
  }
  if (joined)
    welcome(session, user);
  else if (!g_str_equal(before, user->name))
    tell_name(session, user);
  note_presence(session);
  return user;
}

gboolean session_has_removed(const Session *session, const char *user) {
  return users_is_barred(session->users, user);
}

void session_dismiss(Session *session, const char *id, SessionLeaving how) {
  if (!users_find(session->users, id))
    return;
  g_autofree char *gone = g_strdup(id), *who = log_quote(id);
  users_remove(session->users, gone);
  events_dismiss(session->events, gone);
  for (const Viewer *viewer; (viewer = viewers_find_other(session->viewers, gone, 0));)
    session_view_end(session, viewer);
  log_info("user_left", "session=%s user=%s reason=%s", session->id, who, leavings[how]);
  session_tell(session->events, WIRE_USER_LEFT,
               &(SessionEvent){.user = gone, .reason = (char *)leavings[how]});
  floor_left(session->floor, gone, g_get_monotonic_time());
  note_presence(session);
}

gboolean session_remove_user(Session *session, const char *user, const char *other, GError **error) {
  if (!users_is_host(users_find(session->users, user))) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "Only the host removes people.");
    return FALSE;
  }
  if (g_str_equal(user, other)) {
    wire_set_error(error, WIRE_FORBIDDEN, "user", "To go yourself, DISCONNECT.");
    return FALSE;
  }
  const User *found = find_other(session, "user", other, error);
  if (!found)
    return FALSE;
  users_bar(session->users, other);
  session_tell_in(session->events, &(EventsScope){.to = found->id}, WIRE_REMOVED, &(SessionEvent){0});
  session_dismiss(session, other, SESSION_REMOVED);
  return TRUE;
}

gint64 session_begin_connection(Session *session, const char *user) {
  events_replace(session->events, user);
  return users_note_connection(session->users, user);
}

void session_hold(Session *session, const char *user) {
  users_hold(session->users, user);
}

void session_release(Session *session, const char *user) {
  if (users_release(session->users, user, g_get_monotonic_time())) {
    g_autofree char *who = log_quote(user);
    log_debug("user_away", "session=%s user=%s", session->id, who);
  }
  session_plan_tick(session);
}

/* ---- what they say ---- */

gboolean session_may_talk(Session *session, const char *user, gsize bytes, guint *retry_after_seconds,
                          GError **error) {
  static const BucketRule rule = {SESSION_TALK_PER_SECOND, SESSION_TALK_AT_ONCE};
  double cost = 1 + (double)bytes / 1024;
  if (users_take_talk(session->users, user, &rule, cost, g_get_monotonic_time(), retry_after_seconds))
    return TRUE;
  wire_set_error(error, WIRE_TOO_MANY_ATTEMPTS, NULL, "That is more than a person may say at once.");
  return FALSE;
}

const char *session_set_name(Session *session, const char *id, const char *name) {
  const User *user = users_find(session->users, id);
  if (users_set_name(session->users, id, name))
    tell_name(session, user);
  return user->name;
}

gint64 session_send_data(Session *session, const char *user, const char *to, const char *data,
                         gboolean transient, GError **error) {
  if (to && !find_other(session, "to", to, error))
    return 0;
  return session_tell_in(session->events, &(EventsScope){.from = user, .to = to, .transient = transient},
                         WIRE_DATA,
                         &(SessionEvent){.from = (char *)user, .to = (char *)to, .data = (char *)data});
}

/* ---- time ---- */

static gint64 grace_us(const Session *session) {
  return session->settings->reconnect_grace_seconds * INSTANT_SECOND;
}

void session_people_tick(Session *session, gint64 now_us) {
  const User *user;
  while (session->state != SESSION_ENDING &&
         (user = users_next_gone(session->users, now_us, grace_us(session)))) {
    g_autofree char *id = g_strdup(user->id);
    session_dismiss(session, id, SESSION_LOST);
  }
  if (session->state != SESSION_ENDING)
    floor_tick(session->floor, now_us);
}

gint64 session_people_next_us(const Session *session) {
  return MIN(users_next_deadline(session->users, grace_us(session)), floor_next_us(session->floor));
}

/* ---- life ---- */

void session_people_init(Session *session) {
  session->users = users_new();
  session->floor = floor_new(session->users, session->settings, &floor_events, session);
}

void session_people_clear(Session *session) {
  floor_free(session->floor);
  users_free(session->users);
}

void session_people_ready(Session *session) {
  tell_engine(session);
}

const Users *session_users(const Session *session) {
  return session->users;
}

Events *session_events(Session *session) {
  return session->events;
}
