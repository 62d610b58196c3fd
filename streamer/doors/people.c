#include "streamer/doors/people.h"

#include "streamer/doors/attendance.h"
#include "streamer/doors/call.h"
#include "streamer/doors/people_connect.h"
#include "streamer/doors/person.h"

#include <string.h>

/* ---- what people ask of each other ---- */

/* The arguments of all the verbs below; each verb's table has those that it reads. */
typedef struct {
  char *ticket, *user, *name, *data, *to;
  gboolean transient, returning;
} PeopleAsk;

#define TICKET                                                                                               \
  { "ticket", FIELD_TEXT, G_STRUCT_OFFSET(PeopleAsk, ticket), .max = TICKET_MAX_BYTES }
#define ID(member) FIELD_TEXT, G_STRUCT_OFFSET(PeopleAsk, member), .min = 1, .max = USERS_ID_MAX

static const Field only_fields[] = {TICKET, {NULL}};

static const Field other_fields[] = {TICKET, {"user", ID(user), .required = TRUE}, {NULL}};

static const Field name_fields[] = {
    TICKET,
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(PeopleAsk, name), .max = PEOPLE_NAME_MAX, .required = TRUE},
    {NULL},
};

static const Field data_fields[] = {
    TICKET,
    {"data", FIELD_RAW, G_STRUCT_OFFSET(PeopleAsk, data), .min = 1, .max = SESSION_DATA_MAX,
     .required = TRUE},
    {"to", ID(to)},
    {"transient", FIELD_BOOL, G_STRUCT_OFFSET(PeopleAsk, transient)},
    {NULL},
};

/* Finds out who asks, and whether they may now; else refuses. What they do shows that they are there. */
static gboolean begin(Call *call, const PeopleAsk *ask, Person *person) {
  g_autoptr(GError) error = NULL;
  guint retry_after_seconds;
  if (!attendance_identify(call, ask->ticket, person, &error) || !person_check_present(person, &error)) {
    call_refuse(call, error);
    return FALSE;
  }
  gsize bytes = ask->data ? strlen(ask->data) : 0;
  if (!session_people_may_talk(person->people, person->user, bytes, &retry_after_seconds, &error)) {
    attendance_refuse_talk(call, error, retry_after_seconds);
    return FALSE;
  }
  session_people_note_activity(person->people, person->user);
  return TRUE;
}

static void answer_text(Call *call, WireMessage message, const char *name, const char *text) {
  const Field fields[] = {{name, FIELD_TEXT, 0}, {NULL}};
  call_answer(call, message, fields, &text);
}

/* ---- control ---- */

static void answer_control(Call *call, const Person *person) {
  answer_text(call, WIRE_CONTROL, "controller", session_people_controller(person->people));
}

static void request_control(gpointer call, gpointer arguments) {
  g_auto(Person) person = {NULL};
  if (!begin(call, arguments, &person))
    return;
  session_people_request_control(person.people, person.user);
  answer_control(call, &person);
}

static void release_control(gpointer call, gpointer arguments) {
  g_auto(Person) person = {NULL};
  if (!begin(call, arguments, &person))
    return;
  session_people_release_control(person.people, person.user);
  answer_control(call, &person);
}

static void decide(Call *call, const PeopleAsk *ask,
                   gboolean (*decision)(SessionPeople *, const char *, const char *, GError **)) {
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  if (!begin(call, ask, &person))
    return;
  if (decision(person.people, person.user, ask->user, &error))
    answer_control(call, &person);
  else
    call_refuse(call, error);
}

static void grant_control(gpointer call, gpointer arguments) {
  decide(call, arguments, session_people_grant_control);
}

static void decline_control(gpointer call, gpointer arguments) {
  decide(call, arguments, session_people_decline_control);
}

/* ---- the others ---- */

static void set_name(gpointer call, gpointer arguments) {
  const PeopleAsk *ask = arguments;
  g_auto(Person) person = {NULL};
  if (begin(call, ask, &person))
    answer_text(call, WIRE_NAME_SET, "name", session_people_set_name(person.people, person.user, ask->name));
}

static void send_data(gpointer call, gpointer arguments) {
  static const Field sent_fields[] = {{"cursor", FIELD_INT, 0}, {NULL}};
  const PeopleAsk *ask = arguments;
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  if (!begin(call, ask, &person))
    return;
  gint64 cursor =
      session_people_send_data(person.people, person.user, ask->to, ask->data, ask->transient, &error);
  if (error)
    call_refuse(call, error);
  else
    call_answer(call, WIRE_DATA_SENT, sent_fields, &cursor);
}

static void keep_alive(gpointer call, gpointer arguments) {
  g_auto(Person) person = {NULL};
  if (begin(call, arguments, &person))
    call_answer(call, WIRE_KEPT_ALIVE, NULL, NULL);
}

static void remove_user(gpointer call, gpointer arguments) {
  const PeopleAsk *ask = arguments;
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  if (!begin(call, ask, &person))
    return;
  if (session_people_remove(person.people, person.user, ask->user, &error))
    call_answer(call, WIRE_USER_REMOVED, NULL, NULL);
  else
    call_refuse(call, error);
}

static const Field disconnect_fields[] = {
    TICKET,
    {"returning", FIELD_BOOL, G_STRUCT_OFFSET(PeopleAsk, returning)},
    {NULL},
};

static void disconnect(gpointer call, gpointer arguments) {
  const PeopleAsk *ask = arguments;
  g_auto(Person) person = {NULL};
  g_autoptr(GError) error = NULL;
  if (!attendance_identify(call, ask->ticket, &person, &error) || !person_check_present(&person, &error)) {
    call_refuse(call, error);
    return;
  }
  call_answer(call, WIRE_DISCONNECTED, NULL, NULL); /* before their WebSocket is closed */
  if (ask->returning)
    session_people_note_going(person.people, person.user);
  else
    session_people_dismiss(person.people, person.user, SESSION_LEFT);
}

/* ---- the doors ---- */

static const Verb verbs[] = {
    {"CONNECT_TO_SESSION", people_connect_fields, sizeof(PeopleConnect), people_connect,
     people_connect_set_defaults},
    {"POLL_EVENTS", people_poll_fields, sizeof(PeoplePoll), people_poll},
    {"SEND_DATA", data_fields, sizeof(PeopleAsk), send_data},
    {"SET_NAME", name_fields, sizeof(PeopleAsk), set_name},
    {"REQUEST_CONTROL", only_fields, sizeof(PeopleAsk), request_control},
    {"RELEASE_CONTROL", only_fields, sizeof(PeopleAsk), release_control},
    {"GRANT_CONTROL", other_fields, sizeof(PeopleAsk), grant_control},
    {"DECLINE_CONTROL", other_fields, sizeof(PeopleAsk), decline_control},
    {"REMOVE_USER", other_fields, sizeof(PeopleAsk), remove_user},
    {"KEEP_ALIVE", only_fields, sizeof(PeopleAsk), keep_alive},
    {"DISCONNECT", disconnect_fields, sizeof(PeopleAsk), disconnect},
    {NULL},
};

void people_handle(HttpRequest *request, gpointer streamer) {
  call_from_request(request, verbs, streamer);
}

static void on_socket_text(HttpSocket *socket, const char *text, gsize length, gpointer streamer) {
  call_from_socket(socket, text, length, verbs, streamer);
}

const HttpSocketEvents people_sockets = {
    .opened = attendance_opened,
    .text = on_socket_text,
    .drained = attendance_drained,
    .closed = attendance_closed,
};
