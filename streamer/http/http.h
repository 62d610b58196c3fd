/* The streamer's HTTP(S) and WebSocket server, on the default main loop.
 *
 * This room alone includes libwebsockets. A request comes to its route's handler when its body is there
 * whole, and is answered once, at once or later: a waiting request costs a connection and no thread. Bodies
 * and text messages are at most WIRE_MAX_BODY bytes, and a body has 10 s to come. HTTP/1.1 (RFC 9112); a
 * connection is kept after a request with a body, and not when more has come before the answer: while the
 * request waits, its client is cut off then. Silent WebSockets are pinged, and closed when nothing comes
 * back. Pages of allowed origins may use the routes that say so (CORS, the Fetch standard). Main thread.
 */
#pragma once
#include "streamer/http/http_limits.h"
#include "streamer/http/http_route.h"
#include <glib.h>

#define HTTP_MAX_CONNECTIONS 4096

typedef struct Http Http;

typedef struct {
  const char *ip;
  guint16 port;
  const char *tls_certificate, *tls_key;            /* PEM files; NULL: plain HTTP */
  const HttpRoute *routes;                          /* ended by a row without path */
  char *const *const *allowed_origins;              /* looked at with each request: it may be read again */
  gpointer data;                                    /* for the handlers */
  void (*limited)(HttpLimited what, gpointer data); /* an address was refused (nullable) */
} HttpPlan;

/* Listens. (transfer full) or NULL with a G_IO_ERROR that names address and port, or with CERTIFICATE_ERROR
 * (certificate.h). */
Http *http_new(const HttpPlan *plan, GError **error);

/* From now on a new connection is closed at once when its address has as many as it may, and a request is
 * refused with TOO_MANY_ATTEMPTS (429) and Retry-After when its address asks more often. So is a WebSocket
 * that is to be opened; one that says too much before it is known whose it is is closed (1008). */
void http_limit_addresses(Http *http, const HttpLimits *limits);

/* Reads the certificate again now, as it is when its files change (http_certificate.h). */
void http_reload_certificate(Http *http);
/* Until the end of the certificate, in seconds; negative: it has ended. INFINITY: there is none. */
double http_certificate_seconds(const Http *http);

/* Takes no new connections from now on; those that are go on. */
void http_stop_listening(Http *http);

/* Whether anything that was answered or sent still waits to be taken by its reader. */
gboolean http_has_output(const Http *http);

/* Closes all connections: requests are gone, sockets closed. NULL is allowed. */
void http_free(Http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Http, http_free)
