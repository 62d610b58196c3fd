#include "common/metrics.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* A counter's number, or the bits of a gauge's or a sum's double. */
typedef _Atomic guint64 Cell;

/* Where a row's cells lie. A combination of label words has `stride` of them: one value; of a histogram one
 * for each bound, one for what is beyond, and the sum. */
typedef struct {
  guint n_labels, n_words[METRICS_MAX_LABELS];
  guint n_bounds;
  gsize first, stride, combinations;
} Layout;

struct Metrics {
  const Metric *table;
  guint n_metrics;
  Layout *layouts;
  Cell *cells;
};

/* ---- room ---- */

static Layout lay_out(const Metric *row, gsize first) {
  Layout layout = {.first = first, .stride = 1, .combinations = 1};
  for (; layout.n_labels < METRICS_MAX_LABELS && row->labels[layout.n_labels].name; layout.n_labels++) {
    guint *n_words = &layout.n_words[layout.n_labels];
    while (row->labels[layout.n_labels].value(*n_words))
      (*n_words)++;
    layout.combinations *= *n_words;
  }
  if (row->type == METRIC_HISTOGRAM) {
    while (row->bounds[layout.n_bounds] > 0)
      layout.n_bounds++;
    layout.stride = layout.n_bounds + 2;
  }
  return layout;
}

Metrics *metrics_new(const Metric *table) {
  Metrics *metrics = g_new0(Metrics, 1);
  gsize n_cells = 0;
  metrics->table = table;
  while (table[metrics->n_metrics].name)
    metrics->n_metrics++;
  metrics->layouts = g_new0(Layout, metrics->n_metrics);
  for (guint i = 0; i < metrics->n_metrics; i++) {
    metrics->layouts[i] = lay_out(&table[i], n_cells);
    n_cells += metrics->layouts[i].combinations * metrics->layouts[i].stride;
  }
  metrics->cells = g_new0(Cell, n_cells);
  return metrics;
}

void metrics_free(Metrics *metrics) {
  if (!metrics)
    return;
  g_free(metrics->layouts);
  g_free(metrics->cells);
  g_free(metrics);
}

/* ---- counting ---- */

static double to_double(guint64 bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static guint64 to_bits(double value) {
  guint64 bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static guint64 get(const Cell *cell) {
  return atomic_load_explicit(cell, memory_order_relaxed);
}

static void add_double(Cell *cell, double amount) {
  guint64 before = get(cell);
  while (!atomic_compare_exchange_weak_explicit(cell, &before, to_bits(to_double(before) + amount),
                                                memory_order_relaxed, memory_order_relaxed))
    ;
}

MetricsPlace metrics_place(const guint *words, guint count) {
  MetricsPlace place = {.count = count};
  for (guint i = 0; i < MIN(count, METRICS_MAX_LABELS); i++)
    place.words[i] = words[i + 1];
  return place;
}

/* The first cell of the place; NULL when there is none such. */
static Cell *find(Metrics *metrics, guint metric, MetricType type, MetricsPlace place) {
  g_return_val_if_fail(metric < metrics->n_metrics, NULL);
  const Layout *layout = &metrics->layouts[metric];
  gsize combination = 0;
  g_return_val_if_fail(metrics->table[metric].type == type, NULL);
  g_return_val_if_fail(layout->n_labels == place.count, NULL);
  for (guint i = 0; i < place.count; i++) {
    g_return_val_if_fail(place.words[i] < layout->n_words[i], NULL);
    combination = combination * layout->n_words[i] + place.words[i];
  }
  return &metrics->cells[layout->first + combination * layout->stride];
}

void metrics_add_at(Metrics *metrics, guint metric, guint64 amount, MetricsPlace place) {
  Cell *cell = find(metrics, metric, METRIC_COUNTER, place);
  if (cell)
    atomic_fetch_add_explicit(cell, amount, memory_order_relaxed);
}

void metrics_set_at(Metrics *metrics, guint metric, double value, MetricsPlace place) {
  Cell *cell = find(metrics, metric, METRIC_GAUGE, place);
  if (cell)
    atomic_store_explicit(cell, to_bits(value), memory_order_relaxed);
}

void metrics_observe_at(Metrics *metrics, guint metric, double value, MetricsPlace place) {
  Cell *cell = find(metrics, metric, METRIC_HISTOGRAM, place);
  if (!cell)
    return;
  const double *bounds = metrics->table[metric].bounds;
  guint n_bounds = metrics->layouts[metric].n_bounds, bucket = 0;
  while (bucket < n_bounds && value > bounds[bucket])
    bucket++;
  atomic_fetch_add_explicit(&cell[bucket], 1, memory_order_relaxed);
  add_double(&cell[n_bounds + 1], value);
}

/* ---- the text ---- */

/* In help texts and in label values backslash and line feed are escaped, in the latter the quote too. */
static void append_escaped(GString *out, const char *text, gboolean quoted) {
  for (; *text; text++) {
    if (*text == '\n')
      g_string_append(out, "\\n");
    else if (*text == '\\' || (quoted && *text == '"'))
      g_string_append_printf(out, "\\%c", *text);
    else
      g_string_append_c(out, *text);
  }
}

static void append_double(GString *out, double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  if (isnan(value))
    g_string_append(out, "NaN");
  else if (isinf(value))
    g_string_append(out, value > 0 ? "+Inf" : "-Inf");
  else
    g_string_append(out, g_ascii_dtostr(text, sizeof text, value));
}

/* One line up to its value: name, suffix and labels; @bound: "le", 0: none. */
static void append_name(GString *out, const Metric *row, const Layout *layout, gsize combination,
                        const char *suffix, double bound) {
  gsize rest = layout->combinations;
  const char *between = "{";
  g_string_append_printf(out, "%s%s", row->name, suffix);
  for (guint i = 0; i < layout->n_labels; i++) {
    rest /= layout->n_words[i];
    g_string_append_printf(out, "%s%s=\"", between, row->labels[i].name);
    append_escaped(out, row->labels[i].value((guint)(combination / rest % layout->n_words[i])), TRUE);
    g_string_append_c(out, '"');
    between = ",";
  }
  if (bound > 0) {
    g_string_append_printf(out, "%sle=\"", between);
    append_double(out, bound);
    g_string_append_c(out, '"');
    between = ",";
  }
  g_string_append(out, *between == ',' ? "} " : " ");
}

/* The buckets are read once and the count made of them, so that the lines agree while others count. */
static void append_histogram(GString *out, const Metric *row, const Layout *layout, gsize combination,
                             const Cell *cells) {
  guint64 total = 0;
  for (guint i = 0; i <= layout->n_bounds; i++) {
    total += get(&cells[i]);
    append_name(out, row, layout, combination, "_bucket", i < layout->n_bounds ? row->bounds[i] : INFINITY);
    g_string_append_printf(out, "%" G_GUINT64_FORMAT "\n", total);
  }
  append_name(out, row, layout, combination, "_sum", 0);
  append_double(out, to_double(get(&cells[layout->n_bounds + 1])));
  g_string_append_c(out, '\n');
  append_name(out, row, layout, combination, "_count", 0);
  g_string_append_printf(out, "%" G_GUINT64_FORMAT "\n", total);
}

static gboolean is_touched(const Layout *layout, const Cell *cells) {
  for (gsize i = 0; i < layout->stride; i++)
    if (get(&cells[i]))
      return TRUE;
  return FALSE;
}

static void append_row(GString *out, const Metric *row, const Layout *layout, const Cell *cells) {
  static const char *const types[] = {"counter", "gauge", "histogram"};
  g_string_append_printf(out, "# HELP %s ", row->name);
  append_escaped(out, row->help, FALSE);
  g_string_append_printf(out, "\n# TYPE %s %s\n", row->name, types[row->type]);
  for (gsize i = 0; i < layout->combinations; i++, cells += layout->stride) {
    if (layout->n_labels > 1 && !is_touched(layout, cells))
      continue;
    if (row->type == METRIC_HISTOGRAM) {
      append_histogram(out, row, layout, i, cells);
      continue;
    }
    append_name(out, row, layout, i, "", 0);
    if (row->type == METRIC_COUNTER)
      g_string_append_printf(out, "%" G_GUINT64_FORMAT, get(cells));
    else
      append_double(out, to_double(get(cells)));
    g_string_append_c(out, '\n');
  }
}

char *metrics_write(const Metrics *metrics) {
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < metrics->n_metrics; i++) {
    const Layout *layout = &metrics->layouts[i];
    append_row(out, &metrics->table[i], layout, &metrics->cells[layout->first]);
  }
  return g_string_free(out, FALSE);
}
