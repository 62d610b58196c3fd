/* The people of a session and who steers. */
#include "common/instant.h"
#include "common/log.h"
#include "streamer/session_internal.h"

/* ---- who steers ---- */

static void choose_controller(Session *session) {
  const User *host = users_first_host(session->users);
  const char *chosen = host ? host->id : "";
  if (g_str_equal(session->controller, chosen))
    return;
  g_free(session->controller);
  session->controller = g_strdup(chosen);
  Engine *engine = stage_get_engine(session->stage);
  if (engine)
    engine_control(engine, chosen);
  session_tell(session->events, WIRE_CONTROL_CHANGED, &(SessionEvent){.controller = session->controller});
}

/* ---- who is in ---- */

static void note_presence(Session *session) {
  session_time_presence(&session->time, users_count(session->users) > 0, g_get_monotonic_time());
  choose_controller(session);
  session->hooks.changed(session, session->data);
  session_plan_tick(session);
}

const User *session_admit(Session *session, const Ticket *ticket, const char *name, GError **error) {
  gboolean joined;
  const char *called = name && *name ? name : ticket->name;
  const User *user =
      users_admit(session->users, ticket->user, called, ticket->role,
                  (guint)session->settings->session_users_limit, g_get_monotonic_time(), &joined);
  if (!user) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "The session is full.");
    return NULL;
  }
  if (joined) {
    session_time_touch(&session->time, g_get_monotonic_time());
    g_autofree char *who = log_quote(user->id);
    log_info("user_joined", "session=%s user=%s role=%s", session->id, who, user->role);
    session_tell(session->events, WIRE_USER_JOINED,
                 &(SessionEvent){.user = user->id, .name = user->name, .role = user->role});
  }
  note_presence(session);
  return user;
}

gboolean session_dismiss(Session *session, const char *id) {
  const User *user = users_find(session->users, id);
  if (!user)
    return FALSE;
  g_autofree char *gone = g_strdup(user->id), *who = log_quote(id);
  users_remove(session->users, gone);
  events_dismiss(session->events, gone);
  for (const Viewer *viewer; (viewer = viewers_find_other(session->viewers, gone, 0));)
    session_view_end(session, viewer);
  log_info("user_left", "session=%s user=%s", session->id, who);
  session_tell(session->events, WIRE_USER_LEFT, &(SessionEvent){.user = gone});
  note_presence(session);
  return TRUE;
}

void session_hold(Session *session, const char *user) {
  users_hold(session->users, user);
}

void session_release(Session *session, const char *user) {
  users_release(session->users, user, g_get_monotonic_time());
  session_plan_tick(session);
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
    session_dismiss(session, id);
  }
}

gint64 session_people_next_us(const Session *session) {
  return users_next_deadline(session->users, grace_us(session));
}

/* ---- what others ask ---- */

const Users *session_users(const Session *session) {
  return session->users;
}

Events *session_events(Session *session) {
  return session->events;
}

const char *session_controller(const Session *session) {
  return session->controller;
}
