/* Standbys: how many there are, by the numbers alone. No stage is ever started here: what a stage does is for
 * tests/system. */
#include "streamer/base/counts.h"
#include "streamer/stage/standby.h"

#include <string.h>

typedef struct {
  guint wanted, room, tries, failures;
} Host;

/* A host on which nothing can be started. */
static Stage *start(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                    gpointer data) {
  ((Host *)data)->tries++;
  g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "no room for %s", name);
  return NULL;
}

static guint wanted(gpointer data) {
  return ((Host *)data)->wanted;
}

static guint room(gpointer data) {
  return ((Host *)data)->room;
}

static void ignore(gpointer data) {
}

static void count_failure(StageFault fault, const char *reason, gpointer data) {
  g_assert_cmpint(fault, ==, STAGE_FAULT_HOST);
  g_assert_nonnull(strstr(reason, "no room for"));
  ((Host *)data)->failures++;
}

static const StandbysHooks hooks = {.name = "standby",
                                    .refill_ms = 1000,
                                    .start = start,
                                    .wanted = wanted,
                                    .room = room,
                                    .changed = ignore,
                                    .gone = ignore,
                                    .failed = count_failure,
                                    .failures = COUNTS_STANDBY_FAILURES};

static void pauses_double_up_to_a_minute(void) {
  static const guint expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
  for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpuint(standbys_pause_ms(i + 1), ==, expected[i]);
  g_assert_cmpuint(standbys_pause_ms(G_MAXUINT), ==, 60000);
}

static void none_is_tried_without_wish_or_room(void) {
  static const Host hosts[] = {{0, 0, 0, 0}, {0, 5, 0, 0}, {5, 0, 0, 0}};
  g_autoptr(Metrics) metrics = metrics_new(counts_table);
  for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
    Host host = hosts[i];
    g_autoptr(Standbys) standbys = standbys_new(&hooks, &host, metrics);
    standbys_update(standbys);
    g_assert_cmpuint(host.tries, ==, 0);
    g_assert_false(standbys_can_take(standbys));
    g_assert_null(standbys_take(standbys));
  }
}

static void one_that_cannot_start_is_counted_and_paused_for(void) {
  Host host = {3, 3, 0, 0};
  g_autoptr(Metrics) metrics = metrics_new(counts_table);
  g_autoptr(Standbys) standbys = standbys_new(&hooks, &host, metrics);
  for (guint i = 0; i < 5; i++)
    standbys_update(standbys);
  g_assert_cmpuint(host.tries, ==, 1);
  g_assert_cmpuint(host.failures, ==, 1);
  g_assert_cmpuint(standbys_count(standbys), ==, 0);
  g_autofree char *text = metrics_write(metrics);
  g_assert_nonnull(strstr(text, "\nvitrina_streamer_standby_failures_total 1\n"));
}

static void another_is_tried_at_once_when_it_may_be_otherwise_now(void) {
  Host host = {1, 1, 0, 0};
  g_autoptr(Metrics) metrics = metrics_new(counts_table);
  g_autoptr(Standbys) standbys = standbys_new(&hooks, &host, metrics);
  standbys_update(standbys);
  standbys_try(standbys, FALSE);
  g_assert_cmpuint(host.tries, ==, 1);
  standbys_try(standbys, TRUE);
  g_assert_cmpuint(host.tries, ==, 2);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/standby/pauses-double-up-to-a-minute", pauses_double_up_to_a_minute);
  g_test_add_func("/standby/none-is-tried-without-wish-or-room", none_is_tried_without_wish_or_room);
  g_test_add_func("/standby/one-that-cannot-start-is-counted-and-paused-for",
                  one_that_cannot_start_is_counted_and_paused_for);
  g_test_add_func("/standby/another-is-tried-at-once-when-it-may-be-otherwise-now",
                  another_is_tried_at_once_when_it_may_be_otherwise_now);
  return g_test_run();
}
