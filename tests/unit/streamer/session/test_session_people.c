/* The people of a session, without a session: what they are told, and what who has the session is told. */
#include "streamer/session/session_people.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct {
  StreamerSettings settings;
  Events *events;
  SessionPeople *people;
  gboolean is_place_wanted;
  GString *told; /* to the listener; what may have changed of the time is left out */
} World;

static void on_steers(const char *user, gpointer data) {
  g_string_append_printf(((World *)data)->told, "steers %s;", user);
}

static void on_active(gpointer data) {
  g_string_append(((World *)data)->told, "active;");
}

/* A session ends their players here, which lets them go. */
static void on_leaving(const char *user, gpointer data) {
  World *world = data;
  g_string_append_printf(world->told, "leaving %s;", user);
  session_people_release(world->people, user);
}

static void on_presence(gboolean somebody_is_in, gpointer data) {
  g_string_append(((World *)data)->told, somebody_is_in ? "some;" : "none;");
}

static void on_due_changed(gpointer data) {
}

static gboolean is_place_wanted(gpointer data) {
  return ((const World *)data)->is_place_wanted;
}

static const SessionPeopleListener listener = {on_steers,   on_active,      on_leaving,
                                               on_presence, on_due_changed, is_place_wanted};

static void world_init(World *world) {
  *world = (World){.settings = {.control = "host", .reconnect_grace_seconds = 20}};
  world->told = g_string_new(NULL);
  world->events = events_new(100, 100000);
  world->people = session_people_new("s1", &world->settings, world->events, &listener, world);
}

static void world_clear(World *world) {
  events_free(world->events);
  session_people_free(world->people);
  g_string_free(world->told, TRUE);
}

static const User *come(World *world, const char *user, const char *role, GError **error) {
  Ticket ticket = {.user = (char *)user, .role = (char *)role};
  return session_people_admit(world->people, &ticket, NULL, error);
}

static void assert_told(World *world, const char *expected) {
  g_assert_cmpstr(world->told->str, ==, expected);
  g_string_truncate(world->told, 0);
}

/* Whether @user was told @message. */
static gboolean was_told(const World *world, const char *user, const char *message) {
  gint64 cursor = 0;
  g_autofree char *list = events_since(world->events, user, &cursor);
  return strstr(list, message) != NULL;
}

static void who_has_the_session_is_told_of_its_people(void) {
  World world;
  world_init(&world);
  come(&world, "host", "host", NULL);
  assert_told(&world, "active;steers host;some;");
  come(&world, "guest", "guest", NULL);
  assert_told(&world, "active;some;");
  session_people_dismiss(world.people, "host", SESSION_LEFT);
  assert_told(&world, "leaving host;steers ;some;");
  session_people_dismiss(world.people, "host", SESSION_LEFT);
  assert_told(&world, "");
  session_people_input(world.people, "guest", TRUE);
  session_people_input(world.people, "nobody", TRUE);
  assert_told(&world, "active;");
  session_people_dismiss(world.people, "guest", SESSION_LEFT);
  assert_told(&world, "leaving guest;none;");
  g_assert_true(
      was_told(&world, "guest", "\"USER_LEFT\",\"cursor\":6,\"user\":\"guest\",\"reason\":\"left\""));
  world_clear(&world);
}

static void who_is_away_for_the_grace_is_gone(void) {
  World world;
  world_init(&world);
  come(&world, "held", "host", NULL);
  come(&world, "away", "guest", NULL);
  session_people_hold(world.people, "held");
  gint64 now_us = g_get_monotonic_time(), next_us = session_people_next_us(world.people);
  g_assert_cmpint(next_us, >, now_us + 19 * SECOND);
  session_people_tick(world.people, now_us);
  g_assert_cmpuint(users_count(session_people_users(world.people)), ==, 2);
  session_people_tick(world.people, next_us);
  g_assert_null(users_find(session_people_users(world.people), "away"));
  g_assert_nonnull(users_find(session_people_users(world.people), "held"));
  g_assert_true(was_told(&world, "held", "\"reason\":\"lost\""));
  world_clear(&world);
}

static void who_is_alone_is_waited_for_longer_unless_their_place_is_wanted(void) {
  World world;
  world_init(&world);
  world.settings.alone_grace_seconds = 180;
  const Users *users = session_people_users(world.people);
  g_assert_false(session_people_are_away(world.people));
  come(&world, "host", "host", NULL);
  g_assert_true(session_people_are_away(world.people));
  session_people_hold(world.people, "host");
  g_assert_false(session_people_are_away(world.people));
  session_people_release(world.people, "host");
  gint64 now_us = g_get_monotonic_time();
  g_assert_cmpint(session_people_next_us(world.people), >, now_us + 179 * SECOND);
  session_people_tick(world.people, now_us + 100 * SECOND);
  g_assert_nonnull(users_find(users, "host"));
  world.is_place_wanted = TRUE;
  g_assert_cmpint(session_people_next_us(world.people), <=, now_us + 20 * SECOND);
  session_people_tick(world.people, now_us + 19 * SECOND);
  g_assert_nonnull(users_find(users, "host"));
  session_people_tick(world.people, now_us + 21 * SECOND);
  g_assert_null(users_find(users, "host"));
  world_clear(&world);
}

static void a_grace_for_who_is_alone_is_never_the_shorter_one(void) {
  World world;
  world_init(&world);
  world.settings.alone_grace_seconds = 0;
  come(&world, "host", "host", NULL);
  g_assert_cmpint(session_people_next_us(world.people), >, g_get_monotonic_time() + 19 * SECOND);
  world_clear(&world);
}

static void whom_the_host_removes_stays_away(void) {
  g_autoptr(GError) error = NULL;
  World world;
  world_init(&world);
  come(&world, "host", "host", NULL);
  come(&world, "guest", "guest", NULL);
  g_assert_false(session_people_remove(world.people, "guest", "host", NULL));
  g_assert_false(session_people_remove(world.people, "host", "host", NULL));
  g_assert_false(session_people_remove(world.people, "host", "nobody", NULL));
  g_assert_true(session_people_remove(world.people, "host", "guest", NULL));
  g_assert_true(session_people_has_removed(world.people, "guest"));
  g_assert_null(come(&world, "guest", "guest", &error));
  g_assert_error(error, WIRE_ERROR, WIRE_FORBIDDEN);
  g_assert_true(was_told(&world, "guest", "\"REMOVED\""));
  g_assert_false(was_told(&world, "host", "\"REMOVED\""));
  world_clear(&world);
}

static void a_full_session_lets_nobody_else_in(void) {
  g_autoptr(GError) error = NULL;
  World world;
  world_init(&world);
  world.settings.session_users_limit = 1;
  g_assert_nonnull(come(&world, "host", "host", NULL));
  g_assert_null(come(&world, "guest", "guest", &error));
  g_assert_error(error, WIRE_ERROR, WIRE_FORBIDDEN);
  g_assert_nonnull(come(&world, "host", "host", NULL));
  world_clear(&world);
}

static void data_reach_whom_they_are_for(void) {
  g_autoptr(GError) error = NULL;
  World world;
  world_init(&world);
  come(&world, "host", "host", NULL);
  come(&world, "guest", "guest", NULL);
  g_assert_cmpint(session_people_send_data(world.people, "host", "guest", "[1]", FALSE, NULL), >, 0);
  g_assert_true(was_told(&world, "guest", "\"data\":[1]"));
  g_assert_false(was_told(&world, "host", "\"data\":[1]"));
  g_assert_cmpint(session_people_send_data(world.people, "host", "nobody", "[2]", FALSE, &error), ==, 0);
  g_assert_error(error, WIRE_ERROR, WIRE_FORBIDDEN);
  world_clear(&world);
}

static gboolean may_come(World *world, const char *user, gint64 invitation) {
  Ticket ticket = {.user = (char *)user, .role = (char *)"guest", .invitation = invitation};
  return session_people_admit(world->people, &ticket, NULL, NULL) != NULL;
}

/* Somebody who will be removed gets a second ticket before, and keeps it. */
static void a_removal_ends_tickets_that_were_not_used(void) {
  World world;
  world_init(&world);
  come(&world, "host", "host", NULL);
  g_assert_true(may_come(&world, "rude", 1));
  g_assert_true(may_come(&world, "kind", 1));
  session_people_dismiss(world.people, "kind", SESSION_LOST);
  g_assert_true(session_people_remove(world.people, "host", "rude", NULL));
  g_assert_false(may_come(&world, "rude", 2));
  g_assert_false(may_come(&world, "rude's second", 1));
  g_assert_true(may_come(&world, "kind", 1)); /* they were in before */
  g_assert_true(may_come(&world, "admitted", 2));
  g_assert_true(may_come(&world, "by another's ticket", 0));
  world_clear(&world);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/session-people/who-has-the-session-is-told-of-its-people",
                  who_has_the_session_is_told_of_its_people);
  g_test_add_func("/session-people/who-is-away-for-the-grace-is-gone", who_is_away_for_the_grace_is_gone);
  g_test_add_func("/session-people/who-is-alone-is-waited-for-longer-unless-their-place-is-wanted",
                  who_is_alone_is_waited_for_longer_unless_their_place_is_wanted);
  g_test_add_func("/session-people/a-grace-for-who-is-alone-is-never-the-shorter-one",
                  a_grace_for_who_is_alone_is_never_the_shorter_one);
  g_test_add_func("/session-people/whom-the-host-removes-stays-away", whom_the_host_removes_stays_away);
  g_test_add_func("/session-people/a-full-session-lets-nobody-else-in", a_full_session_lets_nobody_else_in);
  g_test_add_func("/session-people/data-reach-whom-they-are-for", data_reach_whom_they_are_for);
  g_test_add_func("/session-people/a-removal-ends-tickets-that-were-not-used",
                  a_removal_ends_tickets_that_were_not_used);
  return g_test_run();
}
