/* How long people in a line will wait, as far as it is known: from the ends of what runs and is booked.
 *
 * The ledger is played forward: in each slot the first in the line takes a place as soon as one is free for
 * at least the shortest session, and keeps it as long as the booking after it allows. That is honest as an
 * outside: sessions often end before their time, and extensions are given only where nobody needs the place,
 * but people who were extended meanwhile make the wait longer. Pure.
 */
#pragma once
#include "fcgi/rules/ledger.h"

/* As far as the ledger is played: what would take longer is not known. */
#define WAIT_ESTIMATE_HORIZON_US (12 * G_TIME_SPAN_HOUR)

/* For the first @count people, when each can begin: @at_us (an array of @count) gets instants in order, from
 * @now_us on, 0 for those of whom it is not known. @capacity: how many places there are now, whatever the
 * ledger's own capacity. @ends (of @n_ends, in order): when exactly what runs is over; the ledger knows only
 * in which slot. */
void wait_estimate(const Ledger *ledger, gint64 now_us, guint32 capacity, gint64 session_us, gint64 min_us,
                   const gint64 *ends, guint n_ends, guint count, gint64 *at_us);
