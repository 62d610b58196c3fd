/* Turns a player's events into what the application is told, and knows what is held: a pure state machine,
 * with the clock handed in and the application behind a sink. One thread at a time.
 *
 *  - A key or button goes down once, however often it is said, and up only if it is down. Everything held is
 *    let go by input_state_release_all().
 *  - Pointer motion is merged: at most one motion in INPUT_MOTION_US, and the last one is never lost, since
 *    the next other event, or input_state_tick(), brings it. (SDL drops relative motions that come in a
 *    burst.)
 *  - Text is typed while no key is down: those that are held come up for it, and go down again after it.
 *  - Wheel deltas add up to notches of 120; what is left over counts towards the next.
 *  - Fingers are the mouse (fingers.h).
 */
#pragma once
#include "streamer/webrtc/input/input_event.h"
#include "streamer/webrtc/input/input_sink.h"

#define INPUT_MOTION_US (8 * 1000)
#define INPUT_WHEEL_NOTCH 120.0

typedef struct InputState InputState;

/* For a picture of @width x @height pixels at the screen's top left. @sink, whose functions get @data, must
 * outlive it; it is told when to flush by somebody else. */
InputState *input_state_new(guint width, guint height, const InputSink *sink, gpointer data);
void input_state_free(InputState *state); /* NULL is allowed; releases nothing */

/* The picture is that part of the sink's screen from now on: where its top left is, and its size, in pixels.
 */
void input_state_set_size(InputState *state, guint left, guint top, guint width, guint height);

/* One event at @now_us (monotonic). */
void input_state_feed(InputState *state, const InputEvent *event, gint64 now_us);

/* Brings motion that has waited long enough. Returns when to call again, or G_MAXINT64: nothing waits. */
gint64 input_state_tick(InputState *state, gint64 now_us);

/* Whether a key or button is down. */
gboolean input_state_holds(const InputState *state);

/* Whether the application takes moves alone, as one does that looks around by the mouse: it begins with
 * FALSE.
 *
 * While it does, a position says only how far a hand has come since its last one. With a button or a finger
 * down that is a relative motion, in pixels of the picture; what comes before a press gives none, and neither
 * does the first position after a press without one. INPUT_POINTER_RELATIVE is the same in both cases. Motion
 * that waits when this changes is sent where a button is down (the sink knows how, xtest.h) and forgotten
 * else, since the application would misread it. When places count again, the pointer goes to where the hand
 * is. */
void input_state_set_relative(InputState *state, gboolean relative);

/* Lets go of every key and button. */
void input_state_release_all(InputState *state);

/* The same, but remembers the keys: input_state_resume() presses those again of which nothing was said
 * meanwhile. */
void input_state_suspend(InputState *state);
/* FALSE: there was none. */
gboolean input_state_resume(InputState *state);
