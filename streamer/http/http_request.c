/* When its connection goes first, a request loses its `wsi` and becomes inert. */
#include "streamer/http/http_request_internal.h"

#include "common/lws_header.h"
#include "common/wire.h"

#include <string.h>

#define ANSWER_HEADER_BYTES 4096

typedef enum { REQUEST_READING, REQUEST_ASKED, REQUEST_ANSWERED } RequestState;

struct HttpRequest {
  guint references;
  struct lws *wsi; /* NULL: the client is gone, or has its answer */
  HttpShared *shared;
  const HttpRoute *route;
  RequestState state;
  const char *method;
  char *rest;
  char *headers[HTTP_N_HEADERS];
  GByteArray *body;
  gboolean too_large;
  GPtrArray *answer_headers; /* of char *: name, value, name, … */
  guint status;
  char *type, *answer;
  void (*gone)(gpointer data);
  gpointer gone_data;
};

/* ---- what handlers do with it ---- */

HttpRequest *http_request_ref(HttpRequest *request) {
  request->references++;
  return request;
}

void http_request_unref(HttpRequest *request) {
  if (--request->references > 0)
    return;
  for (int i = 0; i < HTTP_N_HEADERS; i++)
    g_free(request->headers[i]);
  g_byte_array_unref(request->body);
  g_ptr_array_unref(request->answer_headers);
  g_free(request->rest);
  g_free(request->type);
  g_free(request->answer);
  g_free(request);
}

const char *http_request_method(const HttpRequest *request) {
  return request->method;
}

const char *http_request_rest(const HttpRequest *request) {
  return request->rest;
}

const char *http_request_header(const HttpRequest *request, HttpHeader header) {
  return request->headers[header];
}

const char *http_request_body(const HttpRequest *request, gsize *length) {
  *length = request->body->len - 1;
  return (const char *)request->body->data;
}

void http_request_add_header(HttpRequest *request, const char *name, const char *value) {
  g_ptr_array_add(request->answer_headers, g_strdup(name));
  g_ptr_array_add(request->answer_headers, g_strdup(value));
}

void http_request_on_gone(HttpRequest *request, void (*func)(gpointer data), gpointer data) {
  request->gone = func;
  request->gone_data = data;
}

void http_request_answer(HttpRequest *request, guint status, const char *type, const char *body) {
  if (!request->wsi || request->state == REQUEST_ANSWERED)
    return;
  request->state = REQUEST_ANSWERED;
  request->gone = NULL;
  request->status = status;
  request->type = g_strdup(type);
  request->answer = g_strdup(body);
  request->shared->unsent++;
  lws_callback_on_writable(request->wsi);
}

/* ---- what is answered here ---- */

static gboolean is_method(const HttpRoute *route, const char *method) {
  g_auto(GStrv) methods = g_strsplit(route->methods, " ", -1);
  return g_strv_contains((const char *const *)methods, method);
}

/* What a web server on this machine passes on comes from somewhere else. */
static gboolean is_local(struct lws *wsi) {
  char name[64] = "";
  if (lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) > 0)
    return FALSE;
  lws_get_peer_simple(wsi, name, sizeof name);
  return g_str_has_prefix(name, "127.") || g_str_equal(name, "::1") || g_str_has_prefix(name, "::ffff:127.");
}

static void request_refuse(HttpRequest *request, WireMessage message, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, NULL, "%s", reason);
  g_autofree char *body = wire_refusal(error, NULL);
  http_request_answer(request, wire_status(message), "application/json", body);
}

static void add_page_headers(HttpRequest *request) {
  const char *allowed = http_allow_origin(request->shared, request->headers[HTTP_ORIGIN]);
  if (!request->route || !request->route->for_pages || !allowed)
    return;
  http_request_add_header(request, "access-control-allow-origin", allowed);
  http_request_add_header(request, "access-control-expose-headers", "Location, ETag, Retry-After");
  if (!g_str_equal(allowed, "*"))
    http_request_add_header(request, "vary", "Origin");
}

static void answer_options(HttpRequest *request) {
  g_auto(GStrv) methods = g_strsplit(request->route->methods, " ", -1);
  g_autofree char *list = g_strjoinv(", ", methods);
  http_request_add_header(request, "allow", list);
  if (request->route->for_pages && http_allow_origin(request->shared, request->headers[HTTP_ORIGIN])) {
    http_request_add_header(request, "access-control-allow-methods", list);
    http_request_add_header(request, "access-control-allow-headers", "Authorization, Content-Type, If-Match");
    http_request_add_header(request, "access-control-max-age", "86400");
  }
  http_request_answer(request, 204, NULL, NULL);
}

/* The request is there whole. */
static void request_dispatch(HttpRequest *request) {
  const HttpRoute *route = request->route;
  request->state = REQUEST_ASKED;
  g_byte_array_append(request->body, (const guint8 *)"", 1);
  lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
  add_page_headers(request);
  if (!route) {
    request_refuse(request, WIRE_NOT_FOUND, "There is nothing here.");
  } else if (route->local_only && !is_local(request->wsi)) {
    request_refuse(request, WIRE_FORBIDDEN, "This is answered to the server's own machine alone.");
  } else if (request->too_large) {
    request_refuse(request, WIRE_TOO_LARGE, "The request is larger than 64 KiB.");
  } else if (g_str_equal(request->method, "OPTIONS")) {
    answer_options(request);
  } else if (!is_method(route, request->method)) {
    http_request_add_header(request, "allow", route->methods);
    request_refuse(request, WIRE_METHOD_NOT_ALLOWED, "This address is not asked in this way.");
  } else {
    route->handle(request, request->shared->data);
  }
}

/* ---- reading ---- */

static const struct {
  enum lws_token_indexes token;
  const char *name;
} methods[] = {
    {WSI_TOKEN_GET_URI, "GET"},     {WSI_TOKEN_POST_URI, "POST"},     {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PATCH_URI, "PATCH"}, {WSI_TOKEN_DELETE_URI, "DELETE"}, {WSI_TOKEN_HEAD_URI, "HEAD"},
    {WSI_TOKEN_PUT_URI, "PUT"},
};

static const char *method_of(struct lws *wsi) {
  for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
    if (lws_hdr_total_length(wsi, methods[i].token) > 0)
      return methods[i].name;
  return "";
}

static HttpRequest *request_new(HttpShared *shared, struct lws *wsi, const char *path) {
  static const enum lws_token_indexes tokens[HTTP_N_HEADERS] = {
      [HTTP_AUTHORIZATION] = WSI_TOKEN_HTTP_AUTHORIZATION,
      [HTTP_CONTENT_TYPE] = WSI_TOKEN_HTTP_CONTENT_TYPE,
      [HTTP_ORIGIN] = WSI_TOKEN_ORIGIN,
      [HTTP_IF_MATCH] = WSI_TOKEN_HTTP_IF_MATCH,
      [HTTP_X_REQUEST_ID] = WSI_TOKEN_COUNT, /* libwebsockets has no token for it */
  };
  HttpRequest *request = g_new0(HttpRequest, 1);
  const char *rest = "";
  request->references = 1;
  request->wsi = wsi;
  request->shared = shared;
  request->method = method_of(wsi);
  request->route = http_find_route(shared, path, &rest);
  request->rest = g_strdup(rest);
  request->body = g_byte_array_new();
  request->answer_headers = g_ptr_array_new_with_free_func(g_free);
  for (int i = 0; i < HTTP_N_HEADERS; i++)
    request->headers[i] =
        tokens[i] == WSI_TOKEN_COUNT ? lws_header_named(wsi, "x-request-id:") : lws_header_of(wsi, tokens[i]);
  return request;
}

static int write_answer(HttpRequest **place);

/* Dispatches, and writes an answer that is there at once. Returns what a libwebsockets callback returns. */
static int request_ask(HttpRequest **place) {
  request_dispatch(*place);
  return (*place)->state == REQUEST_ANSWERED ? write_answer(place) : 0;
}

/* As libwebsockets decides it (RFC 9112 section 9.3): it does not say so in the answer. */
static gboolean is_last(struct lws *wsi) {
  g_autofree char *wish = lws_header_of(wsi, WSI_TOKEN_CONNECTION);
  g_autofree char *version = lws_header_of(wsi, WSI_TOKEN_HTTP);
  if (g_strcmp0(version, "HTTP/1.1") != 0)
    return !wish || g_ascii_strcasecmp(wish, "keep-alive") != 0;
  return wish && g_ascii_strcasecmp(wish, "close") == 0;
}

typedef enum { BODY_NONE, BODY_COMES, BODY_UNMEASURED } BodyKind;

/* libwebsockets takes no chunks from a client, and announces the end of an empty body only after POST. */
static BodyKind body_kind(struct lws *wsi, const char *method) {
  g_autofree char *length = lws_header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  gboolean is_post = g_str_equal(method, "POST");
  if (!length)
    return is_post || g_str_equal(method, "PATCH") || g_str_equal(method, "PUT") ? BODY_UNMEASURED
                                                                                 : BODY_NONE;
  return is_post || g_ascii_strtoull(length, NULL, 10) > 0 ? BODY_COMES : BODY_NONE;
}

int http_request_on_headers(HttpRequest **place, HttpShared *shared, struct lws *wsi, const char *path) {
  if (*place) /* the last one has no answer yet */
    return -1;
  HttpRequest *request = *place = request_new(shared, wsi, path);
  if (is_last(wsi))
    http_request_add_header(request, "connection", "close");
  switch (body_kind(wsi, request->method)) {
  case BODY_NONE:
    return request_ask(place);
  case BODY_COMES:
    return 0;
  case BODY_UNMEASURED:
    http_request_add_header(request, "connection", "close");
    http_request_answer(request, 411, NULL, NULL);
    write_answer(place);
    break;
  }
  return -1;
}

int http_request_on_body(HttpRequest *request, const guint8 *bytes, gsize length) {
  if (!request || request->state != REQUEST_READING)
    return -1;
  if (request->body->len + length > WIRE_MAX_BODY)
    request->too_large = TRUE;
  else
    g_byte_array_append(request->body, bytes, (guint)length);
  return 0;
}

int http_request_on_body_end(HttpRequest **place) {
  return *place && (*place)->state == REQUEST_READING ? request_ask(place) : -1;
}

/* ---- writing ---- */

static gboolean add_header(struct lws *wsi, const char *name, const char *value, guchar **at, guchar *end) {
  g_autofree char *with_colon = g_strconcat(name, ":", NULL);
  return lws_add_http_header_by_name(wsi, (const guchar *)with_colon, (const guchar *)value,
                                     (int)strlen(value), at, end) == 0;
}

static gboolean add_headers(const HttpRequest *request, guchar **at, guchar *end) {
  struct lws *wsi = request->wsi;
  gsize length = request->answer ? strlen(request->answer) : 0;
  if (lws_add_http_header_status(wsi, request->status, at, end) != 0 ||
      (request->type && !add_header(wsi, "content-type", request->type, at, end)) ||
      !add_header(wsi, "cache-control", "no-store", at, end) ||
      !add_header(wsi, "x-content-type-options", "nosniff", at, end))
    return FALSE;
  for (guint i = 0; i + 1 < request->answer_headers->len; i += 2)
    if (!add_header(wsi, request->answer_headers->pdata[i], request->answer_headers->pdata[i + 1], at, end))
      return FALSE;
  /* RFC 9110 section 8.6: none with 204. */
  return (request->status == 204 || lws_add_http_header_content_length(wsi, length, at, end) == 0) &&
         lws_finalize_http_header(wsi, at, end) == 0;
}

void http_request_detach(HttpRequest **place) {
  HttpRequest *request = g_steal_pointer(place);
  if (!request)
    return;
  if (request->state == REQUEST_ANSWERED)
    request->shared->unsent--;
  request->wsi = NULL;
  void (*gone)(gpointer) = g_steal_pointer(&request->gone);
  if (gone)
    gone(request->gone_data);
  http_request_unref(request);
}

static int write_answer(HttpRequest **place) {
  HttpRequest *request = *place;
  struct lws *wsi = request->wsi;
  gboolean is_head = g_str_equal(request->method, "HEAD");
  gsize length = request->answer && !is_head ? strlen(request->answer) : 0;
  g_autofree guchar *buffer = g_malloc(LWS_PRE + ANSWER_HEADER_BYTES + length);
  guchar *start = buffer + LWS_PRE, *at = start;
  gboolean fits = add_headers(request, &at, start + ANSWER_HEADER_BYTES);
  if (length)
    memcpy(at, request->answer, length);
  at += length;
  gboolean written =
      fits && lws_write(wsi, start, (gsize)(at - start), LWS_WRITE_HTTP_FINAL) == (int)(at - start);
  http_request_detach(place);
  return written && lws_http_transaction_completed(wsi) == 0 ? 0 : -1;
}

int http_request_on_writable(HttpRequest **place) {
  return *place && (*place)->state == REQUEST_ANSWERED ? write_answer(place) : 0;
}
