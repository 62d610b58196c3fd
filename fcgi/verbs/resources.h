/* What is asked for, by the last part of the URL: the verbs at "api", "health". The core's thread. */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"

/* Handles a request that a door has brought. (transfer full @request) */
void resources_handle(Core *core, Request *request);
