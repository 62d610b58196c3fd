/* Metrics: counted by many threads, written as Prometheus reads it. */
#include "common/metrics.h"

#include <math.h>
#include <string.h>

static const char *fruit(guint n) {
  static const char *const words[] = {"apple", "a \"b\"\\\n"};
  return n < G_N_ELEMENTS(words) ? words[n] : NULL;
}

static const char *size(guint n) {
  static const char *const words[] = {"small", "large", "huge"};
  return n < G_N_ELEMENTS(words) ? words[n] : NULL;
}

enum { PLAIN, BY_FRUIT, BY_BOTH, LEVEL, TIMES };
static const double bounds[] = {0.5, 2, 0};
static const Metric table[] = {
    [PLAIN] = {"t_plain_total", METRIC_COUNTER, "One\nline \\ \"two\"."},
    [BY_FRUIT] = {"t_fruit_total", METRIC_COUNTER, "Fruit.", .labels = {{"fruit", fruit}}},
    [BY_BOTH] = {"t_both_total", METRIC_COUNTER, "Both.", .labels = {{"fruit", fruit}, {"size", size}}},
    [LEVEL] = {"t_level", METRIC_GAUGE, "Level.", .labels = {{"size", size}}},
    [TIMES] = {"t_times_seconds", METRIC_HISTOGRAM, "Times.", .bounds = bounds},
    {NULL},
};

static void assert_has(const char *text, const char *part) {
  if (!strstr(text, part))
    g_error("no \"%s\" in:\n%s", part, text);
}

static void a_fresh_set_says_zeros(void) {
  g_autoptr(Metrics) metrics = metrics_new(table);
  g_autofree char *text = metrics_write(metrics);
  g_assert_cmpstr(text, ==,
                  "# HELP t_plain_total One\\nline \\\\ \"two\".\n"
                  "# TYPE t_plain_total counter\n"
                  "t_plain_total 0\n"
                  "# HELP t_fruit_total Fruit.\n"
                  "# TYPE t_fruit_total counter\n"
                  "t_fruit_total{fruit=\"apple\"} 0\n"
                  "t_fruit_total{fruit=\"a \\\"b\\\"\\\\\\n\"} 0\n"
                  "# HELP t_both_total Both.\n"
                  "# TYPE t_both_total counter\n"
                  "# HELP t_level Level.\n"
                  "# TYPE t_level gauge\n"
                  "t_level{size=\"small\"} 0\n"
                  "t_level{size=\"large\"} 0\n"
                  "t_level{size=\"huge\"} 0\n"
                  "# HELP t_times_seconds Times.\n"
                  "# TYPE t_times_seconds histogram\n"
                  "t_times_seconds_bucket{le=\"0.5\"} 0\n"
                  "t_times_seconds_bucket{le=\"2\"} 0\n"
                  "t_times_seconds_bucket{le=\"+Inf\"} 0\n"
                  "t_times_seconds_sum 0\n"
                  "t_times_seconds_count 0\n");
}

static void each_combination_counts_for_itself(void) {
  g_autoptr(Metrics) metrics = metrics_new(table);
  metrics_add(metrics, PLAIN, 3);
  metrics_add(metrics, PLAIN, G_GUINT64_CONSTANT(1) << 60);
  metrics_add(metrics, BY_FRUIT, 7, 1);
  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 3; k++)
      metrics_add(metrics, BY_BOTH, 10 * i + k, i, k);
  metrics_set(metrics, LEVEL, 0.25, 0);
  metrics_set(metrics, LEVEL, -INFINITY, 1);
  metrics_set(metrics, LEVEL, NAN, 2);
  g_autofree char *text = metrics_write(metrics);
  assert_has(text, "\nt_plain_total 1152921504606846979\n");
  assert_has(text, "\nt_fruit_total{fruit=\"apple\"} 0\n");
  assert_has(text, "\"} 7\n");
  assert_has(text, "\nt_both_total{fruit=\"apple\",size=\"huge\"} 2\n");
  assert_has(text, "\\n\",size=\"small\"} 10\n");
  assert_has(text, "\\n\",size=\"huge\"} 12\n");
  g_assert_null(strstr(text, "t_both_total{fruit=\"apple\",size=\"small\"}")); /* never touched */
  assert_has(text, "\nt_level{size=\"small\"} 0.25\n");
  assert_has(text, "\nt_level{size=\"large\"} -Inf\n");
  assert_has(text, "\nt_level{size=\"huge\"} NaN\n");
}

static void a_bound_includes_itself(void) {
  g_autoptr(Metrics) metrics = metrics_new(table);
  static const double values[] = {0.25, 0.5, 0.75, 2, 100};
  for (guint i = 0; i < G_N_ELEMENTS(values); i++)
    metrics_observe(metrics, TIMES, values[i]);
  g_autofree char *text = metrics_write(metrics);
  assert_has(text, "t_times_seconds_bucket{le=\"0.5\"} 2\n"
                   "t_times_seconds_bucket{le=\"2\"} 4\n"
                   "t_times_seconds_bucket{le=\"+Inf\"} 5\n"
                   "t_times_seconds_sum 103.5\n"
                   "t_times_seconds_count 5\n");
}

static void a_wrong_place_counts_nothing(void) {
  static const struct {
    guint metric;
    MetricsPlace place;
  } wrong[] = {{PLAIN, {1, {0}}}, {BY_FRUIT, {0}}, {BY_FRUIT, {1, {2}}},      {BY_BOTH, {2, {0, 3}}},
               {LEVEL, {1, {0}}}, {TIMES, {0}},    {G_N_ELEMENTS(table), {0}}};
  for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(Metrics) metrics = metrics_new(table);
    g_autofree char *before = metrics_write(metrics);
    g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
    metrics_add_at(metrics, wrong[i].metric, 1, wrong[i].place);
    g_test_assert_expected_messages();
    g_autofree char *after = metrics_write(metrics);
    g_assert_cmpstr(before, ==, after);
  }
}

#define THREADS 4
#define ROUNDS 20000

static gpointer count_much(gpointer data) {
  for (guint i = 0; i < ROUNDS; i++) {
    metrics_add(data, BY_FRUIT, 1, i % 2);
    metrics_observe(data, TIMES, 0.25 + i % 2);
  }
  return NULL;
}

static void threads_lose_nothing(void) {
  g_autoptr(Metrics) metrics = metrics_new(table);
  GThread *threads[THREADS];
  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new("count", count_much, metrics);
  g_free(metrics_write(metrics)); /* beside them */
  for (guint i = 0; i < THREADS; i++)
    g_thread_join(threads[i]);
  g_autofree char *text = metrics_write(metrics);
  assert_has(text, "t_fruit_total{fruit=\"apple\"} 40000\n");
  assert_has(text, "t_times_seconds_bucket{le=\"0.5\"} 40000\n");
  assert_has(text, "t_times_seconds_sum 60000\n");
  assert_has(text, "t_times_seconds_count 80000\n");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/metrics/a-fresh-set-says-zeros", a_fresh_set_says_zeros);
  g_test_add_func("/metrics/each-combination-counts-for-itself", each_combination_counts_for_itself);
  g_test_add_func("/metrics/a-bound-includes-itself", a_bound_includes_itself);
  g_test_add_func("/metrics/a-wrong-place-counts-nothing", a_wrong_place_counts_nothing);
  g_test_add_func("/metrics/threads-lose-nothing", threads_lose_nothing);
  return g_test_run();
}
