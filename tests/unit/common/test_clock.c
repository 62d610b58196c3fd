/* Which time is believed. Three clocks are moved by hand. */
#include "common/clock.h"

#define SECOND G_TIME_SPAN_SECOND
#define MINUTE G_TIME_SPAN_MINUTE
#define HOUR G_TIME_SPAN_HOUR
#define DAY G_TIME_SPAN_DAY
#define BEGIN (56 * 365 * DAY)
#define PATIENCE (30 * SECOND)

typedef struct {
  Clock clock;
  ClockReading at;
  gint64 right_us; /* what the time really is */
} Bench;

static Bench bench_new(void) {
  Bench b = {.clock = {.patience_us = PATIENCE, .pause_us = 10 * SECOND},
             .at = {.wall_us = BEGIN, .monotonic_us = 5 * HOUR, .boot_us = 6 * HOUR},
             .right_us = BEGIN};
  g_assert_cmpint(clock_read(&b.clock, b.at), ==, BEGIN);
  return b;
}

/* So long everything goes on as it should, looked at once a second. */
static gint64 go_on(Bench *b, gint64 us) {
  gint64 now_us = clock_read(&b->clock, b->at);
  for (gint64 left_us = us; left_us > 0; left_us -= SECOND) {
    gint64 step_us = MIN(left_us, SECOND);
    b->at.wall_us += step_us;
    b->at.monotonic_us += step_us;
    b->at.boot_us += step_us;
    b->right_us += step_us;
    now_us = clock_read(&b->clock, b->at);
  }
  return now_us;
}

static void set_clock(Bench *b, gint64 by_us) {
  b->at.wall_us += by_us;
}

static void clocks_that_agree_are_believed(void) {
  Bench b = bench_new();
  g_assert_cmpint(go_on(&b, DAY), ==, b.right_us);
  g_assert_false(b.clock.doubted);
  g_assert_cmpuint(b.clock.doubts, ==, 0);
}

static void small_steps_are_followed(void) {
  Bench b = bench_new();
  set_clock(&b, SECOND);
  g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us + SECOND);
  set_clock(&b, -SECOND);
  g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us);
  g_assert_cmpuint(b.clock.doubts, ==, 0);
}

static const gint64 jumps[] = {3 * SECOND, -3 * SECOND, HOUR, -HOUR, DAY, -DAY, 400 * DAY, -400 * DAY};

static void a_wrong_clock_that_is_set_back_changed_nothing(void) {
  for (guint i = 0; i < G_N_ELEMENTS(jumps); i++) {
    Bench b = bench_new();
    go_on(&b, MINUTE);
    set_clock(&b, jumps[i]);
    g_assert_cmpint(go_on(&b, 3 * SECOND), ==, b.right_us);
    g_assert_true(b.clock.doubted);
    g_assert_cmpint(b.clock.ahead_us, ==, jumps[i]);
    set_clock(&b, -jumps[i]);
    g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us);
    g_assert_true(b.clock.doubted); /* who jumped twice may jump again */
    g_assert_cmpint(go_on(&b, PATIENCE), ==, b.right_us);
    g_assert_false(b.clock.doubted);
    g_assert_cmpuint(b.clock.doubts, ==, 1);
    g_assert_cmpint(b.clock.last_change_us, ==, 0);
  }
}

static void a_clock_that_stays_where_it_was_set_is_believed_at_last(void) {
  for (guint i = 0; i < G_N_ELEMENTS(jumps); i++) {
    Bench b = bench_new();
    set_clock(&b, jumps[i]);
    g_assert_cmpint(go_on(&b, PATIENCE - SECOND), ==, b.right_us);
    g_assert_cmpint(go_on(&b, 2 * SECOND), ==, b.right_us + jumps[i]);
    g_assert_false(b.clock.doubted);
    g_assert_cmpint(b.clock.last_change_us, ==, jumps[i]);
    g_assert_cmpint(b.clock.first_jump_us, ==, jumps[i]);
    g_assert_cmpint(b.clock.first_jump, ==, CLOCK_SET);
  }
}

static void a_clock_that_goes_on_jumping_is_never_believed(void) {
  Bench b = bench_new();
  for (guint i = 0; i < 100; i++) {
    set_clock(&b, i % 2 ? -HOUR : HOUR);
    g_assert_cmpint(go_on(&b, PATIENCE / 2), ==, b.right_us);
  }
  g_assert_true(b.clock.doubted);
  g_assert_cmpuint(b.clock.doubts, ==, 1);
}

static void small_steps_are_followed_in_doubt_too(void) {
  Bench b = bench_new();
  set_clock(&b, HOUR);
  go_on(&b, SECOND);
  set_clock(&b, -SECOND);
  g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us - SECOND);
}

/* The machine slept: the monotonic clock did not go on. */
static void a_suspended_machine_is_given_time(void) {
  Bench b = bench_new();
  b.at.wall_us += HOUR;
  b.at.boot_us += HOUR;
  gint64 running_us = clock_running_us(&b.clock);
  g_assert_cmpint(go_on(&b, 5 * SECOND), ==, b.right_us);
  g_assert_cmpint(b.clock.first_jump, ==, CLOCK_SUSPENDED);
  g_assert_cmpint(clock_running_us(&b.clock), ==, running_us + 5 * SECOND);
  g_assert_cmpint(go_on(&b, PATIENCE), ==, b.right_us + HOUR);
}

/* The program, or the whole virtual machine, stood still: all clocks went on. */
static void a_program_that_was_stopped_is_given_time(void) {
  Bench b = bench_new();
  gint64 running_us = clock_running_us(&b.clock);
  b.at.wall_us += HOUR;
  b.at.monotonic_us += HOUR;
  b.at.boot_us += HOUR;
  g_assert_cmpint(go_on(&b, 5 * SECOND), ==, b.right_us);
  g_assert_true(b.clock.doubted);
  g_assert_cmpint(b.clock.first_jump, ==, CLOCK_STOPPED);
  g_assert_cmpint(clock_running_us(&b.clock), ==, running_us + 5 * SECOND);
  g_assert_cmpint(go_on(&b, PATIENCE), ==, b.right_us + HOUR);
  g_assert_cmpint(clock_running_us(&b.clock), ==, running_us + 5 * SECOND + PATIENCE);
}

static void who_reads_seldom_was_not_stopped(void) {
  Bench b = bench_new();
  b.clock.pause_us = 0;
  b.at.wall_us += HOUR;
  b.at.monotonic_us += HOUR;
  b.at.boot_us += HOUR;
  g_assert_cmpint(clock_read(&b.clock, b.at), ==, BEGIN + HOUR);
  g_assert_false(b.clock.doubted);
}

static void a_clock_is_doubted_until_it_was_steady_from_the_start(void) {
  Bench b = bench_new();
  clock_doubt(&b.clock);
  g_assert_cmpint(go_on(&b, PATIENCE - SECOND), ==, b.right_us);
  g_assert_true(b.clock.doubted);
  g_assert_cmpuint(b.clock.doubts, ==, 0); /* no jump was seen */
  go_on(&b, 2 * SECOND);
  g_assert_false(b.clock.doubted);
}

static void another_wall_clock_is_no_jump(void) {
  Bench b = bench_new();
  clock_change_wall(&b.clock);
  b.at.wall_us += HOUR;
  g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us + HOUR);
  g_assert_cmpuint(b.clock.doubts, ==, 0);
}

static void without_patience_everything_is_believed(void) {
  Bench b = bench_new();
  b.clock.patience_us = 0;
  set_clock(&b, HOUR);
  g_assert_cmpint(go_on(&b, SECOND), ==, b.right_us + HOUR);
  g_assert_false(b.clock.doubted);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/clock/agree", clocks_that_agree_are_believed);
  g_test_add_func("/clock/small-steps", small_steps_are_followed);
  g_test_add_func("/clock/set-back", a_wrong_clock_that_is_set_back_changed_nothing);
  g_test_add_func("/clock/stays", a_clock_that_stays_where_it_was_set_is_believed_at_last);
  g_test_add_func("/clock/jumping", a_clock_that_goes_on_jumping_is_never_believed);
  g_test_add_func("/clock/small-steps-in-doubt", small_steps_are_followed_in_doubt_too);
  g_test_add_func("/clock/suspended", a_suspended_machine_is_given_time);
  g_test_add_func("/clock/stopped", a_program_that_was_stopped_is_given_time);
  g_test_add_func("/clock/seldom-read", who_reads_seldom_was_not_stopped);
  g_test_add_func("/clock/start", a_clock_is_doubted_until_it_was_steady_from_the_start);
  g_test_add_func("/clock/another", another_wall_clock_is_no_jump);
  g_test_add_func("/clock/no-patience", without_patience_everything_is_believed);
  return g_test_run();
}
