/* The plan's present. For the plan's own files; nobody else includes this. The core's thread.
 *
 * Much of the plan is derived from the time: which slots are past, which codes rest, what nobody came for.
 * All of it only goes on with the time, and is derived anew from the reservations when that goes back: a
 * clock that was believed though it was wrong takes nothing for good but what has been forgotten meanwhile.
 */
#pragma once
#include "fcgi/plan/plan_entries.h"

/* It is @now_us. Before anything is decided. */
void plan_set_now(Plan *plan, gint64 now_us);

/* Codes rest after their sessions' ends, whether there was a restart or not (codes.h). */
void plan_let_codes_rest(Plan *plan);
