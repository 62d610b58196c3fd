/* What the coordinator counts, for operators, and whether requests have their lines in the log. Who counts
 * something calls one of these functions; what is shown of it, beside what is so now, is scrape.h's to say.
 *
 * Any thread.
 */
#pragma once
#include "common/metrics.h"
#include "common/verb.h"
#include "common/wire.h"
#include "fcgi/base/rate_limit.h"

/* What is counted here, and by what: these rows a table of metrics begins with. */
enum {
  METERING_REQUESTS,        /* by verb and answer */
  METERING_REQUEST_SECONDS, /* a histogram, by verb */
  METERING_READY_ANSWERS,
  METERING_LIMITED, /* by class */
  METERING_ORIGINS, /* by door */
  METERING_GONE,
  METERING_EVENTS,
  METERING_STORE_CHANGES, /* by outcome */
  METERING_STORE_SECONDS, /* a histogram */
  METERING_REPORTS,       /* by reason */
  METERING_N_ROWS         /* the table's own begin here */
};

/* The doors, for METERING_ORIGINS. */
enum { METERING_BY_HTTP, METERING_BY_WEBSOCKET, METERING_N_DOORS };

typedef struct Metering Metering;

/* @table (static): of metrics_new(). @verbs (static): of verb_read(); a verb's word has the number of its row
 * there, what is no verb the number behind the last. @access_log: whether requests have their lines in the
 * log. (transfer full) */
Metering *metering_new(const Metric *table, const Verb *verbs, gboolean access_log);
void metering_free(Metering *metering); /* NULL is allowed */

/* All of the table's, for setting and writing the others. (transfer none) */
Metrics *metering_get_metrics(Metering *metering);
gboolean metering_logs_requests(const Metering *metering);

/* A request that was answered, and how long that took. @verb NULL: it was no verb. @message: WIRE_N_MESSAGES
 * when the answer has none. */
void metering_request(Metering *metering, const Verb *verb, WireMessage message, gint64 duration_us);
/* An answer that was ready, which the core did not hear of. */
void metering_ready(Metering *metering);
/* A request that was refused because its client asks too often. */
void metering_limited(Metering *metering, RateClass class);
/* A page that was refused for its origin, at a door of those above. NULL is allowed. */
void metering_origin_refused(Metering *metering, guint door);
/* A request whose client went away before it was answered. */
void metering_gone(Metering *metering);
/* An event, told to whoever waits. */
void metering_event(Metering *metering);
/* A page's report that it shows no picture. @reason: of reports_word() (reports.h). */
void metering_report(Metering *metering, guint reason);
/* A change that the store has answered. @outcome: a StoreOutcome (store.h). */
void metering_stored(Metering *metering, guint outcome, gint64 duration_us);
