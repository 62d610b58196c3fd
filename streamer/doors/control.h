/* The control verbs (WIRE.md section 3): what the coordinator and operators say. Main thread. */
#pragma once
#include "streamer/http/http_request.h"

/* Handles a request to `control`; @streamer is a Streamer. */
void control_handle(HttpRequest *request, gpointer streamer);
