/* A request of HTTP, as its handler has it. It is counted, since handlers keep those that wait; when its
 * client goes first, it becomes inert: what is done to it does nothing. Main thread.
 */
#pragma once
#include "streamer/http/http_route.h"
#include <glib.h>

typedef enum {
  HTTP_AUTHORIZATION,
  HTTP_CONTENT_TYPE,
  HTTP_ORIGIN,
  HTTP_IF_MATCH,
  HTTP_X_REQUEST_ID,
  HTTP_N_HEADERS
} HttpHeader;

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
