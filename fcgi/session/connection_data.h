/* SESSION_CONNECTION_DATA: what lets one person into a session (vitrina-protocol(7)). The core's thread. */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"

/* Answers with the way to the session and a fresh ticket for it. @role: "host" or "guest"; @name: what the
 * person is called (nullable). (transfer full @request) */
void connection_data_answer(Request *request, const Session *session, const char *role, const char *name);
