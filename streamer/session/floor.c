#include "streamer/session/floor.h"

struct Floor {
  const Users *users;
  const StreamerSettings *settings;
  FloorEvents events;
  gpointer data;
  char *holder;       /* "": nobody */
  gint64 since_us;    /* since when they hold it */
  gint64 steered_us;  /* when their hands were on it last */
  char *silent;       /* who lost it to nobody for silence (nullable) */
  GPtrArray *waiting; /* of char *: who asks, the longest waiting first */
};

static const char *const reasons[] = {
    [FLOOR_GRANTED] = "granted", [FLOOR_RELEASED] = "released", [FLOOR_LEFT] = "left",
    [FLOOR_IDLE] = "idle",       [FLOOR_TAKEN] = "taken",       [FLOOR_JOINED] = "joined",
    [FLOOR_TOUCHED] = "touched",
};
G_STATIC_ASSERT(G_N_ELEMENTS(reasons) == FLOOR_N_REASONS);

const char *floor_reason_name(FloorReason reason) {
  return reasons[reason];
}

Floor *floor_new(const Users *users, const StreamerSettings *settings, const FloorEvents *events,
                 gpointer data) {
  Floor *floor = g_new0(Floor, 1);
  floor->users = users;
  floor->settings = settings;
  floor->events = *events;
  floor->data = data;
  floor->holder = g_strdup("");
  floor->waiting = g_ptr_array_new_with_free_func(g_free);
  return floor;
}

void floor_free(Floor *floor) {
  if (!floor)
    return;
  g_free(floor->holder);
  g_free(floor->silent);
  g_ptr_array_unref(floor->waiting);
  g_free(floor);
}

/* ---- what is so ---- */

const char *floor_holder(const Floor *floor) {
  return floor->holder;
}

char **floor_requests(const Floor *floor) {
  char **users = g_new0(char *, floor->waiting->len + 1);
  for (guint i = 0; i < floor->waiting->len; i++)
    users[i] = g_strdup(floor->waiting->pdata[i]);
  return users;
}

static gboolean is_free(const Floor *floor) {
  return g_str_equal(floor->settings->control, "free");
}

static gboolean holds(const Floor *floor, const User *user) {
  return g_str_equal(floor->holder, user->id);
}

static gboolean is_held(const Floor *floor) {
  return *floor->holder;
}

/* The instant at which the holder has been silent for too long; G_MAXINT64: never. */
static gint64 silent_at_us(const Floor *floor) {
  const User *holder = users_find(floor->users, floor->holder);
  gint64 idle_us = floor->settings->control_idle_seconds * G_USEC_PER_SEC;
  return holder && idle_us ? MAX(floor->since_us, holder->active_at_us) + idle_us : G_MAXINT64;
}

/* ---- changes ---- */

static gboolean forget_request(Floor *floor, const char *user) {
  guint at;
  if (!g_ptr_array_find_with_equal_func(floor->waiting, user, g_str_equal, &at))
    return FALSE;
  g_ptr_array_remove_index(floor->waiting, at);
  return TRUE;
}

static void give(Floor *floor, const char *user, FloorReason reason, gint64 now_us) {
  if (g_str_equal(floor->holder, user))
    return;
  g_autofree char *next = g_strdup(user); /* which may be what a request says */
  forget_request(floor, next);
  g_clear_pointer(&floor->silent, g_free);
  if (!*next && reason == FLOOR_IDLE)
    floor->silent = g_steal_pointer(&floor->holder);
  g_free(floor->holder);
  floor->holder = g_steal_pointer(&next);
  floor->since_us = floor->steered_us = now_us;
  floor->events.changed(floor->holder, reason, floor->data);
}

/* Who is given what the holder no longer has. */
static const char *successor(const Floor *floor) {
  const User *host = is_free(floor) ? NULL : users_first_host(floor->users, floor->holder);
  return host ? host->id : floor->waiting->len ? floor->waiting->pdata[0] : "";
}

static void give_back(Floor *floor, FloorReason reason, gint64 now_us) {
  give(floor, successor(floor), reason, now_us);
}

void floor_joined(Floor *floor, const User *user, gint64 now_us) {
  if (users_is_host(user) && !is_held(floor) && !is_free(floor))
    give(floor, user->id, FLOOR_JOINED, now_us);
}

void floor_left(Floor *floor, const char *user, gint64 now_us) {
  forget_request(floor, user);
  if (g_strcmp0(floor->silent, user) == 0)
    g_clear_pointer(&floor->silent, g_free);
  if (g_str_equal(floor->holder, user))
    give_back(floor, FLOOR_LEFT, now_us);
}

/* ---- asking ---- */

void floor_request(Floor *floor, const User *user, gint64 now_us) {
  if (holds(floor, user))
    return;
  if (!is_held(floor))
    give(floor, user->id, FLOOR_GRANTED, now_us);
  else if (users_is_host(user))
    give(floor, user->id, FLOOR_TAKEN, now_us);
  else if (now_us >= silent_at_us(floor))
    give(floor, user->id, FLOOR_IDLE, now_us);
  else if (!g_ptr_array_find_with_equal_func(floor->waiting, user->id, g_str_equal, NULL)) {
    g_ptr_array_add(floor->waiting, g_strdup(user->id));
    floor->events.requested(user->id, floor->data);
  }
}

void floor_release(Floor *floor, const User *user, gint64 now_us) {
  if (holds(floor, user))
    give_back(floor, FLOOR_RELEASED, now_us);
  else if (forget_request(floor, user->id))
    floor->events.declined(user->id, "withdrawn", floor->data);
}

static gboolean may_decide(const Floor *floor, const User *user) {
  return users_is_host(user) || holds(floor, user);
}

gboolean floor_grant(Floor *floor, const User *by, const User *user, gint64 now_us) {
  if (!may_decide(floor, by))
    return FALSE;
  give(floor, user->id, by == user ? FLOOR_TAKEN : FLOOR_GRANTED, now_us);
  return TRUE;
}

gboolean floor_decline(Floor *floor, const User *by, const User *user) {
  if (!may_decide(floor, by))
    return FALSE;
  if (forget_request(floor, user->id))
    floor->events.declined(user->id, "declined", floor->data);
  return TRUE;
}

/* ---- touches and silence ---- */

static gboolean may_take_by_touch(const Floor *floor, const User *user, gint64 now_us) {
  if (is_free(floor))
    return !is_held(floor) || now_us - floor->steered_us >= FLOOR_HANDS_OFF_US;
  return !is_held(floor) && (users_is_host(user) || g_strcmp0(floor->silent, user->id) == 0);
}

void floor_steered(Floor *floor, const User *user, gint64 now_us) {
  if (holds(floor, user))
    floor->steered_us = now_us;
}

void floor_touched(Floor *floor, const User *user, gint64 now_us) {
  if (!holds(floor, user) && may_take_by_touch(floor, user, now_us))
    give(floor, user->id, FLOOR_TOUCHED, now_us);
}

/* A host's silence matters to who waits alone. */
static gboolean silence_matters(const Floor *floor) {
  const User *holder = users_find(floor->users, floor->holder);
  return holder && (!users_is_host(holder) || floor->waiting->len > 0);
}

void floor_tick(Floor *floor, gint64 now_us) {
  if (silence_matters(floor) && now_us >= silent_at_us(floor))
    give_back(floor, FLOOR_IDLE, now_us);
}

gint64 floor_next_us(const Floor *floor) {
  return silence_matters(floor) ? silent_at_us(floor) : G_MAXINT64;
}
