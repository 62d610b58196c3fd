#include "streamer/doors/people_connect.h"

#include "common/program_clock.h"
#include "streamer/doors/attendance.h"
#include "streamer/doors/person.h"
#include "streamer/engine/engine.h"
#include "streamer/session/events.h"
#include "streamer/session/users.h"

#define WAIT_MAX_SECONDS 60
/* What whole numbers a double holds exactly, with room for counting on. */
#define CURSOR_MAX (G_MAXINT64 >> 11)

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

/* One who knocks. */
typedef struct {
  char *knock, *name;
  gint64 lapses_in_seconds;
} KnockerShown;

static const Field knocker_fields[] = {
    {"knock", FIELD_TEXT, G_STRUCT_OFFSET(KnockerShown, knock)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(KnockerShown, name)},
    {"lapses_in_seconds", FIELD_INT, G_STRUCT_OFFSET(KnockerShown, lapses_in_seconds)},
    {NULL},
};

/* Those who are not answered yet (transfer full). */
static GPtrArray *list_knockers(const Session *session) {
  const Knockers *knockers = session_knockers(session);
  GPtrArray *shown = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < knockers_count(knockers); i++) {
    const Knocker *knocker = knockers_nth(knockers, i);
    if (knocker->state != KNOCKER_WAITS)
      continue;
    KnockerShown *row = g_new(KnockerShown, 1);
    *row = (KnockerShown){knocker->id, *knocker->name ? knocker->name : NULL,
                          knocker_seconds(knocker, program_clock_running_us())};
    g_ptr_array_add(shown, row);
  }
  return shown;
}

typedef struct {
  char *connection_data, *engine, *ice_servers, *user, *role, *control, *controller, **requests;
  GPtrArray *users, *knocks;
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
    {"knocks", FIELD_LIST, G_STRUCT_OFFSET(Established, knocks), .sub = knocker_fields,
     .size = sizeof(KnockerShown)},
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
  g_autoptr(GPtrArray) knocks = list_knockers(session);
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
      .knocks = knocks,
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
  g_autoptr(Ticket) ticket = person_check_ticket(streamer, connect->ticket, &session, &error);
  if (ticket && !session)
    person_set_no_session(&error);
  guint retry_after_seconds = 0;
  if (session &&
      !session_people_may_talk(session_people(session), ticket->user, 0, &retry_after_seconds, &error)) {
    attendance_refuse_talk(call, error, retry_after_seconds);
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
  gboolean again = attendance && attendance_is_of(attendance, session, user->id);
  if (!again)
    session_people_begin_connection(session_people(session), user->id);
  answer_established(call, session, user, cursor);
  if (attendance && (!again || connect->cursor >= 0))
    attendance_attach(attendance, session, user->id, cursor);
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
    person_release(wait->streamer, wait->person.session_id, wait->person.user);
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
    person_set_no_session(&error);
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
  gboolean known = attendance_identify(call, poll->ticket, &person, &error);
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
