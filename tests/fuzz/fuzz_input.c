/* Whatever a player sends, line by line: the X server gets coordinates of the picture and numbers that it
 * knows, and in the end nothing is held. */
#include "streamer/webrtc/input/input_event.h"
#include "streamer/webrtc/input/input_state.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
  gboolean keys[256], buttons[10];
} Held;

static void move(gint x, gint y, gpointer data) {
  g_assert_true(x >= 0 && x < 960 && y >= 0 && y < 540);
}
static void move_by(gint dx, gint dy, gpointer data) {
  g_assert_true(ABS(dx) <= INPUT_MAX_DELTA && ABS(dy) <= INPUT_MAX_DELTA);
}
static void button(guint number, gboolean down, gpointer data) {
  Held *held = data;
  g_assert_true(number >= 1 && number <= 9 && held->buttons[number] != down);
  held->buttons[number] = down;
}
static void key(guint keycode, gboolean down, gpointer data) {
  Held *held = data;
  g_assert_true(keycode >= 8 && keycode <= 255 && held->keys[keycode] != down);
  held->keys[keycode] = down;
}
static void text(const char *typed, gpointer data) {
  static const Held nothing;
  Held *held = data;
  g_assert_true(memcmp(held->keys, nothing.keys, sizeof held->keys) == 0);
  g_assert_true(g_utf8_validate(typed, -1, NULL) && typed[0] && g_utf8_strlen(typed, -1) <= INPUT_MAX_TEXT);
}
static const InputSink sink = {.move = move, .move_by = move_by, .button = button, .key = key, .text = text};

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static const Held nothing;
  Held held = nothing;
  InputState *state = input_state_new(960, 540, &sink, &held);
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
  gint64 now_us = 0;
  for (char **line = lines; *line; line++, now_us += 3000) {
    InputEvent event;
    if (input_event_read(*line, strlen(*line), &event))
      input_state_feed(state, &event, now_us);
    input_state_tick(state, now_us + 1000);
  }
  input_state_release_all(state);
  g_assert_cmpmem(&held, sizeof held, &nothing, sizeof nothing);
  input_state_free(state);
  return 0;
}
