/* The reservations of a plan in order, a page at a time: for those who run the site. The core's thread. */
#pragma once
#include "fcgi/plan/plan_types.h"

/* What is asked for. Plain data. */
typedef struct {
  gboolean bookings;        /* what was booked ahead, whatever became of it; else what runs */
  gint64 from_us, until_us; /* bookings: that start from here on, and before there */
  gint64 after_us;          /* those behind the reservation that starts here */
  const char *after;        /* and has this id; NULL: from the first on */
  guint most;               /* at least 1 */
} PlanQuery;

/* By their starts, then by their ids: const Reservation *, valid until the plan changes (transfer container).
 * @more: whether others follow. Looks at all that the plan holds. */
GPtrArray *plan_list(const Plan *plan, const PlanQuery *query, gboolean *more);
