#include "fcgi/base/metering.h"

struct Metering {
  Metrics *metrics;
  const Verb *verbs;
  guint n_verbs;
  gboolean access_log;
};

Metering *metering_new(const Metric *table, const Verb *verbs, gboolean access_log) {
  Metering *metering = g_new0(Metering, 1);
  metering->metrics = metrics_new(table);
  metering->verbs = verbs;
  while (verbs[metering->n_verbs].name)
    metering->n_verbs++;
  metering->access_log = access_log;
  return metering;
}

void metering_free(Metering *metering) {
  if (!metering)
    return;
  metrics_free(metering->metrics);
  g_free(metering);
}

Metrics *metering_get_metrics(Metering *metering) {
  return metering->metrics;
}

gboolean metering_logs_requests(const Metering *metering) {
  return metering->access_log;
}

static double to_seconds(gint64 us) {
  return (double)us / G_USEC_PER_SEC;
}

void metering_request(Metering *metering, const Verb *verb, WireMessage message, gint64 duration_us) {
  guint number = verb ? (guint)(verb - metering->verbs) : metering->n_verbs;
  metrics_add(metering->metrics, METERING_REQUESTS, 1, number, message);
  metrics_observe(metering->metrics, METERING_REQUEST_SECONDS, to_seconds(duration_us), number);
}

void metering_ready(Metering *metering) {
  metrics_add(metering->metrics, METERING_READY_ANSWERS, 1);
}

void metering_limited(Metering *metering, RateClass class) {
  metrics_add(metering->metrics, METERING_LIMITED, 1, class);
}

void metering_origin_refused(Metering *metering, guint door) {
  if (metering)
    metrics_add(metering->metrics, METERING_ORIGINS, 1, door);
}

void metering_gone(Metering *metering) {
  metrics_add(metering->metrics, METERING_GONE, 1);
}

void metering_event(Metering *metering) {
  metrics_add(metering->metrics, METERING_EVENTS, 1);
}

void metering_report(Metering *metering, guint reason) {
  metrics_add(metering->metrics, METERING_REPORTS, 1, reason);
}

void metering_stored(Metering *metering, guint outcome, gint64 duration_us) {
  metrics_add(metering->metrics, METERING_STORE_CHANGES, 1, outcome);
  metrics_observe(metering->metrics, METERING_STORE_SECONDS, to_seconds(duration_us));
}
