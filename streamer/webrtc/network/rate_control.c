#include "streamer/webrtc/network/rate_control.h"

#include <math.h>

#define DECREASE 0.85
/* When the path filled up where it did before, nothing has changed, and so much of that is left free. */
#define KNOWN 0.1
#define DECREASE_KNOWN 0.94
#define INCREASE_PER_SECOND 1.08
#define HEADROOM 1.5
#define HEADROOM_BPS 10000
#define PACKET_BITS (1200 * 8)
/* Feedback comes about so often; what a change does is seen so much after a round trip. */
#define FEEDBACK_MS 100
/* Whoever sends less than this part of the rate learns nothing about more of it. */
#define APP_LIMITED 0.7
/* A queue that stands so long is too much, whatever its trend. */
#define STANDING_MS 60

/* Steps up: toward a capacity that was found and a little beyond it, which shows whether it is still the
 * same; and, once it is not, away from it. */
#define STEP_NEAR 1.17
#define NEAR_MOST 1.15
#define STEP_FREE 1.5
/* More than the capacity has arrived, by so much: before, it may be what a shaper lets through after a pause.
 */
#define EXCESS_SECONDS 0.1
#define EXCESS_BITS (12000 * 8)
#define CLIMB_QUEUE_MS 9
#define CLIMB_LOSS 0.05
#define CLIMB_ARRIVED 0.75
#define CLIMB_WAIT_US (1000 * 1000)

#define LOSS_HIGH 0.10
#define LOSS_LOW 0.02
#define LOSS_INCREASE 1.05 /* in each LOSS_PERIOD, seconds */
#define LOSS_PERIOD 0.1
#define LOSS_MIN_PACKETS 20

#define STARVE 0.8
#define STARVE_PERIOD_US (200 * 1000)

/* What arrived when the path was full: mean and, relative to it, variance (in kbit/s). */
typedef struct {
  double mean, variance;
} Capacity;
#define CAPACITY_WEIGHT 0.05
#define CAPACITY_VARIANCE_MIN 0.4
#define CAPACITY_VARIANCE_MAX 2.5

typedef enum { HOLD, INCREASE } State;

struct RateControl {
  double min_bps, max_bps;
  double delay_bps, loss_bps;
  State state;
  Capacity capacity;
  gint64 updated_us, lowered_us, starved_us;
  gint64 climb_us; /* when the next step up may be taken */
  double excess;   /* bits that have arrived beyond the capacity */
};

RateControl *rate_control_new(double min_bps, double start_bps, double max_bps, gint64 now_us) {
  RateControl *control = g_new0(RateControl, 1);
  control->min_bps = min_bps;
  control->max_bps = max_bps;
  control->delay_bps = CLAMP(start_bps, min_bps, max_bps);
  control->loss_bps = max_bps;
  control->capacity.variance = CAPACITY_VARIANCE_MIN;
  control->updated_us = control->climb_us = now_us;
  return control;
}

void rate_control_free(RateControl *control) {
  g_free(control);
}

double rate_control_bps(const RateControl *control) {
  return MIN(control->delay_bps, control->loss_bps);
}

/* ---- the capacity that was found ---- */

static double capacity_deviation(const Capacity *capacity) {
  return 3 * sqrt(capacity->variance * capacity->mean);
}

static gboolean capacity_is_known(const Capacity *capacity, double bps) {
  double tolerance = MAX(capacity_deviation(capacity), KNOWN * capacity->mean);
  return capacity->mean > 0 && fabs(bps / 1000 - capacity->mean) <= tolerance;
}

static void capacity_learn(Capacity *capacity, double arrived_bps) {
  double sample = arrived_bps / 1000;
  if (!capacity_is_known(capacity, arrived_bps))
    capacity->mean = sample;
  double error = sample - capacity->mean;
  capacity->mean += CAPACITY_WEIGHT * error;
  double relative = error * error / MAX(capacity->mean, 1);
  capacity->variance = CLAMP((1 - CAPACITY_WEIGHT) * capacity->variance + CAPACITY_WEIGHT * relative,
                             CAPACITY_VARIANCE_MIN, CAPACITY_VARIANCE_MAX);
}

/* Whether the path may be nearly full at this rate. */
static gboolean capacity_is_near(const Capacity *capacity, double bps) {
  return capacity->mean > 0 && bps / 1000 > capacity->mean - capacity_deviation(capacity);
}

/* Experience ends when more arrives than it knows of, for longer than a shaper's reserve lasts. */
static void doubt_capacity(RateControl *control, double arrived_bps, double seconds, gint64 now_us) {
  Capacity *capacity = &control->capacity;
  double beyond_bps = arrived_bps - capacity->mean * 1000;
  gboolean is_new = beyond_bps > capacity_deviation(capacity) * 1000;
  control->excess = is_new ? control->excess + beyond_bps * seconds : 0;
  if (capacity->mean == 0 || control->excess < MIN(EXCESS_BITS, EXCESS_SECONDS * capacity->mean * 1000))
    return;
  *capacity = (Capacity){.variance = CAPACITY_VARIANCE_MIN};
  control->climb_us = now_us;
}

/* ---- by delay ---- */

static gboolean is_app_limited(const RateControl *control, const RateFeedback *feedback) {
  return feedback->sent_bps < APP_LIMITED * rate_control_bps(control);
}

/* Whether the last decrease's effect can have been seen, and was not enough. */
static gboolean is_time_to_decrease(const RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  gint64 passed_us = now_us - control->lowered_us;
  gint64 response_us = (gint64)((feedback->rtt_ms + FEEDBACK_MS) * 1000);
  gboolean far_off = feedback->carried_bps > 0 && feedback->carried_bps < control->delay_bps / 2;
  return passed_us >= (far_off ? response_us / 2 : response_us);
}

/* What the rate goes down to. */
static double lowered_bps(RateControl *control, const RateFeedback *feedback) {
  double carried = feedback->carried_bps;
  if (carried == 0 && is_app_limited(control, feedback))
    return DECREASE * rate_control_bps(control); /* what arrived is no measure of the path */
  if (carried == 0)
    return DECREASE * MAX(feedback->arrived_bps, feedback->arrived_fast_bps);
  gboolean known = capacity_is_known(&control->capacity, carried);
  capacity_learn(&control->capacity, carried);
  return known ? DECREASE_KNOWN * control->capacity.mean * 1000 : DECREASE * carried;
}

static gboolean decrease(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  control->state = HOLD;
  if (!is_time_to_decrease(control, feedback, now_us))
    return FALSE;
  double wanted = lowered_bps(control, feedback);
  control->delay_bps = CLAMP(wanted, control->min_bps, control->delay_bps);
  control->excess = 0;
  control->lowered_us = now_us;
  control->climb_us = now_us + CLIMB_WAIT_US;
  return TRUE;
}

static gboolean may_climb(const RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  return feedback->signal == DELAY_NORMAL && now_us >= control->climb_us &&
         feedback->queue_ms < CLIMB_QUEUE_MS && feedback->loss < CLIMB_LOSS &&
         feedback->arrived_bps > CLIMB_ARRIVED * control->delay_bps;
}

static double grown(RateControl *control, const RateFeedback *feedback, double seconds, gint64 now_us) {
  const Capacity *capacity = &control->capacity;
  /* So much more is enough to see whether it is still the same. */
  double near = NEAR_MOST * capacity->mean * 1000 / MAX(feedback->sent_bps, 1);
  double step = capacity->mean > 0 ? CLAMP(near, 1, STEP_NEAR) : STEP_FREE;
  if (step == 1)
    return control->delay_bps;
  if (may_climb(control, feedback, now_us)) {
    control->climb_us = now_us + (gint64)((feedback->rtt_ms + 2 * FEEDBACK_MS) * 1000);
    return control->delay_bps * step;
  }
  if (capacity_is_near(capacity, feedback->arrived_bps)) {
    double response_s = (feedback->rtt_ms + FEEDBACK_MS) / 1000;
    return control->delay_bps + seconds * PACKET_BITS / 2 / response_s;
  }
  return control->delay_bps * pow(INCREASE_PER_SECOND, seconds);
}

static void increase(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  if (is_app_limited(control, feedback))
    return;
  double seconds = (double)MIN(now_us - control->updated_us, G_USEC_PER_SEC) / G_USEC_PER_SEC;
  doubt_capacity(control, feedback->arrived_bps, seconds, now_us);
  double most = MAX(control->delay_bps, HEADROOM * feedback->arrived_bps + HEADROOM_BPS);
  double wanted = grown(control, feedback, seconds, now_us);
  control->delay_bps = MIN(MIN(wanted, most), control->max_bps);
}

/* The states of section 5.5: a queue that grows leads to a decrease and then to a hold, an even one from the
 * hold to the increase, and one that empties is waited for. */
static gboolean update_by_delay(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  if (feedback->signal == DELAY_OVERUSE || feedback->queue_ms > STANDING_MS)
    return decrease(control, feedback, now_us);
  if (feedback->signal == DELAY_UNDERUSE)
    control->state = HOLD;
  else if (control->state == HOLD)
    control->state = INCREASE;
  else
    increase(control, feedback, now_us);
  return FALSE;
}

/* ---- by loss ---- */

static gboolean update_by_loss(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  if (feedback->packets < LOSS_MIN_PACKETS)
    return FALSE;
  if (feedback->loss > LOSS_HIGH) {
    control->loss_bps = MAX(rate_control_bps(control) * (1 - 0.5 * feedback->loss), control->min_bps);
    return TRUE;
  }
  if (feedback->loss < LOSS_LOW) {
    double seconds = (double)MIN(now_us - control->updated_us, G_USEC_PER_SEC) / G_USEC_PER_SEC;
    control->loss_bps = MIN(control->loss_bps * pow(LOSS_INCREASE, seconds / LOSS_PERIOD), control->max_bps);
  }
  return FALSE;
}

gboolean rate_control_update(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  gboolean lowered = update_by_delay(control, feedback, now_us);
  lowered |= update_by_loss(control, feedback, now_us);
  control->updated_us = now_us;
  return lowered;
}

void rate_control_starve(RateControl *control, gint64 now_us) {
  if (now_us - control->starved_us < STARVE_PERIOD_US)
    return;
  control->starved_us = now_us;
  control->delay_bps = MAX(rate_control_bps(control) * STARVE, control->min_bps);
  control->climb_us = now_us + CLIMB_WAIT_US;
  control->state = HOLD;
}
