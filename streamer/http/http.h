/* The streamer's HTTP(S) and WebSocket server, on the default main loop.
 *
 * This module alone includes libwebsockets. A request comes to its route's handler when its body is there
 * whole, and is answered once, at once or later: a waiting request costs a connection and no thread. Bodies
 * and text messages are at most WIRE_MAX_BODY bytes. HTTP/1.1 (RFC 9112) with kept connections; a client that
 * sends its next request before it has the answer is cut off. Silent WebSockets are pinged, and closed when
 * nothing comes back. Pages of allowed origins may use the routes that say so (CORS, the Fetch standard).
 * Main thread.
 */
#pragma once
#include <glib.h>

/* Seconds of silence before a ping, and before a WebSocket is given up. */
#define HTTP_PING_SECONDS 5
#define HTTP_GIVE_UP_SECONDS 12
#define HTTP_MAX_CONNECTIONS 4096
/* A WebSocket whose reader is that far behind is closed. */
#define HTTP_MAX_QUEUED (1024 * 1024)

typedef struct Http Http;
typedef struct HttpRequest HttpRequest;
typedef struct HttpSocket HttpSocket;

typedef struct {
  /* All nullable. @data is the server's. */
  void (*opened)(HttpSocket *socket, gpointer data);
  void (*text)(HttpSocket *socket, const char *text, gsize length, gpointer data);
  /* All that was sent is with the system: its reader keeps up. */
  void (*drained)(HttpSocket *socket, gpointer data);
  /* The last call; the socket is freed when the last reference goes. */
  void (*closed)(HttpSocket *socket, gpointer data);
} HttpSocketEvents;

typedef struct {
  const char *path;    /* without the first slash: "control"; ending in a slash, it stands for all below it */
  const char *methods; /* "POST PATCH DELETE", for 405's Allow */
  gboolean for_pages;  /* pages of allowed origins may use it */
  gboolean local_only; /* answered to this machine alone */
  void (*handle)(HttpRequest *request, gpointer data);
  const HttpSocketEvents *sockets; /* NULL: no WebSocket here */
} HttpRoute;

typedef struct {
  const char *ip;
  guint16 port;
  const char *tls_certificate, *tls_key; /* PEM files; NULL: plain HTTP */
  const HttpRoute *routes;               /* ended by a row without path */
  char *const *const *allowed_origins;   /* looked at with each request: it may be read again */
  gpointer data;                         /* for the handlers */
} HttpPlan;

/* Listens. (transfer full) or NULL with a G_IO_ERROR that names address and port, or the certificate. */
Http *http_new(const HttpPlan *plan, GError **error);

/* Takes no new connections from now on; those that are go on. */
void http_stop_listening(Http *http);

/* Whether anything that was answered or sent still waits to be taken by its reader. */
gboolean http_has_output(const Http *http);

/* Closes all connections: requests are gone, sockets closed. NULL is allowed. */
void http_free(Http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Http, http_free)

/* ---- requests ---- */

typedef enum { HTTP_AUTHORIZATION, HTTP_CONTENT_TYPE, HTTP_ORIGIN, HTTP_IF_MATCH, HTTP_N_HEADERS } HttpHeader;

HttpRequest *http_request_ref(HttpRequest *request);
void http_request_unref(HttpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpRequest, http_request_unref)

const char *http_request_method(const HttpRequest *request);
/* What follows the route's path: "SESSION/RESOURCE"; "" for a route without a tree. */
const char *http_request_rest(const HttpRequest *request);
const char *http_request_header(const HttpRequest *request, HttpHeader header); /* NULL: not sent */
/* The body with a NUL behind it; owned by the request. */
const char *http_request_body(const HttpRequest *request, gsize *length);

/* A header of the answer to come. @name in lower case. */
void http_request_add_header(HttpRequest *request, const char *name, const char *value);
/* Answers. Does nothing when the client is gone. @type and @body nullable together. */
void http_request_answer(HttpRequest *request, guint status, const char *type, const char *body);

/* @func is called once if the client goes away before it has its answer. One at a time; NULL: none. */
void http_request_on_gone(HttpRequest *request, void (*func)(gpointer data), gpointer data);

/* ---- WebSockets ---- */

HttpSocket *http_socket_ref(HttpSocket *socket);
void http_socket_unref(HttpSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpSocket, http_socket_unref)

/* What the handlers keep with it. */
void http_socket_set_data(HttpSocket *socket, gpointer data);
gpointer http_socket_get_data(const HttpSocket *socket);

/* Sends a text message; nothing happens when the socket is closed or closing. */
void http_socket_send(HttpSocket *socket, const char *text);
/* Bytes that were sent and that its reader has not made room for yet. */
gsize http_socket_get_queued(const HttpSocket *socket);
/* Closes it in order, after what was sent (RFC 6455 section 7.4 has the codes). */
void http_socket_close(HttpSocket *socket, guint16 code);
