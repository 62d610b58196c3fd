/* The door of the coordinator and operators (STREAMER, FOR THE COORDINATOR AND OPERATORS in
 * vitrina-protocol(7)). Main thread. */
#pragma once
#include "streamer/http/http_request.h"

/* Handles a request to `control`; @streamer is a Streamer. */
void control_handle(HttpRequest *request, gpointer streamer);
