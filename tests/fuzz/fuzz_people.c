/* streamer/users, floor and events: any order of what people of a session do. Whatever it is, the floor is
 * held by somebody who is in or by nobody, only people who are in wait for it, a follower sees what is meant
 * for it in order and once, and the ring keeps to its bounds. */
#include "streamer/session/events.h"
#include "streamer/session/floor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 6
#define RING_EVENTS 8
#define RING_BYTES 600

/* "0" and "1" are hosts. */
static const char *const ids[PEOPLE] = {"0", "1", "2", "3", "4", "5"};

typedef struct {
  StreamerSettings settings;
  Users *users;
  Floor *floor;
  Events *events;
  EventsFollower *follower; /* of ids[2] */
  gint64 seen;
  gboolean busy;
  gint64 now_us;
} World;

static gboolean take(const char *event, gpointer data) {
  World *world = data;
  if (world->busy)
    return FALSE;
  gint64 cursor = strtoll(strstr(event, "\"cursor\":") + strlen("\"cursor\":"), NULL, 10);
  g_assert_cmpint(cursor, >, world->seen);
  g_assert_null(strstr(event, "private"));
  world->seen = cursor;
  return TRUE;
}

static void on_ended(EventsEnd end, gpointer data) {
  ((World *)data)->follower = NULL;
}

static const EventsFollowing following = {take, on_ended};

static void on_changed(const char *holder, FloorReason reason, gpointer data) {
  World *world = data;
  events_add(world->events, WIRE_CONTROL_CHANGED, NULL, NULL);
  g_assert_nonnull(floor_reason_name(reason));
}

static void on_requested(const char *user, gpointer data) {
  events_add(((World *)data)->events, WIRE_CONTROL_REQUESTED, NULL, NULL);
}

static void on_declined(const char *user, const char *reason, gpointer data) {
  events_add(((World *)data)->events, WIRE_CONTROL_DECLINED, NULL, NULL);
}

static const FloorEvents floor_events = {on_changed, on_requested, on_declined};

static void check(const World *world) {
  const char *holder = floor_holder(world->floor);
  g_assert_true(!*holder || users_find(world->users, holder));
  g_auto(GStrv) waiting = floor_requests(world->floor);
  for (guint i = 0; waiting[i]; i++) {
    g_assert_nonnull(users_find(world->users, waiting[i]));
    g_assert_cmpstr(waiting[i], !=, holder);
  }
  gint64 cursor = 0;
  g_autofree char *list = events_since(world->events, "nobody", &cursor);
  g_assert_cmpuint(strlen(list), <=, RING_BYTES + RING_EVENTS + 200);
}

static void come(World *world, const char *id) {
  gboolean joined;
  const User *user =
      users_admit(world->users, id, NULL, *id < '2' ? "host" : "guest", PEOPLE - 1, world->now_us, &joined);
  if (user && joined)
    floor_joined(world->floor, user, world->now_us);
}

static void leave(World *world, const char *id) {
  if (users_remove(world->users, id))
    floor_left(world->floor, id, world->now_us);
}

static void say(World *world, const char *from, const char *to, gboolean transient) {
  const char *members = to && !g_str_equal(to, ids[2]) ? "\"data\":\"private\"" : "\"data\":\"open\"";
  events_add(world->events, WIRE_DATA, members, &(EventsScope){from, to, transient});
}

static void listen(World *world, gboolean busy) {
  world->busy = busy;
  if (!world->follower) {
    world->seen = events_cursor(world->events);
    world->follower = events_follow(world->events, ids[2], world->seen, &following, world);
  } else if (!busy) {
    events_resume(world->follower);
  }
}

static void act(World *world, uint8_t verb, const char *id, const char *other) {
  const User *user = users_find(world->users, id), *about = users_find(world->users, other);
  world->now_us += (gint64)(verb >> 4) * G_USEC_PER_SEC / 2;
  switch (verb & 15) {
  case 0:
    come(world, id);
    return;
  case 1:
    leave(world, id);
    return;
  case 2:
    floor_tick(world->floor, world->now_us);
    g_assert_cmpint(floor_next_us(world->floor), >, world->now_us);
    return;
  case 3:
    say(world, id, verb & 16 ? other : NULL, verb & 32);
    return;
  case 4:
    listen(world, verb & 16);
    return;
  case 5:
    world->settings.control = verb & 16 ? "free" : "host";
    return;
  case 6:
    users_note_activity(world->users, id, world->now_us);
    return;
  default:
    break;
  }
  if (!user)
    return;
  switch (verb & 15) {
  case 7:
    floor_request(world->floor, user, world->now_us);
    break;
  case 8:
    floor_release(world->floor, user, world->now_us);
    break;
  case 9:
    if (about && floor_grant(world->floor, user, about, world->now_us))
      g_assert_cmpstr(floor_holder(world->floor), ==, other);
    break;
  case 10:
    if (about)
      floor_decline(world->floor, user, about);
    break;
  case 11:
    floor_touched(world->floor, user, world->now_us);
    break;
  case 12:
    floor_steered(world->floor, user, world->now_us);
    break;
  default:
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  World world = {.settings = {.control = "host", .control_idle_seconds = 5}, .now_us = G_USEC_PER_SEC};
  world.users = users_new();
  world.events = events_new(RING_EVENTS, RING_BYTES);
  world.floor = floor_new(world.users, &world.settings, &floor_events, &world);
  for (size_t i = 0; i + 1 < size; i += 2) {
    act(&world, data[i], ids[(data[i + 1] & 15) % PEOPLE], ids[(data[i + 1] >> 4) % PEOPLE]);
    check(&world);
  }
  floor_free(world.floor);
  events_free(world.events);
  users_free(world.users);
  return 0;
}
