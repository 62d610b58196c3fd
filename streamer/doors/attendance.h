/* The WebSocket of somebody who is in a session: who speaks on it, and the session's events that they are
 * told on it. Main thread.
 */
#pragma once
#include "streamer/doors/call.h"
#include "streamer/doors/person.h"
#include "streamer/http/http_socket.h"

/* What stands with a WebSocket from its opening to its close. */
typedef struct Attendance Attendance;

/* Of the WebSocket that the call came by; NULL: it came by HTTP. */
Attendance *attendance_of(const Call *call);

/* The person of the ticket, or, without one (NULL), whose WebSocket it is. FALSE with an error that
 * call_refuse() can say. */
gboolean attendance_identify(const Call *call, const char *ticket_text, Person *person, GError **error);

/* Whether @user of @session attends by it. */
gboolean attendance_is_of(const Attendance *attendance, const Session *session, const char *user);
/* From now on @user, who is in, attends by it: holds their place, is told the events after @cursor. */
void attendance_attach(Attendance *attendance, Session *session, const char *user, gint64 cursor);

/* HttpSocketEvents, but for what is said on it. @streamer is a Streamer. */
void attendance_opened(HttpSocket *socket, gpointer streamer);
void attendance_drained(HttpSocket *socket, gpointer streamer);
void attendance_closed(HttpSocket *socket, gpointer streamer);

/* Refuses somebody who says more than a person may, until @retry_after_seconds have passed, and counts it.
 * Frees the call. */
void attendance_refuse_talk(Call *call, const GError *error, guint retry_after_seconds);
