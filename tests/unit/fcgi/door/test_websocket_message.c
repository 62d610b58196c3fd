/* Messages that arrive in pieces. */
#include "common/wire.h"
#include "fcgi/door/websocket_message.h"

#include <string.h>

#define BLOCK 2048

/* Feeds @whole in pieces of @size bytes, and compares what becomes of it. */
static void arrive_in_pieces(const char *whole, gsize length, gsize size) {
  WebsocketMessage message = {NULL};
  char *text;
  gsize text_length;
  for (gsize at = 0;; at += size) {
    gsize part = MIN(size, length - at);
    gboolean is_last = at + part == length;
    WebsocketProgress progress =
        websocket_message_add(&message, whole + at, part, is_last, &text, &text_length);
    if (is_last) {
      g_assert_cmpint(progress, ==, WEBSOCKET_WHOLE);
      break;
    }
    g_assert_cmpint(progress, ==, WEBSOCKET_PART);
    g_assert_cmpuint(websocket_message_get_size(&message), >=, at + part);
    g_assert_cmpuint(websocket_message_get_size(&message), <=, (at + part) * 65 / 64 + BLOCK);
  }
  g_assert_cmpmem(text, text_length, whole, length);
  g_assert_true(text[text_length] == 0);
  g_assert_cmpuint(websocket_message_get_size(&message), ==, 0);
  g_free(text);
}

static void pieces_of_any_size_make_the_message(void) {
  g_autofree char *whole = g_malloc(WIRE_MAX_BODY);
  for (gsize i = 0; i < WIRE_MAX_BODY; i++)
    whole[i] = (char)(i * 31 + i / 2048);
  const gsize lengths[] = {0, 1, 2031, 2032, 2033, 4064, 5000, WIRE_MAX_BODY};
  const gsize sizes[] = {7, 512, 2032, 2033, 100000};
  for (guint i = 0; i < G_N_ELEMENTS(lengths); i++)
    for (guint j = 0; j < G_N_ELEMENTS(sizes); j++)
      arrive_in_pieces(whole, lengths[i], sizes[j]);
}

static void one_that_is_too_large_is_forgotten(void) {
  WebsocketMessage message = {NULL};
  g_autofree char *bytes = g_malloc0(WIRE_MAX_BODY);
  char *text;
  gsize length;
  g_assert_cmpint(websocket_message_add(&message, bytes, WIRE_MAX_BODY, FALSE, &text, &length), ==,
                  WEBSOCKET_PART);
  g_assert_cmpint(websocket_message_add(&message, bytes, 1, TRUE, &text, &length), ==, WEBSOCKET_TOO_LARGE);
  g_assert_cmpuint(websocket_message_get_size(&message), ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/websocket_message/pieces-of-any-size-make-the-message",
                  pieces_of_any_size_make_the_message);
  g_test_add_func("/websocket_message/one-that-is-too-large-is-forgotten",
                  one_that_is_too_large_is_forgotten);
  return g_test_run();
}
