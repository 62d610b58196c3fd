/* The session verbs (WIRE.md section 3): what people in a session say, by HTTP or over a WebSocket on which
 * they get the session's events too. Main thread. */
#pragma once
#include "common/ticket.h"
#include "streamer/doors/streamer.h"
#include "streamer/http/http_request.h"
#include "streamer/http/http_socket.h"

/* Handles a request to `session`; @streamer is a Streamer. */
void people_handle(HttpRequest *request, gpointer streamer);
/* Handles its WebSockets. */
extern const HttpSocketEvents people_sockets;

/* The claims of a person's ticket (transfer full), and the session that it lets into (not owned; NULL: there
 * is none, or it has ended). NULL with an error that call_refuse() can say, NOT_AUTHORIZED, for a ticket that
 * is missing, wrong, expired or no person's. */
Ticket *people_check_ticket(const Streamer *streamer, const char *text, Session **session, GError **error);
