/* The door of the people in a session: what they ask by HTTP, or over a WebSocket on which they get the
 * session's events, too (STREAMER, FOR PEOPLE in vitrina-protocol(7)). Main thread. */
#pragma once
#include "streamer/http/http_request.h"
#include "streamer/http/http_route.h"

/* Handles a request to `session`; @streamer is a Streamer. */
void people_handle(HttpRequest *request, gpointer streamer);
/* Handles its WebSockets. */
extern const HttpSocketEvents people_sockets;
