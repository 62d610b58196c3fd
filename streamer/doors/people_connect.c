/* How people come into a session and hear what happens in it: their tickets, their WebSockets,
 * CONNECT_TO_SESSION and POLL_EVENTS. */
#include "common/log.h"
#include "streamer/doors/people_internal.h"
#include "streamer/engine/engine.h"

#include <string.h>

#define WAIT_MAX_SECONDS 60
/* Events wait in the ring, not at the socket, while its reader is that far behind. */
#define AHEAD_MAX_BYTES (64 * 1024)
/* What whole numbers a double holds exactly, with room for counting on. */
#define CURSOR_MAX (G_MAXINT64 >> 11)

/* Who speaks on a WebSocket, after CONNECT_TO_SESSION. By name: session and person may go before it does. */
typedef struct {
  HttpSocket *socket; /* which has this as its data */
  Streamer *streamer;
  char *session, *user;
  EventsFollower *follower;
} Attendance;

/* ---- who it is ---- */

static gboolean is_persons(const Ticket *ticket) {
  return ticket->session && ticket->user && *ticket->user && strlen(ticket->user) <= USERS_ID_MAX &&
         ticket->role && (g_str_equal(ticket->role, "host") || g_str_equal(ticket->role, "guest"));
}

static void refuse_no_session(GError **error) {
  wire_set_error(error, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session, or it has ended.");
}

Ticket *people_check_ticket(const Streamer *streamer, const char *text, Session **session, GError **error) {
  g_autoptr(Ticket) ticket = NULL;
  if (!text || !*text) {
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "A ticket from the coordinator is needed.");
    return NULL;
  }
  ticket = ticket_verify(streamer->key, text, streamer->settings->server_name, error);
  if (!ticket)
    return NULL;
  if (!is_persons(ticket)) {
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "This ticket lets nobody into a session.");
    return NULL;
  }
  *session = sessions_find(streamer->sessions, ticket->session);
  return g_steal_pointer(&ticket);
}

void person_clear(Person *person) {
  g_free(person->session_id);
  g_free(person->user);
}

static Attendance *attendance_of(const Call *call) {
  HttpSocket *socket = call_socket(call);
  return socket ? http_socket_get_data(socket) : NULL;
}

gboolean person_identify(const Call *call, const char *ticket_text, Person *person, GError **error) {
  const Streamer *streamer = call_context(call);
  const Attendance *attendance = attendance_of(call);
  if (!ticket_text && attendance && attendance->user) {
    person->session_id = g_strdup(attendance->session);
    person->user = g_strdup(attendance->user);
    person->session = sessions_find(streamer->sessions, person->session_id);
    person->people = person->session ? session_people(person->session) : NULL;
    return TRUE;
  }
  g_autoptr(Ticket) ticket = people_check_ticket(streamer, ticket_text, &person->session, error);
  if (!ticket)
    return FALSE;
  person->session_id = g_strdup(ticket->session);
  person->user = g_strdup(ticket->user);
  person->people = person->session ? session_people(person->session) : NULL;
  return TRUE;
}

gboolean person_check_present(const Person *person, GError **error) {
  if (!person->session) {
    refuse_no_session(error);
    return FALSE;
  }
  if (session_people_has_removed(person->people, person->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, "ticket", "The host has removed you from this session.");
    return FALSE;
  }
  if (!users_find(session_people_users(person->people), person->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "CONNECT_TO_SESSION comes first.");
    return FALSE;
  }
  return TRUE;
}

/* ---- WebSockets ---- */

static void let_go_of(const Streamer *streamer, const char *session_id, const char *user) {
  Session *session = sessions_find(streamer->sessions, session_id);
  if (session)
    session_people_release(session_people(session), user);
}

static void detach(Attendance *attendance) {
  if (!attendance->follower)
    return;
  events_unfollow(g_steal_pointer(&attendance->follower));
  let_go_of(attendance->streamer, attendance->session, attendance->user);
}

static gboolean on_event(const char *event, gpointer data) {
  Attendance *attendance = data;
  if (http_socket_get_queued(attendance->socket) > AHEAD_MAX_BYTES)
    return FALSE;
  http_socket_send(attendance->socket, event);
  return TRUE;
}

static void on_events_ended(EventsEnd end, gpointer data) {
  /* RFC 6455 section 7.4; 4001 is ours, 1013 ("try again later") is registered with IANA. */
  static const guint16 codes[] = {[EVENTS_OVER] = 1000, [EVENTS_REPLACED] = 4001, [EVENTS_LAGGING] = 1013};
  Attendance *attendance = data;
  attendance->follower = NULL;
  let_go_of(attendance->streamer, attendance->session, attendance->user);
  if (end == EVENTS_LAGGING)
    log_info("reader_slow", "session=%s", attendance->session);
  http_socket_close(attendance->socket, codes[end]);
}

static const EventsFollowing following = {on_event, on_events_ended};

static gboolean attends(const Attendance *attendance, const Session *session, const char *user) {
  return attendance && attendance->follower && g_str_equal(attendance->session, session_id(session)) &&
         g_str_equal(attendance->user, user);
}

static void attach(Attendance *attendance, Session *session, const char *user, gint64 cursor) {
  session_people_hold(session_people(session), user);
  detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  attendance->session = g_strdup(session_id(session));
  attendance->user = g_strdup(user);
  attendance->follower = events_follow(session_events(session), user, cursor, &following, attendance);
}

void people_socket_opened(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = g_new0(Attendance, 1);
  attendance->socket = socket;
  attendance->streamer = streamer;
  http_socket_set_data(socket, attendance);
}

void people_socket_drained(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = http_socket_get_data(socket);
  if (attendance->follower)
    events_resume(attendance->follower);
}

void people_socket_closed(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = http_socket_get_data(socket);
  http_socket_set_data(socket, NULL);
  detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  g_free(attendance);
}

/* ---- CONNECT_TO_SESSION ---- */

const Field people_connect_fields[] = {
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(PeopleConnect, ip), .max = 255},
    {"port", FIELD_DIGITS, G_STRUCT_OFFSET(PeopleConnect, port), .max = 16},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(PeopleConnect, ticket), .max = TICKET_MAX_BYTES},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(PeopleConnect, name), .max = PEOPLE_NAME_MAX},
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(PeopleConnect, cursor), .min = 0, .max = CURSOR_MAX},
    {NULL},
};

void people_connect_set_defaults(gpointer arguments) {
  ((PeopleConnect *)arguments)->cursor = -1;
}

static const Field user_fields[] = {
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(User, id)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(User, name)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(User, role)},
    {"number", FIELD_INT, G_STRUCT_OFFSET(User, number)},
    {NULL},
};

typedef struct {
  char *connection_data, *engine, *ice_servers, *user, *role, *control, *controller, **requests;
  GPtrArray *users;
  gint64 ends_at_us, inactive_in_seconds, cursor, newest_cursor, connection;
} Established;

static const Field established_fields[] = {
    {"WebRTC_connection_data", FIELD_TEXT, G_STRUCT_OFFSET(Established, connection_data)},
    {"engine", FIELD_TEXT, G_STRUCT_OFFSET(Established, engine)},
    {"ice_servers", FIELD_RAW, G_STRUCT_OFFSET(Established, ice_servers)},
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(Established, user)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(Established, role)},
    {"control", FIELD_TEXT, G_STRUCT_OFFSET(Established, control)},
    {"controller", FIELD_TEXT, G_STRUCT_OFFSET(Established, controller)},
    {"requests", FIELD_TEXTS, G_STRUCT_OFFSET(Established, requests), .always = TRUE},
    {"users", FIELD_LIST, G_STRUCT_OFFSET(Established, users), .sub = user_fields, .size = sizeof(User)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Established, ends_at_us)},
    {"inactive_in_seconds", FIELD_INT, G_STRUCT_OFFSET(Established, inactive_in_seconds), .min = 1},
    {"connection", FIELD_INT, G_STRUCT_OFFSET(Established, connection)},
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(Established, cursor)},
    {"newest_cursor", FIELD_INT,
     G_STRUCT_OFFSET(Established, newest_cursor)}, /* what is told here is as new */
    {NULL},
};

static void answer_established(Call *call, Session *session, const User *user, gint64 cursor) {
  const Streamer *streamer = call_context(call);
  const Users *users = session_people_users(session_people(session));
  g_autoptr(GPtrArray) list = g_ptr_array_new();
  for (guint i = 0; i < users_count(users); i++)
    g_ptr_array_add(list, (gpointer)users_nth(users, i));
  g_autofree char *base = streamer_settings_public_base(streamer->settings);
  g_autofree char *url = g_strconcat(base, "whep/", session_id(session), NULL);
  g_auto(GStrv) requests = session_people_control_requests(session_people(session));
  g_autofree char *ice_servers =
      streamer_settings_ice_servers(streamer->settings, user->id, session_ends_at_us(session));
  const EngineKind *engine = engine_kind_find(streamer->settings->engine);
  Established established = {
      .connection_data = url,
      .engine = (char *)engine->wire_name,
      .ice_servers = ice_servers,
      .user = user->id,
      .role = user->role,
      .control = streamer->settings->control,
      .controller = (char *)session_people_controller(session_people(session)),
      .requests = requests,
      .users = list,
      .ends_at_us = session_ends_at_us(session),
      .inactive_in_seconds = session_inactive_in_seconds(session),
      .connection = user->connection,
      .cursor = cursor,
      .newest_cursor = events_cursor(session_events(session)),
  };
  call_answer(call, WIRE_SESSION_CONNECTION_ESTABLISHED, established_fields, &established);
}

/* A page that was cut off goes on after the cursor it has, any other from now on. Asked again on the same
 * WebSocket it is the same connection. */
void people_connect(gpointer call, gpointer arguments) {
  const PeopleConnect *connect = arguments;
  Streamer *streamer = call_context(call);
  Attendance *attendance = attendance_of(call);
  Session *session = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = people_check_ticket(streamer, connect->ticket, &session, &error);
  if (ticket && !session)
    refuse_no_session(&error);
  guint retry_after_seconds = 0;
  if (session &&
      !session_people_may_talk(session_people(session), ticket->user, 0, &retry_after_seconds, &error)) {
    call_refuse_until(call, error, retry_after_seconds);
    return;
  }
  const User *user =
      session ? session_people_admit(session_people(session), ticket, connect->name, &error) : NULL;
  if (!user) {
    call_refuse(call, error);
    return;
  }
  const Events *events = session_events(session);
  gint64 cursor = connect->cursor < 0 ? events_cursor(events) : events_check_cursor(events, connect->cursor);
  gboolean again = attends(attendance, session, user->id);
  if (!again)
    session_people_begin_connection(session_people(session), user->id);
  answer_established(call, session, user, cursor);
  if (attendance && (!again || connect->cursor >= 0))
    attach(attendance, session, user->id, cursor);
}

/* ---- POLL_EVENTS ---- */

const Field people_poll_fields[] = {
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(PeoplePoll, ticket), .max = TICKET_MAX_BYTES},
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(PeoplePoll, cursor), .min = 0, .max = CURSOR_MAX},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(PeoplePoll, wait_seconds), .min = 0, .max = WAIT_MAX_SECONDS},
    {"connection", FIELD_INT, G_STRUCT_OFFSET(PeoplePoll, connection), .min = 0, .max = CURSOR_MAX},
    {NULL},
};

typedef struct {
  gint64 cursor;
  char *events;
} EventList;

static const Field event_list_fields[] = {
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(EventList, cursor)},
    {"events", FIELD_RAW, G_STRUCT_OFFSET(EventList, events)},
    {NULL},
};

static void answer_events(Call *call, const char *list, gint64 cursor) {
  EventList answer = {cursor, (char *)list};
  call_answer(call, WIRE_EVENTS, event_list_fields, &answer);
}

/* A question that waits holds its person, unless their WebSocket does. */
typedef struct {
  Call *call;
  Streamer *streamer;
  Person person;
  gboolean holds;
  EventsWaiter *waiter;
} PollWait;

static void let_go(PollWait *wait) {
  if (wait->holds)
    let_go_of(wait->streamer, wait->person.session_id, wait->person.user);
  person_clear(&wait->person);
  g_free(wait);
}

static void on_events(const char *list, gint64 cursor, gpointer data) {
  PollWait *wait = data;
  answer_events(wait->call, list, cursor);
  let_go(wait);
}

static void on_poll_gone(gpointer data) {
  PollWait *wait = data;
  events_cancel(wait->waiter);
  call_drop(wait->call);
  let_go(wait);
}

/* The session ended between two questions: the second is told so. */
static void answer_ended(Call *call, const Person *person, gint64 cursor) {
  const Streamer *streamer = call_context(call);
  g_autoptr(GError) error = NULL;
  WireEnd end;
  if (!sessions_find_ended(streamer->sessions, person->session_id, &end)) {
    refuse_no_session(&error);
    call_refuse(call, error);
    return;
  }
  g_autofree char *list =
      g_strdup_printf("[{\"msg\":\"%s\",\"cursor\":%" G_GINT64_FORMAT ",\"reason\":\"%s\"}]",
                      wire_name(WIRE_SESSION_ENDED), cursor + 1, wire_end_name(end));
  answer_events(call, list, cursor + 1);
}

static gboolean was_replaced(const PeoplePoll *poll, const Person *person) {
  return poll->connection > 0 &&
         poll->connection < users_find(session_people_users(person->people), person->user)->connection;
}

static void wait_for_events(Call *call, const PeoplePoll *poll, Person *person) {
  PollWait *wait = g_new0(PollWait, 1);
  wait->call = call;
  wait->streamer = call_context(call);
  wait->person = *person;
  *person = (Person){NULL};
  wait->holds = !call_socket(call);
  if (wait->holds)
    session_people_hold(wait->person.people, wait->person.user);
  EventsWaiter *waiter = events_wait(session_events(wait->person.session), wait->person.user, poll->cursor,
                                     (guint)poll->wait_seconds * 1000, on_events, wait);
  if (!waiter) /* answered, and the wait is freed */
    return;
  wait->waiter = waiter;
  call_on_gone(call, on_poll_gone, wait);
}

void people_poll(gpointer call, gpointer arguments) {
  const PeoplePoll *poll = arguments;
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  gboolean known = person_identify(call, poll->ticket, &person, &error);
  if (known && !person.session) {
    answer_ended(call, &person, poll->cursor);
  } else if (!known || !person_check_present(&person, &error)) {
    call_refuse(call, error);
  } else if (was_replaced(poll, &person)) {
    g_autofree char *list = events_replaced_list(session_events(person.session));
    answer_events(call, list, poll->cursor);
  } else {
    wait_for_events(call, poll, &person);
  }
}
