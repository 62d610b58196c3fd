/* The events of a request's connection, which http.c tells. @place is where the connection keeps its request,
 * NULL in it when there is none. Each returns what a libwebsockets callback returns: -1 closes. */
#pragma once
#include "streamer/http/http_request.h"
#include "streamer/http/http_shared.h"

#include <libwebsockets.h>

int http_request_on_headers(HttpRequest **place, HttpShared *shared, struct lws *wsi, const char *path);
int http_request_on_body(HttpRequest **place, const guint8 *bytes, gsize length);
int http_request_on_body_end(HttpRequest **place);
/* Time for the body to be there. */
int http_request_on_timer(HttpRequest **place);
/* Refuses to open a WebSocket: for @wait_seconds, or (0) at all. */
int http_request_refuse_upgrade(HttpShared *shared, struct lws *wsi, guint wait_seconds);
/* Takes the request off its connection, for whatever cause; who waits for it is told. */
void http_request_detach(HttpRequest **place);
/* Forgets the answers that are not written yet. */
void http_request_drop_answers(HttpShared *shared);
