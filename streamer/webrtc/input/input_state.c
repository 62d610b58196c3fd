#include "streamer/webrtc/input/input_state.h"

#include "streamer/webrtc/input/fingers.h"
#include <math.h>
#include <string.h>

/* More notches than a hand turns at once. */
#define MAX_NOTCHES 20
#define KEYCODES 256

enum { WHEEL_UP = 4, WHEEL_DOWN = 5, WHEEL_LEFT = 6, WHEEL_RIGHT = 7 };

/* The DOM's buttons as X numbers them. */
static const guint x_buttons[INPUT_BUTTONS] = {1, 2, 3, 8, 9};

typedef enum { NO_MOTION, ABSOLUTE_MOTION, RELATIVE_MOTION } Motion;

struct InputState {
  guint left, top, width, height;
  const InputSink *sink;
  gpointer data;
  gboolean keys[KEYCODES], suspended[KEYCODES];
  gboolean buttons[INPUT_BUTTONS];
  Fingers fingers;
  double wheel_x, wheel_y;
  /* motion that waits, and when the last one went */
  Motion motion;
  double x, y, dx, dy;
  gint64 moved_us;
  gboolean relative;
  gboolean missed; /* the application was not told of x and y */
  /* where the hand was last, in whole pixels, so that a way does not depend on its steps */
  gboolean has_place;
  double place_x, place_y;
};

InputState *input_state_new(guint width, guint height, const InputSink *sink, gpointer data) {
  InputState *state = g_new0(InputState, 1);
  state->width = width;
  state->height = height;
  state->sink = sink;
  state->data = data;
  state->moved_us = -INPUT_MOTION_US;
  return state;
}

void input_state_set_size(InputState *state, guint left, guint top, guint width, guint height) {
  state->left = left;
  state->top = top;
  state->width = width;
  state->height = height;
}

void input_state_free(InputState *state) {
  g_free(state);
}

static gint to_pixel(double fraction, guint size) {
  return (gint)MIN(floor(fraction * size), (double)size - 1);
}

/* Sends the motion that waits; a part of a pixel stays for the next one. */
static void send_motion(InputState *state, gint64 now_us) {
  Motion motion = state->motion;
  state->motion = NO_MOTION;
  if (motion == NO_MOTION)
    return;
  state->moved_us = now_us;
  if (motion == ABSOLUTE_MOTION) {
    state->sink->move((gint)state->left + to_pixel(state->x, state->width),
                      (gint)state->top + to_pixel(state->y, state->height), state->data);
    return;
  }
  gint dx = (gint)trunc(state->dx), dy = (gint)trunc(state->dy);
  state->dx -= dx;
  state->dy -= dy;
  if (dx != 0 || dy != 0)
    state->sink->move_by(dx, dy, state->data);
}

/* Sends motion if the last one is old enough; else it waits for input_state_tick(). */
static void offer_motion(InputState *state, gint64 now_us) {
  if (now_us - state->moved_us >= INPUT_MOTION_US)
    send_motion(state, now_us);
}

static void move_by(InputState *state, double dx, double dy, gint64 now_us) {
  if (state->motion == ABSOLUTE_MOTION)
    send_motion(state, now_us);
  state->motion = RELATIVE_MOTION;
  state->dx = CLAMP(state->dx + dx, -INPUT_MAX_DELTA, INPUT_MAX_DELTA);
  state->dy = CLAMP(state->dy + dy, -INPUT_MAX_DELTA, INPUT_MAX_DELTA);
}

static gboolean is_button_held(const InputState *state) {
  for (guint button = 0; button < INPUT_BUTTONS; button++)
    if (state->buttons[button])
      return TRUE;
  return FALSE;
}

static void take_place(InputState *state, gint64 now_us) {
  if (state->motion == RELATIVE_MOTION)
    send_motion(state, now_us);
  state->motion = ABSOLUTE_MOTION;
}

static void move_to(InputState *state, const InputEvent *event, gint64 now_us) {
  double x = rint(event->x * state->width), y = rint(event->y * state->height);
  if (!state->relative)
    take_place(state, now_us);
  else if (state->has_place && is_button_held(state))
    move_by(state, x - state->place_x, y - state->place_y, now_us);
  state->missed = state->relative;
  state->x = event->x;
  state->y = event->y;
  state->has_place = TRUE;
  state->place_x = x;
  state->place_y = y;
}

static void set_button(InputState *state, guint button, gboolean down) {
  if (state->buttons[button] == down)
    return;
  state->buttons[button] = down;
  state->sink->button(x_buttons[button], down, state->data);
}

static void set_key(InputState *state, guint keycode, gboolean down) {
  state->suspended[keycode] = FALSE;
  if (state->keys[keycode] == down)
    return;
  state->keys[keycode] = down;
  state->sink->key(keycode, down, state->data);
}

/* What is typed means itself, whatever is held: the Ctrl of a Ctrl+V is not for it. Keys come up for that
 * moment. */
static void type_text(InputState *state, const char *text) {
  for (guint keycode = 0; keycode < KEYCODES; keycode++)
    if (state->keys[keycode])
      state->sink->key(keycode, FALSE, state->data);
  state->sink->text(text, state->data);
  for (guint keycode = 0; keycode < KEYCODES; keycode++)
    if (state->keys[keycode])
      state->sink->key(keycode, TRUE, state->data);
}

/* Adds @delta to what is left of this axis and clicks the whole notches. Turning back forgets what is left.
 */
static void turn_wheel(InputState *state, double *left, double delta, guint forth, guint back) {
  if (*left * delta < 0)
    *left = 0;
  *left += delta;
  gint notches = (gint)trunc(*left / INPUT_WHEEL_NOTCH);
  *left -= notches * INPUT_WHEEL_NOTCH;
  for (gint i = MIN(ABS(notches), MAX_NOTCHES); i > 0; i--) {
    guint button = notches > 0 ? forth : back;
    state->sink->button(button, TRUE, state->data);
    state->sink->button(button, FALSE, state->data);
  }
}

static void press(InputState *state, const InputEvent *event, guint button, gboolean down, gint64 now_us) {
  if (event->has_position)
    move_to(state, event, now_us);
  else if (!is_button_held(state))
    state->has_place = FALSE;
  send_motion(state, now_us);
  set_button(state, button, down);
}

static void feed_mouse(InputState *state, const InputEvent *event, gint64 now_us) {
  switch (event->type) {
  case INPUT_POINTER_MOVE:
    move_to(state, event, now_us);
    offer_motion(state, now_us);
    break;
  case INPUT_POINTER_DOWN:
  case INPUT_POINTER_UP:
    press(state, event, event->button, event->type == INPUT_POINTER_DOWN, now_us);
    break;
  case INPUT_WHEEL:
    send_motion(state, now_us);
    turn_wheel(state, &state->wheel_y, event->dy, WHEEL_DOWN, WHEEL_UP);
    turn_wheel(state, &state->wheel_x, event->dx, WHEEL_RIGHT, WHEEL_LEFT);
    break;
  default:
    break;
  }
}

static void feed_finger(InputState *state, const InputEvent *event, gint64 now_us) {
  InputEvent events[FINGERS_MAX_EVENTS];
  guint count = fingers_feed(&state->fingers, event, state->width, state->height, events);
  for (guint i = 0; i < count; i++)
    feed_mouse(state, &events[i], now_us);
}

void input_state_feed(InputState *state, const InputEvent *event, gint64 now_us) {
  switch (event->type) {
  case INPUT_POINTER_MOVE:
  case INPUT_POINTER_DOWN:
  case INPUT_POINTER_UP:
  case INPUT_WHEEL:
    feed_mouse(state, event, now_us);
    break;
  case INPUT_POINTER_RELATIVE:
    move_by(state, event->dx, event->dy, now_us);
    offer_motion(state, now_us);
    break;
  case INPUT_KEY_DOWN:
  case INPUT_KEY_UP:
    send_motion(state, now_us);
    set_key(state, event->keycode, event->type == INPUT_KEY_DOWN);
    break;
  case INPUT_TOUCH_START:
  case INPUT_TOUCH_MOVE:
  case INPUT_TOUCH_END:
    feed_finger(state, event, now_us);
    break;
  case INPUT_TEXT:
    send_motion(state, now_us);
    type_text(state, event->text);
    break;
  case INPUT_RELEASE_ALL:
    send_motion(state, now_us);
    input_state_release_all(state);
    break;
  case INPUT_SCREEN: /* nothing that the application is told */
  case INPUT_EVENT_TYPES:
    break;
  }
}

gint64 input_state_tick(InputState *state, gint64 now_us) {
  if (state->motion == NO_MOTION)
    return G_MAXINT64;
  offer_motion(state, now_us);
  return state->motion == NO_MOTION ? G_MAXINT64 : state->moved_us + INPUT_MOTION_US;
}

void input_state_set_relative(InputState *state, gboolean relative) {
  if (state->relative == relative)
    return;
  if (is_button_held(state))
    send_motion(state, state->moved_us);
  state->relative = relative;
  state->motion = !relative && state->missed && !is_button_held(state) ? ABSOLUTE_MOTION : NO_MOTION;
  state->missed = FALSE;
  state->dx = state->dy = 0;
  send_motion(state, state->moved_us);
}

void input_state_release_all(InputState *state) {
  for (guint button = 0; button < INPUT_BUTTONS; button++)
    set_button(state, button, FALSE);
  for (guint keycode = 0; keycode < KEYCODES; keycode++)
    set_key(state, keycode, FALSE);
  state->fingers = (Fingers){.meaning = FINGERS_IDLE};
  state->has_place = state->missed = FALSE;
  state->motion = NO_MOTION;
  state->dx = state->dy = state->wheel_x = state->wheel_y = 0;
}

gboolean input_state_holds(const InputState *state) {
  if (is_button_held(state))
    return TRUE;
  for (guint keycode = 0; keycode < KEYCODES; keycode++)
    if (state->keys[keycode])
      return TRUE;
  return FALSE;
}

void input_state_suspend(InputState *state) {
  gboolean held[KEYCODES];
  memcpy(held, state->keys, sizeof held);
  input_state_release_all(state);
  memcpy(state->suspended, held, sizeof held);
}

gboolean input_state_resume(InputState *state) {
  gboolean any = FALSE;
  for (guint keycode = 0; keycode < KEYCODES; keycode++) {
    if (!state->suspended[keycode])
      continue;
    set_key(state, keycode, TRUE);
    any = TRUE;
  }
  return any;
}
