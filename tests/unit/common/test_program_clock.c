/* The clock that the program lives by, as far as it can be moved from inside: by another's that it follows.
 */
#include "common/instant.h"
#include "common/log.h"
#include "common/program_clock.h"

#include <string.h>

#define HOUR (60 * INSTANT_MINUTE)

/* What the other's clock says that is so far ahead of this machine's. */
static void follow(gint64 ahead_us) {
  program_clock_follow(g_get_real_time() + ahead_us, g_get_monotonic_time(), "test");
}

static void assert_ahead(gint64 ahead_us) {
  g_assert_cmpint(ABS(instant_now_us() - g_get_real_time() - ahead_us), <, INSTANT_SECOND);
}

/* One program has one clock: it is one story. */
static void another_clock_is_followed_and_doubted_like_our_own(void) {
  assert_ahead(0);
  g_assert_false(program_clock_is_doubted()); /* before it begins */
  program_clock_begin(600);
  g_assert_true(program_clock_is_doubted());
  assert_ahead(0);
  follow(HOUR); /* when it is first told, it is right */
  assert_ahead(HOUR);
  g_assert_cmpuint(program_clock_get_state().doubts, ==, 0);
  follow(HOUR + INSTANT_SECOND / 10);
  assert_ahead(HOUR);
  follow(0);
  assert_ahead(HOUR); /* a jump, as it would be of our own */
  g_assert_true(program_clock_is_doubted());
  g_assert_cmpuint(program_clock_get_state().doubts, ==, 1);
  g_assert_cmpint(ABS(program_clock_get_state().ahead_us + HOUR), <, INSTANT_SECOND);
  g_autofree char *shown = program_clock_write_metrics();
  g_assert_nonnull(strstr(shown, "\nvitrina_clock_doubted 1\n"));
  g_assert_nonnull(strstr(shown, "\nvitrina_clock_ahead_seconds -3"));
  follow(HOUR);
  assert_ahead(HOUR);
  g_assert_cmpint(program_clock_get_state().ahead_us, ==, 0);
  gint64 running_us = program_clock_running_us();
  g_assert_cmpint(program_clock_running_us() - running_us, <, INSTANT_SECOND);
  program_clock_end();
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  log_set_level(LOG_LEVEL_ERROR);
  g_test_add_func("/program-clock/follows", another_clock_is_followed_and_doubted_like_our_own);
  return g_test_run();
}
