#include "streamer/session/session_people.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"
#include "streamer/session/floor.h"
#include "streamer/session/session_events.h"

struct SessionPeople {
  const char *id; /* the session's */
  const StreamerSettings *settings;
  Events *events;
  Users *users;
  Floor *floor;
  SessionPeopleListener listener;
  gpointer data;
};

static const char *const leavings[] = {
    [SESSION_LEFT] = "left", [SESSION_LOST] = "lost", [SESSION_REMOVED] = "removed"};

/* ---- who steers ---- */

static void on_controller(const char *holder, FloorReason reason, gpointer data) {
  SessionPeople *people = data;
  g_autofree char *who = log_quote(holder);
  people->listener.steers(holder, people->data);
  log_info("control_changed", "session=%s user=%s reason=%s", people->id, who, floor_reason_name(reason));
  session_tell(people->events, WIRE_CONTROL_CHANGED,
               &(SessionEvent){.controller = (char *)holder, .reason = (char *)floor_reason_name(reason)});
}

static void on_request(const char *user, gpointer data) {
  SessionPeople *people = data;
  session_tell(people->events, WIRE_CONTROL_REQUESTED, &(SessionEvent){.user = (char *)user});
}

static void on_decline(const char *user, const char *reason, gpointer data) {
  SessionPeople *people = data;
  session_tell(people->events, WIRE_CONTROL_DECLINED,
               &(SessionEvent){.user = (char *)user, .reason = (char *)reason});
}

static const FloorEvents floor_events = {on_controller, on_request, on_decline};

const char *session_people_controller(const SessionPeople *people) {
  return floor_holder(people->floor);
}

char **session_people_control_requests(const SessionPeople *people) {
  return floor_requests(people->floor);
}

void session_people_request_control(SessionPeople *people, const char *user) {
  floor_request(people->floor, users_find(people->users, user), program_clock_running_us());
  people->listener.due_changed(people->data);
}

void session_people_release_control(SessionPeople *people, const char *user) {
  floor_release(people->floor, users_find(people->users, user), program_clock_running_us());
  people->listener.due_changed(people->data);
}

/* The person that @user's question is about. */
static const User *find_other(const SessionPeople *people, const char *field, const char *other,
                              GError **error) {
  const User *found = users_find(people->users, other);
  if (!found)
    wire_set_error(error, WIRE_FORBIDDEN, field, "There is no such person in the session.");
  return found;
}

static gboolean refuse_decision(GError **error) {
  wire_set_error(error, WIRE_FORBIDDEN, NULL, "Who steers, or the host, decides that.");
  return FALSE;
}

gboolean session_people_grant_control(SessionPeople *people, const char *user, const char *other,
                                      GError **error) {
  const User *found = find_other(people, "user", other, error);
  if (!found)
    return FALSE;
  if (!floor_grant(people->floor, users_find(people->users, user), found, program_clock_running_us()))
    return refuse_decision(error);
  people->listener.due_changed(people->data);
  return TRUE;
}

gboolean session_people_decline_control(SessionPeople *people, const char *user, const char *other,
                                        GError **error) {
  const User *found = find_other(people, "user", other, error);
  if (!found)
    return FALSE;
  return floor_decline(people->floor, users_find(people->users, user), found) || refuse_decision(error);
}

void session_people_note_activity(SessionPeople *people, const char *user) {
  if (!users_find(people->users, user))
    return;
  users_note_activity(people->users, user, program_clock_running_us());
  people->listener.active(people->data);
}

void session_people_input(SessionPeople *people, const char *user, gboolean steers) {
  const User *found = users_find(people->users, user);
  session_people_note_activity(people, user);
  if (steers && found)
    floor_steered(people->floor, found, program_clock_running_us());
  else if (found)
    floor_touched(people->floor, found, program_clock_running_us());
}

/* ---- who is in ---- */

static void note_presence(SessionPeople *people) {
  people->listener.presence(users_count(people->users) > 0, people->data);
}

static void tell_name(SessionPeople *people, const User *user) {
  session_tell(people->events, WIRE_USER_CHANGED, &(SessionEvent){.user = user->id, .name = user->name});
}

static void welcome(SessionPeople *people, const User *user) {
  g_autofree char *who = log_quote(user->id);
  log_info("user_joined", "session=%s user=%s role=%s", people->id, who, user->role);
  session_tell(
      people->events, WIRE_USER_JOINED,
      &(SessionEvent){.user = user->id, .name = user->name, .role = user->role, .number = user->number});
  session_people_note_activity(people, user->id);
  floor_joined(people->floor, user, program_clock_running_us());
}

/* Whoever is removed may have got more tickets before, and who has the code then as well: newcomers want one
 * that was given after that. A ticket that was not given by a coordinator does not say. */
static gboolean is_outdated(const SessionPeople *people, const Ticket *ticket) {
  return ticket->invitation > 0 && ticket->invitation <= (gint64)users_count_barred(people->users) &&
         !users_has_been_in(people->users, ticket->user);
}

const User *session_people_admit(SessionPeople *people, const Ticket *ticket, const char *name,
                                 GError **error) {
  if (session_people_has_removed(people, ticket->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, "ticket", "The host has removed you from this session.");
    return NULL;
  }
  if (is_outdated(people, ticket)) {
    wire_set_error(error, WIRE_FORBIDDEN, "ticket",
                   "The session's invitation has changed; ask to come in again.");
    return NULL;
  }
  gboolean joined;
  const User *known = users_find(people->users, ticket->user);
  g_autofree char *before = known ? g_strdup(known->name) : NULL;
  const char *called = known || (name && *name) ? name : ticket->name;
  const User *user =
      users_admit(people->users, ticket->user, called, ticket->role,
                  (guint)people->settings->session_users_limit, program_clock_running_us(), &joined);
  if (!user) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "The session is full.");
    return NULL;
  }
  if (joined)
    welcome(people, user);
  else if (!g_str_equal(before, user->name))
    tell_name(people, user);
  note_presence(people);
  return user;
}

gboolean session_people_has_removed(const SessionPeople *people, const char *user) {
  return users_is_barred(people->users, user);
}

void session_people_dismiss(SessionPeople *people, const char *id, SessionLeaving how) {
  if (!users_find(people->users, id))
    return;
  g_autofree char *gone = g_strdup(id), *who = log_quote(id);
  users_remove(people->users, gone);
  events_dismiss(people->events, gone);
  people->listener.leaving(gone, people->data);
  log_info("user_left", "session=%s user=%s reason=%s", people->id, who, leavings[how]);
  session_tell(people->events, WIRE_USER_LEFT,
               &(SessionEvent){.user = gone, .reason = (char *)leavings[how]});
  floor_left(people->floor, gone, program_clock_running_us());
  note_presence(people);
}

gboolean session_people_remove(SessionPeople *people, const char *user, const char *other, GError **error) {
  if (!users_is_host(users_find(people->users, user))) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "Only the host removes people.");
    return FALSE;
  }
  if (g_str_equal(user, other)) {
    wire_set_error(error, WIRE_FORBIDDEN, "user", "To go yourself, DISCONNECT.");
    return FALSE;
  }
  const User *found = find_other(people, "user", other, error);
  if (!found)
    return FALSE;
  users_bar(people->users, other);
  session_tell_in(people->events, &(EventsScope){.to = found->id}, WIRE_REMOVED, &(SessionEvent){0});
  session_people_dismiss(people, other, SESSION_REMOVED);
  return TRUE;
}

void session_people_note_going(SessionPeople *people, const char *user) {
  users_note_going(people->users, user);
  people->listener.due_changed(people->data);
}

gint64 session_people_begin_connection(SessionPeople *people, const char *user) {
  events_replace(people->events, user);
  return users_note_connection(people->users, user);
}

void session_people_hold(SessionPeople *people, const char *user) {
  users_hold(people->users, user);
  people->listener.due_changed(people->data);
}

void session_people_release(SessionPeople *people, const char *user) {
  if (users_release(people->users, user, program_clock_running_us())) {
    g_autofree char *who = log_quote(user);
    log_debug("user_away", "session=%s user=%s", people->id, who);
  }
  people->listener.due_changed(people->data);
}

/* ---- what they say ---- */

gboolean session_people_may_talk(SessionPeople *people, const char *user, gsize bytes,
                                 guint *retry_after_seconds, GError **error) {
  static const BucketRule rule = {SESSION_TALK_PER_SECOND, SESSION_TALK_AT_ONCE};
  double cost = 1 + (double)bytes / 1024;
  if (users_take(people->users, USERS_TALK, user, &rule, cost, program_clock_running_us(),
                 retry_after_seconds))
    return TRUE;
  wire_set_error(error, WIRE_TOO_MANY_ATTEMPTS, NULL, "That is more than a person may say at once.");
  return FALSE;
}

gboolean session_people_may_view(SessionPeople *people, const char *user, guint *retry_after_seconds,
                                 GError **error) {
  static const BucketRule rule = {SESSION_OFFERS_PER_SECOND, SESSION_OFFERS_AT_ONCE};
  if (users_take(people->users, USERS_OFFERS, user, &rule, 1, program_clock_running_us(),
                 retry_after_seconds))
    return TRUE;
  wire_set_error(error, WIRE_TOO_MANY_ATTEMPTS, NULL, "That is more pictures than a person may ask for.");
  return FALSE;
}

const char *session_people_set_name(SessionPeople *people, const char *id, const char *name) {
  const User *user = users_find(people->users, id);
  if (users_set_name(people->users, id, name))
    tell_name(people, user);
  return user->name;
}

gint64 session_people_send_data(SessionPeople *people, const char *user, const char *to, const char *data,
                                gboolean transient, GError **error) {
  if (to && !find_other(people, "to", to, error))
    return 0;
  return session_tell_in(people->events, &(EventsScope){.from = user, .to = to, .transient = transient},
                         WIRE_DATA,
                         &(SessionEvent){.from = (char *)user, .to = (char *)to, .data = (char *)data});
}

/* ---- time ---- */

static gint64 grace_us(const SessionPeople *people) {
  return people->settings->reconnect_grace_seconds * INSTANT_SECOND;
}

static gint64 alone_grace_us(const SessionPeople *people) {
  gint64 alone_us = people->settings->alone_grace_seconds * INSTANT_SECOND;
  return people->listener.is_place_wanted(people->data) ? grace_us(people) : MAX(grace_us(people), alone_us);
}

void session_people_tick(SessionPeople *people, gint64 now_us) {
  for (const User *user;
       (user = users_next_gone(people->users, now_us, grace_us(people), alone_grace_us(people)));) {
    g_autofree char *id = g_strdup(user->id);
    session_people_dismiss(people, id, SESSION_LOST);
  }
  floor_tick(people->floor, now_us);
}

gint64 session_people_kept_from_us(const SessionPeople *people) {
  return session_people_are_away(people)
             ? users_next_deadline(people->users, grace_us(people), grace_us(people))
             : G_MAXINT64;
}

gint64 session_people_next_us(const SessionPeople *people) {
  return MIN(users_next_deadline(people->users, grace_us(people), alone_grace_us(people)),
             floor_next_us(people->floor));
}

/* ---- life ---- */

SessionPeople *session_people_new(const char *id, const StreamerSettings *settings, Events *events,
                                  const SessionPeopleListener *listener, gpointer data) {
  SessionPeople *people = g_new0(SessionPeople, 1);
  people->id = id;
  people->settings = settings;
  people->events = events;
  people->users = users_new();
  people->floor = floor_new(people->users, settings, &floor_events, people);
  people->listener = *listener;
  people->data = data;
  return people;
}

void session_people_free(SessionPeople *people) {
  if (!people)
    return;
  floor_free(people->floor);
  users_free(people->users);
  g_free(people);
}

const Users *session_people_users(const SessionPeople *people) {
  return people->users;
}

gboolean session_people_are_away(const SessionPeople *people) {
  return users_count(people->users) > 0 && !users_is_anybody_present(people->users);
}
