#include "streamer/webrtc/input/fingers.h"

#include <math.h>

enum { LEFT_BUTTON = 0, RIGHT_BUTTON = 2 };

/* What is made of one event. */
typedef struct {
  Fingers *fingers;
  guint width, height;
  InputEvent *events;
  guint count;
} Reading;

static void add_event(Reading *reading, InputEvent event) {
  reading->events[reading->count++] = event;
}

static void add_button(Reading *reading, InputEventType type, guint button, const InputEvent *at) {
  add_event(
      reading,
      (InputEvent){.type = type, .button = button, .has_position = at->has_position, .x = at->x, .y = at->y});
}

/* Pixels from one place to another. */
static double way(const Reading *reading, double from_x, double from_y, double to_x, double to_y) {
  return hypot((to_x - from_x) * reading->width, (to_y - from_y) * reading->height);
}

static double spread_now(const Reading *reading) {
  const Fingers *fingers = reading->fingers;
  return way(reading, fingers->first.x, fingers->first.y, fingers->second.x, fingers->second.y);
}

/* From here on it counts whether the two move. */
static void begin_pair(Reading *reading) {
  Finger *pair[] = {&reading->fingers->first, &reading->fingers->second};
  for (gsize i = 0; i < G_N_ELEMENTS(pair); i++) {
    pair[i]->from_x = pair[i]->x;
    pair[i]->from_y = pair[i]->y;
  }
  reading->fingers->spread = spread_now(reading);
}

static void turn(Reading *reading) {
  double spread = MAX(spread_now(reading), 1);
  double notches = log(spread / MAX(reading->fingers->spread, 1)) / log(FINGERS_NOTCH);
  reading->fingers->spread = spread;
  add_event(reading, (InputEvent){.type = INPUT_WHEEL, .dy = -120 * notches});
}

static void shift(Reading *reading, InputEventType type) {
  const Fingers *fingers = reading->fingers;
  double x = (fingers->first.x + fingers->second.x) / 2 + fingers->pointer_x;
  double y = (fingers->first.y + fingers->second.y) / 2 + fingers->pointer_y;
  InputEvent at = {.has_position = TRUE, .x = CLAMP(x, 0.0, 1.0), .y = CLAMP(y, 0.0, 1.0)};
  add_button(reading, type, RIGHT_BUTTON, &at);
}

/* The second finger has moved: do the two go apart, or the same way? */
static void tell_pair(Reading *reading) {
  static const InputEvent here = {.has_position = FALSE};
  Fingers *fingers = reading->fingers;
  const Finger *first = &fingers->first, *second = &fingers->second;
  double apart = fabs(spread_now(reading) - fingers->spread);
  double together = way(reading, first->from_x + second->from_x, first->from_y + second->from_y,
                        first->x + second->x, first->y + second->y) /
                    2;
  add_button(reading, INPUT_POINTER_UP, LEFT_BUTTON, &here);
  if (apart > together) {
    fingers->meaning = FINGERS_PINCH;
    turn(reading);
    return;
  }
  fingers->meaning = FINGERS_SHIFT;
  fingers->pointer_x = (first->x - second->x) / 2;
  fingers->pointer_y = (first->y - second->y) / 2;
  shift(reading, INPUT_POINTER_DOWN);
}

static gboolean second_moves(const Reading *reading) {
  const Finger *second = &reading->fingers->second;
  double slack = FINGERS_SLACK * hypot(reading->width, reading->height);
  return second->is_down && way(reading, second->from_x, second->from_y, second->x, second->y) >= slack;
}

static void put_down(Reading *reading, const InputEvent *event) {
  Fingers *fingers = reading->fingers;
  gboolean is_first = !fingers->first.is_down;
  Finger *finger = is_first ? &fingers->first : &fingers->second;
  if (finger->is_down)
    return;
  *finger = (Finger){.is_down = TRUE, .id = event->touch, .x = event->x, .y = event->y};
  if (is_first && fingers->meaning == FINGERS_IDLE) {
    fingers->meaning = FINGERS_DRAG;
    add_button(reading, INPUT_POINTER_DOWN, LEFT_BUTTON, event);
  }
  begin_pair(reading);
}

static void move_finger(Reading *reading, Finger *finger, const InputEvent *event) {
  Fingers *fingers = reading->fingers;
  finger->x = event->x;
  finger->y = event->y;
  if (fingers->meaning == FINGERS_DRAG && second_moves(reading))
    tell_pair(reading);
  else if (fingers->meaning == FINGERS_DRAG && finger == &fingers->first)
    add_button(reading, INPUT_POINTER_MOVE, LEFT_BUTTON, event);
  else if (fingers->meaning == FINGERS_PINCH)
    turn(reading);
  else if (fingers->meaning == FINGERS_SHIFT)
    shift(reading, INPUT_POINTER_MOVE);
}

static void lift(Reading *reading, Finger *finger, const InputEvent *event) {
  static const InputEvent here = {.has_position = FALSE};
  Fingers *fingers = reading->fingers;
  finger->is_down = FALSE;
  if (fingers->meaning == FINGERS_DRAG && finger == &fingers->first) {
    add_button(reading, INPUT_POINTER_UP, LEFT_BUTTON, event);
    fingers->meaning = FINGERS_IDLE;
  } else if (fingers->meaning == FINGERS_SHIFT) {
    add_button(reading, INPUT_POINTER_UP, RIGHT_BUTTON, &here);
  }
  if (fingers->meaning == FINGERS_PINCH || fingers->meaning == FINGERS_SHIFT)
    fingers->meaning = FINGERS_OVER;
  if (fingers->meaning == FINGERS_OVER && !fingers->first.is_down && !fingers->second.is_down)
    fingers->meaning = FINGERS_IDLE;
}

guint fingers_feed(Fingers *fingers, const InputEvent *event, guint width, guint height,
                   InputEvent events[FINGERS_MAX_EVENTS]) {
  Reading reading = {fingers, width, height, events, 0};
  Finger *finger = NULL;
  if (fingers->first.is_down && fingers->first.id == event->touch)
    finger = &fingers->first;
  else if (fingers->second.is_down && fingers->second.id == event->touch)
    finger = &fingers->second;
  if (event->type == INPUT_TOUCH_START && !finger)
    put_down(&reading, event);
  else if (event->type == INPUT_TOUCH_MOVE && finger)
    move_finger(&reading, finger, event);
  else if (event->type == INPUT_TOUCH_END && finger)
    lift(&reading, finger, event);
  return reading.count;
}
