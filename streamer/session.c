#include "streamer/session.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "streamer/stage.h"

/* What late-comers and reconnecting people can still read. */
#define EVENTS_KEPT 1000
#define EVENTS_KEPT_BYTES (1024 * 1024)
/* After the last one said good-bye: a page that is loaded again says it too. */
#define EMPTY_GRACE_US (1 * INSTANT_SECOND)
/* The wall clock may jump: it is looked at this often at least. */
#define TICK_MAX_US (30 * INSTANT_SECOND)

/* When people are told that time runs out. */
static const gint64 warnings_us[] = {5 * INSTANT_MINUTE, 1 * INSTANT_MINUTE};

struct Session {
  char *id, *code;
  SessionState state;
  gint64 starts_at_us, ends_at_us; /* wall clock */
  guint warnings_given;
  gint64 join_by_us;  /* monotonic: until somebody came */
  gint64 empty_by_us; /* monotonic: 0 while somebody is in or nobody came yet */
  gboolean started_told, somebody_came;
  const StreamerSettings *settings;
  Stage *stage;
  Events *events;
  Users *users;
  Viewers *viewers;
  char *controller;
  guint tick_source;
  SessionHooks hooks;
  gpointer data;
};

static void plan_tick(Session *session);

/* ---- what people are told ---- */

typedef struct {
  char *user, *name, *role, *controller, *reason;
  gint64 seconds_left, ends_at_us;
} Happening;

static const Field happening_fields[] = {
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(Happening, user)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Happening, name)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(Happening, role)},
    {"controller", FIELD_TEXT, G_STRUCT_OFFSET(Happening, controller)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Happening, reason)},
    {"seconds_left", FIELD_INT, G_STRUCT_OFFSET(Happening, seconds_left), .min = 1, .max = G_MAXINT32},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Happening, ends_at_us)},
    {NULL},
};

static void tell(Session *session, WireMessage message, const Happening *happening) {
  g_autofree char *members = fields_write_members(happening_fields, happening);
  events_add(session->events, message, members);
}

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
  tell(session, WIRE_CONTROL_CHANGED, &(Happening){.controller = session->controller});
}

/* ---- the end ---- */

static void tell_started(Session *session, const char *reason) {
  if (session->started_told)
    return;
  session->started_told = TRUE;
  session->hooks.started(session, reason, session->data);
}

static void end(Session *session, WireEnd why, const char *reason) {
  if (session->state == SESSION_ENDING)
    return;
  session->state = SESSION_ENDING;
  g_clear_handle_id(&session->tick_source, g_source_remove);
  log_notice("session_ended", "session=%s reason=%s users=%u", session->id, wire_end_name(why),
             users_count(session->users));
  tell(session, WIRE_SESSION_ENDED, &(Happening){.reason = (char *)wire_end_name(why)});
  session->hooks.ending(session, why, session->data);
  g_clear_pointer(&session->events, events_free);
  viewers_free(session->viewers, "The session has ended.");
  session->viewers = NULL;
  tell_started(session, reason);
  stage_stop(session->stage);
  session->hooks.changed(session, session->data);
}

void session_end(Session *session, WireEnd why) {
  end(session, why, "The session was ended before it was ready.");
}

/* ---- the stage ---- */

static void on_ready(gpointer data) {
  Session *session = data;
  if (session->state != SESSION_STARTING)
    return;
  session->state = SESSION_READY;
  session->join_by_us = g_get_monotonic_time() + session->settings->join_seconds * INSTANT_SECOND;
  log_notice("session_ready", "session=%s", session->id);
  tell(session, WIRE_APP_READY, &(Happening){0});
  engine_control(stage_get_engine(session->stage), session->controller);
  tell_started(session, NULL);
  session->hooks.changed(session, session->data);
  plan_tick(session);
}

static void on_restarted(gpointer data) {
  Session *session = data;
  if (session->state == SESSION_READY)
    tell(session, WIRE_APP_RESTARTED, &(Happening){0});
}

static void on_failed(const char *reason, gpointer data) {
  Session *session = data;
  g_autofree char *sentence = g_strdup_printf("The session could not be started: %s.", reason);
  end(session, WIRE_END_APP_FAILED, sentence);
}

static void on_stopped(gpointer data) {
  Session *session = data;
  session->hooks.ended(session, session->data);
}

static void on_viewer_answered(gint64 number, const char *sdp, const char *reason, gpointer data) {
  Session *session = data;
  const Viewer *viewer = session->viewers ? viewers_find_number(session->viewers, number) : NULL;
  if (!viewer)
    return;
  /* One player a person: the new one works, so the old one goes. */
  for (const Viewer *older; sdp && (older = viewers_find_other(session->viewers, viewer->user, number));)
    session_view_end(session, older);
  viewers_answered(session->viewers, number, sdp, reason);
}

static void on_viewer_connected(gint64 number, gpointer data) {
  Session *session = data;
  const Viewer *viewer = session->viewers ? viewers_find_number(session->viewers, number) : NULL;
  if (!viewer)
    return;
  g_autofree char *user = log_quote(viewer->user);
  log_info("viewer_connected", "session=%s viewer=%" G_GINT64_FORMAT " user=%s", session->id, number, user);
}

static void on_viewer_gone(gint64 number, const char *reason, gpointer data) {
  Session *session = data;
  if (session->viewers)
    viewers_remove(session->viewers, number, reason);
}

static void on_input(const char *user, gpointer data) {
}

static const StageEvents stage_events = {
    .ready = on_ready,
    .restarted = on_restarted,
    .failed = on_failed,
    .stopped = on_stopped,
    .viewer_answered = on_viewer_answered,
    .viewer_connected = on_viewer_connected,
    .viewer_gone = on_viewer_gone,
    .input = on_input,
};

/* ---- time ---- */

static void give_warning(Session *session, gint64 left_us) {
  gboolean due = FALSE;
  while (session->warnings_given < G_N_ELEMENTS(warnings_us) &&
         left_us <= warnings_us[session->warnings_given]) {
    session->warnings_given++;
    due = TRUE;
  }
  if (due)
    tell(session, WIRE_SESSION_ENDING,
         &(Happening){.seconds_left = MAX(1, (left_us + INSTANT_SECOND / 2) / INSTANT_SECOND)});
}

static void drop_absent(Session *session, gint64 now_us) {
  gint64 grace_us = session->settings->reconnect_grace_seconds * INSTANT_SECOND;
  const User *user;
  while (session->state != SESSION_ENDING && (user = users_next_gone(session->users, now_us, grace_us))) {
    g_autofree char *id = g_strdup(user->id);
    session_dismiss(session, id);
  }
}

static gboolean nobody_comes(const Session *session, gint64 now_us) {
  return session->state == SESSION_READY && !session->somebody_came && now_us >= session->join_by_us;
}

static gboolean everyone_left(const Session *session, gint64 now_us) {
  return session->empty_by_us && now_us >= session->empty_by_us;
}

static gboolean on_tick(gpointer data) {
  Session *session = data;
  gint64 now_us = g_get_monotonic_time(), left_us = session->ends_at_us - instant_now_us();
  session->tick_source = 0;
  drop_absent(session, now_us);
  if (left_us <= 0)
    session_end(session, WIRE_END_TIME_OVER);
  else if (nobody_comes(session, now_us) || everyone_left(session, now_us))
    session_end(session, WIRE_END_USERS_LEFT);
  else
    give_warning(session, left_us);
  plan_tick(session);
  return G_SOURCE_REMOVE;
}

/* The next time that anything above can become true. */
static gint64 next_tick_us(const Session *session, gint64 now_us) {
  gint64 left_us = session->ends_at_us - instant_now_us();
  gint64 next_us = MIN(TICK_MAX_US, left_us);
  if (session->warnings_given < G_N_ELEMENTS(warnings_us))
    next_us = MIN(next_us, left_us - warnings_us[session->warnings_given]);
  if (session->state == SESSION_READY && !session->somebody_came)
    next_us = MIN(next_us, session->join_by_us - now_us);
  if (session->empty_by_us)
    next_us = MIN(next_us, session->empty_by_us - now_us);
  gint64 grace_us = session->settings->reconnect_grace_seconds * INSTANT_SECOND;
  gint64 gone_us = users_next_deadline(session->users, grace_us);
  return gone_us == G_MAXINT64 ? next_us : MIN(next_us, gone_us - now_us);
}

static void plan_tick(Session *session) {
  g_clear_handle_id(&session->tick_source, g_source_remove);
  if (session->state == SESSION_ENDING)
    return;
  gint64 wait_us = MAX(0, next_tick_us(session, g_get_monotonic_time()));
  session->tick_source = g_timeout_add((guint)(wait_us / 1000 + 1), on_tick, session);
}

void session_extend(Session *session, gint64 ends_at_us) {
  session->ends_at_us = ends_at_us;
  session->warnings_given = 0;
  if (session->state == SESSION_ENDING)
    return;
  tell(session, WIRE_SESSION_EXTENDED, &(Happening){.ends_at_us = ends_at_us});
  session->hooks.changed(session, session->data);
  plan_tick(session);
}

/* ---- people ---- */

static void note_presence(Session *session) {
  if (users_count(session->users))
    session->empty_by_us = 0;
  else if (session->somebody_came)
    session->empty_by_us = g_get_monotonic_time() + EMPTY_GRACE_US;
  choose_controller(session);
  session->hooks.changed(session, session->data);
  plan_tick(session);
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
  session->somebody_came = TRUE;
  if (joined) {
    g_autofree char *who = log_quote(user->id);
    log_info("user_joined", "session=%s user=%s role=%s", session->id, who, user->role);
    tell(session, WIRE_USER_JOINED, &(Happening){.user = user->id, .name = user->name, .role = user->role});
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
  tell(session, WIRE_USER_LEFT, &(Happening){.user = gone});
  note_presence(session);
  return TRUE;
}

void session_hold(Session *session, const char *user) {
  users_hold(session->users, user);
}

void session_release(Session *session, const char *user) {
  users_release(session->users, user, g_get_monotonic_time());
  plan_tick(session);
}

/* ---- viewers ---- */

static void on_gone(const Viewer *viewer, const char *reason, gpointer data) {
  Session *session = data;
  g_autofree char *why = log_quote(reason);
  log_info("viewer_gone", "session=%s viewer=%" G_GINT64_FORMAT " reason=%s", session->id, viewer->number,
           why);
  session_release(session, viewer->user);
}

const Viewer *session_view(Session *session, const char *user, const char *offer, ViewersAnswerFunc answer,
                           gpointer data, GError **error) {
  Engine *engine = stage_get_engine(session->stage);
  const Viewer *viewer = NULL;
  if (session->state == SESSION_READY && engine)
    viewer = viewers_add(session->viewers, user, answer, data);
  if (!viewer) {
    wire_set_error(error, WIRE_SERVERS_BUSY, NULL, "The picture cannot be shown right now.");
    return NULL;
  }
  session_hold(session, user);
  engine_viewer_add(engine, viewer->number, user, offer);
  return viewer;
}

const Viewer *session_viewer(const Session *session, const char *resource) {
  return viewers_find(session->viewers, resource);
}

void session_view_candidate(Session *session, const Viewer *viewer, const char *fragment) {
  engine_viewer_candidate(stage_get_engine(session->stage), viewer->number, fragment);
}

void session_view_end(Session *session, const Viewer *viewer) {
  engine_viewer_remove(stage_get_engine(session->stage), viewer->number);
  viewers_remove(session->viewers, viewer->number, "The player was closed.");
}

/* ---- life ---- */

Session *session_new(const SessionPlan *plan, const SessionHooks *hooks, gpointer data, GError **error) {
  g_autoptr(Session) session = g_new0(Session, 1);
  session->id = g_strdup(plan->id);
  session->code = g_strdup(plan->code);
  session->starts_at_us = instant_now_us();
  session->ends_at_us = plan->ends_at_us;
  session->settings = plan->settings;
  session->events = events_new(EVENTS_KEPT, EVENTS_KEPT_BYTES);
  session->users = users_new();
  session->viewers = viewers_new(on_gone, session);
  session->controller = g_strdup("");
  session->hooks = *hooks;
  session->data = data;
  StagePlan stage = {plan->id, plan->rc_name, plan->directory, plan->cache_directory, plan->settings};
  session->stage = stage_start(&stage, &stage_events, session, error);
  if (!session->stage)
    return NULL;
  log_notice("session_starting", "session=%s", session->id);
  plan_tick(session);
  return g_steal_pointer(&session);
}

void session_free(Session *session) {
  if (!session)
    return;
  g_clear_handle_id(&session->tick_source, g_source_remove);
  session->state = SESSION_ENDING;
  events_free(session->events);
  viewers_free(session->viewers, "The session has ended.");
  stage_free(session->stage);
  users_free(session->users);
  g_free(session->id);
  g_free(session->code);
  g_free(session->controller);
  g_free(session);
}

const char *session_id(const Session *session) {
  return session->id;
}

const char *session_code(const Session *session) {
  return session->code;
}

SessionState session_state(const Session *session) {
  return session->state;
}

const char *session_state_name(const Session *session) {
  static const char *const names[] = {"starting", "ready", "ending"};
  return names[session->state];
}

gint64 session_starts_at_us(const Session *session) {
  return session->starts_at_us;
}

gint64 session_ends_at_us(const Session *session) {
  return session->ends_at_us;
}

const Users *session_users(const Session *session) {
  return session->users;
}

Events *session_events(Session *session) {
  return session->events;
}

const char *session_controller(const Session *session) {
  return session->controller;
}
