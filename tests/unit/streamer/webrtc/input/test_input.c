/* Input: from the player's words to what the X server is told. */
#include "streamer/webrtc/input/input_event.h"
#include "streamer/webrtc/input/input_state.h"
#include "streamer/webrtc/input/keys.h"

#include <string.h>

/* A sink that writes down what it is told. */
static void note_move(gint x, gint y, gpointer data) {
  g_string_append_printf(data, "move %d,%d; ", x, y);
}
static void note_move_by(gint dx, gint dy, gpointer data) {
  g_string_append_printf(data, "by %d,%d; ", dx, dy);
}
static void note_button(guint button, gboolean down, gpointer data) {
  g_string_append_printf(data, "button %u %s; ", button, down ? "down" : "up");
}
static void note_key(guint keycode, gboolean down, gpointer data) {
  g_string_append_printf(data, "key %u %s; ", keycode, down ? "down" : "up");
}
static void note_text(const char *text, gpointer data) {
  g_string_append_printf(data, "text %s; ", text);
}
static const InputSink notes = {
    .move = note_move, .move_by = note_move_by, .button = note_button, .key = note_key, .text = note_text};

typedef struct {
  GString *told;
  InputState *state;
  gint64 now_us;
} Desk;

static void desk_init(Desk *desk) {
  desk->told = g_string_new(NULL);
  desk->state = input_state_new(960, 540, &notes, desk->told);
  desk->now_us = G_USEC_PER_SEC;
}

static void desk_clear(Desk *desk) {
  g_string_free(desk->told, TRUE);
  input_state_free(desk->state);
}

/* Feeds a message, 100 ms after the one before. */
static void say(Desk *desk, const char *text) {
  InputEvent event;
  desk->now_us += 100 * 1000;
  if (input_event_read(text, strlen(text), &event))
    input_state_feed(desk->state, &event, desk->now_us);
}

/* The same in the same moment. */
static void say_at_once(Desk *desk, const char *text) {
  desk->now_us -= 100 * 1000;
  say(desk, text);
}

static void assert_told(Desk *desk, const char *expected) {
  g_assert_cmpstr(desk->told->str, ==, expected);
  g_string_truncate(desk->told, 0);
}

static void test_keys_are_physical(void) {
  static const struct {
    const char *code;
    guint keycode;
  } rows[] = {
      {"Escape", 9},   {"KeyW", 25},      {"Space", 65},        {"ArrowUp", 111},      {"F1", 67},
      {"F12", 96},     {"F24", 202},      {"NumpadEnter", 104}, {"IntlBackslash", 94}, {"MetaLeft", 133},
      {"Numpad0", 90}, {"AltRight", 108}, {"Undo", 139},        {"Again", 137},        {"Digit0", 19},
      {"Lang1", 130},  {"", 0},           {"keyw", 0},          {"KeyWW", 0},          {"Unidentified", 0}};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    g_assert_cmpuint(keys_find(rows[i].code), ==, rows[i].keycode);
}

/* The table is searched by halves: were it out of order, some key of these would not be found. */
static void test_all_letters_digits_and_function_keys_are_there(void) {
  for (const char *letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *letter; letter++) {
    const char code[] = {'K', 'e', 'y', *letter, '\0'};
    g_assert_cmpuint(keys_find(code), !=, 0);
  }
  for (guint i = 0; i < 10; i++) {
    g_autofree char *digit = g_strdup_printf("Digit%u", i);
    g_autofree char *numpad = g_strdup_printf("Numpad%u", i);
    g_assert_cmpuint(keys_find(digit), !=, 0);
    g_assert_cmpuint(keys_find(numpad), !=, 0);
  }
  for (guint i = 1; i <= 24; i++) {
    g_autofree char *function = g_strdup_printf("F%u", i);
    g_assert_cmpuint(keys_find(function), !=, 0);
  }
}

static void test_messages_that_are_none(void) {
  static const char *const texts[] = {
      "",
      "[]",
      "{}",
      "{\"type\":\"dance\"}",
      "{\"type\":1}",
      "{\"type\":\"pointermove\"}",
      "{\"type\":\"pointermove\",\"x\":0.5}",
      "{\"type\":\"pointermove\",\"x\":\"a\",\"y\":0}",
      "{\"type\":\"pointerdown\",\"x\":0.5,\"y\":0.5}",
      "{\"type\":\"pointerdown\",\"button\":5}",
      "{\"type\":\"pointerdown\",\"button\":-1}",
      "{\"type\":\"pointerdown\",\"button\":1.5}",
      "{\"type\":\"keydown\"}",
      "{\"type\":\"keydown\",\"code\":\"\"}",
      "{\"type\":\"keydown\",\"code\":\"Nonsense\"}",
      "{\"type\":\"touchstart\",\"x\":0,\"y\":0}",
      "{\"type\":\"touchstart\",\"id\":1}",
      "{\"type\":\"releaseall\"} x",
      "{\"type\":\"text\"}",
      "{\"type\":\"text\",\"text\":\"\"}",
      "{\"type\":\"text\",\"text\":7}",
  };
  InputEvent event;
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_assert_false(input_event_read(texts[i], strlen(texts[i]), &event));
  g_autofree char *filler = g_strnfill(INPUT_MAX_BYTES, ' ');
  g_autofree char *longest = g_strconcat("{\"type\":\"releaseall\"", filler, "}", NULL);
  g_assert_false(input_event_read(longest, strlen(longest), &event));
}

static void test_positions_stay_in_the_picture(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.5,\"y\":0.25}");
  say(&desk, "{\"type\":\"pointermove\",\"x\":1,\"y\":1}");
  say(&desk, "{\"type\":\"pointermove\",\"x\":-3,\"y\":1e300}");
  assert_told(&desk, "move 480,135; move 959,539; move 0,539; ");
  desk_clear(&desk);
}

static void test_a_key_goes_down_once(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"keydown\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"keydown\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"keyup\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"keyup\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"pointerup\",\"button\":0,\"x\":0,\"y\":0}");
  assert_told(&desk, "key 25 down; key 25 up; move 0,0; ");
  desk_clear(&desk);
}

static void test_everything_held_is_let_go(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"keydown\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"keydown\",\"code\":\"ShiftLeft\"}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":2,\"x\":0,\"y\":0}");
  g_string_truncate(desk.told, 0);
  say(&desk, "{\"type\":\"releaseall\"}");
  assert_told(&desk, "button 3 up; key 25 up; key 50 up; ");
  input_state_release_all(desk.state);
  assert_told(&desk, "");
  desk_clear(&desk);
}

static void test_buttons_are_where_they_are_pressed(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0,\"y\":0}");
  say_at_once(&desk, "{\"type\":\"pointerdown\",\"button\":0,\"x\":0.5,\"y\":0.5}");
  say_at_once(&desk, "{\"type\":\"pointerup\",\"button\":0,\"x\":0.6,\"y\":0.5}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":1}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":4}");
  assert_told(&desk, "move 0,0; move 480,270; button 1 down; move 576,270; button 1 up; "
                     "button 2 down; button 9 down; ");
  desk_clear(&desk);
}

static void test_motion_is_merged_and_not_lost(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"pointermoverelative\",\"dx\":1,\"dy\":0}");
  for (guint i = 0; i < 5; i++)
    say_at_once(&desk, "{\"type\":\"pointermoverelative\",\"dx\":2,\"dy\":-1}");
  assert_told(&desk, "by 1,0; ");
  g_assert_cmpint(input_state_tick(desk.state, desk.now_us), ==, desk.now_us + INPUT_MOTION_US);
  g_assert_cmpint(input_state_tick(desk.state, desk.now_us + INPUT_MOTION_US), ==, G_MAXINT64);
  assert_told(&desk, "by 10,-5; ");
  say(&desk, "{\"type\":\"pointermove\",\"x\":0,\"y\":0}");
  say_at_once(&desk, "{\"type\":\"pointermove\",\"x\":0.5,\"y\":0}");
  say_at_once(&desk, "{\"type\":\"keydown\",\"code\":\"KeyA\"}");
  assert_told(&desk, "move 0,0; move 480,0; key 38 down; ");
  desk_clear(&desk);
}

static void test_parts_of_a_pixel_add_up(void) {
  Desk desk;
  desk_init(&desk);
  for (guint i = 0; i < 4; i++)
    say(&desk, "{\"type\":\"pointermoverelative\",\"dx\":0.5,\"dy\":-0.25}");
  assert_told(&desk, "by 1,0; by 1,-1; ");
  desk_clear(&desk);
}

/* An application that looks around by the mouse: a drag and a finger turn it by as far as they come, wherever
 * they begin; a mouse that passes over the picture does not. */
static void test_positions_become_moves(void) {
  Desk desk;
  desk_init(&desk);
  input_state_set_relative(desk.state, TRUE);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.25,\"y\":0.5}");
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.5,\"y\":0.5}");
  assert_told(&desk, "");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":0,\"x\":0.1,\"y\":0.9}");
  for (guint i = 1; i <= 8; i++) {
    g_autofree char *text =
        g_strdup_printf("{\"type\":\"pointermove\",\"x\":%.17g,\"y\":0.9}", 0.1 + 10.0 * i / 960);
    say(&desk, text);
  }
  assert_told(&desk,
              "button 1 down; by 10,0; by 10,0; by 10,0; by 10,0; by 10,0; by 10,0; by 10,0; by 10,0; ");
  say(&desk, "{\"type\":\"pointerup\",\"button\":0,\"x\":0.2,\"y\":0.8}");
  assert_told(&desk, "by 16,-54; button 1 up; ");
  say(&desk, "{\"type\":\"touchstart\",\"id\":1,\"x\":0.5,\"y\":0.5}");
  say(&desk, "{\"type\":\"touchmove\",\"id\":1,\"x\":0.25,\"y\":0.75}");
  say(&desk, "{\"type\":\"touchend\",\"id\":1}");
  assert_told(&desk, "button 1 down; by -240,135; button 1 up; ");
  desk_clear(&desk);
}

/* Nobody knows where the hand was: then a position is where it begins. */
static void test_a_move_needs_a_place_to_begin_at(void) {
  Desk desk;
  desk_init(&desk);
  input_state_set_relative(desk.state, TRUE);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.25,\"y\":0.5}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":0}");
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.75,\"y\":0.5}");
  assert_told(&desk, "button 1 down; ");
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.5,\"y\":0.5}");
  assert_told(&desk, "by -240,0; ");
  input_state_release_all(desk.state);
  assert_told(&desk, "button 1 up; ");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":2,\"x\":0,\"y\":0}");
  assert_told(&desk, "button 3 down; ");
  desk_clear(&desk);
}

static void test_moves_and_places_take_turns(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"pointerdown\",\"button\":0,\"x\":0.5,\"y\":0.5}");
  say_at_once(&desk, "{\"type\":\"pointermove\",\"x\":0.6,\"y\":0.5}");
  assert_told(&desk, "move 480,270; button 1 down; ");
  input_state_set_relative(desk.state, TRUE);
  assert_told(&desk, "move 576,270; ");
  g_assert_cmpint(input_state_tick(desk.state, desk.now_us + G_USEC_PER_SEC), ==, G_MAXINT64);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.75,\"y\":0.5}");
  say_at_once(&desk, "{\"type\":\"pointermoverelative\",\"dx\":3,\"dy\":4}");
  assert_told(&desk, "by 144,0; ");
  say_at_once(&desk, "{\"type\":\"pointerup\",\"button\":0}");
  assert_told(&desk, "by 3,4; button 1 up; ");
  say_at_once(&desk, "{\"type\":\"pointermoverelative\",\"dx\":5,\"dy\":6}");
  input_state_set_relative(desk.state, FALSE);
  g_assert_cmpint(input_state_tick(desk.state, desk.now_us + G_USEC_PER_SEC), ==, G_MAXINT64);
  assert_told(&desk, "move 720,270; ");
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.25,\"y\":0.5}");
  say(&desk, "{\"type\":\"pointermoverelative\",\"dx\":3,\"dy\":4}");
  assert_told(&desk, "move 240,270; by 3,4; ");
  desk_clear(&desk);
}

static void test_wheel_notches_add_up(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"wheel\",\"dx\":0,\"dy\":120}");
  assert_told(&desk, "button 5 down; button 5 up; ");
  say(&desk, "{\"type\":\"wheel\",\"dx\":0,\"dy\":-50}");
  say(&desk, "{\"type\":\"wheel\",\"dx\":0,\"dy\":-50}");
  assert_told(&desk, "");
  say(&desk, "{\"type\":\"wheel\",\"dx\":0,\"dy\":-50}");
  assert_told(&desk, "button 4 down; button 4 up; ");
  say(&desk, "{\"type\":\"wheel\",\"dx\":0,\"dy\":100}");
  assert_told(&desk, "");
  say(&desk, "{\"type\":\"wheel\",\"dx\":-120,\"dy\":0}");
  say(&desk, "{\"type\":\"wheel\",\"dx\":240}");
  assert_told(&desk, "button 6 down; button 6 up; button 7 down; button 7 up; button 7 down; button 7 up; ");
  desk_clear(&desk);
}

static void test_a_wheel_turns_only_so_far(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"wheel\",\"dy\":1e9}");
  guint clicks = 0;
  for (const char *at = desk.told->str; (at = strstr(at, "button 5 down")); at++)
    clicks++;
  g_assert_cmpuint(clicks, ==, 20);
  desk_clear(&desk);
}

static void test_fingers_are_the_mouse(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"touchstart\",\"id\":7,\"x\":0.5,\"y\":0.5}");
  say(&desk, "{\"type\":\"touchstart\",\"id\":8,\"x\":0.75,\"y\":0.5}");
  say(&desk, "{\"type\":\"touchmove\",\"id\":7,\"x\":0.25,\"y\":0.5}");
  assert_told(&desk, "move 480,270; button 1 down; move 240,270; ");
  say(&desk, "{\"type\":\"touchmove\",\"id\":8,\"x\":0.9,\"y\":0.5}");
  assert_told(&desk, "button 1 up; button 4 down; button 4 up; button 4 down; button 4 up; button 4 down; "
                     "button 4 up; button 4 down; button 4 up; button 4 down; button 4 up; button 4 down; "
                     "button 4 up; ");
  say(&desk, "{\"type\":\"touchend\",\"id\":8}");
  say(&desk, "{\"type\":\"touchend\",\"id\":7}");
  assert_told(&desk, "");
  say(&desk, "{\"type\":\"touchstart\",\"id\":1,\"x\":0,\"y\":0}");
  say(&desk, "{\"type\":\"releaseall\"}");
  say(&desk, "{\"type\":\"touchend\",\"id\":1}");
  assert_told(&desk, "move 0,0; button 1 down; button 1 up; ");
  desk_clear(&desk);
}

/* While its player is not heard; what is said of a key meanwhile is what counts. */
static void test_what_is_suspended(void) {
  Desk desk;
  desk_init(&desk);
  g_assert_false(input_state_holds(desk.state));
  say(&desk, "{\"type\":\"keydown\",\"code\":\"KeyW\"}");
  say(&desk, "{\"type\":\"keydown\",\"code\":\"KeyA\"}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":0}");
  assert_told(&desk, "key 25 down; key 38 down; button 1 down; ");
  g_assert_true(input_state_holds(desk.state));
  input_state_suspend(desk.state);
  assert_told(&desk, "button 1 up; key 25 up; key 38 up; ");
  g_assert_false(input_state_holds(desk.state));
  say(&desk, "{\"type\":\"keyup\",\"code\":\"KeyA\"}");
  g_assert_true(input_state_resume(desk.state));
  g_assert_false(input_state_resume(desk.state));
  assert_told(&desk, "key 25 down; ");
  input_state_suspend(desk.state);
  input_state_release_all(desk.state);
  g_assert_false(input_state_resume(desk.state));
  assert_told(&desk, "key 25 up; ");
  desk_clear(&desk);
}

static void test_text_is_typed_while_no_key_is_down(void) {
  Desk desk;
  desk_init(&desk);
  say(&desk, "{\"type\":\"text\",\"text\":\"zy\u00f6 \xd0\xbf\"}");
  assert_told(&desk, "text zy\u00f6 \u043f; ");
  say(&desk, "{\"type\":\"keydown\",\"code\":\"ControlLeft\"}");
  say(&desk, "{\"type\":\"text\",\"text\":\"@\"}");
  say(&desk, "{\"type\":\"keyup\",\"code\":\"ControlLeft\"}");
  assert_told(&desk, "key 37 down; key 37 up; text @; key 37 down; key 37 up; ");
  desk_clear(&desk);
}

static void test_a_message_of_text_has_a_longest(void) {
  GString *message = g_string_new("{\"type\":\"text\",\"text\":\"");
  for (guint i = 0; i < INPUT_MAX_TEXT; i++)
    g_string_append(message, "\\ud83d\\ude00");
  g_autofree char *longest = g_strconcat(message->str, "\"}", NULL);
  g_autofree char *longer = g_strconcat(message->str, "x\"}", NULL);
  g_string_free(message, TRUE);
  InputEvent event;
  g_assert_true(input_event_read(longest, strlen(longest), &event));
  g_assert_cmpint(g_utf8_strlen(event.text, -1), ==, INPUT_MAX_TEXT);
  g_assert_false(input_event_read(longer, strlen(longer), &event));
}

static void test_positions_are_those_of_the_part_that_is_the_picture(void) {
  Desk desk;
  desk_init(&desk);
  input_state_set_size(desk.state, 100, 60, 700, 500);
  say(&desk, "{\"type\":\"pointermove\",\"x\":0.5,\"y\":0.5}");
  say(&desk, "{\"type\":\"pointerdown\",\"button\":0,\"x\":1,\"y\":0}");
  assert_told(&desk, "move 450,310; move 799,60; button 1 down; ");
  desk_clear(&desk);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/input/keys-are-physical", test_keys_are_physical);
  g_test_add_func("/input/all-letters-digits-and-function-keys-are-there",
                  test_all_letters_digits_and_function_keys_are_there);
  g_test_add_func("/input/messages-that-are-none", test_messages_that_are_none);
  g_test_add_func("/input/positions-stay-in-the-picture", test_positions_stay_in_the_picture);
  g_test_add_func("/input/a-key-goes-down-once", test_a_key_goes_down_once);
  g_test_add_func("/input/everything-held-is-let-go", test_everything_held_is_let_go);
  g_test_add_func("/input/buttons-are-where-they-are-pressed", test_buttons_are_where_they_are_pressed);
  g_test_add_func("/input/motion-is-merged-and-not-lost", test_motion_is_merged_and_not_lost);
  g_test_add_func("/input/parts-of-a-pixel-add-up", test_parts_of_a_pixel_add_up);
  g_test_add_func("/input/positions-become-moves", test_positions_become_moves);
  g_test_add_func("/input/a-move-needs-a-place-to-begin-at", test_a_move_needs_a_place_to_begin_at);
  g_test_add_func("/input/moves-and-places-take-turns", test_moves_and_places_take_turns);
  g_test_add_func("/input/wheel-notches-add-up", test_wheel_notches_add_up);
  g_test_add_func("/input/a-wheel-turns-only-so-far", test_a_wheel_turns_only_so_far);
  g_test_add_func("/input/fingers-are-the-mouse", test_fingers_are_the_mouse);
  g_test_add_func("/input/positions-are-those-of-the-part-that-is-the-picture",
                  test_positions_are_those_of_the_part_that_is_the_picture);
  g_test_add_func("/input/what-is-suspended", test_what_is_suspended);
  g_test_add_func("/input/text-is-typed-while-no-key-is-down", test_text_is_typed_while_no_key_is_down);
  g_test_add_func("/input/a-message-of-text-has-a-longest", test_a_message_of_text_has_a_longest);
  return g_test_run();
}
