/* Metrics: what a program counts and measures, and the text in which Prometheus reads it.
 *
 * One row of a table is one metric; labels have closed sets of values, so that all there can ever be to say
 * is known, and room for it made, at the start:
 *
 *   enum { SESSIONS_ENDED, START_SECONDS, N_METRICS };
 *   static const double start_bounds[] = {0.5, 1, 2, 5, 10, 0};
 *   static const Metric table[] = {
 *       [SESSIONS_ENDED] = {"vitrina_sessions_ended_total", METRIC_COUNTER, "Sessions that ended.",
 *                           .labels = {{"reason", reason_word}}},
 *       [START_SECONDS] = {"vitrina_session_start_seconds", METRIC_HISTOGRAM, "From asking to a picture.",
 *                          .bounds = start_bounds},
 *       [N_METRICS] = {NULL},
 *   };
 *   metrics_add(metrics, SESSIONS_ENDED, 1, WIRE_END_INACTIVE);
 *   metrics_observe(metrics, START_SECONDS, 0.84);
 *
 * Counting is one atomic addition, without a lock: any thread, as often as one likes. Names follow
 * Prometheus's advice: a prefix of the program, base units (seconds, bytes), counters end in _total.
 */
#pragma once
#include <glib.h>

#define METRICS_MAX_LABELS 2
/* Of the text that metrics_write() makes. */
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

typedef enum {
  METRIC_COUNTER,  /* only grows */
  METRIC_GAUGE,    /* a value as it is now */
  METRIC_HISTOGRAM /* how often a value was within which bound */
} MetricType;

typedef struct {
  const char *name;
  const char *(*value)(guint n); /* the n-th word of the set, from 0; NULL beyond the last */
} MetricLabel;

typedef struct {
  const char *name;
  MetricType type;
  const char *help;
  MetricLabel labels[METRICS_MAX_LABELS];
  const double *bounds; /* METRIC_HISTOGRAM: ascending, positive, ended by 0 */
} Metric;

typedef struct Metrics Metrics;

/* All values 0. @table is ended by a row without name and outlives the metrics. (transfer full) */
Metrics *metrics_new(const Metric *table);
void metrics_free(Metrics *metrics); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Metrics, metrics_free)

/* These take the metric's row and, behind the value, as many numbers of label words as the row has labels.
 * A number beyond the set, like a metric of another type, is a programming error and counts nothing. */

/* A counter grows by @amount. */
#define metrics_add(metrics, metric, amount, ...)                                                            \
  metrics_add_at(metrics, metric, amount, METRICS_PLACE(__VA_ARGS__))
/* A gauge becomes @value. */
#define metrics_set(metrics, metric, value, ...)                                                             \
  metrics_set_at(metrics, metric, value, METRICS_PLACE(__VA_ARGS__))
/* A histogram takes @value in. */
#define metrics_observe(metrics, metric, value, ...)                                                         \
  metrics_observe_at(metrics, metric, value, METRICS_PLACE(__VA_ARGS__))

/* All in the text exposition format 0.0.4 (transfer full). Of metrics with two labels, whose words may not
 * all go together, those that were never touched are left out. */
char *metrics_write(const Metrics *metrics);

/* ---- what the macros stand on ---- */

typedef struct {
  guint count, words[METRICS_MAX_LABELS];
} MetricsPlace;

/* The list begins with a word that is not counted, so that it may be empty. */
#define METRICS_PLACE(...)                                                                                   \
  metrics_place((const guint[]){0, ##__VA_ARGS__}, G_N_ELEMENTS(((const guint[]){0, ##__VA_ARGS__})) - 1)
MetricsPlace metrics_place(const guint *words, guint count);
void metrics_add_at(Metrics *metrics, guint metric, guint64 amount, MetricsPlace place);
void metrics_set_at(Metrics *metrics, guint metric, double value, MetricsPlace place);
void metrics_observe_at(Metrics *metrics, guint metric, double value, MetricsPlace place);
