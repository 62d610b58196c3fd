/* Who may steer, and what the one who may does.
 *
 * Every player has a seat. Messages of its data channel are fed to the seat on whatever thread they come;
 * only those of the user who has control reach the application. Of the others it is told that somebody
 * presses something, no more; but a press that is still held when it brings its user control is then played.
 * Whenever control changes or a seat of the controller is left, every key and button that is held is let go;
 * while the player that holds it is not heard it is let go for the time being.
 * Any thread.
 */
#pragma once
#include "streamer/webrtc/input/input_sink.h"

typedef struct Steering Steering;
typedef struct SteeringSeat SteeringSeat;

/* The controller did something, at most once a second; or (@steers FALSE) somebody else pressed a button or
 * key, typed, put down a finger or turned the wheel, at most four times a second from a seat. On the main
 * thread. */
typedef void (*SteeringInputFunc)(const char *user, gboolean steers, gpointer data);

/* For a picture of @width x @height pixels at the screen's top left. @sink, whose functions get @sink_data,
 * must outlive it. (transfer full) */
Steering *steering_new(guint width, guint height, const InputSink *sink, gpointer sink_data,
                       SteeringInputFunc on_input, gpointer data);

/* The picture's place on the screen of who steers, in device pixels; told on the main thread when it, or who
 * steers, is another one. */
typedef void (*SteeringScreenFunc)(guint width, guint height, gpointer data);
void steering_watch_screen(Steering *steering, SteeringScreenFunc on_screen, gpointer data);

/* input_state_set_size(). */
void steering_set_size(Steering *steering, guint left, guint top, guint width, guint height);

/* From now on @user, and nobody else, steers. NULL or "": nobody. */
void steering_set_controller(Steering *steering, const char *user);

/* Whether the application takes moves of the pointer alone: input_state_set_relative(). */
void steering_set_relative(Steering *steering, gboolean relative);

/* Lets go of everything. When the last seat is gone. Main thread. NULL is allowed. */
void steering_free(Steering *steering);

/* A seat for a player of @user (transfer full), until steering_seat_free(). */
SteeringSeat *steering_join(Steering *steering, const char *user);

/* One message of the data channel (vitrina-protocol(7), "Input"). What is not understood is ignored; who
 * sends more than a person can is not heard for a while, and lets go of everything; of text that is more than
 * a person types or pastes the rest is left out. */
void steering_seat_feed(SteeringSeat *seat, const char *text);

/* The seat is given up: nothing that it is fed from now on has an effect. */
void steering_seat_leave(SteeringSeat *seat);

/* Whether this seat's player holds a key or button; FALSE where another one pressed last. */
gboolean steering_seat_holds(SteeringSeat *seat);
/* Its player is not heard any more: what it holds comes up. When it is heard again, the keys go down that it
 * has not let go of meanwhile; buttons do not, since the pointer may be elsewhere. Either may be said again
 * and again. */
void steering_seat_fall_silent(SteeringSeat *seat);
void steering_seat_return(SteeringSeat *seat);

/* When it was left and nothing feeds it any more. */
void steering_seat_free(SteeringSeat *seat);
