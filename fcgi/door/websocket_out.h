/* A WebSocket, and what goes out by it: answers, events, pings, and the closing. What websocket_calls.c and
 * websocket.c stand on; nobody else includes this. The door's thread.
 */
#pragma once
#include "fcgi/base/mailbox.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/door/audiences.h"
#include "fcgi/door/websocket_message.h"

#include <libwebsockets.h>

/* All of a door. Plain data; but for `core` and `mailbox` the door's thread's. */
typedef struct {
  Core *core;
  Mailbox *mailbox;     /* to the door's thread */
  GQueue sockets;       /* of Websocket, the one that has been silent the longest first */
  GQueue doubted;       /* those that are asked for a sign of life, the one asked first first */
  Audiences *audiences; /* of Websockets: who follows which session or place */
  GQueue calls;         /* of WebsocketCall */
  gsize arriving;       /* memory of messages that are not whole */
  gsize unsent;         /* bytes of all frames */
} Websockets;

/* libwebsockets keeps one beside each connection; it means something from the upgrade on. */
typedef struct {
  Websockets *all; /* NULL: no WebSocket (yet) */
  struct lws *wsi;
  GList place; /* in the door's sockets, or in its doubted ones */
  char *address;
  GPtrArray *followed; /* of Followed: whose events it gets; NULL: none */
  WebsocketMessage message;
  GQueue calls;  /* that are not answered yet */
  GQueue unsent; /* of WebsocketFrame */
  gsize unsent_bytes;
  guint16 close_code; /* 0: not closing */
  /* libwebsockets has the close to send, and waits for the peer's: when it asks what else to write, -1 would
   * cut the connection off, and what the peer sent meanwhile would make the kernel throw the close away. */
  gboolean is_close_told;
  gint64 since_us; /* the last sign of life; when doubted: since when */
  gboolean is_doubted;
  gboolean owes_ping; /* it is to be asked as soon as it can be written to */
  gboolean is_given_up;
} Websocket;

/* Bytes to send, made once for all who get them; counted. */
typedef struct WebsocketFrame WebsocketFrame;
WebsocketFrame *websocket_frame_new(Websockets *all, const char *text, gsize length); /* (transfer full) */
void websocket_frame_unref(gpointer frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebsocketFrame, websocket_frame_unref)

/* Sends what is behind all that is to be sent; a reader that does not read is given up. @frame, @reply
 * (transfer none) */
void websocket_send_frame(Websocket *socket, WebsocketFrame *frame);
void websocket_send_reply(Websocket *socket, const Reply *reply);
/* It can be written to. Returns what a callback of libwebsockets returns: -1 closes. */
int websocket_on_writable(Websocket *socket);

/* Closes it in order (RFC 6455 section 7.4 has the codes). Going away, we first give the answers that are
 * due. */
void websocket_close(Websocket *socket, guint16 code);
/* Closes it at once, without a word: it reads none. */
void websocket_give_up(Websocket *socket);

/* From now on it gets what is told to this audience (request_follow_as(); @person nullable), or to none. */
void websocket_follow(Websocket *socket, const char *audience, const char *person);
void websocket_follow_nothing(Websocket *socket);
/* It gets no more what it got as @person, one of @audience. */
void websocket_expel(Websocket *socket, const char *audience, const char *person);
