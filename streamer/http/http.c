#include "config.h"

#include "streamer/http/http.h"

#include "common/log.h"
#include "common/lws_log.h"
#include "streamer/http/http_certificate.h"
#include "streamer/http/http_request_internal.h"
#include "streamer/http/http_shared.h"
#include "streamer/http/http_socket_internal.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <math.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
/* A ticket in a header is up to TICKET_MAX_BYTES. */
#define HEADER_BYTES 8192
#define KEEP_ALIVE_SECONDS 65
#define TIMEOUT_SECONDS 20
/* Pause after the process ran out of descriptors. */
#define ACCEPT_PAUSE_MS 100
/* A peer that vanished while its request waits is noticed within IDLE + INTERVAL * COUNT seconds. */
#define PROBE_IDLE_SECONDS 5
#define PROBE_INTERVAL_SECONDS 3
#define PROBE_COUNT 3
#define UNSENT_BYTES (32 * 1024)
/* What libwebsockets gives to the system at once. */
#define WRITE_BYTES (128 * 1024)

struct Http {
  HttpShared shared;
  GMainLoop *loop; /* the default context's: libwebsockets wants a loop, and only takes its context */
  struct lws_context *context;
  struct lws_vhost *vhost;
  HttpCertificate *certificate; /* NULL: plain HTTP */
  int listen_fd;
  guint accept_source;
  guint connections;
};

/* ---- libwebsockets ---- */

/* What stands beside a `struct lws`: the request that is read or waits for its answer, or the WebSocket. */
typedef struct {
  HttpRequest *request;
  HttpSocket *socket;
} HttpConnection;

static void forget_peer(Http *http, struct lws *wsi) {
  HttpPeer *peer = lws_get_opaque_user_data(wsi);
  lws_set_opaque_user_data(wsi, NULL);
  if (!peer)
    return;
  http_peers_leave(http->shared.peers, peer);
  http->connections--;
}

static int confirm_upgrade(HttpShared *shared, struct lws *wsi) {
  guint wait_seconds = http_must_wait(shared, wsi);
  if (!wait_seconds && http_socket_may_open(shared, wsi))
    return 0;
  return http_request_refuse_upgrade(shared, wsi, wait_seconds);
}

static int on_lws_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                        size_t length) {
  Http *http = lws_context_user(lws_get_context(wsi));
  HttpConnection *connection = user;
  switch (reason) {
  case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: /* the vhost's SSL_CTX is made */
    http_certificate_attach(http->certificate, user);
    return 0;
  case LWS_CALLBACK_WSI_DESTROY: /* also of one that ends before its handshake does */
    forget_peer(http, wsi);
    return 0;
  case LWS_CALLBACK_HTTP:
    return http_request_on_headers(&connection->request, &http->shared, wsi, in);
  case LWS_CALLBACK_HTTP_BODY:
    return http_request_on_body(&connection->request, in, length);
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return http_request_on_body_end(&connection->request);
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return confirm_upgrade(&http->shared, wsi);
  case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    return http_socket_may_open(&http->shared, wsi) ? 0 : 1;
  case LWS_CALLBACK_ESTABLISHED:
    return http_socket_on_open(&connection->socket, &http->shared, wsi);
  case LWS_CALLBACK_RECEIVE_PONG:
    http_socket_on_pong(connection->socket);
    return 0;
  case LWS_CALLBACK_TIMER:
    return connection->socket ? http_socket_on_timer(&connection->socket)
                              : http_request_on_timer(&connection->request);
  case LWS_CALLBACK_RECEIVE:
    return http_socket_on_bytes(connection->socket, wsi, in, length);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return http_socket_on_writable(connection->socket);
  case LWS_CALLBACK_CLOSED:
  case LWS_CALLBACK_CLOSED_HTTP:
    if (connection) {
      http_request_detach(&connection->request);
      http_socket_detach(&connection->socket);
    }
    return 0;
  default:
    return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "vitrina",
     .callback = on_lws_event,
     .per_session_data_size = sizeof(HttpConnection),
     .tx_packet_size = WRITE_BYTES},
    {NULL},
};

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
      /* What a slow reader leaves waits with us, where it is counted, and pings come through. */
      {IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES},
      {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_IDLE_SECONDS},
      {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_INTERVAL_SECONDS},
      {IPPROTO_TCP, TCP_KEEPCNT, PROBE_COUNT},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
    setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

static void take_connection(Http *http, int fd, struct sockaddr *from, socklen_t length) {
  g_autoptr(GSocketAddress) address = g_socket_address_new_from_native(from, length);
  HttpPeer *peer = http->connections < HTTP_MAX_CONNECTIONS && address
                       ? http_peers_enter(http->shared.peers, address)
                       : NULL;
  if (!peer) {
    if (http->shared.limited)
      http->shared.limited(HTTP_LIMITED_CONNECTIONS, http->shared.data);
    close(fd);
    return;
  }
  set_options(fd);
  struct lws *wsi = lws_adopt_socket_vhost(http->vhost, fd); /* closes it when it fails */
  if (!wsi) {
    http_peers_leave(http->shared.peers, peer);
    return;
  }
  lws_set_opaque_user_data(wsi, peer);
  http->connections++;
}

static gboolean on_connection(gint listen_fd, GIOCondition condition, gpointer data) {
  Http *http = data;
  struct sockaddr_storage from;
  socklen_t length = sizeof from;
  int fd = accept4(listen_fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
    log_warning("accept_failed", "error=\"%s\"", g_strerror(errno));
    http->accept_source = g_timeout_add(ACCEPT_PAUSE_MS, on_accept_pause_over, http);
    return G_SOURCE_REMOVE;
  }
  if (fd >= 0)
    take_connection(http, fd, (struct sockaddr *)&from, length);
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

static gboolean open_library(Http *http, const HttpPlan *plan, GError **error) {
  void *loops[] = {http->loop};
  gboolean tls = plan->tls_certificate != NULL;
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
      .alpn = "http/1.1",
      .ssl_cert_filepath = plan->tls_certificate,
      .ssl_private_key_filepath = plan->tls_key,
      .vhost_name = "vitrina",
      .gid = -1,
      .uid = -1,
  };
  lws_log_open();
  http->context = http->shared.context = lws_create_context(&info);
  http->vhost = http->context ? lws_create_vhost(http->context, &info) : NULL;
  if (!http->vhost)
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
                tls ? "tls_certificate, tls_key: cannot be used" : "the HTTP server cannot be set up");
  return http->vhost != NULL;
}

Http *http_new(const HttpPlan *plan, GError **error) {
  g_autoptr(Http) http = g_new0(Http, 1);
  http->shared = (HttpShared){.routes = plan->routes,
                              .allowed_origins = plan->allowed_origins,
                              .limited = plan->limited,
                              .data = plan->data};
  http->loop = g_main_loop_new(NULL, FALSE);
  http->shared.peers = http_peers_new();
  http->listen_fd = -1;
  if (plan->tls_certificate) {
    http->certificate = http_certificate_new(plan->tls_certificate, plan->tls_key, error);
    if (!http->certificate) {
      g_prefix_error(error, "tls_certificate, tls_key: ");
      return NULL;
    }
  }
  http->listen_fd = listen_on(plan->ip, plan->port, error);
  if (http->listen_fd < 0 || !open_library(http, plan, error))
    return NULL;
  watch_listener(http);
  return g_steal_pointer(&http);
}

void http_limit_addresses(Http *http, const HttpLimits *limits) {
  http_peers_limit(http->shared.peers, limits);
}

void http_reload_certificate(Http *http) {
  if (http->certificate)
    http_certificate_reload(http->certificate);
}

double http_certificate_seconds(const Http *http) {
  return http->certificate ? (double)http_certificate_seconds_left(http->certificate) : INFINITY;
}

void http_stop_listening(Http *http) {
  g_clear_handle_id(&http->accept_source, g_source_remove);
  if (http->listen_fd >= 0)
    close(http->listen_fd);
  http->listen_fd = -1;
}

gboolean http_has_output(const Http *http) {
  return http->shared.unsent > 0;
}

void http_free(Http *http) {
  if (!http)
    return;
  http_stop_listening(http);
  http_request_drop_answers(&http->shared);
  if (http->context)
    lws_context_destroy(http->context);
  http_certificate_free(http->certificate);
  http_peers_free(http->shared.peers);
  g_main_loop_unref(http->loop);
  g_free(http);
}
