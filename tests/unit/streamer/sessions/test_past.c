/* What is remembered of sessions that have ended. */
#include "streamer/sessions/past.h"

static void the_newest_come_first(void) {
  g_autoptr(Past) past = past_new();
  g_assert_null(past_nth(past, 0));
  past_add(past, "a", WIRE_END_INACTIVE);
  past_add(past, "b", WIRE_END_TIME_OVER);
  g_assert_cmpstr(past_nth(past, 0)->id, ==, "b");
  g_assert_cmpint(past_nth(past, 1)->end, ==, WIRE_END_INACTIVE);
  g_assert_null(past_nth(past, 2));
  g_assert_true(past_find(past, "a") == past_nth(past, 1));
  g_assert_null(past_find(past, "c"));
}

static void a_start_that_failed_keeps_its_first_reason(void) {
  g_autoptr(Past) past = past_new();
  past_add(past, "a", WIRE_END_APP_FAILED);
  past_set_start_failure(past, "a", "No window.");
  past_set_start_failure(past, "a", "Another.");
  past_set_start_failure(past, "b", "Not here.");
  g_assert_cmpstr(past_find(past, "a")->start_failure, ==, "No window.");
}

static void the_oldest_are_forgotten(void) {
  g_autoptr(Past) past = past_new();
  for (guint i = 0; i < PAST_KEPT + 10; i++) {
    g_autofree char *id = g_strdup_printf("%u", i);
    past_add(past, id, WIRE_END_USERS_LEFT);
  }
  g_assert_null(past_find(past, "9"));
  g_assert_cmpstr(past_nth(past, PAST_KEPT - 1)->id, ==, "10");
  g_assert_null(past_nth(past, PAST_KEPT));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/past/the-newest-come-first", the_newest_come_first);
  g_test_add_func("/past/a-start-that-failed-keeps-its-first-reason",
                  a_start_that_failed_keeps_its_first_reason);
  g_test_add_func("/past/the-oldest-are-forgotten", the_oldest_are_forgotten);
  return g_test_run();
}
