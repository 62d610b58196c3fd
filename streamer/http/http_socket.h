/* A WebSocket (RFC 6455), as its handlers have it. It is counted, since they keep it; when its connection
 * goes first, it becomes inert: what is done to it does nothing. Main thread.
 */
#pragma once
#include "streamer/http/http_route.h"
#include <glib.h>

/* Seconds of silence before a ping, and before a WebSocket is given up. */
#define HTTP_PING_SECONDS 5
#define HTTP_GIVE_UP_SECONDS 12
/* A WebSocket has this long to show whose it is. */
#define HTTP_STRANGER_SECONDS 10
/* A WebSocket whose reader is that far behind is closed. */
#define HTTP_MAX_QUEUED (1024 * 1024)

HttpSocket *http_socket_ref(HttpSocket *socket);
void http_socket_unref(HttpSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpSocket, http_socket_unref)

/* What the handlers keep with it. */
void http_socket_set_data(HttpSocket *socket, gpointer data);
gpointer http_socket_get_data(const HttpSocket *socket);

/* It is known whose it is; who has not come to that within HTTP_STRANGER_SECONDS is closed with 1008. */
void http_socket_admit(HttpSocket *socket);

/* Sends a text message; nothing happens when the socket is closed or closing. */
void http_socket_send(HttpSocket *socket, const char *text);
/* Bytes that were sent and that its reader has not made room for yet. */
gsize http_socket_get_queued(const HttpSocket *socket);
/* Closes it in order, after what was sent (RFC 6455 section 7.4 has the codes). */
void http_socket_close(HttpSocket *socket, guint16 code);
