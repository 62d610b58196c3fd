/* What comes over a WebSocket, before the core sees it: texts that arrive in pieces (RFC 6455 section 5.4).
 * Plain data; no thread of its own.
 */
#pragma once
#include <glib.h>

typedef struct {
  GString *text; /* what has arrived of it; NULL: nothing */
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

/* Forgets what has arrived. */
void websocket_message_clear(WebsocketMessage *message);
