#include "fcgi/door/websocket_calls.h"

#include "common/wire.h"
#include "fcgi/base/metering.h"
#include "fcgi/door/admission.h"
#include "fcgi/verbs/verbs.h"

/* Requests of one socket at the core at once; more are refused. */
#define MAX_CALLS 16
#define REFUSAL_RETRY_SECONDS 1

typedef struct {
  Letter letter; /* to the core with the request, back with the reply */
  Letter gone;   /* to the core: the socket is closed; and back */
  Websockets *all;
  Websocket *socket; /* NULL: closed */
  GList place;       /* in the door's calls */
  GList place_at_socket;
  guint letters_away;
  /* The core's. */
  Request *request; /* NULL: answered */
  gboolean waits;
  gboolean is_gone; /* `gone` is here, and kept until it can be acted upon */
  Reply reply;
  char *followed; /* from this answer on (nullable), */
  char *follower; /* as whom (nullable) */
} WebsocketCall;

/* ---- from the core ---- */

static WebsocketCall *call_of_gone(Letter *letter) {
  return (WebsocketCall *)((char *)letter - G_STRUCT_OFFSET(WebsocketCall, gone));
}

static void call_free(WebsocketCall *call) {
  g_queue_unlink(&call->all->calls, &call->place);
  request_free(call->request);
  body_unref(call->reply.body);
  g_free(call->followed);
  g_free(call->follower);
  g_free(call);
}

static void letter_came_back(WebsocketCall *call) {
  if (--call->letters_away == 0)
    call_free(call);
}

static void bring_back(Letter *letter, gpointer receiver) {
  WebsocketCall *call = (WebsocketCall *)letter;
  Websocket *socket = call->socket;
  if (!receiver)
    return;
  if (socket) {
    g_queue_unlink(&socket->calls, &call->place_at_socket);
    call->socket = NULL;
    if (call->followed)
      websocket_follow(socket, call->followed, call->follower);
    websocket_send_reply(socket, &call->reply);
  }
  letter_came_back(call);
}

static void bring_gone_back(Letter *letter, gpointer receiver) {
  if (receiver)
    letter_came_back(call_of_gone(letter));
}

/* ---- at the core ---- */

static void send_back(WebsocketCall *call) {
  call->letter.deliver = bring_back;
  mailbox_post(call->all->mailbox, &call->letter);
}

static void send_gone_back(WebsocketCall *call) {
  call->is_gone = FALSE;
  call->gone.deliver = bring_gone_back;
  mailbox_post(call->all->mailbox, &call->gone);
}

static void on_call_answered(Request *request, const Reply *reply) {
  WebsocketCall *call = request_get_connection(request);
  call->request = NULL;
  call->reply = *reply;
  call->followed = g_strdup(request_get_followed(request));
  call->follower = g_strdup(request_get_follower(request));
  if (call->is_gone)
    send_gone_back(call);
  send_back(call);
}

static void tell_core_call_gone(Letter *letter, gpointer receiver) {
  WebsocketCall *call = call_of_gone(letter);
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

static void on_call_waits(Request *request) {
  WebsocketCall *call = request_get_connection(request);
  call->waits = TRUE;
  if (call->is_gone) { /* not at once: who keeps the request is not ready for it */
    call->is_gone = FALSE;
    mailbox_post(call->all->core->mailbox, &call->gone);
  }
}

static const Door door_websocket = {on_call_answered, on_call_waits};

static void bring_call_to_core(Letter *letter, gpointer receiver) {
  WebsocketCall *call = (WebsocketCall *)letter;
  if (!receiver)
    return;
  request_set_core(call->request, receiver);
  verbs_handle(call->request);
}

/* ---- to the core ---- */

static Reply refuse_call(const Core *core, Request *request) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL,
                 "%d requests of this connection wait for their answers already.", MAX_CALLS);
  Reply reply = request_make_refusal(request, error, REFUSAL_RETRY_SECONDS, NULL);
  request_note(request, &reply, core->metering);
  return reply;
}

/* Whether there is an answer without the core: who asks too much shall not cost it anything. */
static gboolean answer_call_here(Websocket *socket, Request *request, Reply *reply) {
  if (admission_answer(socket->all->core->admission, request, reply))
    return TRUE;
  if (socket->calls.length < MAX_CALLS)
    return FALSE;
  *reply = refuse_call(socket->all->core, request);
  return TRUE;
}

void websocket_ask(Websocket *socket, char *text, gsize length) {
  Websockets *all = socket->all;
  WebsocketCall *call = g_new0(WebsocketCall, 1);
  Request *request = request_new(&door_websocket, call, "POST", "ws", socket->address, text, length);
  Reply reply;
  if (answer_call_here(socket, request, &reply)) {
    websocket_send_reply(socket, &reply);
    body_unref(reply.body);
    request_free(request);
    g_free(call);
    return;
  }
  call->all = all;
  call->socket = socket;
  call->place.data = call->place_at_socket.data = call;
  call->letters_away = 1;
  call->letter.deliver = bring_call_to_core;
  call->request = request;
  g_queue_push_tail_link(&all->calls, &call->place);
  g_queue_push_tail_link(&socket->calls, &call->place_at_socket);
  mailbox_post(all->core->mailbox, &call->letter);
}

void websocket_drop_calls(Websocket *socket) {
  GList *link;
  while ((link = g_queue_pop_head_link(&socket->calls))) {
    WebsocketCall *call = link->data;
    call->socket = NULL;
    call->letters_away++;
    call->gone.deliver = tell_core_call_gone;
    mailbox_post(call->all->core->mailbox, &call->gone);
  }
}

void websocket_free_calls(Websockets *all) {
  while (all->calls.head)
    call_free(all->calls.head->data);
}
