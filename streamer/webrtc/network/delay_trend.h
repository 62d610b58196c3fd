/* Whether a queue grows on the way to a player: the delay-based half of Google's congestion control up to its
 * detector (draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4).
 *
 * Packets that left within 5 ms are one group. How much later than the last one a group arrives, compared
 * with how much later it left, is its delay variation; their sum over time is the queue's delay but for a
 * constant. The arrival-time filter is a line fitted through the last groups' sums, in place of the draft's
 * Kalman filter, as in all browsers by now: it needs no tuning to the network's noise. Its slope is held
 * against a threshold that adapts itself, so that a path which always jitters is not taken for a full one.
 *
 * Pure; one thread at a time.
 */
#pragma once
#include <glib.h>

typedef enum {
  DELAY_NORMAL,
  DELAY_OVERUSE,  /* the queue grows */
  DELAY_UNDERUSE, /* it empties */
} DelaySignal;

typedef struct DelayTrend DelayTrend;

/* Without a packet yet: DELAY_NORMAL. (transfer full) */
DelayTrend *delay_trend_new(void);
void delay_trend_free(DelayTrend *trend); /* NULL is allowed */

/* A packet that arrived, in the order of sending. */
void delay_trend_add(DelayTrend *trend, gint64 sent_us, gint64 arrived_us);

/* What the packets up to now say. */
DelaySignal delay_trend_signal(const DelayTrend *trend);
