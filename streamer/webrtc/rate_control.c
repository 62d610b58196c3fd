#include "streamer/webrtc/rate_control.h"

#include <math.h>

#define DECREASE 0.85
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
/* And so long, some of what was sent before a decrease has yet to come. */
#define DRAINS_MS 25

/* The steps after a decrease; the last one again and again. */
static const double climb_steps[] = {1.15, 1.15, 1.15, 1.33, 1.5};
#define CLIMB_QUEUE_MS 9
#define CLIMB_LOSS 0.05
#define CLIMB_ARRIVED 0.75
#define CLIMB_WAIT_US (1200 * 1000)

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
  guint climbs;    /* which one that is */
  gboolean full;   /* the path was, by what was sent, when the rate was lowered */
};

RateControl *rate_control_new(double min_bps, double start_bps, double max_bps, gint64 now_us) {
  RateControl *control = g_new0(RateControl, 1);
  control->min_bps = min_bps;
  control->max_bps = max_bps;
  control->delay_bps = CLAMP(start_bps, min_bps, max_bps);
  control->loss_bps = max_bps;
  control->capacity.variance = CAPACITY_VARIANCE_MIN;
  control->updated_us = control->climb_us = now_us;
  control->climbs = G_N_ELEMENTS(climb_steps) - 2;
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

static void capacity_learn(Capacity *capacity, double arrived_bps) {
  double sample = arrived_bps / 1000;
  if (capacity->mean == 0 || fabs(sample - capacity->mean) > capacity_deviation(capacity))
    capacity->mean = sample;
  double error = sample - capacity->mean;
  capacity->mean += CAPACITY_WEIGHT * error;
  double relative = error * error / MAX(capacity->mean, 1);
  capacity->variance = CLAMP((1 - CAPACITY_WEIGHT) * capacity->variance + CAPACITY_WEIGHT * relative,
                             CAPACITY_VARIANCE_MIN, CAPACITY_VARIANCE_MAX);
}

/* Whether the path may be nearly full at this rate. A rate that is beyond all experience ends the experience.
 */
static gboolean capacity_is_near(Capacity *capacity, double bps) {
  double rate = bps / 1000, deviation = capacity_deviation(capacity);
  if (capacity->mean > 0 && rate > capacity->mean + deviation)
    *capacity = (Capacity){.variance = CAPACITY_VARIANCE_MIN};
  return capacity->mean > 0 && rate > capacity->mean - deviation;
}

/* ---- by delay ---- */

/* While a queue of our own stands, what is held back is no sign of that. */
static gboolean is_app_limited(const RateControl *control, const RateFeedback *feedback) {
  gboolean stands = control->full && feedback->queue_ms > DRAINS_MS;
  return !stands && feedback->sent_bps < APP_LIMITED * rate_control_bps(control);
}

/* Lowers the rate, but not again before the last time's effect can have been seen. */
static gboolean decrease(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  control->state = HOLD;
  gint64 wait_us = (gint64)((feedback->rtt_ms + FEEDBACK_MS) * 1000);
  gboolean far_off = feedback->arrived_fast_bps < control->delay_bps / 2 &&
                     !is_app_limited(control, feedback) && now_us - control->lowered_us >= wait_us / 2;
  if (now_us - control->lowered_us < wait_us && !far_off)
    return FALSE;
  /* When little was sent, little arrived: that is no measure of the path. */
  double carried = rate_control_bps(control);
  control->full = !is_app_limited(control, feedback);
  if (control->full) {
    carried = MIN(feedback->arrived_bps, feedback->arrived_fast_bps);
    capacity_learn(&control->capacity, carried);
  }
  control->delay_bps = CLAMP(DECREASE * carried, control->min_bps, control->delay_bps);
  control->lowered_us = now_us;
  control->climb_us = now_us + CLIMB_WAIT_US;
  control->climbs = 0;
  return TRUE;
}

static gboolean may_climb(const RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  return feedback->signal == DELAY_NORMAL && now_us >= control->climb_us &&
         feedback->queue_ms < CLIMB_QUEUE_MS && feedback->loss < CLIMB_LOSS &&
         feedback->arrived_bps > CLIMB_ARRIVED * control->delay_bps;
}

static double grown(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  double seconds = (double)MIN(now_us - control->updated_us, G_USEC_PER_SEC) / G_USEC_PER_SEC;
  gboolean is_near = capacity_is_near(&control->capacity, feedback->arrived_bps);
  if (may_climb(control, feedback, now_us)) {
    control->climb_us = now_us + (gint64)((feedback->rtt_ms + 2 * FEEDBACK_MS) * 1000);
    double step = climb_steps[control->climbs];
    control->climbs = MIN(control->climbs + 1, G_N_ELEMENTS(climb_steps) - 1);
    return control->delay_bps * step;
  }
  if (is_near) {
    double response_s = (feedback->rtt_ms + FEEDBACK_MS) / 1000;
    return control->delay_bps + seconds * PACKET_BITS / 2 / response_s;
  }
  return control->delay_bps * pow(INCREASE_PER_SECOND, seconds);
}

static void increase(RateControl *control, const RateFeedback *feedback, gint64 now_us) {
  control->full = FALSE;
  if (is_app_limited(control, feedback))
    return;
  double most = MAX(control->delay_bps, HEADROOM * feedback->arrived_bps + HEADROOM_BPS);
  double wanted = grown(control, feedback, now_us);
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
  control->climbs = 0;
  control->state = HOLD;
}
