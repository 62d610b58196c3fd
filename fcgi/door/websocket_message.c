#include "fcgi/door/websocket_message.h"

#include "common/wire.h"

WebsocketProgress websocket_message_add(WebsocketMessage *message, const char *bytes, gsize length,
                                        gboolean is_last, char **text, gsize *text_length) {
  gsize before = message->text ? message->text->len : 0;
  if (length > WIRE_MAX_BODY - before) {
    websocket_message_clear(message);
    return WEBSOCKET_TOO_LARGE;
  }
  if (!message->text)
    message->text = g_string_sized_new(length);
  g_string_append_len(message->text, bytes, (gssize)length);
  if (!is_last)
    return WEBSOCKET_PART;
  *text_length = message->text->len;
  *text = g_string_free(g_steal_pointer(&message->text), FALSE);
  return WEBSOCKET_WHOLE;
}

void websocket_message_clear(WebsocketMessage *message) {
  if (message->text)
    g_string_free(g_steal_pointer(&message->text), TRUE);
}
