#include "fcgi/door/websocket_message.h"

#include "common/wire.h"

#include <string.h>

/* Of memory; malloc's own word makes it 2 KiB. */
#define BLOCK_BYTES (2048 - sizeof(gsize))

struct WebsocketBlock {
  WebsocketBlock *next;
  char bytes[BLOCK_BYTES - sizeof(gpointer)];
};

/* How many bytes the last block has room for. */
static gsize room_in_message(const WebsocketMessage *message) {
  return message->blocks * sizeof message->last->bytes - message->length;
}

static void append_block(WebsocketMessage *message) {
  WebsocketBlock *block = g_new(WebsocketBlock, 1);
  block->next = NULL;
  if (message->last)
    message->last->next = block;
  else
    message->first = block;
  message->last = block;
  message->blocks++;
}

static void keep_piece(WebsocketMessage *message, const char *bytes, gsize length) {
  while (length > 0) {
    if (room_in_message(message) == 0)
      append_block(message);
    gsize room = room_in_message(message), part = MIN(room, length);
    memcpy(message->last->bytes + sizeof message->last->bytes - room, bytes, part);
    message->length += part;
    bytes += part;
    length -= part;
  }
}

/* What has arrived and the last piece as one text (transfer full). */
static char *join_message(const WebsocketMessage *message, const char *bytes, gsize length) {
  char *text = g_malloc(message->length + length + 1), *end = text;
  gsize left = message->length;
  for (const WebsocketBlock *block = message->first; block; block = block->next) {
    gsize part = MIN(left, sizeof block->bytes);
    memcpy(end, block->bytes, part);
    end += part;
    left -= part;
  }
  memcpy(end, bytes, length);
  end[length] = 0;
  return text;
}

WebsocketProgress websocket_message_add(WebsocketMessage *message, const char *bytes, gsize length,
                                        gboolean is_last, char **text, gsize *text_length) {
  if (length > WIRE_MAX_BODY - message->length) {
    websocket_message_clear(message);
    return WEBSOCKET_TOO_LARGE;
  }
  if (!is_last) {
    keep_piece(message, bytes, length);
    return WEBSOCKET_PART;
  }
  *text_length = message->length + length;
  *text = join_message(message, bytes, length);
  websocket_message_clear(message);
  return WEBSOCKET_WHOLE;
}

gsize websocket_message_get_size(const WebsocketMessage *message) {
  return message->blocks * BLOCK_BYTES;
}

void websocket_message_clear(WebsocketMessage *message) {
  WebsocketBlock *block = message->first;
  while (block) {
    WebsocketBlock *next = block->next;
    g_free(block);
    block = next;
  }
  *message = (WebsocketMessage){NULL};
}
