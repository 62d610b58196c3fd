/* Starting sessions (START_SESSION): one server of the RC after the other is asked, the best first, until one
 * says yes. A Request waits meanwhile; if its client goes away, the session is ended as soon as it stands.
 * The core's thread.
 */
#pragma once
#include "fcgi/core.h"
#include "fcgi/fleet.h"
#include "fcgi/request.h"

Starts *starts_new(Core *core);   /* (transfer full) */
void starts_free(Starts *starts); /* gives up what is under way; NULL is allowed */

/* Answers with SESSION_CONNECTION_DATA, or with SERVERS_BUSY when every server was asked or none is left.
 * @name: what the visitor is called (nullable). (transfer full @request) */
void starts_begin(Starts *starts, Request *request, const Rc *rc, guint minutes, const char *name);

/* Answers everybody who waits for a start: SERVERS_BUSY. Their sessions are ended when they stand. */
void starts_answer_all(Starts *starts);

/* Refuses with SERVERS_BUSY, with what is known of when it will be better. @rc nullable.
 * (transfer full @request) */
void starts_refuse_busy(Request *request, Rc *rc);
