/* Those who knock: how many may, whose answer stands, and when their time is over. */
#include "common/instant.h"
#include "common/wire.h"
#include "streamer/session/knockers.h"

#define NOW (1000 * INSTANT_SECOND)
#define LAPSES (NOW + 20 * INSTANT_SECOND)

static const Knocker *add(Knockers *knockers, guint n, gint64 lapses_us) {
  g_autofree char *id = g_strdup_printf("knock-%u", n);
  gboolean is_new;
  return knockers_add(knockers, id, "Bob", lapses_us, &is_new);
}

static void test_the_same_knock_is_one(void) {
  g_autoptr(Knockers) knockers = knockers_new();
  gboolean is_new;
  const Knocker *first = knockers_add(knockers, "a", "Bob", LAPSES, &is_new);
  g_assert_true(is_new);
  g_assert_true(knockers_add(knockers, "a", "Eve", LAPSES + 1, &is_new) == first);
  g_assert_false(is_new);
  g_assert_cmpstr(first->name, ==, "Bob");
  g_assert_cmpuint(knockers_count(knockers), ==, 1);
}

static void test_so_many_wait_at_once(void) {
  g_autoptr(Knockers) knockers = knockers_new();
  gboolean is_news;
  for (guint n = 0; n < KNOCKERS_WAITING_MAX; n++)
    g_assert_nonnull(add(knockers, n, LAPSES));
  g_assert_null(add(knockers, 100, LAPSES));
  g_assert_nonnull(knockers_answer(knockers, "knock-3", FALSE, &is_news)); /* makes room */
  g_assert_nonnull(add(knockers, 100, LAPSES));
  g_assert_null(add(knockers, 101, LAPSES));
}

static void test_those_who_were_answered_are_bounded(void) {
  g_autoptr(Knockers) knockers = knockers_new();
  for (guint n = 0; n < 3 * KNOCKERS_KEPT_MAX; n++) {
    gboolean is_news;
    const Knocker *knocker = add(knockers, n, LAPSES);
    g_assert_nonnull(knockers_answer(knockers, knocker->id, n % 2, &is_news));
  }
  g_assert_cmpuint(knockers_count(knockers), ==, KNOCKERS_KEPT_MAX);
}

static void test_the_first_answer_stands(void) {
  g_autoptr(Knockers) knockers = knockers_new();
  gboolean is_news;
  const Knocker *knocker = add(knockers, 1, LAPSES);
  g_assert_null(knocker_answer_name(knocker));
  g_assert_true(knockers_answer(knockers, "knock-1", TRUE, &is_news) == knocker);
  g_assert_true(is_news);
  g_assert_true(knockers_answer(knockers, "knock-1", TRUE, &is_news) == knocker); /* asked twice */
  g_assert_false(is_news);
  g_assert_null(knockers_answer(knockers, "knock-1", FALSE, &is_news));
  g_assert_cmpstr(knocker_answer_name(knocker), ==, WIRE_KNOCK_ADMITTED);
  g_assert_null(knockers_answer(knockers, "nobody", TRUE, &is_news));
}

static void test_an_answer_stands_until_the_time_is_over(void) {
  g_autoptr(Knockers) knockers = knockers_new();
  gboolean is_news;
  add(knockers, 1, LAPSES + INSTANT_SECOND);
  add(knockers, 2, LAPSES);
  knockers_answer(knockers, "knock-2", TRUE, &is_news);
  g_assert_cmpint(knockers_next_us(knockers), ==, LAPSES);
  g_assert_cmpint(knocker_seconds(knockers_nth(knockers, 1), NOW), ==, 20);
  g_assert_null(knockers_take_lapsed(knockers, LAPSES - 1));
  Knocker *lapsed = knockers_take_lapsed(knockers, LAPSES);
  g_assert_cmpstr(lapsed->id, ==, "knock-2");
  g_assert_cmpint(knocker_seconds(lapsed, LAPSES + INSTANT_MINUTE), ==, 0);
  knocker_free(lapsed);
  g_assert_null(knockers_take_lapsed(knockers, LAPSES));
  g_assert_cmpuint(knockers_count(knockers), ==, 1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/knockers/the-same-knock-is-one", test_the_same_knock_is_one);
  g_test_add_func("/knockers/so-many-wait-at-once", test_so_many_wait_at_once);
  g_test_add_func("/knockers/those-who-were-answered-are-bounded", test_those_who_were_answered_are_bounded);
  g_test_add_func("/knockers/the-first-answer-stands", test_the_first_answer_stands);
  g_test_add_func("/knockers/an-answer-stands-until-the-time-is-over",
                  test_an_answer_stands_until_the_time_is_over);
  return g_test_run();
}
