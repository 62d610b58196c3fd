/* When a host is taken to be of no use, and when it is of use again. */
#include "streamer/sessions/usability.h"

#include <string.h>

static void the_host_fails_once_the_application_three_times(void) {
  g_autoptr(Usability) usability = usability_new();
  g_assert_null(usability_reason(usability));
  g_assert_true(usability_note_failure(usability, STAGE_FAULT_HOST, "there is no Xvfb"));
  g_assert_cmpstr(usability_reason(usability), ==, "there is no Xvfb");
  g_assert_true(usability_note_success(usability));
  g_assert_null(usability_reason(usability));
  for (guint i = 1; i < USABILITY_APP_FAILURES; i++)
    g_assert_false(usability_note_failure(usability, STAGE_FAULT_APP, "no window"));
  g_assert_true(usability_note_failure(usability, STAGE_FAULT_APP, "no window"));
  g_assert_cmpstr(usability_reason(usability), ==, "no window");
}

static void an_application_that_came_up_between_is_not_broken(void) {
  g_autoptr(Usability) usability = usability_new();
  for (guint i = 0; i < 10; i++) {
    g_assert_false(usability_note_failure(usability, STAGE_FAULT_APP, "no window"));
    g_assert_false(usability_note_failure(usability, STAGE_FAULT_APP, "no window"));
    g_assert_false(usability_note_success(usability));
  }
  g_assert_null(usability_reason(usability));
}

static void what_was_up_before_says_nothing(void) {
  g_autoptr(Usability) usability = usability_new();
  for (guint i = 0; i < 10; i++)
    g_assert_false(usability_note_failure(usability, STAGE_FAULT_NONE, "the engine was killed"));
  g_assert_null(usability_reason(usability));
}

static void another_reason_is_told_the_same_is_not(void) {
  g_autoptr(Usability) usability = usability_new();
  g_assert_true(usability_note_failure(usability, STAGE_FAULT_HOST, "a"));
  g_assert_false(usability_note_failure(usability, STAGE_FAULT_HOST, "a"));
  g_assert_true(usability_note_failure(usability, STAGE_FAULT_APP, "b"));
  g_assert_cmpstr(usability_reason(usability), ==, "b");
}

static void a_reason_is_text_of_a_bounded_length(void) {
  g_autoptr(Usability) usability = usability_new();
  g_autofree char *many = g_strnfill(USABILITY_REASON_MAX - 1, 'x');
  g_autofree char *cut = g_strconcat(many, "é and more", NULL);
  usability_note_failure(usability, STAGE_FAULT_HOST, cut);
  g_assert_cmpstr(usability_reason(usability), ==, many);
  usability_note_failure(usability, STAGE_FAULT_HOST,
                         "a\xff"
                         "b");
  g_assert_cmpstr(usability_reason(usability), ==,
                  "a\xef\xbf\xbd"
                  "b");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/usability/the-host-fails-once-the-application-three-times",
                  the_host_fails_once_the_application_three_times);
  g_test_add_func("/usability/an-application-that-came-up-between-is-not-broken",
                  an_application_that_came_up_between_is_not_broken);
  g_test_add_func("/usability/what-was-up-before-says-nothing", what_was_up_before_says_nothing);
  g_test_add_func("/usability/another-reason-is-told-the-same-is-not",
                  another_reason_is_told_the_same_is_not);
  g_test_add_func("/usability/a-reason-is-text-of-a-bounded-length", a_reason_is_text_of_a_bounded_length);
  return g_test_run();
}
