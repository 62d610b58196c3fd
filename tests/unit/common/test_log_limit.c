/* Lines that others can cause, so many a minute. */
#include "common/log_limit.h"

#define START_US G_TIME_SPAN_HOUR

static void so_many_a_minute_are_written_and_the_rest_is_counted(void) {
  LogLimit limit = LOG_LIMIT("knock", 3);
  guint64 left_out;
  for (guint i = 0; i < 3; i++) {
    g_assert_true(log_limit_allows(&limit, START_US + i, &left_out));
    g_assert_cmpuint(left_out, ==, 0);
  }
  for (guint i = 1; i <= 5; i++) {
    g_assert_false(log_limit_allows(&limit, START_US + G_TIME_SPAN_MINUTE - 1, &left_out));
    g_assert_cmpuint(left_out, ==, i);
  }
  g_assert_true(log_limit_allows(&limit, START_US + G_TIME_SPAN_MINUTE, &left_out));
  g_assert_cmpuint(left_out, ==, 5);
  g_assert_true(log_limit_allows(&limit, START_US + G_TIME_SPAN_MINUTE, &left_out));
  g_assert_cmpuint(left_out, ==, 0);
}

static void what_was_left_out_is_told(void) {
  if (g_test_subprocess()) {
    static LogLimit knocks = LOG_LIMIT("knock", 2);
    static LogLimit quiet = LOG_LIMIT("quiet", 1);
    log_open("test", LOG_LEVEL_NOTICE);
    for (guint i = 0; i < 1000; i++) {
      log_limited(&knocks, LOG_LEVEL_NOTICE, "number=%u", i);
      log_limited(&quiet, LOG_LEVEL_DEBUG, "number=%u", i);
    }
    log_limit_tell_all();
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_passed();
  g_test_trap_assert_stderr("* knock number=0\n*knock number=1\n*lines_left_out event=knock note=*\n"
                            "*lines_left_out event=knock lines=998\n");
  g_test_trap_assert_stderr_unmatched("*number=2\n*");
  g_test_trap_assert_stderr_unmatched("*quiet*");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/log_limit/so-many-a-minute-are-written-and-the-rest-is-counted",
                  so_many_a_minute_are_written_and_the_rest_is_counted);
  g_test_add_func("/log_limit/what-was-left-out-is-told", what_was_left_out_is_told);
  return g_test_run();
}
