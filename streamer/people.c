#include "streamer/people.h"

#include "streamer/call.h"
#include "streamer/engine.h"

#include <string.h>

#define WAIT_MAX_SECONDS 60
#define CLOSE_NORMAL 1000

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

/* What every verb begins with. */
typedef struct {
  Session *session; /* NULL: it has ended */
  char *session_id, *user;
} Person;

static void person_clear(Person *person) {
  g_free(person->session_id);
  g_free(person->user);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

static Attendance *attendance_of(const Call *call) {
  HttpSocket *socket = call_socket(call);
  return socket ? http_socket_get_data(socket) : NULL;
}

/* The person of the ticket, or, without one, whose WebSocket it is. */
static gboolean identify(const Call *call, const char *ticket_text, Person *person, GError **error) {
  const Streamer *streamer = call_context(call);
  const Attendance *attendance = attendance_of(call);
  if (!ticket_text && attendance && attendance->user) {
    person->session_id = g_strdup(attendance->session);
    person->user = g_strdup(attendance->user);
    person->session = sessions_find(streamer->sessions, person->session_id);
    return TRUE;
  }
  g_autoptr(Ticket) ticket = people_check_ticket(streamer, ticket_text, &person->session, error);
  if (!ticket)
    return FALSE;
  person->session_id = g_strdup(ticket->session);
  person->user = g_strdup(ticket->user);
  return TRUE;
}

/* Whether they are in a session that goes on. */
static gboolean check_present(const Person *person, GError **error) {
  if (!person->session) {
    refuse_no_session(error);
    return FALSE;
  }
  if (!users_find(session_users(person->session), person->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "CONNECT_TO_SESSION comes first.");
    return FALSE;
  }
  return TRUE;
}

/* ---- WebSockets ---- */

static void detach(Attendance *attendance) {
  if (!attendance->follower)
    return;
  events_unfollow(g_steal_pointer(&attendance->follower));
  Session *session = sessions_find(attendance->streamer->sessions, attendance->session);
  if (session)
    session_release(session, attendance->user);
}

/* @event NULL: the person or the session is gone. */
static void on_event(const char *event, gpointer data) {
  Attendance *attendance = data;
  if (event) {
    http_socket_send(attendance->socket, event);
    return;
  }
  attendance->follower = NULL;
  http_socket_close(attendance->socket, CLOSE_NORMAL);
}

static void attach(Attendance *attendance, Session *session, const char *user) {
  detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  attendance->session = g_strdup(session_id(session));
  attendance->user = g_strdup(user);
  attendance->follower = events_follow(session_events(session), user, on_event, attendance);
  session_hold(session, user);
}

static void on_socket_opened(HttpSocket *socket, gpointer data) {
  Attendance *attendance = g_new0(Attendance, 1);
  attendance->socket = socket;
  attendance->streamer = data;
  http_socket_set_data(socket, attendance);
}

static void on_socket_closed(HttpSocket *socket, gpointer data) {
  Attendance *attendance = http_socket_get_data(socket);
  http_socket_set_data(socket, NULL);
  detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  g_free(attendance);
}

/* ---- CONNECT_TO_SESSION ---- */

typedef struct {
  char *ip, *port; /* of the specification; this server knows where it is */
  char *ticket, *name;
} Connect;

static const Field connect_fields[] = {
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(Connect, ip), .max = 255},
    {"port", FIELD_DIGITS, G_STRUCT_OFFSET(Connect, port), .max = 16},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(Connect, ticket), .max = TICKET_MAX_BYTES},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(Connect, name), .max = 400},
    {NULL},
};

static const Field user_fields[] = {
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(User, id)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(User, name)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(User, role)},
    {NULL},
};

typedef struct {
  char *connection_data, *engine, *ice_servers, *user, *role, *controller;
  GPtrArray *users;
  gint64 ends_at_us, cursor;
} Established;

static const Field established_fields[] = {
    {"WebRTC_connection_data", FIELD_TEXT, G_STRUCT_OFFSET(Established, connection_data)},
    {"engine", FIELD_TEXT, G_STRUCT_OFFSET(Established, engine)},
    {"ice_servers", FIELD_RAW, G_STRUCT_OFFSET(Established, ice_servers)},
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(Established, user)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(Established, role)},
    {"controller", FIELD_TEXT, G_STRUCT_OFFSET(Established, controller)},
    {"users", FIELD_LIST, G_STRUCT_OFFSET(Established, users), .sub = user_fields, .size = sizeof(User)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Established, ends_at_us)},
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(Established, cursor)},
    {NULL},
};

static void answer_established(Call *call, Session *session, const User *user) {
  const Streamer *streamer = call_context(call);
  const Users *users = session_users(session);
  g_autoptr(GPtrArray) list = g_ptr_array_new();
  for (guint i = 0; i < users_count(users); i++)
    g_ptr_array_add(list, (gpointer)users_nth(users, i));
  g_autofree char *base = streamer_public_base(streamer);
  g_autofree char *url = g_strconcat(base, "whep/", session_id(session), NULL);
  const EngineKind *engine = engine_kind_find(streamer->settings->engine);
  Established established = {
      .connection_data = url,
      .engine = (char *)engine->wire_name,
      .ice_servers = streamer->settings->ice_servers,
      .user = user->id,
      .role = user->role,
      .controller = (char *)session_controller(session),
      .users = list,
      .ends_at_us = session_ends_at_us(session),
      .cursor = events_cursor(session_events(session)),
  };
  call_answer(call, WIRE_SESSION_CONNECTION_ESTABLISHED, established_fields, &established);
}

static void connect_to_session(gpointer request, gpointer arguments) {
  const Connect *connect = arguments;
  Streamer *streamer = call_context(request);
  Attendance *attendance = attendance_of(request);
  Session *session = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = people_check_ticket(streamer, connect->ticket, &session, &error);
  if (ticket && !session)
    refuse_no_session(&error);
  const User *user = session ? session_admit(session, ticket, connect->name, &error) : NULL;
  if (!user) {
    call_refuse(request, error);
    return;
  }
  answer_established(request, session, user);
  if (attendance)
    attach(attendance, session, user->id);
}

/* ---- POLL_EVENTS ---- */

typedef struct {
  char *ticket;
  gint64 cursor, wait_seconds;
} Poll;

static const Field poll_fields[] = {
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(Poll, ticket), .max = TICKET_MAX_BYTES},
    {"cursor", FIELD_INT, G_STRUCT_OFFSET(Poll, cursor), .min = 0, .max = G_MAXINT64 >> 11},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(Poll, wait_seconds), .min = 0, .max = WAIT_MAX_SECONDS},
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

/* A question that waits holds its person. */
typedef struct {
  Call *call;
  Streamer *streamer;
  Person person;
  EventsWaiter *waiter;
} PollWait;

static void let_go(PollWait *wait) {
  Session *session = sessions_find(wait->streamer->sessions, wait->person.session_id);
  if (session)
    session_release(session, wait->person.user);
  person_clear(&wait->person);
  g_free(wait);
}

static void on_events(const char *list, gint64 cursor, gpointer data) {
  PollWait *wait = data;
  EventList answer = {cursor, (char *)list};
  call_answer(wait->call, WIRE_EVENTS, event_list_fields, &answer);
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
  EventList answer = {cursor + 1, list};
  call_answer(call, WIRE_EVENTS, event_list_fields, &answer);
}

static void poll_events(gpointer request, gpointer arguments) {
  const Poll *poll = arguments;
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  gboolean known = identify(request, poll->ticket, &person, &error);
  if (known && !person.session) {
    answer_ended(request, &person, poll->cursor);
    return;
  }
  if (!known || !check_present(&person, &error)) {
    call_refuse(request, error);
    return;
  }
  PollWait *wait = g_new0(PollWait, 1);
  wait->call = request;
  wait->streamer = call_context(request);
  wait->person = person;
  person = (Person){NULL};
  session_hold(wait->person.session, wait->person.user);
  EventsWaiter *waiter = events_wait(session_events(wait->person.session), wait->person.user, poll->cursor,
                                     (guint)poll->wait_seconds * 1000, on_events, wait);
  if (!waiter) /* answered, and the wait is freed */
    return;
  wait->waiter = waiter;
  call_on_gone(request, on_poll_gone, wait);
}

/* ---- DISCONNECT ---- */

typedef struct {
  char *ticket;
} TicketOnly;

static const Field ticket_fields[] = {
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(TicketOnly, ticket), .max = TICKET_MAX_BYTES},
    {NULL},
};

static void disconnect(gpointer request, gpointer arguments) {
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  const TicketOnly *only = arguments;
  if (!identify(request, only->ticket, &person, &error) || !check_present(&person, &error)) {
    call_refuse(request, error);
    return;
  }
  call_answer(request, WIRE_DISCONNECTED, NULL, NULL); /* before their WebSocket is closed */
  session_dismiss(person.session, person.user);
}

/* ---- the doors ---- */

static const Verb verbs[] = {
    {"CONNECT_TO_SESSION", connect_fields, sizeof(Connect), connect_to_session},
    {"POLL_EVENTS", poll_fields, sizeof(Poll), poll_events},
    {"DISCONNECT", ticket_fields, sizeof(TicketOnly), disconnect},
    {NULL},
};

void people_handle(HttpRequest *request, gpointer streamer) {
  call_from_request(request, verbs, streamer);
}

static void on_socket_text(HttpSocket *socket, const char *text, gsize length, gpointer streamer) {
  call_from_socket(socket, text, length, verbs, streamer);
}

const HttpSocketEvents people_sockets = {
    .opened = on_socket_opened,
    .text = on_socket_text,
    .closed = on_socket_closed,
};
