/* How a request passes through this door
 *
 * One thread runs libwebsockets and alone touches Sockets. A message becomes a Call: a Request, and the
 * letter that takes it to the core and its answer back. A Call belongs to the door, which frees it when no
 * letter of it is at the core any more; in between, only the core touches its lower half.
 *
 * When a socket closes, its Calls are cut off from it, and a second letter of each tells the core: a request
 * that waits is dropped, any other is finished, and its answer thrown away here. Each letter that goes to the
 * core comes back, exactly once.
 *
 * Answers and events take the same way from the core to the door, one after the other; so whoever follows
 * a session from an answer on misses no event of it and gets none twice.
 */
#include "fcgi/door/websocket.h"
#include "common/log.h"
#include "common/wire.h"
#include "fcgi/base/client_counts.h"
#include "fcgi/core/request.h"
#include "fcgi/door/admission.h"
#include "fcgi/verbs/verbs.h"

#include <string.h>

#define MAX_ARRIVING (64 * 1024 * 1024)
/* Sessions whose events one socket gets; the oldest is forgotten. */
#define MAX_FOLLOWED 4
#define REFUSAL_RETRY_SECONDS 1

/* Bytes to send, made once for all who get them. */
typedef struct {
  DoorWebsocket *door;
  guint references;
  gsize length;
  guchar bytes[]; /* LWS_PRE of room, in which libwebsockets writes the same for each, and the text */
} Frame;

typedef struct {
  Letter letter; /* to the core with the request, back with the reply */
  Letter gone;   /* to the core: the socket is closed; and back */
  DoorWebsocket *door;
  Socket *socket; /* NULL: closed */
  GList place;    /* in the door's calls */
  GList place_at_socket;
  guint letters_away;
  /* The core's. */
  Request *request; /* NULL: answered */
  gboolean waits;
  gboolean is_gone; /* `gone` is here, and kept until it can be acted upon */
  Reply reply;
  char *followed; /* from this answer on (nullable) */
} Call;

/* ---- frames ---- */

/* (transfer full) */
static Frame *frame_new(DoorWebsocket *door, const char *text, gsize length) {
  Frame *frame = g_malloc(sizeof *frame + LWS_PRE + length);
  frame->door = door;
  frame->references = 1;
  frame->length = length;
  memcpy(frame->bytes + LWS_PRE, text, length);
  door->unsent += length;
  return frame;
}

static void frame_unref(gpointer data) {
  Frame *frame = data;
  if (--frame->references > 0)
    return;
  frame->door->unsent -= frame->length;
  g_free(frame);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Frame, frame_unref)

/* ---- sockets: sending and closing ---- */

/* At once, without a word: it reads none. */
static void give_up(Socket *socket) {
  socket->is_given_up = TRUE;
  lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void send_frame(Socket *socket, Frame *frame) {
  gboolean is_behind = socket->unsent.length > 0;
  if (socket->is_given_up)
    return;
  if (is_behind && (socket->unsent_bytes + frame->length > DOOR_WEBSOCKET_MAX_UNSENT ||
                    socket->door->unsent > DOOR_WEBSOCKET_MAX_UNSENT_OF_ALL)) {
    log_warning("socket_slow", "client=%s unsent=%" G_GSIZE_FORMAT, socket->address, socket->unsent_bytes);
    give_up(socket);
    return;
  }
  frame->references++;
  g_queue_push_tail(&socket->unsent, frame);
  socket->unsent_bytes += frame->length;
  lws_callback_on_writable(socket->wsi);
}

static void send_reply(Socket *socket, const Reply *reply) {
  g_autoptr(Frame) frame = frame_new(socket->door, body_get_text(reply->body), body_get_length(reply->body));
  send_frame(socket, frame);
}

void websocket_close(Socket *socket, guint16 code) {
  if (socket->close_code)
    return;
  socket->close_code = code;
  lws_callback_on_writable(socket->wsi);
}

/* RFC 6455 section 5.5.2. libwebsockets tells of pongs with a payload alone. */
static int write_ping(Socket *socket) {
  guchar bytes[LWS_PRE + 1] = {0};
  bytes[LWS_PRE] = '?';
  socket->owes_ping = FALSE;
  if (lws_write(socket->wsi, bytes + LWS_PRE, 1, LWS_WRITE_PING) < 1)
    return -1;
  lws_callback_on_writable(socket->wsi);
  return 0;
}

int websocket_on_writable(Socket *socket) {
  if (socket->is_close_told)
    return 0;
  if (socket->owes_ping)
    return write_ping(socket);
  g_autoptr(Frame) frame = g_queue_pop_head(&socket->unsent);
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

static void follow(Socket *socket, const char *session) {
  if (!socket->followed)
    socket->followed = g_ptr_array_new_with_free_func(g_free);
  if (g_ptr_array_find_with_equal_func(socket->followed, session, g_str_equal, NULL))
    return;
  if (socket->followed->len == MAX_FOLLOWED) {
    audiences_remove(socket->door->audiences, socket->followed->pdata[0], socket);
    g_ptr_array_remove_index(socket->followed, 0);
  }
  g_ptr_array_add(socket->followed, g_strdup(session));
  audiences_add(socket->door->audiences, session, socket);
}

static void follow_nothing(Socket *socket) {
  for (guint i = 0; socket->followed && i < socket->followed->len; i++)
    audiences_remove(socket->door->audiences, socket->followed->pdata[i], socket);
  g_clear_pointer(&socket->followed, g_ptr_array_unref);
}

/* ---- calls: from the core ---- */

static Call *call_of_gone(Letter *letter) {
  return (Call *)((char *)letter - G_STRUCT_OFFSET(Call, gone));
}

static void call_free(Call *call) {
  g_queue_unlink(&call->door->calls, &call->place);
  request_free(call->request);
  body_unref(call->reply.body);
  g_free(call->followed);
  g_free(call);
}

static void letter_came_back(Call *call) {
  if (--call->letters_away == 0)
    call_free(call);
}

static void bring_back(Letter *letter, gpointer receiver) {
  Call *call = (Call *)letter;
  Socket *socket = call->socket;
  if (!receiver)
    return;
  if (socket) {
    g_queue_unlink(&socket->calls, &call->place_at_socket);
    call->socket = NULL;
    if (call->followed)
      follow(socket, call->followed);
    send_reply(socket, &call->reply);
  }
  letter_came_back(call);
}

static void bring_gone_back(Letter *letter, gpointer receiver) {
  if (receiver)
    letter_came_back(call_of_gone(letter));
}

/* ---- calls: at the core ---- */

static void send_back(Call *call) {
  call->letter.deliver = bring_back;
  mailbox_post(call->door->mailbox, &call->letter);
}

static void send_gone_back(Call *call) {
  call->is_gone = FALSE;
  call->gone.deliver = bring_gone_back;
  mailbox_post(call->door->mailbox, &call->gone);
}

static void on_send(Request *request, const Reply *reply) {
  Call *call = request_get_connection(request);
  call->request = NULL;
  call->reply = *reply;
  call->followed = g_strdup(request_get_followed(request));
  if (call->is_gone)
    send_gone_back(call);
  send_back(call);
}

static void tell_core_gone(Letter *letter, gpointer receiver) {
  Call *call = call_of_gone(letter);
  if (!receiver)
    return;
  if (call->request && !call->waits) { /* it is not to be dropped now; perhaps later */
    call->is_gone = TRUE;
    return;
  }
  if (call->request) {
    request_gone(g_steal_pointer(&call->request));
    send_back(call);
  }
  send_gone_back(call); /* its last letter, perhaps: the door may free it now */
}

static void on_watch(Request *request) {
  Call *call = request_get_connection(request);
  call->waits = TRUE;
  if (call->is_gone) { /* not at once: who keeps the request is not ready for it */
    call->is_gone = FALSE;
    mailbox_post(call->door->core->mailbox, &call->gone);
  }
}

static const Door door_websocket = {on_send, on_watch};

static void bring_to_core(Letter *letter, gpointer receiver) {
  Call *call = (Call *)letter;
  if (!receiver)
    return;
  request_set_core(call->request, receiver);
  verbs_handle(call->request);
}

/* ---- calls: to the core ---- */

static Reply refuse(const Core *core, Request *request) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL,
                 "%d requests of this connection wait for their answers already.", DOOR_WEBSOCKET_MAX_CALLS);
  Reply reply = request_make_refusal(request, error, REFUSAL_RETRY_SECONDS, NULL);
  request_note(request, &reply, core->metering);
  return reply;
}

/* Whether there is an answer without the core: who asks too much shall not cost it anything. */
static gboolean answer_here(Socket *socket, Request *request, Reply *reply) {
  if (admission_answer(socket->door->core->admission, request, reply))
    return TRUE;
  if (socket->calls.length < DOOR_WEBSOCKET_MAX_CALLS)
    return FALSE;
  *reply = refuse(socket->door->core, request);
  return TRUE;
}

/* @text (transfer full) */
static void ask(Socket *socket, char *text, gsize length) {
  DoorWebsocket *door = socket->door;
  Call *call = g_new0(Call, 1);
  Request *request = request_new(&door_websocket, call, "POST", "ws", socket->address, text, length);
  Reply reply;
  if (answer_here(socket, request, &reply)) {
    send_reply(socket, &reply);
    body_unref(reply.body);
    request_free(request);
    g_free(call);
    return;
  }
  call->door = door;
  call->socket = socket;
  call->place.data = call->place_at_socket.data = call;
  call->letters_away = 1;
  call->letter.deliver = bring_to_core;
  call->request = request;
  g_queue_push_tail_link(&door->calls, &call->place);
  g_queue_push_tail_link(&socket->calls, &call->place_at_socket);
  mailbox_post(door->core->mailbox, &call->letter);
}

/* ---- sockets: opening, reading, closed ---- */

void websocket_open(Socket *socket, DoorWebsocket *door, struct lws *wsi, char *address) {
  *socket = (Socket){.door = door, .wsi = wsi, .address = address};
  socket->place.data = socket;
  socket->since_us = g_get_monotonic_time();
  g_queue_push_tail_link(&door->sockets, &socket->place);
  client_counts_add(door->core->held, address);
  atomic_store(&door->core->sockets, websocket_count(door));
}

static void unlink_socket(Socket *socket) {
  g_queue_unlink(socket->is_doubted ? &socket->door->doubted : &socket->door->sockets, &socket->place);
}

static void move_to(Socket *socket, gboolean is_doubted, gint64 now_us) {
  unlink_socket(socket);
  socket->is_doubted = is_doubted;
  socket->since_us = now_us;
  g_queue_push_tail_link(is_doubted ? &socket->door->doubted : &socket->door->sockets, &socket->place);
}

void websocket_on_pong(Socket *socket) {
  move_to(socket, FALSE, g_get_monotonic_time());
}

/* Both queues are in order, so that looking costs nothing where nobody is silent. */
void websocket_look_after_silent(DoorWebsocket *door, gint64 now_us) {
  gint64 ping_us = door->core->configuration->websocket_ping_seconds * G_USEC_PER_SEC;
  gint64 pong_us = MIN(ping_us, DOOR_WEBSOCKET_PONG_SECONDS * G_USEC_PER_SEC);
  Socket *socket;
  while ((socket = g_queue_peek_head(&door->doubted)) && now_us - socket->since_us >= pong_us) {
    move_to(socket, FALSE, now_us); /* until it is closed */
    give_up(socket);
  }
  while ((socket = g_queue_peek_head(&door->sockets)) && now_us - socket->since_us >= ping_us) {
    move_to(socket, TRUE, now_us);
    socket->owes_ping = TRUE;
    lws_callback_on_writable(socket->wsi);
  }
}

guint websocket_count(const DoorWebsocket *door) {
  return door->sockets.length + door->doubted.length;
}

static void close_each(gpointer data, gpointer code) {
  websocket_close(data, (guint16)GPOINTER_TO_UINT(code));
}

void websocket_close_all(DoorWebsocket *door, guint16 code) {
  g_queue_foreach(&door->sockets, close_each, GUINT_TO_POINTER(code));
  g_queue_foreach(&door->doubted, close_each, GUINT_TO_POINTER(code));
}

static void note_arriving(Socket *socket, gsize before) {
  gsize now = socket->message.text ? socket->message.text->len : 0;
  socket->door->arriving += now - before;
}

int websocket_on_bytes(Socket *socket, const char *bytes, gsize length) {
  gboolean is_last = lws_remaining_packet_payload(socket->wsi) == 0 && lws_is_final_fragment(socket->wsi);
  gsize before = socket->message.text ? socket->message.text->len : 0, text_length;
  char *text;
  move_to(socket, FALSE, g_get_monotonic_time());
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
    ask(socket, text, text_length);
  else if (progress == WEBSOCKET_TOO_LARGE)
    websocket_close(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
  else if (socket->door->arriving > MAX_ARRIVING)
    websocket_close(socket, LWS_CLOSE_STATUS_POLICY_VIOLATION);
  return 0;
}

/* The requests of a closed socket are of no use any more. */
static void drop_calls(Socket *socket) {
  GList *link;
  while ((link = g_queue_pop_head_link(&socket->calls))) {
    Call *call = link->data;
    call->socket = NULL;
    call->letters_away++;
    call->gone.deliver = tell_core_gone;
    mailbox_post(call->door->core->mailbox, &call->gone);
  }
}

void websocket_on_closed(Socket *socket) {
  DoorWebsocket *door = socket->door;
  gsize before = socket->message.text ? socket->message.text->len : 0;
  drop_calls(socket);
  client_counts_remove(door->core->held, socket->address);
  unlink_socket(socket);
  atomic_store(&door->core->sockets, websocket_count(door));
  websocket_message_clear(&socket->message);
  note_arriving(socket, before);
  g_queue_clear_full(&socket->unsent, frame_unref);
  follow_nothing(socket);
  g_free(socket->address);
  *socket = (Socket){NULL};
}

/* ---- events ---- */

typedef struct {
  Letter letter;
  char *text;
  char *session; /* nullable */
} Event;

static void push_to(gpointer data, gpointer frame) {
  Socket *socket = data;
  if (!socket->close_code)
    send_frame(socket, frame);
}

static void push_to_all(DoorWebsocket *door, const char *text) {
  g_autoptr(Frame) frame = frame_new(door, text, strlen(text));
  g_queue_foreach(&door->sockets, push_to, frame);
  g_queue_foreach(&door->doubted, push_to, frame);
}

static void push_to_followers(DoorWebsocket *door, const char *text, const char *session) {
  const GPtrArray *sockets = audiences_find(door->audiences, session);
  if (!sockets)
    return;
  g_autoptr(Frame) frame = frame_new(door, text, strlen(text));
  g_ptr_array_foreach((GPtrArray *)sockets, push_to, frame);
}

static void bring_event(Letter *letter, gpointer receiver) {
  DoorWebsocket *door = receiver;
  Event *event = (Event *)letter;
  if (door && event->session)
    push_to_followers(door, event->text, event->session);
  else if (door && websocket_count(door) > 0)
    push_to_all(door, event->text);
  g_free(event->text);
  g_free(event->session);
  g_free(event);
}

void websocket_push(DoorWebsocket *door, const char *text, const char *session) {
  Event *event = g_new0(Event, 1);
  event->letter.deliver = bring_event;
  event->text = g_strdup(text);
  event->session = g_strdup(session);
  mailbox_post(door->mailbox, &event->letter);
}

void websocket_free_calls(DoorWebsocket *door) {
  while (door->calls.head)
    call_free(door->calls.head->data);
}
