/* Fingers, to an application that knows a mouse alone. */
#include "streamer/webrtc/input/fingers.h"

#include <math.h>
#include <string.h>

#define WIDTH 1000
#define HEIGHT 1000

typedef struct {
  Fingers fingers;
  GString *told;
  double wheel;
} Glass;

static void glass_init(Glass *glass) {
  *glass = (Glass){.told = g_string_new(NULL)};
}

static void glass_clear(Glass *glass) {
  g_string_free(glass->told, TRUE);
}

static void note(Glass *glass, const InputEvent *event) {
  static const char *const names[INPUT_EVENT_TYPES] = {
      [INPUT_POINTER_MOVE] = "move", [INPUT_POINTER_DOWN] = "down", [INPUT_POINTER_UP] = "up"};
  if (event->type == INPUT_WHEEL) {
    glass->wheel += event->dy;
    return;
  }
  g_string_append(glass->told, names[event->type]);
  if (event->type != INPUT_POINTER_MOVE)
    g_string_append_printf(glass->told, " %u", event->button);
  if (event->has_position)
    g_string_append_printf(glass->told, " %.0f,%.0f", event->x * WIDTH, event->y * HEIGHT);
  g_string_append(glass->told, "; ");
}

static void feed(Glass *glass, InputEventType type, gint64 id, double x, double y) {
  InputEvent event = {.type = type, .touch = id, .has_position = TRUE, .x = x / WIDTH, .y = y / HEIGHT};
  InputEvent events[FINGERS_MAX_EVENTS];
  guint count = fingers_feed(&glass->fingers, &event, WIDTH, HEIGHT, events);
  g_assert_cmpuint(count, <=, FINGERS_MAX_EVENTS);
  for (guint i = 0; i < count; i++)
    note(glass, &events[i]);
}

static void start(Glass *glass, gint64 id, double x, double y) {
  feed(glass, INPUT_TOUCH_START, id, x, y);
}
static void move(Glass *glass, gint64 id, double x, double y) {
  feed(glass, INPUT_TOUCH_MOVE, id, x, y);
}
static void end(Glass *glass, gint64 id, double x, double y) {
  feed(glass, INPUT_TOUCH_END, id, x, y);
}

static void assert_told(Glass *glass, const char *expected) {
  g_assert_cmpstr(glass->told->str, ==, expected);
  g_string_truncate(glass->told, 0);
}

static void test_one_finger_is_the_pointer(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 7, 500, 500);
  move(&glass, 7, 400, 500);
  end(&glass, 7, 390, 500);
  end(&glass, 7, 390, 500);
  assert_told(&glass, "down 0 500,500; move 400,500; up 0 390,500; ");
  glass_clear(&glass);
}

static void test_a_finger_that_lies_there_tears_no_drag(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 1, 500, 500);
  start(&glass, 2, 800, 800);
  move(&glass, 2, 805, 803);
  move(&glass, 1, 300, 500);
  start(&glass, 3, 10, 10);
  move(&glass, 3, 400, 400);
  end(&glass, 2, 805, 803);
  move(&glass, 1, 200, 500);
  end(&glass, 1, 200, 500);
  assert_told(&glass, "down 0 500,500; move 300,500; move 200,500; up 0 200,500; ");
  g_assert_cmpfloat(glass.wheel, ==, 0);
  glass_clear(&glass);
}

static void test_who_lies_there_alone_lets_another_drag(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 1, 500, 500);
  start(&glass, 2, 800, 800);
  end(&glass, 1, 500, 500);
  start(&glass, 3, 100, 100);
  move(&glass, 3, 150, 100);
  assert_told(&glass, "down 0 500,500; up 0 500,500; down 0 100,100; move 150,100; ");
  glass_clear(&glass);
}

/* To twice as far apart and back again. */
static void test_two_apart_are_the_wheel(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 1, 400, 500);
  start(&glass, 2, 600, 500);
  assert_told(&glass, "down 0 400,500; ");
  for (guint i = 1; i <= 10; i++) {
    move(&glass, 1, 400 - 10 * i, 500);
    move(&glass, 2, 600 + 10 * i, 500);
  }
  g_assert_cmpfloat_with_epsilon(glass.wheel, -120 * log(2) / log(FINGERS_NOTCH), 1);
  g_assert_nonnull(strstr(glass.told->str, "up 0; "));
  g_string_truncate(glass.told, 0);
  for (guint i = 1; i <= 10; i++)
    move(&glass, 2, 700 - 20 * i, 500);
  g_assert_cmpfloat_with_epsilon(glass.wheel, 0, 1);
  end(&glass, 2, 500, 500);
  move(&glass, 1, 100, 100);
  end(&glass, 1, 100, 100);
  assert_told(&glass, "");
  start(&glass, 1, 10, 10);
  assert_told(&glass, "down 0 10,10; ");
  glass_clear(&glass);
}

static void test_two_the_same_way_are_the_right_button(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 1, 400, 500);
  start(&glass, 2, 600, 500);
  move(&glass, 1, 400, 550);
  move(&glass, 2, 600, 550);
  assert_told(&glass, "down 0 400,500; move 400,550; up 0; down 2 400,550; ");
  move(&glass, 1, 400, 650);
  move(&glass, 2, 600, 650);
  assert_told(&glass, "move 400,600; move 400,650; ");
  end(&glass, 1, 400, 650);
  assert_told(&glass, "up 2; ");
  move(&glass, 2, 700, 650);
  end(&glass, 2, 700, 650);
  assert_told(&glass, "");
  g_assert_cmpfloat(glass.wheel, ==, 0);
  glass_clear(&glass);
}

static void test_the_pointer_stays_in_the_picture(void) {
  Glass glass;
  glass_init(&glass);
  start(&glass, 1, 10, 10);
  start(&glass, 2, 900, 10);
  move(&glass, 2, 900, 60);
  g_string_truncate(glass.told, 0);
  move(&glass, 2, 0, 0);
  assert_told(&glass, "move 0,0; ");
  glass_clear(&glass);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/fingers/one-is-the-pointer", test_one_finger_is_the_pointer);
  g_test_add_func("/fingers/one-that-lies-there-tears-no-drag", test_a_finger_that_lies_there_tears_no_drag);
  g_test_add_func("/fingers/who-lies-there-alone-lets-another-drag",
                  test_who_lies_there_alone_lets_another_drag);
  g_test_add_func("/fingers/two-apart-are-the-wheel", test_two_apart_are_the_wheel);
  g_test_add_func("/fingers/two-the-same-way-are-the-right-button",
                  test_two_the_same_way_are_the_right_button);
  g_test_add_func("/fingers/the-pointer-stays-in-the-picture", test_the_pointer_stays_in_the_picture);
  return g_test_run();
}
