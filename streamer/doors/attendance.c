#include "streamer/doors/attendance.h"

#include "common/log.h"
#include "streamer/base/counts.h"
#include "streamer/doors/streamer.h"
#include "streamer/session/events.h"

/* Events wait in the ring, not at the socket, while its reader is that far behind. */
#define AHEAD_MAX_BYTES (64 * 1024)

/* Who speaks on a WebSocket, after CONNECT_TO_SESSION. By name: session and person may go before it does. */
struct Attendance {
  HttpSocket *socket; /* which has this as its data */
  Streamer *streamer;
  char *session, *user;
  EventsFollower *follower;
};

/* ---- who it is ---- */

Attendance *attendance_of(const Call *call) {
  HttpSocket *socket = call_socket(call);
  return socket ? http_socket_get_data(socket) : NULL;
}

gboolean attendance_identify(const Call *call, const char *ticket_text, Person *person, GError **error) {
  const Streamer *streamer = call_context(call);
  const Attendance *attendance = attendance_of(call);
  if (!ticket_text && attendance && attendance->user) {
    person_init(person, streamer, attendance->session, attendance->user);
    return TRUE;
  }
  Session *session;
  g_autoptr(Ticket) ticket = person_check_ticket(streamer, ticket_text, &session, error);
  if (!ticket)
    return FALSE;
  if (attendance)
    http_socket_admit(attendance->socket);
  person_init(person, streamer, ticket->session, ticket->user);
  return TRUE;
}

/* ---- what they are told ---- */

static void attendance_detach(Attendance *attendance) {
  if (!attendance->follower)
    return;
  events_unfollow(g_steal_pointer(&attendance->follower));
  person_release(attendance->streamer, attendance->session, attendance->user);
}

static gboolean take_event(const char *event, gpointer data) {
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
  person_release(attendance->streamer, attendance->session, attendance->user);
  if (end == EVENTS_LAGGING)
    log_info("reader_slow", "session=%s", attendance->session);
  http_socket_close(attendance->socket, codes[end]);
}

static const EventsFollowing following = {take_event, on_events_ended};

gboolean attendance_is_of(const Attendance *attendance, const Session *session, const char *user) {
  return attendance->follower && g_str_equal(attendance->session, session_id(session)) &&
         g_str_equal(attendance->user, user);
}

void attendance_attach(Attendance *attendance, Session *session, const char *user, gint64 cursor) {
  http_socket_admit(attendance->socket);
  session_people_hold(session_people(session), user);
  attendance_detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  attendance->session = g_strdup(session_id(session));
  attendance->user = g_strdup(user);
  attendance->follower = events_follow(session_events(session), user, cursor, &following, attendance);
}

void attendance_opened(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = g_new0(Attendance, 1);
  attendance->socket = socket;
  attendance->streamer = streamer;
  http_socket_set_data(socket, attendance);
}

void attendance_drained(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = http_socket_get_data(socket);
  if (attendance->follower)
    events_resume(attendance->follower);
}

void attendance_closed(HttpSocket *socket, gpointer streamer) {
  Attendance *attendance = http_socket_get_data(socket);
  http_socket_set_data(socket, NULL);
  attendance_detach(attendance);
  g_free(attendance->session);
  g_free(attendance->user);
  g_free(attendance);
}

void attendance_refuse_talk(Call *call, const GError *error, guint retry_after_seconds) {
  const Streamer *streamer = call_context(call);
  metrics_add(streamer->metrics, COUNTS_LIMITED, 1, COUNTS_LIMITED_TALK);
  call_refuse_until(call, error, retry_after_seconds);
}
