#include "fcgi/door/websocket.h"

#include "fcgi/base/client_counts.h"
#include "fcgi/door/websocket_calls.h"

#include <string.h>

/* Of memory that messages take which are not whole. */
#define MAX_ARRIVING (64 * 1024 * 1024)
/* A ping is answered within so many seconds, or within as many as it waited for if those are fewer. */
#define PONG_SECONDS 10

/* ---- opening, reading, closed ---- */

void websocket_open(Websocket *socket, Websockets *all, struct lws *wsi, char *address) {
  *socket = (Websocket){.all = all, .wsi = wsi, .address = address};
  socket->place.data = socket;
  socket->since_us = g_get_monotonic_time();
  g_queue_push_tail_link(&all->sockets, &socket->place);
  client_counts_add(all->core->held, address);
  atomic_store(&all->core->sockets, websocket_count(all));
}

static void unlink_socket(Websocket *socket) {
  g_queue_unlink(socket->is_doubted ? &socket->all->doubted : &socket->all->sockets, &socket->place);
}

static void move_socket(Websocket *socket, gboolean is_doubted, gint64 now_us) {
  unlink_socket(socket);
  socket->is_doubted = is_doubted;
  socket->since_us = now_us;
  g_queue_push_tail_link(is_doubted ? &socket->all->doubted : &socket->all->sockets, &socket->place);
}

void websocket_on_pong(Websocket *socket) {
  move_socket(socket, FALSE, g_get_monotonic_time());
}

/* Both queues are in order, so that looking costs nothing where nobody is silent. */
void websocket_look_after_silent(Websockets *all, gint64 now_us) {
  gint64 ping_us = all->core->configuration->websocket_ping_seconds * G_USEC_PER_SEC;
  gint64 pong_us = MIN(ping_us, PONG_SECONDS * G_USEC_PER_SEC);
  Websocket *socket;
  while ((socket = g_queue_peek_head(&all->doubted)) && now_us - socket->since_us >= pong_us) {
    move_socket(socket, FALSE, now_us); /* until it is closed */
    websocket_give_up(socket);
  }
  while ((socket = g_queue_peek_head(&all->sockets)) && now_us - socket->since_us >= ping_us) {
    move_socket(socket, TRUE, now_us);
    socket->owes_ping = TRUE;
    lws_callback_on_writable(socket->wsi);
  }
}

guint websocket_count(const Websockets *all) {
  return all->sockets.length + all->doubted.length;
}

static void close_each(gpointer data, gpointer code) {
  websocket_close(data, (guint16)GPOINTER_TO_UINT(code));
}

void websocket_close_all(Websockets *all, guint16 code) {
  g_queue_foreach(&all->sockets, close_each, GUINT_TO_POINTER(code));
  g_queue_foreach(&all->doubted, close_each, GUINT_TO_POINTER(code));
}

static void note_arriving(Websocket *socket, gsize before) {
  socket->all->arriving += websocket_message_get_size(&socket->message) - before;
}

/* There is no room for it; what has come of it makes room for others' at once. */
static void refuse_message(Websocket *socket) {
  gsize before = websocket_message_get_size(&socket->message);
  websocket_message_clear(&socket->message);
  note_arriving(socket, before);
  websocket_close(socket, LWS_CLOSE_STATUS_POLICY_VIOLATION);
}

int websocket_on_bytes(Websocket *socket, const char *bytes, gsize length) {
  gboolean is_last = lws_remaining_packet_payload(socket->wsi) == 0 && lws_is_final_fragment(socket->wsi);
  gsize before = websocket_message_get_size(&socket->message), text_length;
  char *text;
  move_socket(socket, FALSE, g_get_monotonic_time());
  if (socket->close_code)
    return 0;
  if (lws_frame_is_binary(socket->wsi)) {
    websocket_close(socket, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE);
    return 0;
  }
  WebsocketProgress progress =
      websocket_message_add(&socket->message, bytes, length, is_last, &text, &text_length);
  note_arriving(socket, before);
  if (progress == WEBSOCKET_WHOLE)
    websocket_ask(socket, text, text_length);
  else if (progress == WEBSOCKET_TOO_LARGE)
    websocket_close(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
  else if (socket->all->arriving > MAX_ARRIVING)
    refuse_message(socket);
  return 0;
}

void websocket_on_closed(Websocket *socket) {
  Websockets *all = socket->all;
  gsize before = websocket_message_get_size(&socket->message);
  websocket_drop_calls(socket);
  client_counts_remove(all->core->held, socket->address);
  unlink_socket(socket);
  atomic_store(&all->core->sockets, websocket_count(all));
  websocket_message_clear(&socket->message);
  note_arriving(socket, before);
  g_queue_clear_full(&socket->unsent, websocket_frame_unref);
  websocket_follow_nothing(socket);
  g_free(socket->address);
  *socket = (Websocket){NULL};
}

/* ---- events ---- */

typedef struct {
  Letter letter;
  Websockets *all;
  char *text;
  char *session; /* nullable */
} PushedEvent;

static void push_to(gpointer data, gpointer frame) {
  Websocket *socket = data;
  if (!socket->close_code)
    websocket_send_frame(socket, frame);
}

static void push_to_all(Websockets *all, const char *text) {
  g_autoptr(WebsocketFrame) frame = websocket_frame_new(all, text, strlen(text));
  g_queue_foreach(&all->sockets, push_to, frame);
  g_queue_foreach(&all->doubted, push_to, frame);
}

static void push_to_followers(Websockets *all, const char *text, const char *session) {
  const GPtrArray *sockets = audiences_find(all->audiences, session);
  if (!sockets)
    return;
  g_autoptr(WebsocketFrame) frame = websocket_frame_new(all, text, strlen(text));
  g_ptr_array_foreach((GPtrArray *)sockets, push_to, frame);
}

static void bring_event(Letter *letter, gpointer receiver) {
  PushedEvent *event = (PushedEvent *)letter;
  if (receiver && event->session)
    push_to_followers(event->all, event->text, event->session);
  else if (receiver && websocket_count(event->all) > 0)
    push_to_all(event->all, event->text);
  g_free(event->text);
  g_free(event->session);
  g_free(event);
}

void websocket_push(Websockets *all, const char *text, const char *session) {
  PushedEvent *event = g_new0(PushedEvent, 1);
  event->letter.deliver = bring_event;
  event->all = all;
  event->text = g_strdup(text);
  event->session = g_strdup(session);
  mailbox_post(all->mailbox, &event->letter);
}

/* Somebody is none of an audience any more. */
typedef struct {
  Letter letter;
  Websockets *all;
  char *audience;
  char *person;
} Expulsion;

static void expel_from(Websockets *all, const char *audience, const char *person) {
  const GPtrArray *sockets = audiences_find(all->audiences, audience);
  g_autoptr(GPtrArray) them = sockets ? g_ptr_array_copy((GPtrArray *)sockets, NULL, NULL) : NULL;
  for (guint i = 0; them && i < them->len; i++)
    websocket_expel(them->pdata[i], audience, person);
}

static void bring_expulsion(Letter *letter, gpointer receiver) {
  Expulsion *expulsion = (Expulsion *)letter;
  if (receiver)
    expel_from(expulsion->all, expulsion->audience, expulsion->person);
  g_free(expulsion->audience);
  g_free(expulsion->person);
  g_free(expulsion);
}

void websocket_push_expulsion(Websockets *all, const char *audience, const char *person) {
  Expulsion *expulsion = g_new0(Expulsion, 1);
  expulsion->letter.deliver = bring_expulsion;
  expulsion->all = all;
  expulsion->audience = g_strdup(audience);
  expulsion->person = g_strdup(person);
  mailbox_post(all->mailbox, &expulsion->letter);
}
