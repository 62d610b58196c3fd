#include "streamer/session/session.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "streamer/engine/engine.h"
#include "streamer/session/session_events.h"
#include "streamer/session/session_internal.h"
#include "streamer/session/session_time.h"

/* What late-comers and reconnecting people can still read. */
#define EVENTS_KEPT 1000
#define EVENTS_KEPT_BYTES (1024 * 1024)

struct Session {
  char *id, *code;
  gint64 code_generation;
  SessionState state;
  gint64 starts_at_us; /* wall clock */
  gint64 begun_us;     /* monotonic */
  CountsFrom from;
  SessionTime time;
  gint64 newest_number; /* of those who were in (User) */
  gboolean started_told;
  gboolean is_kept; /* as its status has it */
  const StreamerSettings *settings;
  Stage *stage;
  Events *events; /* NULL from ENDING on */
  SessionPeople *people;
  Knockers *knockers;
  Viewers *viewers; /* NULL from ENDING on */
  guint tick_source;
  SessionHooks hooks;
  gpointer data;
};

static void plan_tick(Session *session);

/* ---- the end ---- */

static guint count_people(const Session *session) {
  return users_count(session_people_users(session->people));
}

static void tell_started(Session *session, const char *reason) {
  if (session->started_told)
    return;
  session->started_told = TRUE;
  session->hooks.started(session, reason, session->data);
}

static void become_ending(Session *session, WireEnd why, const char *reason) {
  if (session->state == SESSION_ENDING)
    return;
  session->state = SESSION_ENDING;
  g_clear_handle_id(&session->tick_source, g_source_remove);
  log_notice("session_ended", "session=%s reason=%s users=%u", session->id, wire_end_name(why),
             count_people(session));
  session_tell(session->events, WIRE_SESSION_ENDED, &(SessionEvent){.reason = (char *)wire_end_name(why)});
  session->hooks.ending(session, why, session->data);
  g_clear_pointer(&session->events, events_free);
  viewers_free(session->viewers, "The session has ended.");
  session->viewers = NULL;
  tell_started(session, reason);
  stage_stop(session->stage);
  session->hooks.changed(session, session->data);
}

void session_end(Session *session, WireEnd why) {
  become_ending(session, why, "The session was ended before it was ready.");
}

void session_stop(Session *session, guint grace_seconds) {
  if (session->state == SESSION_ENDING)
    return;
  if (grace_seconds == 0 || count_people(session) == 0) {
    session_end(session, WIRE_END_SERVER_STOPPING);
    return;
  }
  session_time_stop(&session->time, program_clock_running_us() + grace_seconds * INSTANT_SECOND);
  session_tell(session->events, WIRE_SESSION_ENDING,
               &(SessionEvent){.seconds_left = grace_seconds,
                               .reason = (char *)wire_end_name(WIRE_END_SERVER_STOPPING)});
  plan_tick(session);
}

/* ---- the stage ---- */

static void end_viewing(Session *session, const Viewer *viewer, const char *reason) {
  engine_viewer_remove(stage_get_engine(session->stage), viewer->number);
  viewers_remove(session->viewers, viewer->number, reason);
}

static void tell_controller(const char *user, gpointer data) {
  Session *session = data;
  Engine *engine = stage_get_engine(session->stage);
  if (engine)
    engine_control(engine, user);
}

static void on_stage_ready(gpointer data) {
  Session *session = data;
  if (session->state != SESSION_STARTING)
    return;
  session->state = SESSION_READY;
  session_time_ready(&session->time, session->settings, program_clock_running_us());
  log_notice("session_ready", "session=%s", session->id);
  session_tell(session->events, WIRE_APP_READY, &(SessionEvent){0});
  tell_controller(session_people_controller(session->people), session);
  tell_started(session, NULL);
  session->hooks.changed(session, session->data);
  plan_tick(session);
}

static void on_stage_restarted(gpointer data) {
  Session *session = data;
  if (session->state == SESSION_READY)
    session_tell(session->events, WIRE_APP_RESTARTED, &(SessionEvent){0});
}

/* Nobody has a picture any more, nor is known to the engine; the players come again. */
static void on_stage_engine_restarted(gpointer data) {
  Session *session = data;
  if (session->state != SESSION_READY)
    return;
  viewers_clear(session->viewers, "The picture was started again.");
  tell_controller(session_people_controller(session->people), session);
  session_tell(session->events, WIRE_PICTURE_RESTARTED, &(SessionEvent){0});
}

static void on_stage_failed(const char *reason, gpointer data) {
  Session *session = data;
  g_autofree char *sentence = g_strdup_printf("The session could not be started: %s.", reason);
  become_ending(session, WIRE_END_APP_FAILED, sentence);
}

static void on_stage_stopped(gpointer data) {
  Session *session = data;
  session->hooks.ended(session, session->data);
}

static void on_stage_viewer_answered(gint64 number, const char *sdp, const char *reason, gpointer data) {
  Session *session = data;
  const Viewer *viewer = session->viewers ? viewers_find_number(session->viewers, number) : NULL;
  if (!viewer)
    return;
  /* One player a person: the new one works, so the old one goes. What is newer still waits for its own. */
  for (const Viewer *older; sdp && (older = viewers_find_older(session->viewers, viewer));)
    end_viewing(session, older, "A newer player of this person has taken its place.");
  viewers_answered(session->viewers, number, sdp, reason);
}

static void on_stage_viewer_restarted(gint64 number, const char *fragment, const char *reason,
                                      gpointer data) {
  Session *session = data;
  if (session->viewers)
    viewers_restarted(session->viewers, number, fragment, reason);
}

static void on_stage_viewer_connected(gint64 number, gpointer data) {
  Session *session = data;
  const Viewer *viewer = session->viewers ? viewers_find_number(session->viewers, number) : NULL;
  if (!viewer)
    return;
  g_autofree char *user = log_quote(viewer->user);
  log_info("viewer_connected", "session=%s viewer=%" G_GINT64_FORMAT " user=%s", session->id, number, user);
}

static void on_stage_viewer_receives(gint64 number, gpointer data) {
  Session *session = data;
  if (!session->viewers || !viewers_find_number(session->viewers, number))
    return;
  log_info("viewer_receives", "session=%s viewer=%" G_GINT64_FORMAT, session->id, number);
  session_time_picture(&session->time);
}

static void on_stage_viewer_gone(gint64 number, const char *reason, gpointer data) {
  Session *session = data;
  if (session->viewers)
    viewers_remove(session->viewers, number, reason);
}

static void on_stage_input(const char *user, gboolean steers, gpointer data) {
  Session *session = data;
  if (session->state != SESSION_ENDING)
    session_people_input(session->people, user, steers);
}

static const StageEvents stage_events = {
    .ready = on_stage_ready,
    .restarted = on_stage_restarted,
    .engine_restarted = on_stage_engine_restarted,
    .failed = on_stage_failed,
    .stopped = on_stage_stopped,
    .viewer_answered = on_stage_viewer_answered,
    .viewer_restarted = on_stage_viewer_restarted,
    .viewer_connected = on_stage_viewer_connected,
    .viewer_receives = on_stage_viewer_receives,
    .viewer_gone = on_stage_viewer_gone,
    .input = on_stage_input,
};

/* ---- time ---- */

static void do_what_is_due(Session *session, gint64 now_us) {
  while (session->state != SESSION_ENDING) {
    SessionDue due = session_time_due(&session->time, session->settings, now_us, instant_now_us());
    if (due.type == SESSION_DUE_NOTHING)
      return;
    if (due.type == SESSION_DUE_END)
      session_end(session, due.end);
    else
      session_tell(session->events, due.message, &(SessionEvent){.seconds_left = due.seconds_left});
  }
}

static void end_lapsed_knocks(Session *session, gint64 now_us) {
  for (Knocker *knocker; (knocker = knockers_take_lapsed(session->knockers, now_us)); knocker_free(knocker)) {
    if (knocker->state == KNOCKER_WAITS)
      session_tell(session->events, WIRE_KNOCK_ENDED,
                   &(SessionEvent){.knock = knocker->id, .reason = (char *)WIRE_KNOCK_LAPSED});
    session->hooks.changed(session, session->data);
  }
}

/* Coordinators want to know: they tell those at once who wait for such a place. */
static void note_kept(Session *session, gint64 now_us) {
  gboolean is_kept = now_us >= session_people_kept_from_us(session->people);
  if (session->state == SESSION_ENDING || is_kept == session->is_kept)
    return;
  session->is_kept = is_kept;
  if (is_kept)
    log_info("session_kept", "session=%s", session->id);
  session->hooks.changed(session, session->data);
}

static gboolean on_session_tick(gpointer data) {
  Session *session = data;
  gint64 now_us = program_clock_running_us();
  session->tick_source = 0;
  session_people_tick(session->people, now_us);
  end_lapsed_knocks(session, now_us);
  note_kept(session, now_us);
  do_what_is_due(session, now_us);
  plan_tick(session);
  return G_SOURCE_REMOVE;
}

static void plan_tick(Session *session) {
  g_clear_handle_id(&session->tick_source, g_source_remove);
  if (session->state == SESSION_ENDING)
    return;
  gint64 now_us = program_clock_running_us(),
         next_us = MIN(session_people_next_us(session->people), knockers_next_us(session->knockers));
  if (!session->is_kept)
    next_us = MIN(next_us, session_people_kept_from_us(session->people));
  gint64 wait_us = session_time_wait_us(&session->time, session->settings, now_us, instant_now_us());
  wait_us = CLAMP(next_us - now_us, 0, wait_us);
  session->tick_source = g_timeout_add((guint)(wait_us / 1000 + 1), on_session_tick, session);
}

gboolean session_is_kept(const Session *session) {
  return session->is_kept;
}

gint64 session_inactive_in_seconds(const Session *session) {
  return session_time_countdown(&session->time, session->settings, program_clock_running_us());
}

void session_look_again(Session *session) {
  plan_tick(session);
}

void session_extend(Session *session, gint64 ends_at_us) {
  session_time_extend(&session->time, ends_at_us);
  if (session->state == SESSION_ENDING)
    return;
  session_time_touch(&session->time, program_clock_running_us()); /* somebody wants to stay */
  session_tell(session->events, WIRE_SESSION_EXTENDED, &(SessionEvent){.ends_at_us = ends_at_us});
  session->hooks.changed(session, session->data);
  plan_tick(session);
}

/* ---- how one comes in ---- */

void session_set_code(Session *session, const char *code, gint64 generation) {
  if (generation < session->code_generation)
    return;
  g_free(session->code);
  session->code = g_strdup(code);
  session->code_generation = generation;
  log_notice("session_code_set", "session=%s generation=%d", session->id, (int)generation);
  session->hooks.changed(session, session->data);
}

gint64 session_code_generation(const Session *session) {
  return session->code_generation;
}

const Knockers *session_knockers(const Session *session) {
  return session->knockers;
}

Knockers *session_own_knockers(Session *session) {
  return session->knockers;
}

void session_note_change(Session *session) {
  session->hooks.changed(session, session->data);
  plan_tick(session);
}

/* ---- viewers ---- */

static void on_viewing_over(const Viewer *viewer, const char *reason, gpointer data) {
  Session *session = data;
  g_autofree char *why = log_quote(reason);
  log_info("viewer_gone", "session=%s viewer=%" G_GINT64_FORMAT " reason=%s", session->id, viewer->number,
           why);
  session_people_release(session->people, viewer->user);
}

const Viewer *session_view(Session *session, const char *user, const char *offer, ViewersAnswerFunc answer,
                           gpointer data, GError **error) {
  Engine *engine = stage_get_engine(session->stage);
  const Viewer *viewer = NULL;
  if (session->state == SESSION_READY && engine)
    viewer = viewers_add(session->viewers, user, offer, answer, data);
  if (!viewer) {
    wire_set_error(error, WIRE_SERVERS_BUSY, NULL, "The picture cannot be shown right now.");
    return NULL;
  }
  session_people_hold(session->people, user);
  g_autofree char *ice_servers =
      streamer_settings_ice_servers(session->settings, session->id, session_ends_at_us(session));
  engine_viewer_add(engine, viewer->number, user, offer, ice_servers);
  return viewer;
}

const Viewer *session_viewer(const Session *session, const char *resource) {
  return viewers_find(session->viewers, resource);
}

void session_view_candidate(Session *session, const Viewer *viewer, const char *fragment) {
  engine_viewer_candidate(stage_get_engine(session->stage), viewer->number, fragment);
}

gboolean session_view_is_current(const Session *session, const Viewer *viewer, const char *fragment) {
  return viewers_is_current(session->viewers, viewer->number, fragment);
}

gboolean session_view_restart(Session *session, const Viewer *viewer, const char *fragment,
                              ViewersAnswerFunc answer, gpointer data) {
  if (!viewers_restart(session->viewers, viewer->number, fragment, answer, data))
    return FALSE;
  engine_viewer_restart(stage_get_engine(session->stage), viewer->number, fragment);
  return TRUE;
}

void session_view_forget(Session *session, const Viewer *viewer) {
  viewers_forget(session->viewers, viewer->number);
}

void session_view_end(Session *session, const Viewer *viewer) {
  end_viewing(session, viewer, "The player was closed.");
}

/* ---- what the people tell ---- */

static void on_people_active(gpointer data) {
  Session *session = data;
  if (session_time_touch(&session->time, program_clock_running_us()))
    plan_tick(session);
}

static void on_people_leaving(const char *user, gpointer data) {
  Session *session = data;
  for (const Viewer *viewer; (viewer = viewers_find_oldest(session->viewers, user));)
    session_view_end(session, viewer);
}

/* Whether somebody has come since it was last asked who had not been in. */
static gboolean has_newcomer(Session *session) {
  const Users *users = session_people_users(session->people);
  gint64 newest = users_count(users) ? users_nth(users, users_count(users) - 1)->number : 0;
  gboolean is_new = newest > session->newest_number;
  session->newest_number = MAX(newest, session->newest_number);
  return is_new;
}

static void on_people_due_changed(gpointer data) {
  Session *session = data;
  gint64 now_us = program_clock_running_us();
  session_time_away(&session->time, session_people_are_away(session->people), now_us);
  note_kept(session, now_us);
  plan_tick(session);
}

static void on_people_presence(gboolean somebody_is_in, gpointer data) {
  Session *session = data;
  gint64 now_us = program_clock_running_us();
  session_time_presence(&session->time, somebody_is_in, now_us);
  if (has_newcomer(session))
    session_time_newcomer(&session->time, now_us);
  session->hooks.changed(session, session->data);
  on_people_due_changed(session);
}

static gboolean is_place_wanted(gpointer data) {
  const Session *session = data;
  return session->hooks.is_wanted(session->data);
}

static const SessionPeopleListener people_listener = {
    .steers = tell_controller,
    .active = on_people_active,
    .leaving = on_people_leaving,
    .presence = on_people_presence,
    .due_changed = on_people_due_changed,
    .is_place_wanted = is_place_wanted,
};

/* ---- life ---- */

static gboolean take_stage(Session *session, const SessionPlan *plan, GError **error) {
  gboolean is_whole = plan->standby && !stage_is_bare(plan->standby);
  session->from = is_whole ? COUNTS_FROM_STANDBY : COUNTS_FROM_NOTHING;
  metrics_add(plan->metrics, COUNTS_STARTS, 1, session->from);
  if (plan->standby) {
    session->stage = plan->standby;
    stage_hand_over(session->stage, session->id, plan->rc_name, plan->language, &stage_events, session);
    return TRUE;
  }
  StagePlan stage = {
      .session = plan->id,
      .rc_name = plan->rc_name,
      .language = plan->language,
      .directory = plan->directory,
      .cache_directory = plan->cache_directory,
      .settings = plan->settings,
      .metrics = plan->metrics,
  };
  session->stage = stage_start(&stage, &stage_events, session, error);
  return session->stage != NULL;
}

Session *session_new(const SessionPlan *plan, const SessionHooks *hooks, gpointer data, GError **error) {
  g_autoptr(Session) session = g_new0(Session, 1);
  session->id = g_strdup(plan->id);
  session->code = g_strdup(plan->code);
  session->starts_at_us = instant_now_us();
  session->begun_us = g_get_monotonic_time();
  session_time_init(&session->time, plan->ends_at_us);
  session->settings = plan->settings;
  session->events = events_new(EVENTS_KEPT, EVENTS_KEPT_BYTES);
  session->people =
      session_people_new(session->id, plan->settings, session->events, &people_listener, session);
  session->knockers = knockers_new();
  session->viewers = viewers_new(on_viewing_over, session);
  session->hooks = *hooks;
  session->data = data;
  if (!take_stage(session, plan, error))
    return NULL;
  log_notice("session_starting", "session=%s", session->id);
  if (stage_is_ready(session->stage))
    on_stage_ready(session);
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
  session_people_free(session->people);
  knockers_free(session->knockers);
  g_free(session->id);
  g_free(session->code);
  g_free(session);
}

SessionPeople *session_people(const Session *session) {
  return session->people;
}

Events *session_events(const Session *session) {
  return session->events;
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

double session_age_seconds(const Session *session) {
  return (double)(g_get_monotonic_time() - session->begun_us) / INSTANT_SECOND;
}

CountsFrom session_from(const Session *session) {
  return session->from;
}

StageFault session_start_fault(const Session *session) {
  return stage_get_fault(session->stage);
}

const char *session_start_failure(const Session *session) {
  return stage_get_fault(session->stage) != STAGE_FAULT_NONE ? stage_get_failure(session->stage) : NULL;
}

EngineStats session_engine_stats(const Session *session) {
  const Engine *engine = stage_get_engine(session->stage);
  return engine ? *engine_stats(engine) : (EngineStats){0};
}

guint session_count_viewers(const Session *session) {
  return session->viewers ? viewers_count(session->viewers) : 0;
}

gint64 session_starts_at_us(const Session *session) {
  return session->starts_at_us;
}

gint64 session_ends_at_us(const Session *session) {
  return session->time.ends_at_us;
}
