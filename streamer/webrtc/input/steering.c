#include "streamer/webrtc/input/steering.h"

#include "common/bucket.h"
#include "streamer/webrtc/input/input_state.h"
#include <string.h>

#define ACTIVE_INTERVAL_US G_USEC_PER_SEC
#define TOUCH_INTERVAL_US (G_USEC_PER_SEC / 4)
/* What a press that asks for control may wait for it and still be meant. */
#define PRESS_LIFE_US (G_USEC_PER_SEC / 2)

/* Messages that a seat may send: a mouse of 1,000 Hz with both hands busy stays below this. */
static const BucketRule message_rule = {.per_second = 1500, .at_once = 1500};
/* Characters of text: more than is typed, and a page of what is pasted. */
static const BucketRule text_rule = {.per_second = 500, .at_once = 4096};

struct Steering {
  GMutex lock; /* of all that follows, seats included */
  const InputSink *sink;
  gpointer sink_data;
  InputState *state;
  char *controller;     /* NULL: nobody */
  GPtrArray *seats;     /* of SteeringSeat *, all that there are */
  SteeringSeat *holder; /* who pressed last; NULL: nobody, or they have left */
  gint64 active_us;     /* when activity was told last */
  guint tick_timer;
  SteeringInputFunc on_input;
  gpointer data;
  SteeringScreenFunc on_screen; /* nullable */
  gpointer screen_data;
  guint screen_source; /* it is to be told */
  guint screens;       /* how often one was said */
};

struct SteeringSeat {
  Steering *steering;
  char *user;
  gboolean left;
  Bucket messages, characters;
  InputEvent press;    /* the newest, of who may not steer */
  gint64 pressed_us;   /* when it came; 0: nothing is held */
  gint64 touched_us;   /* when a press was told last */
  guint width, height; /* of the picture's place on its screen; 0: not said */
  guint screen;        /* the how manieth that was said this is */
};

Steering *steering_new(guint width, guint height, const InputSink *sink, gpointer sink_data,
                       SteeringInputFunc on_input, gpointer data) {
  Steering *steering = g_new0(Steering, 1);
  g_mutex_init(&steering->lock);
  steering->sink = sink;
  steering->sink_data = sink_data;
  steering->state = input_state_new(width, height, sink, sink_data);
  steering->seats = g_ptr_array_new();
  steering->active_us = g_get_monotonic_time() - ACTIVE_INTERVAL_US;
  steering->on_input = on_input;
  steering->data = data;
  return steering;
}

static void flush_sink(Steering *steering) {
  steering->sink->flush(steering->sink_data);
}

static void release_all(Steering *steering) {
  input_state_release_all(steering->state);
  flush_sink(steering);
}

void steering_free(Steering *steering) {
  if (!steering)
    return;
  g_clear_handle_id(&steering->tick_timer, g_source_remove);
  g_clear_handle_id(&steering->screen_source, g_source_remove);
  release_all(steering);
  input_state_free(steering->state);
  g_ptr_array_unref(steering->seats);
  g_free(steering->controller);
  g_mutex_clear(&steering->lock);
  g_free(steering);
}

/* ---- seats ---- */

SteeringSeat *steering_join(Steering *steering, const char *user) {
  SteeringSeat *seat = g_new0(SteeringSeat, 1);
  seat->steering = steering;
  seat->user = g_strdup(user ? user : "");
  g_mutex_lock(&steering->lock);
  g_ptr_array_add(steering->seats, seat);
  g_mutex_unlock(&steering->lock);
  return seat;
}

void steering_seat_free(SteeringSeat *seat) {
  g_mutex_lock(&seat->steering->lock);
  g_ptr_array_remove_fast(seat->steering->seats, seat);
  g_mutex_unlock(&seat->steering->lock);
  g_free(seat->user);
  g_free(seat);
}

static gboolean has_control(const SteeringSeat *seat) {
  return !seat->left && g_strcmp0(seat->steering->controller, seat->user) == 0;
}

void steering_seat_leave(SteeringSeat *seat) {
  Steering *steering = seat->steering;
  g_mutex_lock(&steering->lock);
  if (has_control(seat))
    release_all(steering);
  if (steering->holder == seat)
    steering->holder = NULL;
  seat->left = TRUE;
  g_mutex_unlock(&steering->lock);
}

/* ---- who is not heard ---- */

gboolean steering_seat_holds(SteeringSeat *seat) {
  Steering *steering = seat->steering;
  g_mutex_lock(&steering->lock);
  gboolean holds = steering->holder == seat && has_control(seat) && input_state_holds(steering->state);
  g_mutex_unlock(&steering->lock);
  return holds;
}

void steering_seat_fall_silent(SteeringSeat *seat) {
  Steering *steering = seat->steering;
  g_mutex_lock(&steering->lock);
  if (steering->holder == seat && has_control(seat) && input_state_holds(steering->state)) {
    input_state_suspend(steering->state);
    flush_sink(steering);
  }
  g_mutex_unlock(&steering->lock);
}

void steering_seat_return(SteeringSeat *seat) {
  Steering *steering = seat->steering;
  g_mutex_lock(&steering->lock);
  if (steering->holder == seat && has_control(seat) && input_state_resume(steering->state))
    flush_sink(steering);
  g_mutex_unlock(&steering->lock);
}

/* ---- screens ---- */

/* The seat whose screen was said last, of those of who steers; NULL: there is none. */
static const SteeringSeat *find_screen(const Steering *steering) {
  const SteeringSeat *found = NULL;
  for (guint i = 0; i < steering->seats->len; i++) {
    const SteeringSeat *seat = steering->seats->pdata[i];
    if (has_control(seat) && seat->width > 0 && (!found || seat->screen > found->screen))
      found = seat;
  }
  return found;
}

static gboolean tell_screen(gpointer data) {
  Steering *steering = data;
  g_mutex_lock(&steering->lock);
  steering->screen_source = 0;
  const SteeringSeat *seat = find_screen(steering);
  guint width = seat ? seat->width : 0, height = seat ? seat->height : 0;
  g_mutex_unlock(&steering->lock);
  if (width > 0)
    steering->on_screen(width, height, steering->screen_data);
  return G_SOURCE_REMOVE;
}

/* With the lock: what is told may be another one now. */
static void screen_changed(Steering *steering) {
  if (steering->on_screen && !steering->screen_source)
    steering->screen_source = g_idle_add(tell_screen, steering);
}

static void note_screen(SteeringSeat *seat, const InputEvent *event) {
  seat->width = event->width;
  seat->height = event->height;
  seat->screen = ++seat->steering->screens;
  if (has_control(seat))
    screen_changed(seat->steering);
}

void steering_watch_screen(Steering *steering, SteeringScreenFunc on_screen, gpointer data) {
  g_mutex_lock(&steering->lock);
  steering->on_screen = on_screen;
  steering->screen_data = data;
  screen_changed(steering);
  g_mutex_unlock(&steering->lock);
}

void steering_set_size(Steering *steering, guint left, guint top, guint width, guint height) {
  g_mutex_lock(&steering->lock);
  input_state_set_size(steering->state, left, top, width, height);
  g_mutex_unlock(&steering->lock);
}

/* ---- what is heard ---- */

typedef struct {
  Steering *steering;
  char *user;
  gboolean steers;
} Heard;

static gboolean tell_heard(gpointer data) {
  Heard *heard = data;
  heard->steering->on_input(heard->user, heard->steers, heard->steering->data);
  return G_SOURCE_REMOVE;
}

static void heard_free(gpointer data) {
  Heard *heard = data;
  g_free(heard->user);
  g_free(heard);
}

/* Tells it on the main thread, unless that was done @interval_us ago or later. */
static void tell(const SteeringSeat *seat, gboolean steers, gint64 *told_us, gint64 interval_us,
                 gint64 now_us) {
  if (now_us - *told_us < interval_us)
    return;
  *told_us = now_us;
  Heard *heard = g_new(Heard, 1);
  *heard = (Heard){seat->steering, g_strdup(seat->user), steers};
  g_idle_add_full(G_PRIORITY_DEFAULT, tell_heard, heard, heard_free);
}

/* Brings motion that waits. */
static gboolean on_motion_due(gpointer data) {
  Steering *steering = data;
  g_mutex_lock(&steering->lock);
  gboolean waiting = input_state_tick(steering->state, g_get_monotonic_time()) != G_MAXINT64;
  flush_sink(steering);
  if (!waiting)
    steering->tick_timer = 0;
  g_mutex_unlock(&steering->lock);
  return waiting ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean is_press(InputEventType type) {
  return type == INPUT_POINTER_DOWN || type == INPUT_KEY_DOWN || type == INPUT_TOUCH_START ||
         type == INPUT_WHEEL || type == INPUT_TEXT;
}

static gboolean is_release(InputEventType type) {
  return type == INPUT_POINTER_UP || type == INPUT_KEY_UP || type == INPUT_TOUCH_END ||
         type == INPUT_RELEASE_ALL;
}

static void play(SteeringSeat *seat, const InputEvent *event, gint64 now_us) {
  Steering *steering = seat->steering;
  if (is_press(event->type))
    steering->holder = seat;
  input_state_feed(steering->state, event, now_us);
  flush_sink(steering);
  gboolean waiting = input_state_tick(steering->state, now_us) != G_MAXINT64;
  if (waiting && !steering->tick_timer)
    steering->tick_timer = g_timeout_add(INPUT_MOTION_US / 1000, on_motion_due, steering);
}

/* Who may not steer presses something: it may bring them control. */
static void note_press(SteeringSeat *seat, const InputEvent *event, gint64 now_us) {
  if (is_release(event->type))
    seat->pressed_us = 0;
  if (!is_press(event->type))
    return;
  seat->press = *event;
  seat->pressed_us = now_us;
  tell(seat, FALSE, &seat->touched_us, TOUCH_INTERVAL_US, now_us);
}

/* FALSE: it is not understood, or text of who types more than one can. */
static gboolean read_event(SteeringSeat *seat, const char *text, gint64 now_us, InputEvent *event) {
  if (!input_event_read(text, strlen(text), event))
    return FALSE;
  double characters = event->type == INPUT_TEXT ? (double)g_utf8_strlen(event->text, -1) : 0;
  return bucket_take(&seat->characters, &text_rule, characters, now_us);
}

void steering_seat_feed(SteeringSeat *seat, const char *text) {
  Steering *steering = seat->steering;
  gint64 now_us = g_get_monotonic_time();
  InputEvent event;
  g_mutex_lock(&steering->lock);
  gboolean steers = has_control(seat);
  if (!bucket_take(&seat->messages, &message_rule, 1, now_us)) {
    if (steers)
      release_all(steering);
  } else if (read_event(seat, text, now_us, &event)) {
    if (event.type == INPUT_SCREEN) { /* no hand does that */
      note_screen(seat, &event);
    } else if (steers) {
      play(seat, &event, now_us);
      tell(seat, TRUE, &steering->active_us, ACTIVE_INTERVAL_US, now_us);
    } else if (!seat->left) {
      note_press(seat, &event, now_us);
    }
  }
  g_mutex_unlock(&steering->lock);
}

/* ---- control ---- */

static void play_press(Steering *steering, gint64 now_us) {
  for (guint i = 0; i < steering->seats->len; i++) {
    SteeringSeat *seat = steering->seats->pdata[i];
    if (has_control(seat) && seat->pressed_us && now_us - seat->pressed_us <= PRESS_LIFE_US)
      play(seat, &seat->press, now_us);
    seat->pressed_us = 0;
  }
}

void steering_set_controller(Steering *steering, const char *user) {
  const char *next = user && user[0] ? user : NULL;
  g_mutex_lock(&steering->lock);
  if (g_strcmp0(steering->controller, next) != 0) {
    release_all(steering);
    g_free(steering->controller);
    steering->controller = g_strdup(next);
    play_press(steering, g_get_monotonic_time());
    screen_changed(steering);
  }
  g_mutex_unlock(&steering->lock);
}

void steering_set_relative(Steering *steering, gboolean relative) {
  g_mutex_lock(&steering->lock);
  input_state_set_relative(steering->state, relative);
  flush_sink(steering);
  g_mutex_unlock(&steering->lock);
}
