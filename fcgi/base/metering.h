/* What the coordinator tells of itself to operators: its metrics (`GET metrics`, as Prometheus reads them)
 * and the access log. A metric is a row in metering.c; what counts something calls one of these functions.
 *
 * Any thread, except metering_write().
 */
#pragma once
#include "common/metrics.h"
#include "fcgi/base/rate_limit.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/store/store.h"

/* @access_log: whether requests have their lines in the log. (transfer full) */
Metering *metering_new(gboolean access_log);
void metering_free(Metering *metering); /* NULL is allowed */

/* A request that was answered, and how long that took. @verb NULL: it was no verb. @message: WIRE_N_MESSAGES
 * when the answer has none. */
void metering_request(Metering *metering, const Verb *verb, WireMessage message, gint64 duration_us);
gboolean metering_logs_requests(const Metering *metering);
/* An answer that was ready, which the core did not hear of. */
void metering_ready(Metering *metering);
/* A request that was refused because its client asks too often. */
void metering_limited(Metering *metering, RateClass class);
/* A request whose client went away before it was answered. */
void metering_gone(Metering *metering);
/* An event, told to whoever waits. */
void metering_event(Metering *metering);
/* A change that the store has answered. */
void metering_stored(Metering *metering, StoreOutcome outcome, gint64 duration_us);

/* All of it, with the core's present state (transfer full). The core's thread. */
char *metering_write(Core *core);
