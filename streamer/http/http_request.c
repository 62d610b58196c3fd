/* When its connection goes first, a request loses its `wsi` and becomes inert. */
#include "streamer/http/http_request_internal.h"

#include "common/lws_header.h"
#include "common/wire.h"

#include <string.h>
#include <sys/socket.h>

#define ANSWER_HEADER_BYTES 4096
#define LENGTH_MAX_DIGITS 19
/* How long a whole body may take to come, and an answer to be taken by its reader. */
#define BODY_SECONDS 10
#define TAKE_SECONDS 20

typedef enum { REQUEST_READING, REQUEST_ASKED, REQUEST_ANSWERED } RequestState;

struct HttpRequest {
  guint references;
  struct lws *wsi;     /* NULL: the client is gone, or has its answer */
  HttpRequest **place; /* where its connection keeps it */
  gboolean is_last;    /* its connection ends with its answer */
  HttpShared *shared;
  const HttpRoute *route;
  RequestState state;
  const char *method;
  char *rest;
  char *headers[HTTP_N_HEADERS];
  GByteArray *body;
  guint64 awaited; /* of the body, in bytes */
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

static void answer_soon(HttpRequest *request);

void http_request_answer(HttpRequest *request, guint status, const char *type, const char *body) {
  if (!request->wsi || request->state == REQUEST_ANSWERED)
    return;
  request->state = REQUEST_ANSWERED;
  request->gone = NULL;
  request->status = status;
  request->type = g_strdup(type);
  request->answer = g_strdup(body);
  request->shared->unsent++;
  answer_soon(request);
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

/* RFC 6585 section 4. */
static void refuse_until(HttpRequest *request, guint seconds) {
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strdup_printf("%u", seconds);
  g_autofree char *members = g_strdup_printf("\"retry_after_seconds\":%s", text);
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "This address asks too often.");
  g_autofree char *body = wire_refusal(error, members);
  http_request_add_header(request, "retry-after", text);
  http_request_answer(request, wire_status(WIRE_TOO_MANY_ATTEMPTS), "application/json", body);
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
  guint wait_seconds = http_must_wait(request->shared, request->wsi);
  request->state = REQUEST_ASKED;
  g_byte_array_append(request->body, (const guint8 *)"", 1);
  lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
  add_page_headers(request);
  if (wait_seconds) {
    refuse_until(request, wait_seconds);
  } else if (!route) {
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

static HttpRequest *request_new(HttpRequest **place, HttpShared *shared, struct lws *wsi, const char *path) {
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
  request->place = place;
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

static int write_answer(HttpRequest *request);

/* As libwebsockets decides it (RFC 9112 section 9.3). */
static gboolean is_last_by_itself(struct lws *wsi) {
  g_autofree char *wish = lws_header_of(wsi, WSI_TOKEN_CONNECTION);
  g_autofree char *version = lws_header_of(wsi, WSI_TOKEN_HTTP);
  if (g_strcmp0(version, "HTTP/1.1") != 0)
    return !wish || g_ascii_strcasecmp(wish, "keep-alive") != 0;
  return wish && g_ascii_strcasecmp(wish, "close") == 0;
}

typedef enum { BODY_NONE, BODY_EMPTY, BODY_COMES, BODY_UNMEASURED, BODY_WRONG } BodyKind;

/* libwebsockets takes no chunks from a client, reads a length as atoll() does (or not at all, if it is long),
 * and announces the end of an empty body only after POST. */
static BodyKind body_kind(struct lws *wsi, const char *method, guint64 *bytes) {
  g_autofree char *length = lws_header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  g_autofree char *coding = lws_header_of(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING);
  gboolean is_post = g_str_equal(method, "POST");
  if (coding)
    return BODY_UNMEASURED;
  if (!length)
    return is_post || g_str_equal(method, "PATCH") || g_str_equal(method, "PUT") ? BODY_UNMEASURED
                                                                                 : BODY_NONE;
  if (strlen(length) > LENGTH_MAX_DIGITS ||
      !g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, bytes, NULL))
    return BODY_WRONG;
  if (*bytes > 0)
    return BODY_COMES;
  return is_post ? BODY_EMPTY : BODY_NONE;
}

/* Its connection cannot go on: what follows is not known to be a request. */
static int request_refuse_head(HttpRequest *request, guint status) {
  request->is_last = TRUE;
  http_request_answer(request, status, NULL, NULL);
  write_answer(request);
  return -1;
}

int http_request_refuse_upgrade(HttpShared *shared, struct lws *wsi, guint wait_seconds) {
  g_autofree char *path = lws_header_of(wsi, WSI_TOKEN_GET_URI);
  if (!path) /* libwebsockets has answered itself */
    return -1;
  HttpRequest *place, *request = place = request_new(&place, shared, wsi, path);
  request->is_last = TRUE;
  if (wait_seconds)
    refuse_until(request, wait_seconds);
  else
    request_refuse(request, WIRE_FORBIDDEN, "No WebSocket may be opened here.");
  write_answer(request);
  return -1;
}

/* What follows a request in the same read waits inside libwebsockets (4.1 to 4.3), which would take the head
 * of a next request for its body, and then spin for ever. So nothing may wait there when an answer is written
 * and the connection goes on: whatever comes while a body's request is worked on shows in a second end of the
 * body, and makes it the last. A request without a body would never show it, and is always the last; it is
 * answered at once, since libwebsockets does not even hear of its client's end. */
int http_request_on_headers(HttpRequest **place, HttpShared *shared, struct lws *wsi, const char *path) {
  if (*place) /* the last one has no answer yet */
    return -1;
  HttpRequest *request = *place = request_new(place, shared, wsi, path);
  BodyKind kind = body_kind(wsi, request->method, &request->awaited);
  request->is_last = kind != BODY_COMES || is_last_by_itself(wsi);
  switch (kind) {
  case BODY_NONE:
    request_dispatch(request);
    return 0;
  case BODY_EMPTY:
    return 0;
  case BODY_COMES:
    lws_set_timer_usecs(wsi, BODY_SECONDS * G_USEC_PER_SEC);
    return 0;
  case BODY_UNMEASURED:
    return request_refuse_head(request, 411);
  case BODY_WRONG:
    return request_refuse_head(request, 400);
  }
  return -1;
}

int http_request_on_body_end(HttpRequest **place) {
  HttpRequest *request = *place;
  if (!request) /* what it was answered with is not taken yet */
    return -1;
  if (request->state == REQUEST_READING) {
    lws_set_timer_usecs(request->wsi, LWS_SET_TIMER_USEC_CANCEL);
    request_dispatch(request);
    return 0;
  }
  request->is_last = TRUE;
  if (request->state == REQUEST_ANSWERED)
    return 0;
  /* Its answer may be far, and libwebsockets would tell us of the end until then. */
  http_request_detach(place);
  return -1;
}

/* What follows the body in the same read is a part of it to libwebsockets 4.3, which then waits for far more:
 * both ends of the body are here. */
int http_request_on_body(HttpRequest **place, const guint8 *bytes, gsize length) {
  HttpRequest *request = *place;
  if (!request)
    return -1;
  if (request->state != REQUEST_READING)
    return http_request_on_body_end(place);
  gsize due = (gsize)MIN(length, request->awaited);
  request->awaited -= due;
  if (request->body->len + due > WIRE_MAX_BODY)
    request->too_large = TRUE;
  else
    g_byte_array_append(request->body, bytes, (guint)due);
  if (due == length)
    return 0;
  int ended = http_request_on_body_end(place);
  return ended < 0 ? ended : http_request_on_body_end(place);
}

/* The whole body has BODY_SECONDS, however its bytes come. */
int http_request_on_timer(HttpRequest **place) {
  return *place && (*place)->state == REQUEST_READING ? request_refuse_head(*place, 408) : 0;
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
      !add_header(wsi, "x-content-type-options", "nosniff", at, end) ||
      (request->is_last && !add_header(wsi, "connection", "close", at, end)))
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

/* Returns what a libwebsockets callback returns. The request is off its connection then. When libwebsockets
 * closes on our word it waits 5 s for the rest to be taken; where it closes by itself, as long as we say. */
static int write_answer(HttpRequest *request) {
  struct lws *wsi = request->wsi;
  gboolean is_head = g_str_equal(request->method, "HEAD"), is_last = request->is_last;
  gsize length = request->answer && !is_head ? strlen(request->answer) : 0;
  g_autofree guchar *buffer = g_malloc(LWS_PRE + ANSWER_HEADER_BYTES + length);
  guchar *start = buffer + LWS_PRE, *at = start;
  gboolean fits = add_headers(request, &at, start + ANSWER_HEADER_BYTES);
  if (length)
    memcpy(at, request->answer, length);
  at += length;
  gboolean written =
      fits && lws_write(wsi, start, (gsize)(at - start), LWS_WRITE_HTTP_FINAL) == (int)(at - start);
  http_request_detach(request->place);
  if (!written || (is_last && !(lws_partial_buffered(wsi) && is_last_by_itself(wsi))))
    return -1;
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, TAKE_SECONDS); /* until all is taken */
  return lws_http_transaction_completed(wsi) == 0 ? 0 : -1;
}

/* ---- answering ---- */

/* Has libwebsockets look for what follows the body, in what it has read and at the socket. Where nothing more
 * can come it would see the end instead, and the client may still wait for its answer. */
static void look_for_more(HttpRequest *request) {
  int fd = lws_get_socket_fd(request->wsi);
  char byte;
  struct lws_pollfd look = {.fd = fd, .events = LWS_POLLIN, .revents = LWS_POLLIN};
  if (recv(fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) == 0)
    request->is_last = TRUE;
  else
    lws_service_fd(lws_get_context(request->wsi), &look);
}

static void request_finish(HttpRequest *request) {
  if (request->wsi && !request->is_last)
    look_for_more(request);
  struct lws *wsi = request->wsi;
  if (wsi && write_answer(request) < 0)
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static gboolean on_answers_due(gpointer data) {
  HttpShared *shared = data;
  shared->answers_source = 0;
  GQueue due = shared->answers;
  g_queue_init(&shared->answers);
  for (HttpRequest *request; (request = g_queue_pop_head(&due));) {
    request_finish(request);
    http_request_unref(request);
  }
  lws_cancel_service(shared->context); /* the library looks at its timers after events alone */
  return G_SOURCE_REMOVE;
}

/* From the loop, not from one of libwebsockets' callbacks: whatever came with the request is in its place
 * then. Before other events of the connection, its end above all. */
static void answer_soon(HttpRequest *request) {
  HttpShared *shared = request->shared;
  g_queue_push_tail(&shared->answers, http_request_ref(request));
  if (!shared->answers_source)
    shared->answers_source = g_idle_add_full(G_PRIORITY_HIGH, on_answers_due, shared, NULL);
}

void http_request_drop_answers(HttpShared *shared) {
  g_clear_handle_id(&shared->answers_source, g_source_remove);
  g_queue_clear_full(&shared->answers, (GDestroyNotify)http_request_unref);
}
