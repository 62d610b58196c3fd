/* What Prometheus is shown (`GET metrics`): what was counted (metering.h), what is so now, and what every
 * process tells. A metric is a row in scrape.c.
 */
#pragma once
#include "fcgi/base/metering.h"
#include "fcgi/core/core.h"

/* The core's Metering, with the table of what is shown. (transfer full) */
Metering *scrape_metering_new(gboolean access_log);

/* All of it as text of METRICS_CONTENT_TYPE, with the core's present state (transfer full). The core's
 * thread. */
char *scrape_write(Core *core);
