#include "streamer/webrtc/network/congestion.h"

#include "common/bucket.h"
#include "streamer/webrtc/network/delay_trend.h"
#include "streamer/webrtc/network/rate_control.h"
#include "streamer/webrtc/network/rate_meter.h"
#include "streamer/webrtc/network/sent_packets.h"

/* Rates are measured over so long, and over so short when it must be quick. */
#define METER_MS 300
#define METER_FAST_MS 120
/* A path is busy between two packets when the later one waited so much longer than that took; what it carries
 * is known when it was for so much of the time. */
#define BUSY_US (8 * 1000)
#define BUSY_PART 0.4
#define METER_BUSY_MS 150
/* The least delay of so long is that of an empty path; kept by parts, so that the oldest can be forgotten. */
#define BASE_PARTS 10
#define BASE_PART_US G_USEC_PER_SEC
/* Loss is told over so long. */
#define LOSS_PARTS 10
#define LOSS_PART_US (100 * 1000)
/* Queues longer than this are drained until no more than this is left, at a part of the rate that is the
 * smaller the longer they are. */
#define DRAIN_FROM_MS 30
#define DRAIN_TO_MS 10
#define DRAIN_RATE 0.5
#define DRAIN_RATE_MAX 0.85
#define DRAIN_SPAN_MS 250.0
#define DRAIN_MAX_US G_USEC_PER_SEC
/* Feedback that takes so much longer than a round trip is missing. */
#define SILENCE_US (350 * 1000)
/* What may be on its way: of the rate, a round trip, feedback's interval and a queue; the last only while
 * none has to drain. */
#define FLIGHT_MS 300
#define FLIGHT_DRAIN_MS 100
#define FLIGHT_MIN_BYTES 10000
#define TRY_US (50 * 1000)
#define FULL_WAIT_US (5 * 1000)
/* The pacer's rate, as a part of what may be sent, and what it lets out at once. */
#define PACE 1.5
#define PACE_BURST_MS 40
#define PACE_BURST_BYTES 5000
/* What may be repeated of lost packets, as a part of the rate, and at once. */
#define REPEAT 0.1
#define REPEAT_BURST_SECONDS 0.3
#define REPEAT_BURST_BYTES 4000

typedef struct {
  guint lost, all;
  guint new_lost, new_all; /* of these, sent since the rate was lowered last */
} Losses;

struct Congestion {
  SentPackets *sent;
  DelayTrend *trend;
  RateControl *control;
  RateMeter *sent_meter, *arrived_meter;
  RateMeter *carried_meter; /* arrivals on a clock that goes only while the path is busy */
  RateMeter *busy_meter;    /* microseconds of that clock, by arrival */
  gint64 busy_us;           /* that clock */
  GArray *fates, *reports;  /* of one feedback; kept for their memory */
  gint64 base_us[BASE_PARTS];
  gint64 base_part;
  Losses losses[LOSS_PARTS];
  gint64 loss_part;
  gint64 sent_us;    /* the last packet */
  gint64 arrived_us; /* the last arrival, on the player's clock */
  double rtt_ms, queue_ms;
  gint64 waiting_us; /* since when feedback is waited for */
  gint64 lowered_us, drain_until_us;
  gboolean draining, silent;
  Bucket pace, repeats; /* bytes */
};

Congestion *congestion_new(const CongestionLimits *limits, gint64 now_us) {
  Congestion *congestion = g_new0(Congestion, 1);
  congestion->sent = sent_packets_new();
  congestion->trend = delay_trend_new();
  congestion->control = rate_control_new(limits->min_kbps * 1000.0, limits->start_kbps * 1000.0,
                                         limits->max_kbps * 1000.0, now_us);
  congestion->sent_meter = rate_meter_new();
  congestion->arrived_meter = rate_meter_new();
  congestion->carried_meter = rate_meter_new();
  congestion->busy_meter = rate_meter_new();
  congestion->fates = g_array_new(FALSE, FALSE, sizeof(PacketFate));
  congestion->reports = g_array_new(FALSE, FALSE, sizeof(PacketReport));
  for (guint i = 0; i < BASE_PARTS; i++)
    congestion->base_us[i] = G_MAXINT64;
  return congestion;
}

void congestion_free(Congestion *congestion) {
  if (!congestion)
    return;
  sent_packets_free(congestion->sent);
  delay_trend_free(congestion->trend);
  rate_control_free(congestion->control);
  rate_meter_free(congestion->sent_meter);
  rate_meter_free(congestion->arrived_meter);
  rate_meter_free(congestion->carried_meter);
  rate_meter_free(congestion->busy_meter);
  g_array_unref(congestion->fates);
  g_array_unref(congestion->reports);
  g_free(congestion);
}

void congestion_note_sent(Congestion *congestion, guint16 sequence, guint bytes, gint64 now_us) {
  if (sent_packets_in_flight(congestion->sent) == 0)
    congestion->waiting_us = now_us;
  sent_packets_add(congestion->sent, sequence, bytes, now_us);
  rate_meter_add(congestion->sent_meter, now_us, bytes);
  congestion->sent_us = now_us;
}

/* ---- what feedback says ---- */

/* Moves a ring of parts of time on to @part, emptying those in between. */
static void turn_base(Congestion *congestion, gint64 part) {
  for (gint64 at = MAX(congestion->base_part + 1, part - BASE_PARTS + 1); at <= part; at++)
    congestion->base_us[at % BASE_PARTS] = G_MAXINT64;
  congestion->base_part = MAX(part, congestion->base_part);
}

static void turn_losses(Congestion *congestion, gint64 part) {
  for (gint64 at = MAX(congestion->loss_part + 1, part - LOSS_PARTS + 1); at <= part; at++)
    congestion->losses[at % LOSS_PARTS] = (Losses){0};
  congestion->loss_part = MAX(part, congestion->loss_part);
}

static gint64 least_delay_us(const Congestion *congestion) {
  gint64 base_us = G_MAXINT64;
  for (guint i = 0; i < BASE_PARTS; i++)
    base_us = MIN(base_us, congestion->base_us[i]);
  return base_us;
}

/* The queue that all packets of this feedback stood in: their least delay beyond the least of the last
 * seconds. The two clocks differ by a constant, which goes out. */
static void measure_queue(Congestion *congestion, gint64 least_us, gint64 now_us) {
  turn_base(congestion, now_us / BASE_PART_US);
  gint64 *newest = &congestion->base_us[congestion->base_part % BASE_PARTS];
  *newest = MIN(*newest, least_us);
  congestion->queue_ms = (double)(least_us - least_delay_us(congestion)) / 1000;
}

/* What a path carries is what arrives while it is busy: all of the time between two packets, when the second
 * one waited for longer than that. What arrives over any span of time may be what little was sent. */
static void note_arrival(Congestion *congestion, const PacketReport *report, gint64 base_us) {
  gint64 gap_us = report->arrived_us - congestion->arrived_us;
  gint64 delay_us = report->arrived_us - report->sent_us;
  rate_meter_add(congestion->arrived_meter, report->arrived_us, report->bytes);
  congestion->arrived_us = MAX(congestion->arrived_us, report->arrived_us);
  if (delay_us - MIN(base_us, delay_us) < MAX(gap_us, 0) + BUSY_US)
    return;
  congestion->busy_us += MAX(gap_us, 0);
  rate_meter_add(congestion->busy_meter, report->arrived_us, (guint)MAX(gap_us, 0));
  rate_meter_add(congestion->carried_meter, congestion->busy_us, report->bytes);
}

static double carried_bps(const Congestion *congestion) {
  double busy = rate_meter_bps(congestion->busy_meter, congestion->arrived_us, METER_MS) / 8 / G_USEC_PER_SEC;
  return busy < BUSY_PART ? 0 : rate_meter_bps(congestion->carried_meter, congestion->busy_us, METER_BUSY_MS);
}

static void note_arrivals(Congestion *congestion, gint64 now_us) {
  gint64 least_us = G_MAXINT64, newest_us = 0;
  turn_losses(congestion, now_us / LOSS_PART_US);
  Losses *losses = &congestion->losses[congestion->loss_part % LOSS_PARTS];
  gint64 base_us = least_delay_us(congestion);
  for (guint i = 0; i < congestion->reports->len; i++) {
    const PacketReport *report = &g_array_index(congestion->reports, PacketReport, i);
    losses->all++;
    losses->lost += report->lost;
    if (report->sent_us > congestion->lowered_us) {
      losses->new_all++;
      losses->new_lost += report->lost;
    }
    if (report->lost)
      continue;
    delay_trend_add(congestion->trend, report->sent_us, report->arrived_us);
    note_arrival(congestion, report, base_us);
    least_us = MIN(least_us, report->arrived_us - report->sent_us);
    newest_us = MAX(newest_us, report->sent_us);
  }
  if (newest_us == 0)
    return;
  measure_queue(congestion, least_us, now_us);
  double rtt_ms = (double)(now_us - newest_us) / 1000;
  congestion->rtt_ms = congestion->rtt_ms > 0 ? 0.8 * congestion->rtt_ms + 0.2 * rtt_ms : rtt_ms;
}

static Losses count_losses(const Congestion *congestion) {
  Losses sum = {0};
  for (guint i = 0; i < LOSS_PARTS; i++) {
    sum.lost += congestion->losses[i].lost;
    sum.all += congestion->losses[i].all;
    sum.new_lost += congestion->losses[i].new_lost;
    sum.new_all += congestion->losses[i].new_all;
  }
  return sum;
}

static double part(guint of, guint all) {
  return all > 0 ? (double)of / all : 0;
}

/* The losses that led to a decrease must not lead to another. */
static void note_lowered(Congestion *congestion, gint64 now_us) {
  congestion->lowered_us = now_us;
  for (guint i = 0; i < LOSS_PARTS; i++)
    congestion->losses[i].new_lost = congestion->losses[i].new_all = 0;
}

static void update_drain(Congestion *congestion, gboolean lowered, gint64 now_us) {
  if (lowered && congestion->queue_ms > DRAIN_FROM_MS) {
    congestion->draining = TRUE;
    congestion->drain_until_us = now_us + DRAIN_MAX_US;
  } else if (congestion->queue_ms <= DRAIN_TO_MS || now_us > congestion->drain_until_us) {
    congestion->draining = FALSE;
  }
}

static void update_rate(Congestion *congestion, gint64 now_us) {
  Losses losses = count_losses(congestion);
  const RateFeedback feedback = {
      .signal = delay_trend_signal(congestion->trend),
      .arrived_bps = rate_meter_bps(congestion->arrived_meter, congestion->arrived_us, METER_MS),
      .arrived_fast_bps = rate_meter_bps(congestion->arrived_meter, congestion->arrived_us, METER_FAST_MS),
      .carried_bps = carried_bps(congestion),
      .sent_bps = rate_meter_bps(congestion->sent_meter, now_us, METER_MS),
      .loss = part(losses.new_lost, losses.new_all),
      .packets = losses.new_all,
      .queue_ms = congestion->queue_ms,
      .rtt_ms = congestion->rtt_ms,
  };
  gboolean lowered = rate_control_update(congestion->control, &feedback, now_us);
  if (lowered)
    note_lowered(congestion, now_us);
  update_drain(congestion, lowered, now_us);
}

gboolean congestion_take_feedback(Congestion *congestion, const guint8 *fci, gsize length, gint64 now_us) {
  if (!transport_feedback_read(fci, length, congestion->fates))
    return FALSE;
  g_array_set_size(congestion->reports, 0);
  guint unknown_bytes = sent_packets_settle(congestion->sent, congestion->fates, congestion->reports);
  if (congestion->reports->len == 0)
    return TRUE;
  congestion->waiting_us = now_us;
  congestion->silent = FALSE;
  /* Those whose feedback was lost itself are not known to be missing. */
  rate_meter_add(congestion->arrived_meter, congestion->arrived_us, unknown_bytes);
  note_arrivals(congestion, now_us);
  update_rate(congestion, now_us);
  return TRUE;
}

void congestion_check(Congestion *congestion, gint64 now_us) {
  /* What was sent before has gone through by now, and nothing came after it. */
  gint64 drained_us = congestion->sent_us + (gint64)((congestion->queue_ms + DRAIN_TO_MS) * 1000);
  if (congestion->draining && (sent_packets_in_flight(congestion->sent) == 0 || now_us > drained_us))
    congestion->draining = FALSE;
  gint64 patience_us = SILENCE_US + (gint64)(congestion->rtt_ms * 1000);
  congestion->silent =
      sent_packets_in_flight(congestion->sent) > 0 && now_us - congestion->waiting_us > patience_us;
  if (!congestion->silent)
    return;
  rate_control_starve(congestion->control, now_us);
  note_lowered(congestion, now_us);
}

static double drain_rate(const Congestion *congestion) {
  return CLAMP(1 - congestion->queue_ms / DRAIN_SPAN_MS, DRAIN_RATE, DRAIN_RATE_MAX);
}

void congestion_report(const Congestion *congestion, CongestionReport *report) {
  Losses losses = count_losses(congestion);
  double target_bps = rate_control_bps(congestion->control);
  double send_bps = congestion->draining ? target_bps * drain_rate(congestion) : target_bps;
  *report = (CongestionReport){
      .target_kbps = (guint)(target_bps / 1000),
      .send_kbps = (guint)(send_bps / 1000),
      .rtt_ms = (guint)(congestion->rtt_ms + 0.5),
      .queue_ms = (guint)(congestion->queue_ms + 0.5),
      .loss = part(losses.lost, losses.all),
      .congested = congestion->draining || congestion->silent,
  };
}

/* ---- what may go out ---- */

static gboolean is_full(const Congestion *congestion) {
  double bytes_per_ms = rate_control_bps(congestion->control) / 8 / 1000;
  double path_ms = MAX(congestion->rtt_ms - congestion->queue_ms, 0);
  double limit = bytes_per_ms * (path_ms + (congestion->draining ? FLIGHT_DRAIN_MS : FLIGHT_MS));
  return sent_packets_in_flight(congestion->sent) > MAX(limit, FLIGHT_MIN_BYTES);
}

gint64 congestion_wait_us(Congestion *congestion, guint bytes, gint64 now_us) {
  if (is_full(congestion)) {
    gint64 wait_us = congestion->sent_us + TRY_US - now_us;
    return CLAMP(wait_us, 0, FULL_WAIT_US);
  }
  CongestionReport report;
  congestion_report(congestion, &report);
  double bytes_per_ms = report.send_kbps / 8.0;
  const BucketRule rule = {.per_second = bytes_per_ms * 1000 * (congestion->draining ? 1 : PACE),
                           .at_once = MAX(bytes_per_ms * PACE_BURST_MS, PACE_BURST_BYTES)};
  if (bucket_take(&congestion->pace, &rule, bytes, now_us))
    return 0;
  return bucket_wait_us(&congestion->pace, &rule, bytes);
}

gboolean congestion_may_repeat(Congestion *congestion, guint bytes, gint64 now_us) {
  double per_second = rate_control_bps(congestion->control) / 8 * REPEAT;
  const BucketRule rule = {.per_second = per_second,
                           .at_once = per_second * REPEAT_BURST_SECONDS + REPEAT_BURST_BYTES};
  return !congestion->silent && bucket_take(&congestion->repeats, &rule, bytes, now_us);
}
