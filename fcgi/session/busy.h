/* SERVERS_BUSY and SERVERS_UNREACHABLE: the one place where they are said. The core's thread. */
#pragma once
#include "fcgi/core/request.h"
#include "fcgi/rules/rc.h"

/* Refuses with what is known of when it will be better: all is busy, or nothing of the RC can be reached. @rc
 * nullable. (transfer full @request) */
void busy_refuse(Request *request, Rc *rc);

/* All of the RC's servers that can be reached were asked in vain. (transfer full @request) */
void busy_refuse_failed(Request *request);

/* The server of the session that is meant cannot be reached. (transfer full @request) */
void busy_refuse_unreachable(Request *request);

/* That all is busy to somebody with a place in the line, who shall ask again after @retry_after_seconds.
 * @kept: what is free is for those who have fewer sessions. @members: what is said of the place, as in
 * wire_answer(). (transfer full @request) */
void busy_refuse_in_line(Request *request, Rc *rc, gboolean kept, guint retry_after_seconds,
                         const char *members);

/* The same with a @reason of its own. (transfer full @request) */
void busy_refuse_for(Request *request, Rc *rc, const char *reason);
