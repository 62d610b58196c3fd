/* What the files of the WebSocket door share: door_websocket.c listens and knows libwebsockets' events,
 * websocket.c carries a socket's messages, requests and events. Nobody else includes this.
 *
 * The door's thread alone uses what is here, but for what is said to be the core's.
 */
#pragma once
#include "fcgi/door/audiences.h"
#include "fcgi/door/door_websocket.h"
#include "fcgi/door/websocket_message.h"

#include <ev.h>
#include <libwebsockets.h>
#include <stdatomic.h>

/* libwebsockets keeps one beside each connection; it means something from the upgrade on. */
typedef struct {
  DoorWebsocket *door; /* NULL: no WebSocket (yet) */
  struct lws *wsi;
  GList place; /* in the door's sockets, or in its doubted ones */
  char *address;
  GPtrArray *followed; /* of char *: sessions whose events it gets; NULL: none */
  WebsocketMessage message;
  GQueue calls;  /* that are not answered yet */
  GQueue unsent; /* of Frame */
  gsize unsent_bytes;
  guint16 close_code; /* 0: not closing */
  /* libwebsockets has the close to send, and waits for the peer's: when it asks what else to write, -1 would
   * cut the connection off, and what the peer sent meanwhile would make the kernel throw the close away. */
  gboolean is_close_told;
  gint64 since_us; /* the last sign of life; when doubted: since when */
  gboolean is_doubted;
  gboolean owes_ping; /* it is to be asked as soon as it can be written to */
  gboolean is_given_up;
} Socket;

struct DoorWebsocket {
  Core *core;
  Listener *listener;
  GThread *thread;
  Mailbox *mailbox; /* to the door's thread */
  atomic_bool ending;
  /* From here on the door's thread's. */
  struct ev_loop *loop;
  struct lws_context *context;
  struct lws_vhost *vhost;
  struct lws *listening;
  GQueue sockets;       /* of Socket, the one that has been silent the longest first */
  GQueue doubted;       /* those that are asked for a sign of life, the one asked first first */
  Audiences *audiences; /* of Sockets: who follows which session or place */
  GQueue calls;         /* of Call */
  guint connections;
  GQueue opening;  /* of struct lws: connections that are no WebSockets yet, the oldest first */
  guint n_opening; /* of them and of those given up that are not gone yet */
  gsize arriving;  /* bytes of messages that are not whole */
  gsize unsent;    /* bytes of all Frames */
  gboolean closing;
};

/* A socket has opened; its client's @address (transfer full). */
void websocket_open(Socket *socket, DoorWebsocket *door, struct lws *wsi, char *address);
/* Events of libwebsockets. Each returns what a callback returns: -1 closes. */
int websocket_on_bytes(Socket *socket, const char *bytes, gsize length);
int websocket_on_writable(Socket *socket);
void websocket_on_pong(Socket *socket);
void websocket_on_closed(Socket *socket);

/* Asks those who have been silent for a sign of life, and gives those up who gave none. To be called once in
 * a while. */
void websocket_look_after_silent(DoorWebsocket *door, gint64 now_us);

/* How many are open. */
guint websocket_count(const DoorWebsocket *door);
/* websocket_close() for all. */
void websocket_close_all(DoorWebsocket *door, guint16 code);

/* Closes it in order (RFC 6455 section 7.4 has the codes). Going away, we first give the answers that are
 * due. */
void websocket_close(Socket *socket, guint16 code);

/* Pushes an event to all that it is for. The core's thread. @session nullable. */
void websocket_push(DoorWebsocket *door, const char *text, const char *session);

/* Frees the requests that were never answered; no thread uses the door any more. */
void websocket_free_calls(DoorWebsocket *door);
