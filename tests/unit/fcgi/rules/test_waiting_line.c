/* fcgi/rules/waiting_line and wait_estimate: who is next, and when. */
#include "common/instant.h"
#include "fcgi/rules/wait_estimate.h"
#include "fcgi/rules/waiting_line.h"

#define OFFER 10
#define KEEP 30

/* ---- the line ---- */

typedef struct {
  WaitingLine *line;
  LinePlace *a, *b, *c;
} Fixture;

static LinePlace *join(WaitingLine *line, const char *name, gint64 now) {
  LinePlace *place = waiting_line_join(line, (gpointer)name, now, now);
  g_assert_nonnull(place);
  return place;
}

/* A, B and C, who are here. */
static void set_up(Fixture *fixture, gconstpointer data) {
  static const WaitingLineRules rules = {.limit = 4, .offer_us = OFFER, .keep_us = KEEP};
  fixture->line = waiting_line_new(&rules);
  fixture->a = join(fixture->line, "A", 1);
  fixture->b = join(fixture->line, "B", 1);
  fixture->c = join(fixture->line, "C", 1);
  waiting_line_come(fixture->line, fixture->a);
  waiting_line_come(fixture->line, fixture->b);
  waiting_line_come(fixture->line, fixture->c);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  waiting_line_free(fixture->line);
}

static const char *next(Fixture *fixture, guint free, gint64 now) {
  return waiting_line_next(fixture->line, free, now);
}

static void first_come_is_first_served(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  g_assert_null(next(fixture, 0, 2));
  g_assert_cmpstr(next(fixture, 1, 2), ==, "A");
  waiting_line_take_out(line, fixture->a);
  g_assert_cmpuint(waiting_line_position(fixture->a), ==, 0);
  g_assert_cmpuint(waiting_line_position(fixture->c), ==, 2);
  g_assert_cmpstr(next(fixture, 1, 2), ==, "B");
  waiting_line_leave(line, fixture->b);
  g_assert_cmpstr(next(fixture, 1, 2), ==, "C");
  g_assert_cmpuint(waiting_line_position(fixture->c), ==, 1);
  g_assert_cmpuint(waiting_line_length(line), ==, 1);
}

static void who_got_nothing_stands_where_they_stood(Fixture *fixture, gconstpointer data) {
  waiting_line_take_out(fixture->line, fixture->a);
  waiting_line_take_out(fixture->line, fixture->b);
  waiting_line_put_back(fixture->line, fixture->b);
  waiting_line_put_back(fixture->line, fixture->a);
  g_assert_cmpuint(waiting_line_position(fixture->a), ==, 1);
  g_assert_cmpuint(waiting_line_position(fixture->b), ==, 2);
  g_assert_cmpuint(waiting_line_position(fixture->c), ==, 3);
}

static void server_is_held_for_the_first_who_is_away(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_go(line, fixture->a, 100);
  g_assert_null(next(fixture, 1, 101));
  g_assert_true(waiting_line_is_called(fixture->a));
  g_assert_false(waiting_line_is_called(fixture->b));
  g_assert_cmpstr(next(fixture, 2, 101), ==, "B"); /* the second server is not held */
  g_assert_null(next(fixture, 1, 101 + OFFER - 1));
  waiting_line_come(line, fixture->a);
  g_assert_cmpstr(next(fixture, 1, 101 + OFFER - 1), ==, "A");
}

static void who_does_not_come_is_passed_over_and_keeps_the_place(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_go(line, fixture->a, 100);
  g_assert_null(next(fixture, 1, 101));
  g_assert_cmpuint(waiting_line_claims(line), ==, 3);
  g_assert_cmpstr(next(fixture, 1, 101 + OFFER), ==, "B");
  g_assert_cmpuint(waiting_line_claims(line), ==, 2); /* a newcomer comes before A, while A is away */
  g_assert_cmpuint(waiting_line_position(fixture->a), ==, 1);
  waiting_line_come(line, fixture->a);
  g_assert_cmpuint(waiting_line_claims(line), ==, 3);
  g_assert_cmpstr(next(fixture, 1, 102 + OFFER), ==, "A");
}

static void who_let_a_session_go_is_passed_over(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_take_out(line, fixture->a);
  waiting_line_go(line, fixture->a, 100);
  waiting_line_put_back(line, fixture->a);
  waiting_line_pass_over(line, fixture->a);
  g_assert_cmpstr(next(fixture, 1, 101), ==, "B");
  waiting_line_come(line, fixture->a);
  g_assert_cmpstr(next(fixture, 1, 102), ==, "A");
}

static void all_who_are_away_are_called_at_once(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_go(line, fixture->a, 100);
  waiting_line_go(line, fixture->b, 100);
  g_assert_null(next(fixture, 1, 101));
  /* One pause, not two: B's time ran while A's did. */
  g_assert_cmpstr(next(fixture, 1, 101 + OFFER), ==, "C");
}

static void nothing_is_held_of_what_is_not_there(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_go(line, fixture->a, 100);
  g_assert_null(next(fixture, 1, 101));
  waiting_line_call_off(line); /* the server is gone again: A has missed nothing */
  g_assert_false(waiting_line_is_called(fixture->a));
  g_assert_null(next(fixture, 1, 101 + OFFER));
  g_assert_true(waiting_line_is_called(fixture->a));
}

static void place_is_lost_after_a_while_away(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  waiting_line_go(line, fixture->b, 100);
  g_assert_cmpint(waiting_line_kept_until(line, fixture->b, 105), ==, 100 + KEEP);
  g_autoptr(GPtrArray) none = waiting_line_find_lost(line, 100 + KEEP - 1);
  g_assert_cmpuint(none->len, ==, 0);
  g_autoptr(GPtrArray) lost = waiting_line_find_lost(line, 100 + KEEP);
  g_assert_cmpuint(lost->len, ==, 1);
  g_assert_cmpstr(lost->pdata[0], ==, "B");
  /* Who is here stays, however long. */
  g_autoptr(GPtrArray) later = waiting_line_find_lost(line, 100000);
  g_assert_cmpuint(later->len, ==, 1);
}

static void line_has_an_end(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  LinePlace *d = join(line, "D", 1);
  g_assert_null(waiting_line_join(line, (gpointer) "E", 1, 1));
  waiting_line_take_out(line, d); /* still theirs */
  g_assert_null(waiting_line_join(line, (gpointer) "E", 1, 1));
  waiting_line_leave(line, d);
  join(line, "E", 1);
}

/* ---- those whom another coordinator has ---- */

static void who_came_earlier_elsewhere_stands_before(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  LinePlace *d = waiting_line_join(line, (gpointer) "D", 0, 5);
  waiting_line_go_elsewhere(d);
  g_assert_cmpuint(waiting_line_position(d), ==, 1);
  g_assert_cmpuint(waiting_line_position(fixture->a), ==, 2);
  g_assert_null(next(fixture, 1, 5));            /* it is theirs */
  g_assert_cmpstr(next(fixture, 2, 5), ==, "A"); /* this one is not */
  waiting_line_leave(line, d);                   /* they have taken it there */
  g_assert_cmpstr(next(fixture, 1, 6), ==, "A");
}

static void who_does_not_take_it_elsewhere_is_passed_over_once(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  LinePlace *d = waiting_line_join(line, (gpointer) "D", 0, 5);
  waiting_line_go_elsewhere(d);
  g_assert_null(next(fixture, 1, 5));
  g_assert_cmpstr(next(fixture, 1, 5 + OFFER), ==, "A");
  g_assert_cmpuint(waiting_line_claims(line), ==, 3);
  waiting_line_call_off(line); /* all is taken: the next free one is theirs again */
  g_assert_cmpuint(waiting_line_claims(line), ==, 4);
  g_assert_null(next(fixture, 1, 100));
}

static void who_is_elsewhere_is_not_lost_here(Fixture *fixture, gconstpointer data) {
  WaitingLine *line = fixture->line;
  LinePlace *d = waiting_line_join(line, (gpointer) "D", 0, 5);
  waiting_line_go_elsewhere(d);
  g_autoptr(GPtrArray) none = waiting_line_find_lost(line, 100 * KEEP);
  g_assert_cmpuint(none->len, ==, 0);
  waiting_line_come_back(d, 1000);
  g_assert_cmpint(waiting_line_kept_until(line, d, 1001), ==, 1000 + KEEP);
  waiting_line_come(line, d);
  g_assert_cmpstr(next(fixture, 1, 1001), ==, "D");
}

/* Whatever happens in whatever order: who is served has nobody before them who is here, nor anybody whose
 * time to come has not run out. */
static void nobody_is_overtaken(void) {
  enum { PEOPLE = 60, STEPS = 20000 };
  static const WaitingLineRules rules = {.limit = PEOPLE, .offer_us = OFFER, .keep_us = KEEP};
  g_autoptr(WaitingLine) line = waiting_line_new(&rules);
  LinePlace *places[PEOPLE] = {NULL};
  gint64 joined[PEOPLE] = {0}, called[PEOPLE] = {0};
  gboolean here[PEOPLE] = {FALSE};
  guint served = 0;
  for (gint64 now = 1; now < STEPS; now++) {
    int i = g_test_rand_int_range(0, PEOPLE);
    if (!places[i]) {
      places[i] = waiting_line_join(line, GINT_TO_POINTER(i + 1), now, now);
      joined[i] = now;
    } else if (here[i]) {
      waiting_line_go(line, places[i], now);
      here[i] = FALSE;
    } else {
      waiting_line_come(line, places[i]);
      here[i] = TRUE;
      called[i] = 0;
    }
    int who = GPOINTER_TO_INT(waiting_line_next(line, now % 40 < 15, now)) - 1;
    for (int other = 0; other < PEOPLE; other++)
      if (places[other] && waiting_line_is_called(places[other]) && !called[other])
        called[other] = now;
    if (who < 0)
      continue;
    for (int other = 0; other < PEOPLE; other++) {
      gboolean is_before = places[other] && joined[other] < joined[who];
      g_assert_false(is_before && here[other]);
      g_assert_false(is_before && (!called[other] || now - called[other] < OFFER));
    }
    waiting_line_leave(line, places[who]);
    places[who] = NULL;
    here[who] = FALSE;
    called[who] = 0;
    served++;
  }
  g_assert_cmpuint(served, >, STEPS / 40 / 10);
}

/* ---- the estimate ---- */

/* 12:00 of some day, the start of a slot. */
#define NOON (20000 * 24 * 60 * INSTANT_MINUTE + 12 * 60 * INSTANT_MINUTE)

static void use(Ledger *ledger, int from_minute, int to_minute) {
  g_assert_true(ledger_restore(
      ledger, ledger_run(ledger, NOON + from_minute * INSTANT_MINUTE, NOON + to_minute * INSTANT_MINUTE)));
}

/* Minutes from noon of the first people's turns, -1 for not known: "0 20 -1". */
static void expect_with(const Ledger *ledger, gint64 now_minute, guint32 capacity, const gint64 *ends,
                        guint n_ends, const char *turns) {
  g_auto(GStrv) parts = g_strsplit(turns, " ", -1);
  guint count = g_strv_length(parts);
  g_autofree gint64 *at_us = g_new(gint64, count);
  wait_estimate(ledger, NOON + now_minute * INSTANT_MINUTE, capacity, 60 * INSTANT_MINUTE,
                10 * INSTANT_MINUTE, ends, n_ends, count, at_us);
  for (guint i = 0; i < count; i++) {
    gint64 minute = g_ascii_strtoll(parts[i], NULL, 10);
    g_assert_cmpint(at_us[i], ==, minute < 0 ? 0 : NOON + minute * INSTANT_MINUTE);
  }
}

static void expect(const Ledger *ledger, gint64 now_minute, guint32 capacity, const char *turns) {
  expect_with(ledger, now_minute, capacity, NULL, 0, turns);
}

static void turns_follow_the_ends(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 1, NOON);
  use(ledger, 0, 20);
  use(ledger, 0, 45);
  /* The third has to wait until the first, who began at 20 past, has had an hour. */
  expect(ledger, 0, 2, "20 45 80 105 140");
  expect(ledger, 7, 2, "20 45");
}

static void exact_ends_are_better_than_slots(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 1, NOON);
  use(ledger, 0, 20);
  use(ledger, 0, 45);
  const gint64 ends[] = {NOON + 3 * INSTANT_MINUTE, NOON + 17 * INSTANT_MINUTE, NOON + 45 * INSTANT_MINUTE};
  /* One that is over at three past helps nobody: its place is needed by another until twenty past. */
  expect_with(ledger, 0, 2, ends, 3, "17 45 80");
}

static void bookings_come_first(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 1, NOON);
  use(ledger, 0, 20);  /* runs */
  use(ledger, 25, 85); /* is booked: five minutes between are too few */
  expect(ledger, 0, 1, "85 145");
  g_autoptr(Ledger) other = ledger_new(5, 1, NOON);
  use(other, 0, 20);
  use(other, 35, 95); /* fifteen minutes are enough */
  expect(other, 0, 1, "20 95 155");
}

static void what_is_far_off_is_not_known(void) {
  g_autoptr(Ledger) ledger = ledger_new(5, 2, NOON);
  use(ledger, 0, 13 * 60);
  expect(ledger, 0, 1, "-1 -1");
  expect(ledger, 0, 0, "-1");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
  ADD("/waiting-line/first-come-is-first-served", first_come_is_first_served);
  ADD("/waiting-line/who-got-nothing-stands-where-they-stood", who_got_nothing_stands_where_they_stood);
  ADD("/waiting-line/server-is-held-for-the-first-who-is-away", server_is_held_for_the_first_who_is_away);
  ADD("/waiting-line/who-does-not-come-is-passed-over-and-keeps-the-place",
      who_does_not_come_is_passed_over_and_keeps_the_place);
  ADD("/waiting-line/who-let-a-session-go-is-passed-over", who_let_a_session_go_is_passed_over);
  ADD("/waiting-line/all-who-are-away-are-called-at-once", all_who_are_away_are_called_at_once);
  ADD("/waiting-line/nothing-is-held-of-what-is-not-there", nothing_is_held_of_what_is_not_there);
  ADD("/waiting-line/place-is-lost-after-a-while-away", place_is_lost_after_a_while_away);
  ADD("/waiting-line/line-has-an-end", line_has_an_end);
  ADD("/waiting-line/who-came-earlier-elsewhere-stands-before", who_came_earlier_elsewhere_stands_before);
  ADD("/waiting-line/who-does-not-take-it-elsewhere-is-passed-over-once",
      who_does_not_take_it_elsewhere_is_passed_over_once);
  ADD("/waiting-line/who-is-elsewhere-is-not-lost-here", who_is_elsewhere_is_not_lost_here);
#undef ADD
  g_test_add_func("/waiting-line/nobody-is-overtaken", nobody_is_overtaken);
  g_test_add_func("/wait-estimate/turns-follow-the-ends", turns_follow_the_ends);
  g_test_add_func("/wait-estimate/exact-ends-are-better-than-slots", exact_ends_are_better_than_slots);
  g_test_add_func("/wait-estimate/bookings-come-first", bookings_come_first);
  g_test_add_func("/wait-estimate/what-is-far-off-is-not-known", what_is_far_off_is_not_known);
  return g_test_run();
}
