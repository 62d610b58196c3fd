/* The WebSockets of a door from their opening to their closing: what door_websocket.c stands on, which
 * listens and knows libwebsockets' events. Nobody else includes this. The door's thread alone, but for what
 * is said to be the core's.
 */
#pragma once
#include "fcgi/door/websocket_out.h"

/* A socket has opened; its client's @address (transfer full). */
void websocket_open(Websocket *socket, Websockets *all, struct lws *wsi, char *address);
/* Events of libwebsockets. Each returns what a callback returns: -1 closes. */
int websocket_on_bytes(Websocket *socket, const char *bytes, gsize length);
void websocket_on_pong(Websocket *socket);
void websocket_on_closed(Websocket *socket);

/* Asks those who have been silent for a sign of life, and gives those up who gave none. To be called once in
 * a while. */
void websocket_look_after_silent(Websockets *all, gint64 now_us);

/* How many are open. */
guint websocket_count(const Websockets *all);
/* websocket_close() for all. */
void websocket_close_all(Websockets *all, guint16 code);

/* Pushes an event to all that it is for. The core's thread. @session nullable. */
void websocket_push(Websockets *all, const char *text, const char *session);
/* Behind what was pushed before, @person gets nothing more of what is for @audience. The core's thread. */
void websocket_push_expulsion(Websockets *all, const char *audience, const char *person);
