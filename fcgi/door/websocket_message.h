/* What comes over a WebSocket, before the core sees it: texts that arrive in pieces (RFC 6455 section 5.4).
 *
 * What has arrived lies in blocks of one size: so memory is taken as bytes come, no more than a block beyond
 * them, and what is given back fits the next one's need. A buffer that grows takes up to twice its bytes, and
 * leaves holes. Plain data; no thread of its own.
 */
#pragma once
#include <glib.h>

typedef struct WebsocketBlock WebsocketBlock;

/* A message that arrives; zeroed: nothing has. */
typedef struct {
  WebsocketBlock *first, *last; /* NULL: nothing has arrived */
  gsize length;                 /* bytes that have */
  guint blocks;
} WebsocketMessage;

typedef enum {
  WEBSOCKET_PART,      /* more is to come */
  WEBSOCKET_WHOLE,     /* the message is there */
  WEBSOCKET_TOO_LARGE, /* over WIRE_MAX_BODY: the socket is to be closed */
} WebsocketProgress;

/* Adds a piece. When the message is whole, *@text gets it (transfer full, NUL-terminated) and @message is
 * ready for the next. */
WebsocketProgress websocket_message_add(WebsocketMessage *message, const char *bytes, gsize length,
                                        gboolean is_last, char **text, gsize *text_length);

/* How much memory it takes, in bytes. */
gsize websocket_message_get_size(const WebsocketMessage *message);

/* Forgets what has arrived. */
void websocket_message_clear(WebsocketMessage *message);
