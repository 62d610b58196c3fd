/* What is asked for, by the last part of the URL: the verbs at "api", "health". The core's thread. */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"

/* "ok": list and plan are read, and this coordinator should be sent visitors; else why not, as GET health
 * says it (static). */
const char *resources_get_health(const Core *core);

/* Handles a request that a door has brought. (transfer full @request) */
void resources_handle(Core *core, Request *request);
