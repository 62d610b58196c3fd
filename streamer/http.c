/* A connection is a `struct lws` with a Connection of ours beside it, which has the request that is read or
 * waits for its answer, or the WebSocket. Requests and sockets are counted, since their handlers keep them;
 * when the connection goes first, they lose their `wsi` and become inert. */
#include "config.h"

#include "streamer/http.h"

#include "common/log.h"
#include "common/wire.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
/* A ticket in a header is up to TICKET_MAX_BYTES. */
#define HEADER_BYTES 8192
#define ANSWER_HEADER_BYTES 4096
#define KEEP_ALIVE_SECONDS 65
#define TIMEOUT_SECONDS 20
/* Pause after the process ran out of descriptors. */
#define ACCEPT_PAUSE_MS 100
/* A peer that vanished while its request waits is noticed within IDLE + INTERVAL * COUNT seconds. */
#define PROBE_IDLE_SECONDS 5
#define PROBE_INTERVAL_SECONDS 3
#define PROBE_COUNT 3

struct Http {
  HttpPlan plan;
  GMainLoop *loop; /* the default context's: libwebsockets wants a loop, and only takes its context */
  struct lws_context *context;
  struct lws_vhost *vhost;
  int listen_fd;
  guint accept_source;
  guint connections;
  guint unsent; /* answers and messages that are not written yet */
};

typedef enum { REQUEST_READING, REQUEST_ASKED, REQUEST_ANSWERED } RequestState;

struct HttpRequest {
  guint references;
  struct lws *wsi; /* NULL: the client is gone, or has its answer */
  Http *http;
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

struct HttpSocket {
  guint references;
  struct lws *wsi; /* NULL: closed */
  Http *http;
  const HttpRoute *route;
  GString *text; /* the message that is being received */
  GQueue queue;  /* of GBytes to send */
  gsize queued;
  guint16 close_code; /* 0: not closing */
  gpointer data;
};

typedef struct {
  gboolean counted;
  HttpRequest *request;
  HttpSocket *socket;
} Connection;

/* ---- routes ---- */

static const HttpRoute *find_route(const Http *http, const char *path, const char **rest) {
  path += *path == '/';
  for (const HttpRoute *route = http->plan.routes; route->path; route++) {
    gsize length = strlen(route->path);
    gboolean is_tree = route->path[length - 1] == '/';
    if (is_tree ? strncmp(path, route->path, length) == 0 : strcmp(path, route->path) == 0) {
      *rest = path + length;
      return route;
    }
  }
  return NULL;
}

static gboolean is_method(const HttpRoute *route, const char *method) {
  g_auto(GStrv) methods = g_strsplit(route->methods, " ", -1);
  return g_strv_contains((const char *const *)methods, method);
}

static gboolean is_local(struct lws *wsi) {
  char name[64] = "";
  lws_get_peer_simple(wsi, name, sizeof name);
  return g_str_has_prefix(name, "127.") || g_str_equal(name, "::1") || g_str_has_prefix(name, "::ffff:127.");
}

/* What Access-Control-Allow-Origin says to @origin; NULL: that page may not. */
static const char *allow_origin(const Http *http, const char *origin) {
  char *const *allowed = *http->plan.allowed_origins;
  for (; origin && allowed && *allowed; allowed++)
    if (g_str_equal(*allowed, "*") || g_str_equal(*allowed, origin))
      return *allowed;
  return NULL;
}

/* ---- requests ---- */

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
  request->http->unsent++;
  lws_callback_on_writable(request->wsi);
}

static void refuse(HttpRequest *request, WireMessage message, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, NULL, "%s", reason);
  g_autofree char *body = wire_refusal(error, NULL);
  http_request_answer(request, wire_status(message), "application/json", body);
}

static void add_page_headers(HttpRequest *request) {
  const char *allowed = allow_origin(request->http, request->headers[HTTP_ORIGIN]);
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
  if (request->route->for_pages && allow_origin(request->http, request->headers[HTTP_ORIGIN])) {
    http_request_add_header(request, "access-control-allow-methods", list);
    http_request_add_header(request, "access-control-allow-headers", "Authorization, Content-Type, If-Match");
    http_request_add_header(request, "access-control-max-age", "86400");
  }
  http_request_answer(request, 204, NULL, NULL);
}

/* The request is there whole. */
static void dispatch(HttpRequest *request) {
  const HttpRoute *route = request->route;
  request->state = REQUEST_ASKED;
  g_byte_array_append(request->body, (const guint8 *)"", 1);
  lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
  add_page_headers(request);
  if (!route) {
    refuse(request, WIRE_NOT_FOUND, "There is nothing here.");
  } else if (route->local_only && !is_local(request->wsi)) {
    refuse(request, WIRE_FORBIDDEN, "This is answered to the server's own machine alone.");
  } else if (request->too_large) {
    refuse(request, WIRE_TOO_LARGE, "The request is larger than 64 KiB.");
  } else if (g_str_equal(request->method, "OPTIONS")) {
    answer_options(request);
  } else if (!is_method(route, request->method)) {
    http_request_add_header(request, "allow", route->methods);
    refuse(request, WIRE_METHOD_NOT_ALLOWED, "This address is not asked in this way.");
  } else {
    route->handle(request, request->http->plan.data);
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

/* (transfer full), NULL: not sent */
static char *header_of(struct lws *wsi, enum lws_token_indexes token) {
  int length = lws_hdr_total_length(wsi, token);
  if (length <= 0)
    return NULL;
  char *text = g_malloc((gsize)length + 1);
  if (lws_hdr_copy(wsi, text, length + 1, token) < 0)
    g_clear_pointer(&text, g_free);
  return text;
}

static HttpRequest *request_new(Http *http, struct lws *wsi, const char *path) {
  static const enum lws_token_indexes tokens[HTTP_N_HEADERS] = {
      [HTTP_AUTHORIZATION] = WSI_TOKEN_HTTP_AUTHORIZATION,
      [HTTP_CONTENT_TYPE] = WSI_TOKEN_HTTP_CONTENT_TYPE,
      [HTTP_ORIGIN] = WSI_TOKEN_ORIGIN,
      [HTTP_IF_MATCH] = WSI_TOKEN_HTTP_IF_MATCH,
  };
  HttpRequest *request = g_new0(HttpRequest, 1);
  const char *rest = "";
  request->references = 1;
  request->wsi = wsi;
  request->http = http;
  request->method = method_of(wsi);
  request->route = find_route(http, path, &rest);
  request->rest = g_strdup(rest);
  request->body = g_byte_array_new();
  request->answer_headers = g_ptr_array_new_with_free_func(g_free);
  for (int i = 0; i < HTTP_N_HEADERS; i++)
    request->headers[i] = header_of(wsi, tokens[i]);
  return request;
}

static int write_answer(Connection *connection);

/* Dispatches, and writes an answer that is there at once. Returns what a libwebsockets callback returns. */
static int ask(Connection *connection) {
  dispatch(connection->request);
  return connection->request->state == REQUEST_ANSWERED ? write_answer(connection) : 0;
}

typedef enum { BODY_NONE, BODY_COMES, BODY_UNMEASURED } BodyKind;

/* libwebsockets takes no chunks from a client, and announces the end of an empty body only after POST. */
static BodyKind body_kind(struct lws *wsi, const char *method) {
  g_autofree char *length = header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
  gboolean is_post = g_str_equal(method, "POST");
  if (!length)
    return is_post || g_str_equal(method, "PATCH") || g_str_equal(method, "PUT") ? BODY_UNMEASURED : BODY_NONE;
  return is_post || g_ascii_strtoull(length, NULL, 10) > 0 ? BODY_COMES : BODY_NONE;
}

static int on_request(Http *http, struct lws *wsi, Connection *connection, const char *path) {
  if (connection->request) /* the last one has no answer yet */
    return -1;
  connection->request = request_new(http, wsi, path);
  switch (body_kind(wsi, connection->request->method)) {
  case BODY_NONE:
    return ask(connection);
  case BODY_COMES:
    return 0;
  case BODY_UNMEASURED:
    http_request_answer(connection->request, 411, NULL, NULL);
    write_answer(connection);
    break;
  }
  return -1;
}

static int on_body(Connection *connection, const guint8 *bytes, gsize length) {
  HttpRequest *request = connection->request;
  if (!request || request->state != REQUEST_READING)
    return -1;
  if (request->body->len + length > WIRE_MAX_BODY)
    request->too_large = TRUE;
  else
    g_byte_array_append(request->body, bytes, (guint)length);
  return 0;
}

static int on_body_end(Connection *connection) {
  if (!connection->request || connection->request->state != REQUEST_READING)
    return -1;
  return ask(connection);
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

/* Takes the request off its connection, for whatever cause. */
static void detach_request(Connection *connection) {
  HttpRequest *request = g_steal_pointer(&connection->request);
  if (!request)
    return;
  if (request->state == REQUEST_ANSWERED)
    request->http->unsent--;
  request->wsi = NULL;
  void (*gone)(gpointer) = g_steal_pointer(&request->gone);
  if (gone)
    gone(request->gone_data);
  http_request_unref(request);
}

static int write_answer(Connection *connection) {
  HttpRequest *request = connection->request;
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
  detach_request(connection);
  return written && lws_http_transaction_completed(wsi) == 0 ? 0 : -1;
}

/* ---- WebSockets ---- */

HttpSocket *http_socket_ref(HttpSocket *socket) {
  socket->references++;
  return socket;
}

void http_socket_unref(HttpSocket *socket) {
  if (--socket->references > 0)
    return;
  g_queue_clear_full(&socket->queue, (GDestroyNotify)g_bytes_unref);
  g_string_free(socket->text, TRUE);
  g_free(socket);
}

void http_socket_set_data(HttpSocket *socket, gpointer data) {
  socket->data = data;
}

gpointer http_socket_get_data(const HttpSocket *socket) {
  return socket->data;
}

void http_socket_send(HttpSocket *socket, const char *text) {
  gsize length = strlen(text);
  if (!socket->wsi || socket->close_code)
    return;
  if (socket->queued + length > HTTP_MAX_QUEUED) {
    log_warning("socket_slow", "queued=%" G_GSIZE_FORMAT, socket->queued);
    lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    socket->close_code = LWS_CLOSE_STATUS_POLICY_VIOLATION;
    return;
  }
  guchar *framed = g_malloc(LWS_PRE + length);
  memcpy(framed + LWS_PRE, text, length);
  g_queue_push_tail(&socket->queue, g_bytes_new_take(framed, LWS_PRE + length));
  socket->queued += length;
  socket->http->unsent++;
  lws_callback_on_writable(socket->wsi);
}

void http_socket_close(HttpSocket *socket, guint16 code) {
  if (!socket->wsi || socket->close_code)
    return;
  socket->close_code = code;
  lws_callback_on_writable(socket->wsi);
}

/* Whether a WebSocket may be opened here: a route that has them, and a page that may. */
static gboolean may_upgrade(const Http *http, struct lws *wsi) {
  g_autofree char *path = header_of(wsi, WSI_TOKEN_GET_URI);
  g_autofree char *origin = header_of(wsi, WSI_TOKEN_ORIGIN);
  const char *rest;
  const HttpRoute *route = path ? find_route(http, path, &rest) : NULL;
  return route && route->sockets && (!origin || allow_origin(http, origin));
}

static int on_opened(Http *http, struct lws *wsi, Connection *connection) {
  g_autofree char *path = header_of(wsi, WSI_TOKEN_GET_URI);
  const char *rest;
  const HttpRoute *route = path ? find_route(http, path, &rest) : NULL;
  if (!route || !route->sockets)
    return -1;
  HttpSocket *socket = g_new0(HttpSocket, 1);
  socket->references = 1;
  socket->wsi = wsi;
  socket->http = http;
  socket->route = route;
  socket->text = g_string_new(NULL);
  connection->socket = socket;
  if (route->sockets->opened)
    route->sockets->opened(socket, http->plan.data);
  return 0;
}

static int on_text(Http *http, struct lws *wsi, Connection *connection, const char *bytes, gsize length) {
  HttpSocket *socket = connection->socket;
  if (!socket || socket->close_code)
    return 0;
  if (lws_frame_is_binary(wsi)) {
    http_socket_close(socket, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    return 0;
  }
  if (socket->text->len + length > WIRE_MAX_BODY) {
    http_socket_close(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    return 0;
  }
  g_string_append_len(socket->text, bytes, (gssize)length);
  if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
    return 0;
  g_autoptr(HttpSocket) kept = http_socket_ref(socket);
  if (socket->route->sockets->text)
    socket->route->sockets->text(socket, socket->text->str, socket->text->len, http->plan.data);
  g_string_truncate(socket->text, 0);
  return 0;
}

static int on_socket_writable(struct lws *wsi, Connection *connection) {
  HttpSocket *socket = connection->socket;
  if (!socket)
    return 0;
  g_autoptr(GBytes) message = g_queue_pop_head(&socket->queue);
  if (message) {
    gsize length = g_bytes_get_size(message) - LWS_PRE;
    guchar *framed = (guchar *)g_bytes_get_data(message, NULL);
    socket->queued -= length;
    socket->http->unsent--;
    /* libwebsockets writes the frame's header before the text: the bytes are ours alone. */
    if (lws_write(wsi, framed + LWS_PRE, length, LWS_WRITE_TEXT) < (int)length)
      return -1;
    lws_callback_on_writable(wsi);
    return 0;
  }
  if (!socket->close_code)
    return 0;
  lws_close_reason(wsi, socket->close_code, NULL, 0);
  return -1;
}

static void detach_socket(Http *http, Connection *connection) {
  HttpSocket *socket = g_steal_pointer(&connection->socket);
  if (!socket)
    return;
  socket->wsi = NULL;
  http->unsent -= socket->queue.length;
  if (socket->route->sockets->closed)
    socket->route->sockets->closed(socket, http->plan.data);
  http_socket_unref(socket);
}

/* ---- libwebsockets ---- */

static void on_connection_gone(Http *http, Connection *connection) {
  detach_request(connection);
  detach_socket(http, connection);
  if (connection->counted)
    http->connections--;
  connection->counted = FALSE;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  Http *http = lws_context_user(lws_get_context(wsi));
  Connection *connection = user;
  switch (reason) {
  case LWS_CALLBACK_HTTP:
    return on_request(http, wsi, connection, in);
  case LWS_CALLBACK_HTTP_BODY:
    return on_body(connection, in, length);
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return on_body_end(connection);
  case LWS_CALLBACK_HTTP_WRITEABLE:
    if (connection->request && connection->request->state == REQUEST_ANSWERED)
      return write_answer(connection);
    return 0;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
  case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    return may_upgrade(http, wsi) ? 0 : 1;
  case LWS_CALLBACK_ESTABLISHED:
    return on_opened(http, wsi, connection);
  case LWS_CALLBACK_RECEIVE:
    return on_text(http, wsi, connection, in, length);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return on_socket_writable(wsi, connection);
  case LWS_CALLBACK_CLOSED:
  case LWS_CALLBACK_CLOSED_HTTP:
    if (connection)
      on_connection_gone(http, connection);
    return 0;
  default:
    return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "vitrina", .callback = on_event, .per_session_data_size = sizeof(Connection)},
    {NULL},
};

static void on_library_log(int level, const char *line) {
  g_autofree char *text = g_strchomp(g_strdup(line));
  g_autofree char *quoted = log_quote(text);
  log_line(level == LLL_ERR ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "libwebsockets", "text=%s", quoted);
}

/* ---- listening ---- */

static void watch_listener(Http *http);

static gboolean on_accept_pause_over(gpointer data) {
  watch_listener(data);
  return G_SOURCE_REMOVE;
}

static void set_options(int fd) {
  static const struct {
    int level, name, value;
  } options[] = {
      {IPPROTO_TCP, TCP_NODELAY, 1},
      {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_IDLE_SECONDS},
      {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_INTERVAL_SECONDS},
      {IPPROTO_TCP, TCP_KEEPCNT, PROBE_COUNT},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

static gboolean on_connection(gint listen_fd, GIOCondition condition, gpointer data) {
  Http *http = data;
  int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
    log_warning("accept_failed", "error=\"%s\"", g_strerror(errno));
    http->accept_source = g_timeout_add(ACCEPT_PAUSE_MS, on_accept_pause_over, http);
    return G_SOURCE_REMOVE;
  }
  if (fd < 0)
    return G_SOURCE_CONTINUE;
  if (http->connections >= HTTP_MAX_CONNECTIONS) {
    close(fd);
    return G_SOURCE_CONTINUE;
  }
  set_options(fd);
  struct lws *wsi = lws_adopt_socket_vhost(http->vhost, fd); /* closes it when it fails */
  Connection *connection = wsi ? lws_wsi_user(wsi) : NULL;
  if (connection) {
    connection->counted = TRUE;
    http->connections++;
  }
  return G_SOURCE_CONTINUE;
}

static void watch_listener(Http *http) {
  http->accept_source = g_unix_fd_add(http->listen_fd, G_IO_IN, on_connection, http);
}

static int listen_on(const char *ip, guint16 port, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(ip, port);
  if (!address) {
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "ip: \"%s\" is no IP address", ip);
    return -1;
  }
  g_autoptr(GSocket) socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                                           G_SOCKET_PROTOCOL_TCP, &problem);
  if (socket)
    g_socket_set_listen_backlog(socket, BACKLOG);
  if (!socket || !g_socket_bind(socket, address, TRUE, &problem) || !g_socket_listen(socket, &problem)) {
    g_set_error(error, G_IO_ERROR, problem->code, "cannot listen on %s port %u: %s", ip, port,
                problem->message);
    return -1;
  }
  int fd = fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 3);
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  return fd;
}

static gboolean open_library(Http *http, GError **error) {
  static const lws_retry_bo_t silence = {
      .secs_since_valid_ping = HTTP_PING_SECONDS,
      .secs_since_valid_hangup = HTTP_GIVE_UP_SECONDS,
  };
  void *loops[] = {http->loop};
  gboolean tls = http->plan.tls_certificate != NULL;
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_GLIB | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 (tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
      .foreign_loops = loops,
      .user = http,
      .fd_limit_per_thread = HTTP_MAX_CONNECTIONS + 16,
      .max_http_header_data = HEADER_BYTES,
      .max_http_header_pool = HTTP_MAX_CONNECTIONS,
      .timeout_secs = TIMEOUT_SECONDS,
      .keepalive_timeout = KEEP_ALIVE_SECONDS,
      .retry_and_idle_policy = &silence,
      .alpn = "http/1.1",
      .ssl_cert_filepath = http->plan.tls_certificate,
      .ssl_private_key_filepath = http->plan.tls_key,
      .vhost_name = "vitrina",
      .gid = -1,
      .uid = -1,
  };
  lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
  http->context = lws_create_context(&info);
  http->vhost = http->context ? lws_create_vhost(http->context, &info) : NULL;
  if (!http->vhost)
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                tls ? "tls_certificate, tls_key: cannot be used" : "the HTTP server cannot be set up");
  return http->vhost != NULL;
}

Http *http_new(const HttpPlan *plan, GError **error) {
  g_autoptr(Http) http = g_new0(Http, 1);
  http->plan = *plan;
  http->loop = g_main_loop_new(NULL, FALSE);
  http->listen_fd = listen_on(plan->ip, plan->port, error);
  if (http->listen_fd < 0 || !open_library(http, error))
    return NULL;
  watch_listener(http);
  return g_steal_pointer(&http);
}

void http_stop_listening(Http *http) {
  g_clear_handle_id(&http->accept_source, g_source_remove);
  if (http->listen_fd >= 0)
    close(http->listen_fd);
  http->listen_fd = -1;
}

gboolean http_has_output(const Http *http) {
  return http->unsent > 0;
}

void http_free(Http *http) {
  if (!http)
    return;
  http_stop_listening(http);
  if (http->context)
    lws_context_destroy(http->context);
  g_main_loop_unref(http->loop);
  g_free(http);
}
