/* What the files of the HTTP server share: http.c listens and knows libwebsockets' events, http_request.c
 * reads and answers requests, http_socket.c carries WebSockets. Nobody else includes this. */
#pragma once
#include "streamer/http/http.h"

#include <libwebsockets.h>

/* What requests and sockets know of their server. */
typedef struct {
  const HttpRoute *routes;
  char *const *const *allowed_origins;
  gpointer data; /* for the handlers */
  guint unsent;  /* answers and messages that are not written yet */
} HttpShared;

/* What stands beside a `struct lws`: the request that is read or waits for its answer, or the WebSocket. */
typedef struct {
  HttpRequest *request;
  HttpSocket *socket;
} HttpConnection;

/* The route of @path, and what follows it in *@rest; NULL when there is none. */
const HttpRoute *http_find_route(const HttpShared *shared, const char *path, const char **rest);
/* What Access-Control-Allow-Origin says to @origin; NULL: that page may not. */
const char *http_allow_origin(const HttpShared *shared, const char *origin);

/* The events of a request's connection. Each returns what a libwebsockets callback returns: -1 closes. */
int http_request_on_headers(HttpShared *shared, struct lws *wsi, HttpConnection *connection,
                            const char *path);
int http_request_on_body(HttpConnection *connection, const guint8 *bytes, gsize length);
int http_request_on_body_end(HttpConnection *connection);
int http_request_on_writable(HttpConnection *connection);
/* Takes the request off its connection, for whatever cause; who waits for it is told. */
void http_request_detach(HttpConnection *connection);

/* Whether a WebSocket may be opened here: a route that has them, and a page that may. */
gboolean http_socket_may_open(const HttpShared *shared, struct lws *wsi);
int http_socket_on_open(HttpShared *shared, struct lws *wsi, HttpConnection *connection);
int http_socket_on_bytes(struct lws *wsi, HttpConnection *connection, const char *bytes, gsize length);
int http_socket_on_writable(HttpConnection *connection);
/* Its reader is there: a pong came. */
void http_socket_on_pong(HttpConnection *connection);
/* Time to look whether its reader still is. */
int http_socket_on_timer(HttpConnection *connection);
void http_socket_detach(HttpConnection *connection);
