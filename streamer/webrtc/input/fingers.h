/* What fingers on the picture are to an application that knows a mouse alone: a pure state machine from
 * events of fingers to events of a mouse. One thread at a time.
 *
 *  - One finger is the pointer with its left button.
 *  - Two that move apart or together are the wheel, forth or back: a notch for each FINGERS_NOTCH times.
 *  - Two that move the same way are the pointer with its right button, which in viewers of 3D scenes shifts
 * what is seen.
 *  - The first one's drag goes on while a second only lies there; it ends when that one moves, too. When one
 * of two is lifted, the other means nothing until it is lifted itself, so that no end of a gesture is a
 * click.
 *  - Further fingers are ignored.
 */
#pragma once
#include "streamer/webrtc/input/input_event.h"

#define FINGERS_NOTCH 1.15
/* By so much of the picture's diagonal the second finger has moved before it means something. */
#define FINGERS_SLACK 0.02
/* What one event of a finger becomes, at most. */
#define FINGERS_MAX_EVENTS 2

typedef struct {
  gboolean is_down;
  gint64 id;
  double x, y;           /* fractions of the picture */
  double from_x, from_y; /* where it was when the two of them began */
} Finger;

/* Plain data; zeroes: no finger is down. */
typedef struct {
  enum { FINGERS_IDLE, FINGERS_DRAG, FINGERS_PINCH, FINGERS_SHIFT, FINGERS_OVER } meaning;
  Finger first, second;
  double spread;               /* pixels between the two, as far as the wheel has turned for it */
  double pointer_x, pointer_y; /* FINGERS_SHIFT: from the middle between the two to the pointer */
} Fingers;

/* @event, of INPUT_TOUCH_START, INPUT_TOUCH_MOVE or INPUT_TOUCH_END, on a picture of @width x @height pixels.
 * Returns how many events of pointer and wheel it becomes; they are in @events, in order. */
guint fingers_feed(Fingers *fingers, const InputEvent *event, guint width, guint height,
                   InputEvent events[FINGERS_MAX_EVENTS]);
