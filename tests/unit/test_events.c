#include "streamer/events.h"

#include <string.h>

/* What followers and waiters were told, one after another. */
typedef struct {
  GString *seen;
  gint64 cursor;
  guint answers;
} Ear;

static void follow(const char *event, gpointer data) {
  Ear *ear = data;
  g_string_append_printf(ear->seen, "%s;", event ? event : "end");
}

static void hear(const char *list, gint64 cursor, gpointer data) {
  Ear *ear = data;
  g_string_append_printf(ear->seen, "%s;", list);
  ear->cursor = cursor;
  ear->answers++;
}

/* Made before the events, so that it is freed after them. */
static Ear *ear_new(void) {
  Ear *ear = g_new0(Ear, 1);
  ear->seen = g_string_new(NULL);
  return ear;
}

static void ear_free(Ear *ear) {
  g_string_free(ear->seen, TRUE);
  g_free(ear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ear, ear_free)

static void expect(Ear *ear, const char *seen) {
  g_assert_cmpstr(ear->seen->str, ==, seen);
  g_string_truncate(ear->seen, 0);
}

#define JOINED(cursor, user) "{\"msg\":\"USER_JOINED\",\"cursor\":" cursor ",\"user\":\"" user "\"}"

static void add(Events *events, const char *user) {
  g_autofree char *members = g_strdup_printf("\"user\":\"%s\"", user);
  events_add(events, WIRE_USER_JOINED, members);
}

static void since_gives_what_came_after(void) {
  g_autoptr(Events) events = events_new(10, 10000);
  g_assert_cmpint(events_cursor(events), ==, 0);
  add(events, "a");
  add(events, "b");
  events_add(events, WIRE_APP_READY, NULL);
  g_assert_cmpint(events_cursor(events), ==, 3);
  static const struct {
    gint64 cursor;
    const char *list;
  } cases[] = {
      {0, "[" JOINED("1", "a") "," JOINED("2", "b") ",{\"msg\":\"APP_READY\",\"cursor\":3}]"},
      {1, "[" JOINED("2", "b") ",{\"msg\":\"APP_READY\",\"cursor\":3}]"},
      {2, "[{\"msg\":\"APP_READY\",\"cursor\":3}]"},
      {3, "[]"},
      {-5, "[" JOINED("1", "a") "," JOINED("2", "b") ",{\"msg\":\"APP_READY\",\"cursor\":3}]"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *list = events_since(events, cases[i].cursor);
    g_assert_cmpstr(list, ==, cases[i].list);
  }
}

static void old_ones_are_forgotten(void) {
  g_autoptr(Events) few = events_new(2, 10000);
  g_autoptr(Events) small = events_new(100, 2 * strlen(JOINED("1", "a")));
  Events *both[] = {few, small};
  for (int i = 0; i < 2; i++) {
    for (const char *user = "a\0b\0c\0d\0"; *user; user += 2)
      add(both[i], user);
    g_autofree char *all = events_since(both[i], 0), *one = events_since(both[i], 3);
    g_assert_cmpstr(all, ==, "[" JOINED("3", "c") "," JOINED("4", "d") "]");
    g_assert_cmpstr(one, ==, "[" JOINED("4", "d") "]");
  }
}

static void one_larger_than_all_is_kept(void) {
  g_autoptr(Events) events = events_new(10, 5);
  add(events, "large");
  g_autofree char *list = events_since(events, 0);
  g_assert_cmpstr(list, ==, "[" JOINED("1", "large") "]");
}

static void followers_and_waiters_see_the_same(void) {
  g_autoptr(Ear) follower = ear_new();
  g_autoptr(Ear) waiter = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  EventsFollower *following = events_follow(events, "f", follow, follower);
  g_assert_nonnull(events_wait(events, "w", 0, 60000, hear, waiter));
  expect(waiter, "");
  add(events, "a");
  expect(follower, JOINED("1", "a") ";");
  expect(waiter, "[" JOINED("1", "a") "];");
  add(events, "b");
  expect(waiter, "");
  g_assert_null(events_wait(events, "w", waiter->cursor, 60000, hear, waiter));
  expect(waiter, "[" JOINED("2", "b") "];");
  expect(follower, JOINED("2", "b") ";");
  events_unfollow(following);
  add(events, "c");
  expect(follower, "");
}

static void a_wait_of_nothing_is_answered_at_once(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  g_assert_null(events_wait(events, "w", 0, 0, hear, ear));
  expect(ear, "[];");
}

static void a_cursor_of_another_life_gets_all(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  add(events, "a");
  g_assert_null(events_wait(events, "w", 77, 60000, hear, ear));
  expect(ear, "[" JOINED("1", "a") "];");
}

static void a_wait_runs_out(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  g_assert_nonnull(events_wait(events, "w", 0, 5, hear, ear));
  while (ear->answers == 0)
    g_main_context_iteration(NULL, TRUE);
  expect(ear, "[];");
}

static void a_cancelled_wait_is_not_answered(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  events_cancel(events_wait(events, "w", 0, 60000, hear, ear));
  add(events, "a");
  expect(ear, "");
}

static void one_person_waits_a_few_times_only(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Ear) other = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  events_wait(events, "other", 0, 60000, hear, other);
  for (int i = 0; i < EVENTS_WAITS_PER_PERSON; i++)
    events_wait(events, "w", 0, 60000, hear, ear);
  g_assert_cmpuint(ear->answers, ==, 0);
  events_wait(events, "w", 0, 60000, hear, ear);
  g_assert_cmpuint(ear->answers, ==, 1);
  g_assert_cmpuint(other->answers, ==, 0);
  add(events, "a");
  g_assert_cmpuint(ear->answers, ==, EVENTS_WAITS_PER_PERSON + 1);
}

static void who_is_dismissed_hears_the_end(void) {
  g_autoptr(Ear) gone = ear_new();
  g_autoptr(Ear) stays = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  events_follow(events, "gone", follow, gone);
  events_wait(events, "gone", 0, 60000, hear, gone);
  events_follow(events, "stays", follow, stays);
  events_follow(events, "gone", follow, gone);
  events_dismiss(events, "gone");
  expect(gone, "[];end;end;");
  add(events, "a");
  expect(gone, "");
  expect(stays, JOINED("1", "a") ";");
}

static void freeing_tells_everybody(void) {
  Events *events = events_new(10, 10000);
  g_autoptr(Ear) ear = ear_new();
  events_follow(events, "f", follow, ear);
  events_wait(events, "w", 0, 60000, hear, ear);
  events_free(events);
  expect(ear, "[];end;");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/events/since-gives-what-came-after", since_gives_what_came_after);
  g_test_add_func("/events/old-ones-are-forgotten", old_ones_are_forgotten);
  g_test_add_func("/events/one-larger-than-all-is-kept", one_larger_than_all_is_kept);
  g_test_add_func("/events/followers-and-waiters-see-the-same", followers_and_waiters_see_the_same);
  g_test_add_func("/events/a-wait-of-nothing-is-answered-at-once", a_wait_of_nothing_is_answered_at_once);
  g_test_add_func("/events/a-cursor-of-another-life-gets-all", a_cursor_of_another_life_gets_all);
  g_test_add_func("/events/a-wait-runs-out", a_wait_runs_out);
  g_test_add_func("/events/a-cancelled-wait-is-not-answered", a_cancelled_wait_is_not_answered);
  g_test_add_func("/events/one-person-waits-a-few-times-only", one_person_waits_a_few_times_only);
  g_test_add_func("/events/who-is-dismissed-hears-the-end", who_is_dismissed_hears_the_end);
  g_test_add_func("/events/freeing-tells-everybody", freeing_tells_everybody);
  return g_test_run();
}
