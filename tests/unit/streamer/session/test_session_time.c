/* When a session ends by itself and what people are told before: the rules, on a clock of the test's own. */
#include "common/instant.h"
#include "streamer/session/session_time.h"

#define SECOND INSTANT_SECOND
#define MINUTE INSTANT_MINUTE
/* The two clocks differ, as in life. */
#define WALL (1000000 * SECOND)

static StreamerSettings settings;

static void set_up(void) {
  settings = (StreamerSettings){
      .join_seconds = 60,
      .inactivity_seconds = 300,
      .inactivity_warning_seconds = 30,
  };
}

/* Asks as a session does: waits as long as it is told to, until something is due. Gives the time. */
static gint64 next_due(SessionTime *time, gint64 now_us, SessionDue *due) {
  for (guint rounds = 0; rounds < 1000; rounds++) {
    *due = session_time_due(time, &settings, now_us, WALL + now_us);
    if (due->type != SESSION_DUE_NOTHING)
      return now_us;
    gint64 wait_us = session_time_wait_us(time, &settings, now_us, WALL + now_us);
    g_assert_cmpint(wait_us, >, 0);
    now_us += wait_us;
  }
  g_assert_not_reached();
}

static void assert_end(SessionTime *time, gint64 *now_us, gint64 at_us, WireEnd end) {
  SessionDue due;
  *now_us = next_due(time, *now_us, &due);
  g_assert_cmpint(due.type, ==, SESSION_DUE_END);
  g_assert_cmpstr(wire_end_name(due.end), ==, wire_end_name(end));
  g_assert_cmpint(*now_us, ==, at_us);
}

static void assert_told(SessionTime *time, gint64 *now_us, gint64 at_us, WireMessage message, gint64 left) {
  SessionDue due;
  *now_us = next_due(time, *now_us, &due);
  g_assert_cmpint(due.type, ==, SESSION_DUE_TELL);
  g_assert_cmpstr(wire_name(due.message), ==, wire_name(message));
  g_assert_cmpint(due.seconds_left, ==, left);
  g_assert_cmpint(*now_us, ==, at_us);
}

/* A session of @minutes, ready at 10 s, with somebody in it from 20 s on. */
static gint64 begin(SessionTime *time, gint64 minutes) {
  set_up();
  session_time_init(time, WALL + minutes * MINUTE);
  session_time_ready(time, &settings, 10 * SECOND);
  session_time_presence(time, TRUE, 20 * SECOND);
  session_time_touch(time, 20 * SECOND);
  return 20 * SECOND;
}

static void who_never_comes_is_waited_for_join_seconds(void) {
  SessionTime time;
  gint64 now_us = 0;
  set_up();
  session_time_init(&time, WALL + 60 * MINUTE);
  session_time_ready(&time, &settings, 10 * SECOND);
  assert_end(&time, &now_us, 70 * SECOND, WIRE_END_USERS_LEFT);
}

static void a_start_that_takes_long_is_no_absence(void) {
  SessionTime time;
  SessionDue due;
  set_up();
  session_time_init(&time, WALL + 60 * MINUTE);
  due = session_time_due(&time, &settings, 50 * MINUTE, WALL + 50 * MINUTE);
  g_assert_cmpint(due.type, ==, SESSION_DUE_NOTHING);
}

static void when_the_last_one_left_it_ends_after_a_breath(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  session_time_presence(&time, FALSE, 30 * SECOND);
  session_time_presence(&time, TRUE, 30 * SECOND + SECOND / 2); /* a page was loaded again */
  session_time_presence(&time, TRUE, 40 * SECOND);
  session_time_presence(&time, FALSE, 50 * SECOND);
  session_time_presence(&time, FALSE, 50 * SECOND + SECOND / 2); /* said twice, it is no longer */
  now_us = 50 * SECOND;
  assert_end(&time, &now_us, 51 * SECOND, WIRE_END_USERS_LEFT);
}

static void nobody_doing_anything_is_warned_then_ended(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  g_assert_false(session_time_touch(&time, 40 * SECOND));
  assert_told(&time, &now_us, 310 * SECOND, WIRE_INACTIVITY_WARNING, 30);
  g_assert_cmpint(session_time_countdown(&time, &settings, 330 * SECOND), ==, 10);
  assert_end(&time, &now_us, 340 * SECOND, WIRE_END_INACTIVE);
}

static void a_touch_stops_the_countdown(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  assert_told(&time, &now_us, 290 * SECOND, WIRE_INACTIVITY_WARNING, 30);
  now_us = 319 * SECOND;
  g_assert_true(session_time_touch(&time, now_us));
  g_assert_cmpint(session_time_wait_us(&time, &settings, now_us, WALL + now_us), ==, 0);
  assert_told(&time, &now_us, 319 * SECOND, WIRE_INACTIVITY_ENDED, 0);
  g_assert_cmpint(session_time_countdown(&time, &settings, now_us), ==, 0);
  g_assert_false(session_time_touch(&time, now_us));
  assert_told(&time, &now_us, 589 * SECOND, WIRE_INACTIVITY_WARNING, 30);
}

static void time_in_which_nobody_is_connected_is_nobodys_idleness(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  session_time_away(&time, TRUE, 120 * SECOND);
  session_time_away(&time, TRUE, 130 * SECOND); /* said twice, it is no shorter */
  SessionDue due = session_time_due(&time, &settings, 900 * SECOND, WALL + 900 * SECOND);
  g_assert_cmpint(due.type, ==, SESSION_DUE_NOTHING);
  session_time_away(&time, FALSE, 900 * SECOND);
  now_us = 900 * SECOND;
  assert_told(&time, &now_us, 1070 * SECOND, WIRE_INACTIVITY_WARNING, 30);
  session_time_away(&time, TRUE, 1080 * SECOND); /* the countdown stands still with them, and goes on */
  due = session_time_due(&time, &settings, 1085 * SECOND, WALL + 1085 * SECOND);
  g_assert_cmpint(due.type, ==, SESSION_DUE_NOTHING);
  g_assert_cmpint(session_time_countdown(&time, &settings, 1085 * SECOND), ==, 20);
  session_time_away(&time, FALSE, 1090 * SECOND);
  due = session_time_due(&time, &settings, 1090 * SECOND, WALL + 1090 * SECOND);
  g_assert_cmpint(due.type, ==, SESSION_DUE_NOTHING);
  g_assert_cmpint(session_time_countdown(&time, &settings, 1091 * SECOND), ==, 19);
  session_time_away(&time, TRUE, 1091 * SECOND);
  session_time_touch(&time, 1100 * SECOND); /* by the coordinator: there is more time */
  session_time_away(&time, FALSE, 1150 * SECOND);
  g_assert_cmpint(session_time_due(&time, &settings, 1150 * SECOND, WALL + 1150 * SECOND).message, ==,
                  WIRE_INACTIVITY_ENDED);
  now_us = 1150 * SECOND;
  assert_told(&time, &now_us, 1420 * SECOND, WIRE_INACTIVITY_WARNING, 30);
}

static void a_short_time_warns_at_its_half(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.inactivity_seconds = 10;
  assert_told(&time, &now_us, 25 * SECOND, WIRE_INACTIVITY_WARNING, 5);
  assert_end(&time, &now_us, 30 * SECOND, WIRE_END_INACTIVE);
}

static void zero_is_never(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.inactivity_seconds = 0;
  assert_told(&time, &now_us, 55 * MINUTE, WIRE_SESSION_ENDING, 300);
}

static void a_countdown_that_the_operator_switches_off_is_taken_back(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  assert_told(&time, &now_us, 290 * SECOND, WIRE_INACTIVITY_WARNING, 30);
  settings.inactivity_seconds = 0;
  assert_told(&time, &now_us, 290 * SECOND, WIRE_INACTIVITY_ENDED, 0);
}

static void time_over_is_told_twice_before(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.inactivity_seconds = 0;
  assert_told(&time, &now_us, 55 * MINUTE, WIRE_SESSION_ENDING, 300);
  assert_told(&time, &now_us, 59 * MINUTE, WIRE_SESSION_ENDING, 60);
  assert_end(&time, &now_us, 60 * MINUTE, WIRE_END_TIME_OVER);
}

static void a_short_session_is_told_once_what_it_has(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 1);
  assert_told(&time, &now_us, 20 * SECOND, WIRE_SESSION_ENDING, 40);
  assert_end(&time, &now_us, 60 * SECOND, WIRE_END_TIME_OVER);
}

static void a_new_end_is_told_anew(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.inactivity_seconds = 0;
  assert_told(&time, &now_us, 55 * MINUTE, WIRE_SESSION_ENDING, 300);
  session_time_extend(&time, WALL + 70 * MINUTE);
  assert_told(&time, &now_us, 65 * MINUTE, WIRE_SESSION_ENDING, 300);
}

static void a_clock_that_jumps_is_noticed(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.inactivity_seconds = 0;
  gint64 wait_us = session_time_wait_us(&time, &settings, now_us, WALL + now_us);
  g_assert_cmpint(wait_us, <=, MINUTE);
  SessionDue due = session_time_due(&time, &settings, now_us + wait_us, WALL + 2 * 60 * MINUTE);
  g_assert_cmpint(due.type, ==, SESSION_DUE_END);
}

static void a_stop_is_told_and_then_comes(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  now_us = 30 * SECOND;
  session_time_stop(&time, 40 * SECOND);
  assert_end(&time, &now_us, 40 * SECOND, WIRE_END_SERVER_STOPPING);
}

static void what_nobody_has_seen_ends_after_its_time(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.no_picture_seconds = 60;
  session_time_newcomer(&time, 20 * SECOND);
  session_time_touch(&time, 70 * SECOND); /* somebody is there, and sees nothing */
  assert_end(&time, &now_us, 80 * SECOND, WIRE_END_NO_PICTURE);
}

static void somebody_new_has_that_time_too_and_who_comes_again_has_not(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.no_picture_seconds = 60;
  session_time_newcomer(&time, 20 * SECOND);
  session_time_newcomer(&time, 50 * SECOND);
  session_time_presence(&time, FALSE, 60 * SECOND);
  session_time_presence(&time, TRUE, 60 * SECOND + SECOND / 2);
  now_us = 61 * SECOND;
  assert_end(&time, &now_us, 110 * SECOND, WIRE_END_NO_PICTURE);
}

static void who_came_before_there_was_anything_has_it_from_then_on(void) {
  SessionTime time;
  gint64 now_us = 0;
  set_up();
  settings.no_picture_seconds = 60;
  session_time_init(&time, WALL + 60 * MINUTE);
  session_time_presence(&time, TRUE, 0);
  session_time_newcomer(&time, 0);
  session_time_ready(&time, &settings, 30 * SECOND);
  assert_end(&time, &now_us, 90 * SECOND, WIRE_END_NO_PICTURE);
}

static void one_picture_is_enough(void) {
  SessionTime time;
  gint64 now_us = begin(&time, 60);
  settings.no_picture_seconds = 60;
  session_time_newcomer(&time, 20 * SECOND);
  session_time_picture(&time);
  session_time_newcomer(&time, 30 * SECOND);
  assert_told(&time, &now_us, 290 * SECOND, WIRE_INACTIVITY_WARNING, 30);
}

static void where_nobody_came_nobody_lacks_a_picture(void) {
  SessionTime time;
  gint64 now_us = 0;
  set_up();
  settings.no_picture_seconds = 30;
  session_time_init(&time, WALL + 60 * MINUTE);
  session_time_ready(&time, &settings, 10 * SECOND);
  assert_end(&time, &now_us, 70 * SECOND, WIRE_END_USERS_LEFT);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/session-time/who-never-comes-is-waited-for-join-seconds",
                  who_never_comes_is_waited_for_join_seconds);
  g_test_add_func("/session-time/a-start-that-takes-long-is-no-absence",
                  a_start_that_takes_long_is_no_absence);
  g_test_add_func("/session-time/when-the-last-one-left-it-ends-after-a-breath",
                  when_the_last_one_left_it_ends_after_a_breath);
  g_test_add_func("/session-time/nobody-doing-anything-is-warned-then-ended",
                  nobody_doing_anything_is_warned_then_ended);
  g_test_add_func("/session-time/a-touch-stops-the-countdown", a_touch_stops_the_countdown);
  g_test_add_func("/session-time/time-in-which-nobody-is-connected-is-nobodys-idleness",
                  time_in_which_nobody_is_connected_is_nobodys_idleness);
  g_test_add_func("/session-time/a-short-time-warns-at-its-half", a_short_time_warns_at_its_half);
  g_test_add_func("/session-time/zero-is-never", zero_is_never);
  g_test_add_func("/session-time/a-countdown-that-the-operator-switches-off-is-taken-back",
                  a_countdown_that_the_operator_switches_off_is_taken_back);
  g_test_add_func("/session-time/time-over-is-told-twice-before", time_over_is_told_twice_before);
  g_test_add_func("/session-time/a-short-session-is-told-once-what-it-has",
                  a_short_session_is_told_once_what_it_has);
  g_test_add_func("/session-time/a-new-end-is-told-anew", a_new_end_is_told_anew);
  g_test_add_func("/session-time/a-clock-that-jumps-is-noticed", a_clock_that_jumps_is_noticed);
  g_test_add_func("/session-time/a-stop-is-told-and-then-comes", a_stop_is_told_and_then_comes);
  g_test_add_func("/session-time/what-nobody-has-seen-ends-after-its-time",
                  what_nobody_has_seen_ends_after_its_time);
  g_test_add_func("/session-time/somebody-new-has-that-time-too-and-who-comes-again-has-not",
                  somebody_new_has_that_time_too_and_who_comes_again_has_not);
  g_test_add_func("/session-time/who-came-before-there-was-anything-has-it-from-then-on",
                  who_came_before_there_was_anything_has_it_from_then_on);
  g_test_add_func("/session-time/one-picture-is-enough", one_picture_is_enough);
  g_test_add_func("/session-time/where-nobody-came-nobody-lacks-a-picture",
                  where_nobody_came_nobody_lacks_a_picture);
  return g_test_run();
}
