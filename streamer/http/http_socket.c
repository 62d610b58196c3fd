/* When its connection goes first, a WebSocket loses its `wsi` and becomes inert. */
#include "streamer/http/http_socket_internal.h"

#include "common/log.h"
#include "common/lws_header.h"
#include "common/wire.h"

#include <string.h>

#define PING_US (HTTP_PING_SECONDS * (gint64)G_USEC_PER_SEC)
#define STRANGER_US (HTTP_STRANGER_SECONDS * (gint64)G_USEC_PER_SEC)
#define GIVE_UP_US (HTTP_GIVE_UP_SECONDS * (gint64)G_USEC_PER_SEC)

struct HttpSocket {
  guint references;
  struct lws *wsi; /* NULL: closed */
  HttpShared *shared;
  const HttpRoute *route;
  GString *text; /* the message that is being received */
  GQueue queue;  /* of GBytes to send */
  gsize queued;
  guint16 close_code; /* 0: not closing */
  /* libwebsockets has the close to send, and waits for the peer's: when it asks what else to write, -1 would
   * cut the connection off, and what the peer sent meanwhile would make the kernel throw the close away. */
  gboolean is_close_told;
  gint64 stranger_until_us; /* G_MAXINT64: it is known whose it is */
  gint64 heard_us;          /* when its reader gave a sign of life last */
  gboolean ping_due;
  gpointer data;
};

/* ---- what handlers do with it ---- */

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

void http_socket_admit(HttpSocket *socket) {
  socket->stranger_until_us = G_MAXINT64;
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
  socket->shared->unsent++;
  lws_callback_on_writable(socket->wsi);
}

gsize http_socket_get_queued(const HttpSocket *socket) {
  return socket->queued;
}

void http_socket_close(HttpSocket *socket, guint16 code) {
  if (!socket->wsi || socket->close_code)
    return;
  socket->close_code = code;
  lws_callback_on_writable(socket->wsi);
}

/* ---- what happens to it ---- */

gboolean http_socket_may_open(const HttpShared *shared, struct lws *wsi) {
  g_autofree char *path = lws_header_of(wsi, WSI_TOKEN_GET_URI);
  g_autofree char *origin = lws_header_of(wsi, WSI_TOKEN_ORIGIN);
  g_autofree char *upgrade = lws_header_of(wsi, WSI_TOKEN_UPGRADE);
  const char *rest;
  if (!upgrade || g_ascii_strcasecmp(upgrade, "websocket") != 0)
    return FALSE;
  const HttpRoute *route = path ? http_find_route(shared, path, &rest) : NULL;
  return route && route->sockets && (!origin || http_allow_origin(shared, origin));
}

int http_socket_on_open(HttpSocket **place, HttpShared *shared, struct lws *wsi) {
  g_autofree char *path = lws_header_of(wsi, WSI_TOKEN_GET_URI);
  const char *rest;
  const HttpRoute *route = path ? http_find_route(shared, path, &rest) : NULL;
  if (!route || !route->sockets)
    return -1;
  HttpSocket *socket = g_new0(HttpSocket, 1);
  socket->references = 1;
  socket->wsi = wsi;
  socket->shared = shared;
  socket->route = route;
  socket->text = g_string_new(NULL);
  *place = socket;
  socket->heard_us = g_get_monotonic_time();
  socket->stranger_until_us = socket->heard_us + STRANGER_US;
  lws_set_timer_usecs(wsi, PING_US);
  if (route->sockets->opened)
    route->sockets->opened(socket, shared->data);
  return 0;
}

int http_socket_on_bytes(HttpSocket *socket, struct lws *wsi, const char *bytes, gsize length) {
  if (!socket)
    return 0;
  socket->heard_us = g_get_monotonic_time();
  if (socket->close_code)
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
  if (socket->stranger_until_us != G_MAXINT64 && http_must_wait(socket->shared, wsi)) {
    http_socket_close(socket, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    return 0;
  }
  if (socket->route->sockets->text)
    socket->route->sockets->text(socket, socket->text->str, socket->text->len, socket->shared->data);
  g_string_truncate(socket->text, 0);
  return 0;
}

/* RFC 6455 section 5.5.2. libwebsockets tells of pongs with a payload alone. */
static int write_ping(struct lws *wsi) {
  guchar frame[LWS_PRE + 1] = {0};
  return lws_write(wsi, frame + LWS_PRE, 1, LWS_WRITE_PING) < 1 ? -1 : 0;
}

static int write_message(HttpSocket *socket) {
  g_autoptr(GBytes) message = g_queue_pop_head(&socket->queue);
  gsize length = g_bytes_get_size(message) - LWS_PRE;
  guchar *framed = (guchar *)g_bytes_get_data(message, NULL);
  socket->queued -= length;
  socket->shared->unsent--;
  /* libwebsockets writes the frame's header before the text: the bytes are ours alone. */
  if (lws_write(socket->wsi, framed + LWS_PRE, length, LWS_WRITE_TEXT) < (int)length)
    return -1;
  if (socket->queue.length == 0 && !socket->close_code && socket->route->sockets->drained)
    socket->route->sockets->drained(socket, socket->shared->data);
  return 0;
}

/* One frame a time. */
int http_socket_on_writable(HttpSocket *socket) {
  if (!socket || socket->is_close_told)
    return 0;
  int result = 0;
  if (socket->ping_due) {
    socket->ping_due = FALSE;
    result = write_ping(socket->wsi);
  } else if (socket->queue.length > 0) {
    result = write_message(socket);
  } else if (socket->close_code) {
    socket->is_close_told = TRUE;
    lws_close_reason(socket->wsi, socket->close_code, NULL, 0);
    return -1;
  }
  if (result == 0 && (socket->queue.length > 0 || socket->close_code))
    lws_callback_on_writable(socket->wsi);
  return result;
}

void http_socket_on_pong(HttpSocket *socket) {
  if (socket)
    socket->heard_us = g_get_monotonic_time();
}

/* A silent reader is asked whether it is there, and given up if it does not answer: its handlers are told at
 * once, though libwebsockets may still wait for it to take what was written. */
int http_socket_on_timer(HttpSocket **place) {
  HttpSocket *socket = *place;
  if (!socket)
    return 0;
  gint64 now_us = g_get_monotonic_time(), silent_us = now_us - socket->heard_us;
  if (silent_us >= GIVE_UP_US) {
    http_socket_detach(place);
    return -1;
  }
  if (silent_us >= PING_US) {
    socket->ping_due = TRUE;
    lws_callback_on_writable(socket->wsi);
  }
  if (now_us >= socket->stranger_until_us) {
    http_socket_close(socket, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    http_socket_admit(socket); /* closed already */
  }
  gint64 next_us = MIN(silent_us < PING_US ? PING_US - silent_us : PING_US, GIVE_UP_US - silent_us);
  lws_set_timer_usecs(socket->wsi, MIN(next_us, socket->stranger_until_us - now_us));
  return 0;
}

void http_socket_detach(HttpSocket **place) {
  HttpSocket *socket = g_steal_pointer(place);
  if (!socket)
    return;
  socket->wsi = NULL;
  socket->shared->unsent -= socket->queue.length;
  if (socket->route->sockets->closed)
    socket->route->sockets->closed(socket, socket->shared->data);
  http_socket_unref(socket);
}
