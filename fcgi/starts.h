/* Starting sessions (START_SESSION): one server of the RC after the other is asked, the best first, until one
 * says yes. A Request waits meanwhile; if its client goes away, the session is ended as soon as it stands.
 * The core's thread.
 */
#pragma once
#include "fcgi/core.h"
#include "fcgi/fleet.h"
#include "fcgi/request.h"
#include "fcgi/reservation.h"

Starts *starts_new(Core *core);   /* (transfer full) */
void starts_free(Starts *starts); /* gives up what is under way; NULL is allowed */

/* A session from now on. Answers with SESSION_CONNECTION_DATA, or with SERVERS_BUSY when the plan has no
 * place, or every server was asked, or none is left. It lasts @minutes, or less, down to @min_minutes, where
 * a booking follows.
 * @name: what the visitor is called (nullable). (transfer full @request) */
void starts_begin(Starts *starts, Request *request, const Rc *rc, guint minutes, guint min_minutes,
                  const char *name);

/* The session of a booking whose time has come: the first who comes starts it and is its host, those who come
 * meanwhile join. If the session before it still holds the place, that is waited for a little. (transfer full
 * @request) */
void starts_begin_booked(Starts *starts, Request *request, const Reservation *reservation, const char *name);

/* Whether a server is being asked for it right now. */
gboolean starts_is_starting(const Starts *starts, const char *session);

/* Answers everybody who waits for a start: SERVERS_BUSY. Their sessions are ended when they stand. */
void starts_answer_all(Starts *starts);

/* Refuses with SERVERS_BUSY, with what is known of when it will be better. @rc nullable.
 * (transfer full @request) */
void starts_refuse_busy(Request *request, Rc *rc);
