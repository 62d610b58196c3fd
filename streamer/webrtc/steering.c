#include "streamer/webrtc/steering.h"

#include "streamer/webrtc/input_state.h"
#include "streamer/webrtc/xtest.h"
#include <string.h>

/* Messages that a seat may send: a mouse of 1,000 Hz with both hands busy stays below this. */
#define MESSAGES_PER_SECOND 1500.0
#define MESSAGES_AT_ONCE 1500.0
#define ACTIVE_INTERVAL_US G_USEC_PER_SEC

struct Steering {
  GMutex lock; /* of all that follows, seats included */
  XTest *xtest;
  InputState *state;
  char *controller; /* NULL: nobody */
  gint64 active_us; /* when activity was told last */
  guint tick_timer;
  SteeringActiveFunc on_active;
  gpointer data;
};

struct SteeringSeat {
  Steering *steering;
  char *user;
  gboolean left;
  double messages; /* that it may still send */
  gint64 filled_us;
};

Steering *steering_new(guint width, guint height, SteeringActiveFunc on_active, gpointer data,
                       GError **error) {
  XTest *xtest = xtest_new(error);
  if (!xtest)
    return NULL;
  Steering *steering = g_new0(Steering, 1);
  g_mutex_init(&steering->lock);
  steering->xtest = xtest;
  steering->state = input_state_new(width, height, &xtest_sink, xtest);
  steering->active_us = g_get_monotonic_time() - ACTIVE_INTERVAL_US;
  steering->on_active = on_active;
  steering->data = data;
  return steering;
}

static void release_all(Steering *steering) {
  input_state_release_all(steering->state);
  xtest_flush(steering->xtest);
}

void steering_set_controller(Steering *steering, const char *user) {
  const char *next = user && user[0] ? user : NULL;
  g_mutex_lock(&steering->lock);
  if (g_strcmp0(steering->controller, next) != 0) {
    release_all(steering);
    g_free(steering->controller);
    steering->controller = g_strdup(next);
  }
  g_mutex_unlock(&steering->lock);
}

void steering_free(Steering *steering) {
  if (!steering)
    return;
  g_clear_handle_id(&steering->tick_timer, g_source_remove);
  release_all(steering);
  input_state_free(steering->state);
  xtest_free(steering->xtest);
  g_free(steering->controller);
  g_mutex_clear(&steering->lock);
  g_free(steering);
}

/* ---- seats ---- */

SteeringSeat *steering_join(Steering *steering, const char *user) {
  SteeringSeat *seat = g_atomic_rc_box_new0(SteeringSeat);
  seat->steering = steering;
  seat->user = g_strdup(user ? user : "");
  seat->messages = MESSAGES_AT_ONCE;
  seat->filled_us = g_get_monotonic_time();
  return seat;
}

SteeringSeat *steering_seat_ref(SteeringSeat *seat) {
  return g_atomic_rc_box_acquire(seat);
}

static void seat_clear(gpointer data) {
  SteeringSeat *seat = data;
  g_free(seat->user);
}

void steering_seat_unref(SteeringSeat *seat) {
  g_atomic_rc_box_release_full(seat, seat_clear);
}

static gboolean has_control(const SteeringSeat *seat) {
  return !seat->left && g_strcmp0(seat->steering->controller, seat->user) == 0;
}

void steering_seat_leave(SteeringSeat *seat) {
  Steering *steering = seat->steering;
  g_mutex_lock(&steering->lock);
  if (has_control(seat))
    release_all(steering);
  seat->left = TRUE;
  g_mutex_unlock(&steering->lock);
}

static gboolean may_speak(SteeringSeat *seat, gint64 now_us) {
  double elapsed = (double)(now_us - seat->filled_us) / G_USEC_PER_SEC;
  seat->filled_us = now_us;
  seat->messages = MIN(seat->messages + elapsed * MESSAGES_PER_SECOND, MESSAGES_AT_ONCE);
  if (seat->messages < 1)
    return FALSE;
  seat->messages -= 1;
  return TRUE;
}

/* ---- what is heard ---- */

typedef struct {
  Steering *steering;
  char *user;
} Active;

static gboolean tell_active(gpointer data) {
  Active *active = data;
  active->steering->on_active(active->user, active->steering->data);
  return G_SOURCE_REMOVE;
}

static void active_free(gpointer data) {
  Active *active = data;
  g_free(active->user);
  g_free(active);
}

static void note_active(Steering *steering, const char *user, gint64 now_us) {
  if (now_us - steering->active_us < ACTIVE_INTERVAL_US)
    return;
  steering->active_us = now_us;
  Active *active = g_new(Active, 1);
  *active = (Active){steering, g_strdup(user)};
  g_idle_add_full(G_PRIORITY_DEFAULT, tell_active, active, active_free);
}

/* Brings motion that waits. */
static gboolean on_tick(gpointer data) {
  Steering *steering = data;
  g_mutex_lock(&steering->lock);
  gboolean waiting = input_state_tick(steering->state, g_get_monotonic_time()) != G_MAXINT64;
  xtest_flush(steering->xtest);
  if (!waiting)
    steering->tick_timer = 0;
  g_mutex_unlock(&steering->lock);
  return waiting ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void play(Steering *steering, const InputEvent *event, gint64 now_us) {
  input_state_feed(steering->state, event, now_us);
  xtest_flush(steering->xtest);
  gboolean waiting = input_state_tick(steering->state, now_us) != G_MAXINT64;
  if (waiting && !steering->tick_timer)
    steering->tick_timer = g_timeout_add(INPUT_MOTION_US / 1000, on_tick, steering);
}

void steering_seat_feed(SteeringSeat *seat, const char *text) {
  Steering *steering = seat->steering;
  gint64 now_us = g_get_monotonic_time();
  InputEvent event;
  g_mutex_lock(&steering->lock);
  if (has_control(seat)) {
    if (!may_speak(seat, now_us)) {
      release_all(steering);
    } else if (input_event_read(text, strlen(text), &event)) {
      play(steering, &event, now_us);
      note_active(steering, seat->user, now_us);
    }
  }
  g_mutex_unlock(&steering->lock);
}
