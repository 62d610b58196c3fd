#include "config.h"

#include "fcgi/door/door_websocket.h"

#include "common/log.h"
#include "common/lws_header.h"
#include "common/lws_log.h"
#include "common/settings.h"
#include "common/wire.h"
#include "fcgi/base/client_address.h"
#include "fcgi/base/client_counts.h"
#include "fcgi/base/metering.h"
#include "fcgi/door/origin.h"
#include "fcgi/door/websocket.h"
#include "fcgi/door/websocket_calls.h"
#include "fcgi/events/events.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is read at once; each socket has a buffer of this size. */
#define READ_BYTES 512
#define HEADER_BYTES 8192
/* Connections that are not WebSockets yet, beyond max_websockets; and how long they may take to become one.
 */
#define MAX_OPENING 1024
#define OPENING_SECONDS 10
#define ACCEPTS_AT_ONCE 64
/* How often silent sockets are looked after, and accepting is taken up again when descriptors had run out. */
#define TICK_US (500 * 1000)
#define ROOM_RETRY_SECONDS 5

struct DoorWebsocket {
  Websockets sockets;
  Listener *listener;
  GThread *thread;
  atomic_bool ending;
  /* From here on the door's thread's. */
  struct ev_loop *loop;
  struct lws_context *context;
  struct lws_vhost *vhost;
  struct lws *listening;
  guint connections;
  GQueue opening;  /* of struct lws: connections that are no WebSockets yet, the oldest first */
  guint n_opening; /* of them and of those given up that are not gone yet */
  gboolean closing;
};

/* ---- who may open one ---- */

static char *address_of(DoorWebsocket *door, struct lws *wsi) {
  char peer[64] = "";
  g_autofree char *chain = lws_header_of(wsi, WSI_TOKEN_X_FORWARDED_FOR);
  if (!listener_is_unix(door->listener))
    lws_get_peer_simple(wsi, peer, sizeof peer);
  return client_address_of_chain(peer, chain, door->sockets.core->configuration->proxy_networks);
}

/* Refuses over HTTP to open a WebSocket. Returns what a callback returns: 0 or -1. */
static int refuse_http(struct lws *wsi, WireMessage message, const char *reason) {
  static const char retry_after[] = G_STRINGIFY(ROOM_RETRY_SECONDS);
  guchar buffer[LWS_PRE + 1024], *start = buffer + LWS_PRE, *at = start, *end = buffer + sizeof buffer;
  gboolean is_full = message == WIRE_TOO_MANY_ATTEMPTS;
  const char *members = is_full ? "\"retry_after_seconds\":" G_STRINGIFY(ROOM_RETRY_SECONDS) : NULL;
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, NULL, "%s", reason);
  g_autofree char *body = wire_refusal(error, members);
  gsize length = strlen(body);
  if (lws_add_http_common_headers(wsi, wire_status(message), "application/json", length, &at, end) != 0 ||
      (is_full &&
       lws_add_http_header_by_name(wsi, (const guchar *)"retry-after:", (const guchar *)retry_after,
                                   sizeof retry_after - 1, &at, end) != 0) ||
      lws_finalize_http_header(wsi, &at, end) != 0 || (gsize)(end - at) < length)
    return -1;
  memcpy(at, body, length);
  at += length;
  return lws_write(wsi, start, (gsize)(at - start), LWS_WRITE_HTTP_FINAL) == (int)(at - start) ? 0 : -1;
}

static gboolean is_our_path(struct lws *wsi) {
  g_autofree char *path = lws_header_of(wsi, WSI_TOKEN_GET_URI);
  const char *slash = path ? strrchr(path, '/') : NULL;
  return slash && strcmp(slash, "/ws") == 0;
}

/* Returns what LWS_CALLBACK_HTTP_CONFIRM_UPGRADE returns: 0 go on, 1 answered otherwise, -1 close. */
static int confirm_upgrade(DoorWebsocket *door, struct lws *wsi) {
  const Configuration *configuration = door->sockets.core->configuration;
  g_autofree char *origin = lws_header_of(wsi, WSI_TOKEN_ORIGIN), *host = lws_header_of(wsi, WSI_TOKEN_HOST);
  /* libwebsockets answers an unknown one itself, and asks us all the same, with a text that it has freed. */
  g_autofree char *upgrade = lws_header_of(wsi, WSI_TOKEN_UPGRADE);
  g_autofree char *forwarded_host = lws_header_named(wsi, "x-forwarded-host:"),
                  *address = address_of(door, wsi);
  int refused;
  if (!upgrade)
    return -1;
  if (g_ascii_strcasecmp(upgrade, "websocket") != 0 || !is_our_path(wsi)) {
    refused = refuse_http(wsi, WIRE_NOT_FOUND, "There is nothing at this address.");
  } else if (origin_look(origin, host, forwarded_host, configuration->allowed_origins) == ORIGIN_FOREIGN) {
    origin_tell_refused("websocket", origin);
    metering_origin_refused(door->sockets.core->metering, METERING_BY_WEBSOCKET);
    refused = refuse_http(wsi, WIRE_FORBIDDEN, "Pages of this origin may not connect.");
  } else if (websocket_count(&door->sockets) >= (guint)configuration->max_websockets ||
             !client_counts_have_room(door->sockets.core->held, address)) {
    refused = refuse_http(wsi, WIRE_TOO_MANY_ATTEMPTS, "There is no room for another connection.");
  } else {
    return 0;
  }
  return refused == 0 ? 1 : -1;
}

static int open_socket(DoorWebsocket *door, struct lws *wsi, Websocket *socket) {
  websocket_open(socket, &door->sockets, wsi, address_of(door, wsi));
  if (door->closing)
    websocket_close(socket, LWS_CLOSE_STATUS_GOINGAWAY);
  return 0;
}

/* ---- accepting ---- */

/* libwebsockets has room for the headers of MAX_OPENING connections, and lets whoever comes then wait until
 * one has taken its OPENING_SECONDS. So it never gets more, and when there are so many, the oldest are given
 * up.
 */

/* It is a WebSocket now, or gone. Does nothing with one that was not opening. */
static void leave_opening(DoorWebsocket *door, struct lws *wsi) {
  gpointer link = lws_get_opaque_user_data(wsi);
  if (!link)
    return;
  if (link != door)
    g_queue_delete_link(&door->opening, link);
  lws_set_opaque_user_data(wsi, NULL);
  door->n_opening--;
}

/* Some of them; no more before those are gone. */
static void give_up_oldest(DoorWebsocket *door) {
  while (door->opening.length > 0 && door->n_opening - door->opening.length < ACCEPTS_AT_ONCE) {
    struct lws *wsi = g_queue_pop_head(&door->opening);
    lws_set_opaque_user_data(wsi, door);         /* in the queue no more, but still there */
    shutdown(lws_get_socket_fd(wsi), SHUT_RDWR); /* which it hears at once; a time-out with its next timer */
  }
}

static void adopt_connection(DoorWebsocket *door, int fd) {
  struct lws *wsi = lws_adopt_socket_vhost(door->vhost, fd); /* closes it when it fails */
  if (!wsi)
    return;
  g_queue_push_tail(&door->opening, wsi);
  lws_set_opaque_user_data(wsi, door->opening.tail);
  door->n_opening++;
}

static void accept_sockets(DoorWebsocket *door, struct lws *listening) {
  guint most = (guint)door->sockets.core->configuration->max_websockets + MAX_OPENING;
  if (door->closing && listener_is_passed(door->listener)) { /* our successor's */
    lws_rx_flow_control(listening, 0);
    return;
  }
  if (door->n_opening + ACCEPTS_AT_ONCE > MAX_OPENING) {
    give_up_oldest(door);
    return;
  }
  for (guint i = 0; i < ACCEPTS_AT_ONCE; i++) {
    int fd = accept4(listener_get_fd(door->listener), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      log_warning("accept_failed", "error=\"%s\"", g_strerror(errno));
      lws_rx_flow_control(listening, 0);
    }
    if (fd < 0)
      return;
    if (door->connections >= most)
      close(fd);
    else
      adopt_connection(door, fd);
  }
}

/* ---- the door's thread ---- */

static void deliver_letters(DoorWebsocket *door) {
  mailbox_deliver(door->sockets.mailbox, door);
  if (atomic_load(&door->ending))
    ev_break(door->loop, EVBREAK_ALL);
}

/* Of the listening socket. */
static void tick_door(DoorWebsocket *door, struct lws *listening) {
  lws_rx_flow_control(listening, 1);
  websocket_look_after_silent(&door->sockets, g_get_monotonic_time());
  lws_set_timer_usecs(listening, TICK_US);
}

static int on_lws_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                        size_t length) {
  DoorWebsocket *door = lws_context_user(lws_get_context(wsi));
  Websocket *socket = user;
  switch (reason) {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
    deliver_letters(door);
    return 0;
  case LWS_CALLBACK_RAW_RX_FILE:
    accept_sockets(door, wsi);
    return 0;
  case LWS_CALLBACK_TIMER:
    tick_door(door, wsi);
    return 0;
  case LWS_CALLBACK_WSI_CREATE:
    door->connections++;
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    leave_opening(door, wsi);
    door->connections--;
    return 0;
  case LWS_CALLBACK_HTTP:
    refuse_http(wsi, WIRE_BAD_REQUEST, "This address is for WebSockets.");
    return -1;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return confirm_upgrade(door, wsi);
  case LWS_CALLBACK_ESTABLISHED:
    leave_opening(door, wsi);
    return open_socket(door, wsi, socket);
  case LWS_CALLBACK_RECEIVE:
    return socket->all ? websocket_on_bytes(socket, in, length) : -1;
  case LWS_CALLBACK_RECEIVE_PONG:
    if (socket->all)
      websocket_on_pong(socket);
    return 0;
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return socket->all ? websocket_on_writable(socket) : -1;
  case LWS_CALLBACK_CLOSED:
    if (socket && socket->all)
      websocket_on_closed(socket);
    return 0;
  default:
    return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "vitrina",
     .callback = on_lws_event,
     .per_session_data_size = sizeof(Websocket),
     .rx_buffer_size = READ_BYTES},
    {NULL},
};

static gboolean open_library(DoorWebsocket *door, GError **error) {
  /* Its own pings would cost it a walk over all connections each. */
  static const lws_retry_bo_t no_pings = {0};
  void *loops[] = {door->loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV,
      .foreign_loops = loops,
      .user = door,
      .max_http_header_data = HEADER_BYTES,
      .max_http_header_pool = MAX_OPENING,
      .timeout_secs = OPENING_SECONDS,
      .keepalive_timeout = OPENING_SECONDS,
      .retry_and_idle_policy = &no_pings,
      .vhost_name = "vitrina",
      .gid = -1,
      .uid = -1,
  };
  lws_log_open();
  door->context = lws_create_context(&info);
  door->vhost = door->context ? lws_create_vhost(door->context, &info) : NULL;
  lws_sock_file_fd_type fd = {.filefd = fcntl(listener_get_fd(door->listener), F_DUPFD_CLOEXEC, 3)};
  if (door->vhost)
    door->listening = lws_adopt_descriptor_vhost(door->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "vitrina", NULL);
  if (!door->listening) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE,
                "libwebsockets cannot be set up; is its plugin for libev there (libwebsockets-evlib-ev)?");
    return FALSE;
  }
  lws_set_timer_usecs(door->listening, TICK_US);
  lws_cancel_service(door->context); /* the library looks at its timers after events alone */
  return TRUE;
}

static void close_library(DoorWebsocket *door) {
  if (door->context)
    lws_context_destroy(door->context);
  ev_loop_destroy(door->loop);
}

static gpointer run_websocket_thread(gpointer data) {
  DoorWebsocket *door = data;
  ev_run(door->loop, 0);
  return NULL;
}

static void wake_websocket_thread(gpointer data) {
  lws_cancel_service(((DoorWebsocket *)data)->context);
}

/* ---- the door ---- */

static void on_event_told(const char *text, const char *session, gpointer data) {
  websocket_push(&((DoorWebsocket *)data)->sockets, text, session);
}

static void on_expelled(const char *audience, const char *person, gpointer data) {
  websocket_push_expulsion(&((DoorWebsocket *)data)->sockets, audience, person);
}

DoorWebsocket *door_websocket_new(Core *core, Listener *listener, GError **error) {
  DoorWebsocket *door = g_new0(DoorWebsocket, 1);
  door->sockets.core = core;
  door->listener = listener;
  door->sockets.audiences = audiences_new();
  /* libwebsockets' own loop looks at every connection each time it wakes. */
  door->loop = ev_loop_new(EVFLAG_AUTO);
  if (!open_library(door, error)) {
    close_library(door);
    audiences_free(door->sockets.audiences);
    listener_close(listener);
    g_free(door);
    return NULL;
  }
  door->sockets.mailbox = mailbox_new(wake_websocket_thread, door);
  events_set_push(core->events, on_event_told, on_expelled, door);
  door->thread = g_thread_new("websocket", run_websocket_thread, door);
  return door;
}

static void close_all(Letter *letter, gpointer receiver) {
  DoorWebsocket *door = receiver;
  g_free(letter);
  if (!door)
    return;
  door->closing = TRUE;
  websocket_close_all(&door->sockets, LWS_CLOSE_STATUS_GOINGAWAY);
}

/* Its descriptor would be readable for ever. */
static void stop_listening(Letter *letter, gpointer receiver) {
  DoorWebsocket *door = receiver;
  g_free(letter);
  if (!door)
    return;
  accept_sockets(door, door->listening);
  lws_set_timeout(door->listening, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  listener_refuse(door->listener);
}

static void post_to_door(DoorWebsocket *door, void (*deliver)(Letter *letter, gpointer receiver)) {
  Letter *letter = g_new0(Letter, 1);
  letter->deliver = deliver;
  mailbox_post(door->sockets.mailbox, letter);
}

void door_websocket_close_entrance(DoorWebsocket *door) {
  if (!door)
    return;
  listener_stop_new(door->listener);
  post_to_door(door, close_all);
}

void door_websocket_bar_entrance(DoorWebsocket *door) {
  if (door)
    post_to_door(door, stop_listening);
}

guint door_websocket_count_busy(DoorWebsocket *door) {
  return door ? atomic_load(&door->sockets.core->sockets) : 0;
}

void door_websocket_free(DoorWebsocket *door) {
  if (!door)
    return;
  events_set_push(door->sockets.core->events, NULL, NULL, NULL);
  atomic_store(&door->ending, TRUE);
  lws_cancel_service(door->context);
  g_thread_join(door->thread);
  close_library(door);
  mailbox_free(door->sockets.mailbox);
  mailbox_deliver(door->sockets.core->mailbox, NULL);
  websocket_free_calls(&door->sockets);
  audiences_free(door->sockets.audiences);
  listener_close(door->listener);
  g_free(door);
}
