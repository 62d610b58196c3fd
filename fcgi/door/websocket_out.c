#include "fcgi/door/websocket_out.h"

#include "common/log.h"

#include <string.h>

/* A reader that is so far behind is given up; one that is behind at all, when all are so far. */
#define MAX_UNSENT (4 * 1024 * 1024)
#define MAX_UNSENT_OF_ALL (64 * 1024 * 1024)
/* Sessions whose events one socket gets; the oldest is forgotten. */
#define MAX_FOLLOWED 4

struct WebsocketFrame {
  Websockets *all;
  guint references;
  gsize length;
  guchar bytes[]; /* LWS_PRE of room, in which libwebsockets writes the same for each, and the text */
};

/* ---- frames ---- */

/* (transfer full) */
WebsocketFrame *websocket_frame_new(Websockets *all, const char *text, gsize length) {
  WebsocketFrame *frame = g_malloc(sizeof *frame + LWS_PRE + length);
  frame->all = all;
  frame->references = 1;
  frame->length = length;
  memcpy(frame->bytes + LWS_PRE, text, length);
  all->unsent += length;
  return frame;
}

void websocket_frame_unref(gpointer data) {
  WebsocketFrame *frame = data;
  if (--frame->references > 0)
    return;
  frame->all->unsent -= frame->length;
  g_free(frame);
}

/* ---- sending and closing ---- */

/* At once, without a word: it reads none. */
void websocket_give_up(Websocket *socket) {
  socket->is_given_up = TRUE;
  lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void websocket_send_frame(Websocket *socket, WebsocketFrame *frame) {
  gboolean is_behind = socket->unsent.length > 0;
  if (socket->is_given_up)
    return;
  if (is_behind &&
      (socket->unsent_bytes + frame->length > MAX_UNSENT || socket->all->unsent > MAX_UNSENT_OF_ALL)) {
    log_warning("socket_slow", "client=%s unsent=%" G_GSIZE_FORMAT, socket->address, socket->unsent_bytes);
    websocket_give_up(socket);
    return;
  }
  frame->references++;
  g_queue_push_tail(&socket->unsent, frame);
  socket->unsent_bytes += frame->length;
  lws_callback_on_writable(socket->wsi);
}

void websocket_send_reply(Websocket *socket, const Reply *reply) {
  g_autoptr(WebsocketFrame) frame =
      websocket_frame_new(socket->all, body_get_text(reply->body), body_get_length(reply->body));
  websocket_send_frame(socket, frame);
}

void websocket_close(Websocket *socket, guint16 code) {
  if (socket->close_code)
    return;
  socket->close_code = code;
  lws_callback_on_writable(socket->wsi);
}

/* RFC 6455 section 5.5.2. libwebsockets tells of pongs with a payload alone. */
static int write_ping(Websocket *socket) {
  guchar bytes[LWS_PRE + 1] = {0};
  bytes[LWS_PRE] = '?';
  socket->owes_ping = FALSE;
  if (lws_write(socket->wsi, bytes + LWS_PRE, 1, LWS_WRITE_PING) < 1)
    return -1;
  lws_callback_on_writable(socket->wsi);
  return 0;
}

int websocket_on_writable(Websocket *socket) {
  if (socket->is_close_told)
    return 0;
  if (socket->owes_ping)
    return write_ping(socket);
  g_autoptr(WebsocketFrame) frame = g_queue_pop_head(&socket->unsent);
  if (frame) {
    socket->unsent_bytes -= frame->length;
    if (lws_write(socket->wsi, frame->bytes + LWS_PRE, frame->length, LWS_WRITE_TEXT) < (int)frame->length)
      return -1;
    lws_callback_on_writable(socket->wsi);
    return 0;
  }
  gboolean owes_answers = socket->close_code == LWS_CLOSE_STATUS_GOINGAWAY && socket->calls.length > 0;
  if (!socket->close_code || owes_answers)
    return 0;
  socket->is_close_told = TRUE;
  lws_close_reason(socket->wsi, socket->close_code, NULL, 0);
  return -1;
}

/* ---- following ---- */

/* An audience that a socket is of. */
typedef struct {
  char *audience;
  char *person; /* as whom (nullable) */
} Followed;

static void free_followed(gpointer data) {
  Followed *followed = data;
  g_free(followed->audience);
  g_free(followed->person);
  g_free(followed);
}

static gboolean is_of_audience(const Websocket *socket, const char *audience) {
  for (guint i = 0; i < socket->followed->len; i++)
    if (g_str_equal(((const Followed *)socket->followed->pdata[i])->audience, audience))
      return TRUE;
  return FALSE;
}

/* As two persons it is of an audience once. */
static void stop_following(Websocket *socket, guint index) {
  Followed *followed = g_ptr_array_steal_index(socket->followed, index);
  if (!is_of_audience(socket, followed->audience))
    audiences_remove(socket->all->audiences, followed->audience, socket);
  free_followed(followed);
}

static gboolean is_followed_as(const Followed *followed, const char *audience, const char *person) {
  return g_str_equal(followed->audience, audience) && g_strcmp0(followed->person, person) == 0;
}

void websocket_follow(Websocket *socket, const char *audience, const char *person) {
  if (!socket->followed)
    socket->followed = g_ptr_array_new_with_free_func(free_followed);
  for (guint i = 0; i < socket->followed->len; i++)
    if (is_followed_as(socket->followed->pdata[i], audience, person))
      return;
  if (socket->followed->len == MAX_FOLLOWED)
    stop_following(socket, 0);
  if (!is_of_audience(socket, audience))
    audiences_add(socket->all->audiences, audience, socket);
  Followed *followed = g_new(Followed, 1);
  *followed = (Followed){g_strdup(audience), g_strdup(person)};
  g_ptr_array_add(socket->followed, followed);
}

void websocket_expel(Websocket *socket, const char *audience, const char *person) {
  for (guint i = socket->followed ? socket->followed->len : 0; i-- > 0;)
    if (is_followed_as(socket->followed->pdata[i], audience, person))
      stop_following(socket, i);
}

void websocket_follow_nothing(Websocket *socket) {
  while (socket->followed && socket->followed->len > 0)
    stop_following(socket, 0);
  g_clear_pointer(&socket->followed, g_ptr_array_unref);
}
