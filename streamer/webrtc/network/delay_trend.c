#include "streamer/webrtc/network/delay_trend.h"

#include <math.h>

#define GROUP_US 5000
#define BURST_LIMIT_US 100000
/* After a pause the old groups say nothing about the queue of now. */
#define PAUSE_US G_USEC_PER_SEC

/* Of the line: groups, smoothing of their sums, and what makes its slope comparable with milliseconds. */
#define WINDOW 20
#define SMOOTHING 0.9
#define GAIN 4.0
#define MAX_WEIGHT 60

/* Of the threshold, in milliseconds; it goes up slowly and down faster. */
#define THRESHOLD_START 12.5
#define THRESHOLD_MIN 6.0
#define THRESHOLD_MAX 600.0
#define THRESHOLD_UP 0.0087
#define THRESHOLD_DOWN 0.039
#define OUTLIER 15.0
#define ADAPT_MAX_MS 100.0
/* The threshold must be passed for so long, in more than one group. */
#define OVERUSE_MS 10.0

typedef struct {
  gint64 first_sent_us, sent_us; /* its first and its last packet */
  gint64 first_arrived_us, arrived_us;
} Group;

typedef struct {
  double arrived_ms, delay_ms;
} Point;

struct DelayTrend {
  Group current, last;
  gboolean has_current, has_last;
  Point points[WINDOW]; /* a ring */
  guint count;          /* of all since the beginning or the last pause */
  gint64 origin_us;
  double sum_ms, smooth_ms;
  double slope, slope_before;
  double threshold;
  double over_ms; /* for how long it has been passed; below 0: it is not */
  guint over_count;
  DelaySignal signal;
};

DelayTrend *delay_trend_new(void) {
  DelayTrend *trend = g_new0(DelayTrend, 1);
  trend->threshold = THRESHOLD_START;
  trend->over_ms = -1;
  return trend;
}

void delay_trend_free(DelayTrend *trend) {
  g_free(trend);
}

static void start_anew(DelayTrend *trend) {
  trend->has_last = trend->has_current = FALSE;
  trend->count = 0;
  trend->sum_ms = trend->smooth_ms = trend->slope = trend->slope_before = 0;
  trend->over_ms = -1;
  trend->over_count = 0;
  trend->signal = DELAY_NORMAL;
}

/* The slope of the line of least squares through the points; what it was, as long as there are too few. */
static double fit(const DelayTrend *trend) {
  if (trend->count < WINDOW / 4)
    return 0;
  guint points = MIN(trend->count, WINDOW);
  double x = 0, y = 0, above = 0, below = 0;
  for (guint i = 0; i < points; i++) {
    x += trend->points[i].arrived_ms / points;
    y += trend->points[i].delay_ms / points;
  }
  for (guint i = 0; i < points; i++) {
    double dx = trend->points[i].arrived_ms - x;
    above += dx * (trend->points[i].delay_ms - y);
    below += dx * dx;
  }
  return below > 0 ? above / below : 0;
}

/* Section 5.4: so that the threshold follows what the path does when it is not full. */
static void adapt(DelayTrend *trend, double size, double elapsed_ms) {
  if (size > trend->threshold + OUTLIER)
    return;
  double pace = size < trend->threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
  trend->threshold += pace * (size - trend->threshold) * MIN(elapsed_ms, ADAPT_MAX_MS);
  trend->threshold = CLAMP(trend->threshold, THRESHOLD_MIN, THRESHOLD_MAX);
}

static void detect(DelayTrend *trend, double elapsed_ms) {
  double value = trend->slope * MIN(trend->count, MAX_WEIGHT) * GAIN;
  if (value > trend->threshold) {
    trend->over_ms = trend->over_ms < 0 ? elapsed_ms / 2 : trend->over_ms + elapsed_ms;
    trend->over_count++;
    if (trend->over_ms > OVERUSE_MS && trend->over_count > 1 && trend->slope >= trend->slope_before) {
      trend->over_ms = 0;
      trend->over_count = 0;
      trend->signal = DELAY_OVERUSE;
    }
  } else {
    trend->over_ms = -1;
    trend->over_count = 0;
    trend->signal = value < -trend->threshold ? DELAY_UNDERUSE : DELAY_NORMAL;
  }
  adapt(trend, fabs(value), elapsed_ms);
}

/* Section 5.2: the variation of delay from the group before to the one that is complete now. */
static void finish_group(DelayTrend *trend) {
  const Group *group = &trend->current, *last = &trend->last;
  if (trend->has_last) {
    double sent_ms = (double)(group->sent_us - last->sent_us) / 1000;
    double arrived_ms = (double)(group->arrived_us - last->arrived_us) / 1000;
    if (trend->count == 0)
      trend->origin_us = group->arrived_us;
    trend->sum_ms += arrived_ms - sent_ms;
    trend->smooth_ms = SMOOTHING * trend->smooth_ms + (1 - SMOOTHING) * trend->sum_ms;
    trend->points[trend->count % WINDOW] =
        (Point){(double)(group->arrived_us - trend->origin_us) / 1000, trend->smooth_ms};
    trend->count++;
    trend->slope_before = trend->slope;
    trend->slope = fit(trend);
    detect(trend, sent_ms);
  }
  trend->last = trend->current;
  trend->has_last = TRUE;
}

/* Whether a packet is part of the current group: it left with it, or it waited behind it somewhere and came
 * through at one go, which says nothing about the queue (section 5.2, pre-filtering). */
static gboolean belongs(const Group *group, gint64 sent_us, gint64 arrived_us) {
  if (sent_us - group->first_sent_us <= GROUP_US)
    return TRUE;
  gint64 variation_us = (arrived_us - group->arrived_us) - (sent_us - group->sent_us);
  return variation_us < 0 && arrived_us - group->arrived_us <= GROUP_US &&
         arrived_us - group->first_arrived_us < BURST_LIMIT_US;
}

void delay_trend_add(DelayTrend *trend, gint64 sent_us, gint64 arrived_us) {
  Group *group = &trend->current;
  if (trend->has_current && (sent_us - group->sent_us > PAUSE_US || sent_us < group->first_sent_us))
    start_anew(trend);
  if (trend->has_current && belongs(group, sent_us, arrived_us)) {
    group->sent_us = MAX(group->sent_us, sent_us);
    group->arrived_us = MAX(group->arrived_us, arrived_us);
    return;
  }
  if (trend->has_current)
    finish_group(trend);
  *group = (Group){sent_us, sent_us, arrived_us, arrived_us};
  trend->has_current = TRUE;
}

DelaySignal delay_trend_signal(const DelayTrend *trend) {
  return trend->signal;
}
