/* The events of a WebSocket's connection, which http.c tells. @place is where the connection keeps its
 * WebSocket, NULL in it when there is none. Each returns what a libwebsockets callback returns: -1 closes. */
#pragma once
#include "streamer/http/http_shared.h"
#include "streamer/http/http_socket.h"

#include <libwebsockets.h>

/* Whether a WebSocket may be opened here: a route that has them, and a page that may. */
gboolean http_socket_may_open(const HttpShared *shared, struct lws *wsi);
int http_socket_on_open(HttpSocket **place, HttpShared *shared, struct lws *wsi);
int http_socket_on_bytes(HttpSocket *socket, struct lws *wsi, const char *bytes, gsize length);
int http_socket_on_writable(HttpSocket *socket);
/* Its reader is there: a pong came. */
void http_socket_on_pong(HttpSocket *socket);
/* Time to look whether its reader still is. */
int http_socket_on_timer(HttpSocket **place);
/* Takes the WebSocket off its connection, for whatever cause; its handlers are told. */
void http_socket_detach(HttpSocket **place);
