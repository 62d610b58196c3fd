#include "streamer/session/events.h"

#include <string.h>

/* What followers and waiters were told, one after another. */
typedef struct {
  GString *seen;
  gint64 cursor;
  guint answers;
  gboolean busy; /* takes nothing */
} Ear;

static gboolean take(const char *event, gpointer data) {
  Ear *ear = data;
  if (!ear->busy)
    g_string_append_printf(ear->seen, "%s;", event);
  return !ear->busy;
}

static void hear_the_end(EventsEnd end, gpointer data) {
  static const char *const names[] = {"over", "replaced", "lagging"};
  Ear *ear = data;
  g_string_append_printf(ear->seen, "%s;", names[end]);
}

static const EventsFollowing following = {take, hear_the_end};

static EventsFollower *follow(Events *events, const char *who, Ear *ear) {
  return events_follow(events, who, events_cursor(events), &following, ear);
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
  events_add(events, WIRE_USER_JOINED, members, NULL);
}

#define DATA(cursor, text) "{\"msg\":\"DATA\",\"cursor\":" cursor ",\"data\":\"" text "\"}"

static void say(Events *events, const char *from, const char *to, gboolean transient, const char *text) {
  g_autofree char *members = g_strdup_printf("\"data\":\"%s\"", text);
  events_add(events, WIRE_DATA, members, &(EventsScope){from, to, transient});
}

static void expect_since(Events *events, const char *who, gint64 cursor, const char *expected) {
  g_autofree char *list = events_since(events, who, &cursor);
  g_assert_cmpstr(list, ==, expected);
  g_assert_cmpint(cursor, ==, events_cursor(events));
}

static void since_gives_what_came_after(void) {
  g_autoptr(Events) events = events_new(10, 10000);
  g_assert_cmpint(events_cursor(events), ==, 0);
  add(events, "a");
  add(events, "b");
  events_add(events, WIRE_APP_READY, NULL, NULL);
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
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    expect_since(events, "w", cases[i].cursor, cases[i].list);
}

static void old_ones_are_forgotten(void) {
  g_autoptr(Events) few = events_new(2, 10000);
  g_autoptr(Events) small = events_new(100, 2 * strlen(JOINED("1", "a")));
  Events *both[] = {few, small};
  for (int i = 0; i < 2; i++) {
    for (const char *user = "a\0b\0c\0d\0"; *user; user += 2)
      add(both[i], user);
    expect_since(both[i], "w", 0, "[" JOINED("3", "c") "," JOINED("4", "d") "]");
    expect_since(both[i], "w", 3, "[" JOINED("4", "d") "]");
  }
}

static void one_larger_than_all_is_kept(void) {
  g_autoptr(Events) events = events_new(10, 5);
  add(events, "large");
  expect_since(events, "w", 0, "[" JOINED("1", "large") "]");
}

static void followers_and_waiters_see_the_same(void) {
  g_autoptr(Ear) follower = ear_new();
  g_autoptr(Ear) waiter = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  EventsFollower *follows = follow(events, "f", follower);
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
  events_unfollow(follows);
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
  follow(events, "gone", gone);
  events_wait(events, "gone", 0, 60000, hear, gone);
  follow(events, "stays", stays);
  follow(events, "gone", gone);
  events_dismiss(events, "gone");
  expect(gone, "[];over;over;");
  add(events, "a");
  expect(gone, "");
  expect(stays, JOINED("1", "a") ";");
}

static void freeing_tells_everybody(void) {
  Events *events = events_new(10, 10000);
  g_autoptr(Ear) ear = ear_new();
  follow(events, "f", ear);
  events_wait(events, "w", 0, 60000, hear, ear);
  events_free(events);
  expect(ear, "[];over;");
}

static void who_comes_back_with_a_cursor_gets_what_was_missed(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  add(events, "a");
  add(events, "b");
  events_follow(events, "f", 1, &following, ear);
  expect(ear, JOINED("2", "b") ";");
  add(events, "c");
  expect(ear, JOINED("3", "c") ";");
  events_follow(events, "g", 99, &following, ear);
  expect(ear, JOINED("1", "a") ";" JOINED("2", "b") ";" JOINED("3", "c") ";");
}

static void what_is_for_one_is_seen_by_nobody_else(void) {
  g_autoptr(Ear) a = ear_new();
  g_autoptr(Ear) b = ear_new();
  g_autoptr(Ear) waits = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  follow(events, "a", a);
  follow(events, "b", b);
  events_wait(events, "a", 0, 60000, hear, waits);
  say(events, "c", "b", FALSE, "secret");
  expect(a, "");
  expect(waits, "");
  expect(b, DATA("1", "secret") ";");
  say(events, "c", NULL, FALSE, "open");
  expect(a, DATA("2", "open") ";");
  expect(waits, "[" DATA("2", "open") "];");
  expect_since(events, "a", 0, "[" DATA("2", "open") "]");
  expect_since(events, "b", 0, "[" DATA("1", "secret") "," DATA("2", "open") "]");
  say(events, "c", "b", FALSE, "more");
  expect_since(events, "a", 2, "[]");
  g_assert_nonnull(events_wait(events, "a", 2, 60000, hear, waits));
}

static void of_transient_ones_the_newest_is_kept(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  follow(events, "f", ear);
  say(events, "a", NULL, TRUE, "1");
  say(events, "b", NULL, TRUE, "2");
  say(events, "a", NULL, FALSE, "3");
  say(events, "a", NULL, TRUE, "4");
  say(events, "a", "f", TRUE, "5");
  expect(ear, DATA("1", "1") ";" DATA("2", "2") ";" DATA("3", "3") ";" DATA("4", "4") ";" DATA("5", "5") ";");
  expect_since(events, "f", 0,
               "[" DATA("2", "2") "," DATA("3", "3") "," DATA("4", "4") "," DATA("5", "5") "]");
}

static void who_sends_much_washes_out_their_own(void) {
  g_autoptr(Events) many = events_new(6, 1000000);
  g_autoptr(Events) large = events_new(1000, 6 * strlen(DATA("1", "x")));
  Events *both[] = {many, large};
  for (int i = 0; i < 2; i++) {
    events_add(both[i], WIRE_APP_READY, NULL, NULL);
    say(both[i], "quiet", NULL, FALSE, "x");
    for (int n = 0; n < 7; n++)
      say(both[i], "loud", NULL, FALSE, "y");
    gint64 cursor = 0;
    g_autofree char *list = events_since(both[i], "w", &cursor);
    g_assert_true(g_str_has_prefix(list, "[{\"msg\":\"APP_READY\",\"cursor\":1}," DATA("2", "x") ","));
    g_assert_true(g_str_has_suffix(list, "," DATA("9", "y") "]"));
  }
}

static void a_slow_follower_gets_all_when_it_can(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Ear) quick = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  EventsFollower *slow = follow(events, "s", ear);
  follow(events, "q", quick);
  ear->busy = TRUE;
  say(events, "a", NULL, TRUE, "1");
  say(events, "a", NULL, TRUE, "2");
  add(events, "b");
  expect(ear, "");
  expect(quick, DATA("1", "1") ";" DATA("2", "2") ";" JOINED("3", "b") ";");
  ear->busy = FALSE;
  events_resume(slow);
  expect(ear, DATA("2", "2") ";" JOINED("3", "b") ";");
}

static void a_follower_that_misses_an_event_is_told(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Ear) other = ear_new();
  g_autoptr(Events) events = events_new(2, 10000);
  follow(events, "s", ear);
  follow(events, "o", other);
  ear->busy = other->busy = TRUE;
  say(events, "a", "s", FALSE, "1");
  add(events, "b");
  expect(ear, "");
  add(events, "c");
  add(events, "d");
  expect(ear, "lagging;");
  expect(other, "lagging;");
}

static void what_is_only_for_others_is_not_missed(void) {
  g_autoptr(Ear) ear = ear_new();
  g_autoptr(Events) events = events_new(2, 10000);
  follow(events, "s", ear);
  ear->busy = TRUE;
  for (int i = 0; i < 5; i++)
    say(events, "a", "b", FALSE, "1");
  expect(ear, "");
}

static void a_long_list_comes_in_parts(void) {
  g_autoptr(Events) events = events_new(100, 10000000);
  g_autofree char *text = g_strnfill(EVENTS_LIST_MAX / 3, 'x');
  for (int i = 0; i < 8; i++)
    say(events, "a", NULL, FALSE, text);
  gint64 cursor = 0;
  guint parts = 0;
  while (cursor < events_cursor(events)) {
    gint64 before = cursor;
    g_autofree char *list = events_since(events, "w", &cursor);
    g_assert_cmpuint(strlen(list), <=, EVENTS_LIST_MAX + 2);
    g_assert_cmpint(cursor, >, before);
    parts++;
  }
  g_assert_cmpuint(parts, ==, 4);
}

static void the_older_connection_is_told(void) {
  g_autoptr(Ear) followed = ear_new();
  g_autoptr(Ear) waited = ear_new();
  g_autoptr(Ear) other = ear_new();
  g_autoptr(Events) events = events_new(10, 10000);
  add(events, "a");
  follow(events, "a", followed);
  follow(events, "b", other);
  events_wait(events, "a", 1, 60000, hear, waited);
  events_replace(events, "a");
  expect(followed, "{\"msg\":\"CONNECTION_REPLACED\",\"cursor\":1};replaced;");
  expect(waited, "[{\"msg\":\"CONNECTION_REPLACED\",\"cursor\":1}];");
  expect(other, "");
  expect_since(events, "a", 1, "[]");
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
  g_test_add_func("/events/who-comes-back-with-a-cursor-gets-what-was-missed",
                  who_comes_back_with_a_cursor_gets_what_was_missed);
  g_test_add_func("/events/what-is-for-one-is-seen-by-nobody-else", what_is_for_one_is_seen_by_nobody_else);
  g_test_add_func("/events/of-transient-ones-the-newest-is-kept", of_transient_ones_the_newest_is_kept);
  g_test_add_func("/events/who-sends-much-washes-out-their-own", who_sends_much_washes_out_their_own);
  g_test_add_func("/events/a-slow-follower-gets-all-when-it-can", a_slow_follower_gets_all_when_it_can);
  g_test_add_func("/events/a-follower-that-misses-an-event-is-told", a_follower_that_misses_an_event_is_told);
  g_test_add_func("/events/what-is-only-for-others-is-not-missed", what_is_only_for_others_is_not_missed);
  g_test_add_func("/events/a-long-list-comes-in-parts", a_long_list_comes_in_parts);
  g_test_add_func("/events/the-older-connection-is-told", the_older_connection_is_told);
  return g_test_run();
}
