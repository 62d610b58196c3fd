/* From what a path's feedback says to what may be sent on it: the rate controllers of Google's congestion
 * control (draft-ietf-rmcat-gcc-02 sections 5.5 and 6).
 *
 * The delay-based one is additive-increase, multiplicative-decrease: when the queue grows, it goes to 85 % of
 * what the path carries; else it grows by 8 % a second, and near the rate at which the path filled up before
 * by about half a packet a round trip. It never goes beyond one and a half times what arrives. The loss-based
 * one lowers the rate only above 10 % of loss, which is what queues do that are too short to be noticed by
 * delay. The rate is the lower of the two.
 *
 * Ours beside the draft: what the path carries is measured while it is busy. Over any moment it could be what
 * little was sent while a queue drained, and the rate would go down twice. And while there is no queue at
 * all, and a moment has gone since the last decrease, the rate climbs in steps; with 8 % a second alone, a
 * picture would be poor for a quarter of a minute after a network's short weakness. As long as the path may
 * carry what it did before, they lead just beyond that: enough to find out, and to cost next to nothing where
 * nothing has changed, for the rate then goes back to a little below what is known, not to 85 % of it. Once
 * more than that has arrived, for longer than what a shaper lets through after a pause, each step is a half.
 *
 * Pure; one thread at a time. Rates are bits a second.
 */
#pragma once
#include "streamer/webrtc/network/delay_trend.h"

typedef struct RateControl RateControl;

/* What the last feedback says. */
typedef struct {
  DelaySignal signal;
  double arrived_bps;      /* over the last third of a second */
  double arrived_fast_bps; /* over the last tenth */
  double carried_bps;      /* what arrived while the path was busy; 0: it hardly was */
  double sent_bps;         /* as arrived_bps; far below the target when there was not more to send */
  double loss;     /* part of the last second's packets, 0 to 1, of those sent since the last decrease */
  guint packets;   /* how many these are */
  double queue_ms; /* how long packets wait on the way, all of them: the least delay above the usual */
  double rtt_ms;
} RateFeedback;

/* Begins at @start_bps and stays within the other two. (transfer full) */
RateControl *rate_control_new(double min_bps, double start_bps, double max_bps, gint64 now_us);
void rate_control_free(RateControl *control); /* NULL is allowed */

/* Takes feedback in; TRUE when the rate was lowered. */
gboolean rate_control_update(RateControl *control, const RateFeedback *feedback, gint64 now_us);

/* Nothing was heard of what was sent for longer than the path can take. Every now and then. */
void rate_control_starve(RateControl *control, gint64 now_us);

/* What the path is taken to carry. */
double rate_control_bps(const RateControl *control);
