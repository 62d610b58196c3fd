#include "tests/unit/streamer/webrtc/network/link_sim.h"

#include <math.h>

#define PACKET_BYTES 1250
#define FEEDBACK_US 100000
#define TICK_US 1000
#define START_US (5 * G_USEC_PER_SEC)
/* The player's clock has an origin of its own, which soon wraps in the feedback's 24 bits. */
#define PLAYER_CLOCK_US (((G_GINT64_CONSTANT(1) << 24) - 60) * 64000)

const LinkPlan link_plain = {
    .link_kbps = 6000, .queue_bytes = 225000, .delay_ms = 10, .demand = 1, .framerate = 60};

typedef struct {
  guint16 sequence;
  guint bytes;
  gint64 due_us; /* when it comes out of the bottleneck, or arrives */
} Packet;

typedef struct {
  GByteArray *fci;
  gint64 due_us;
} Feedback;

struct Link {
  LinkPlan plan;
  Congestion *congestion;
  GRand *random;
  gint64 now_us, frame_us, feedback_us, free_us; /* free: when the bottleneck is */
  guint16 next;
  GQueue *unsent;    /* of Packet: frames that wait for the sender's pace */
  double pace_bytes; /* what may go out now */
  GQueue *queue;     /* of Packet: in the bottleneck */
  GQueue *wire;      /* of Packet: behind it */
  gsize queued_bytes;
  GArray *arrived; /* of Packet: since the last feedback */
  guint16 told;    /* the first that feedback has not told of */
  guint8 feedback_count;
  GQueue *feedback; /* of Feedback, on its way */
  gint64 last_due_us, last_arrival_us;
  /* of the span that runs */
  gsize sent_bytes, arrived_bytes;
  guint sent_packets, lost_packets, delays;
  double delay_sum_ms;
  LinkFigures figures;
};

Link *link_new(const LinkPlan *plan, const CongestionLimits *limits, guint32 seed) {
  Link *link = g_new0(Link, 1);
  link->plan = *plan;
  link->now_us = link->frame_us = link->feedback_us = link->last_arrival_us = START_US;
  link->congestion = congestion_new(limits, link->now_us);
  link->random = g_rand_new_with_seed(seed);
  link->next = link->told = 65000;
  link->unsent = g_queue_new();
  link->queue = g_queue_new();
  link->wire = g_queue_new();
  link->feedback = g_queue_new();
  link->arrived = g_array_new(FALSE, FALSE, sizeof(Packet));
  return link;
}

static void feedback_free(gpointer data) {
  Feedback *feedback = data;
  g_byte_array_unref(feedback->fci);
  g_free(feedback);
}

void link_free(Link *link) {
  g_queue_free_full(link->unsent, g_free);
  g_queue_free_full(link->queue, g_free);
  g_queue_free_full(link->wire, g_free);
  g_queue_free_full(link->feedback, feedback_free);
  g_array_unref(link->arrived);
  g_rand_free(link->random);
  congestion_free(link->congestion);
  g_free(link);
}

LinkPlan *link_plan(Link *link) {
  return &link->plan;
}

Congestion *link_congestion(Link *link) {
  return link->congestion;
}

static double send_kbps(Link *link) {
  CongestionReport report;
  congestion_report(link->congestion, &report);
  return report.send_kbps;
}

/* ---- the sender ---- */

static void enter_bottleneck(Link *link, Packet *packet) {
  link->sent_bytes += packet->bytes;
  link->sent_packets++;
  congestion_note_sent(link->congestion, packet->sequence, packet->bytes, link->now_us);
  gboolean is_lost = link->plan.is_down || g_rand_double(link->random) < link->plan.loss ||
                     link->queued_bytes + packet->bytes > link->plan.queue_bytes;
  if (is_lost) {
    link->lost_packets++;
    g_free(packet);
    return;
  }
  gint64 burst_us = (gint64)(link->plan.burst_bytes * 8 * 1000 / link->plan.link_kbps);
  gint64 begin_us = MAX(link->free_us, link->now_us - burst_us);
  link->free_us = begin_us + (gint64)(packet->bytes * 8 * 1000 / link->plan.link_kbps);
  packet->due_us = MAX(link->free_us, link->now_us);
  double delay_ms = (double)(packet->due_us - link->now_us) / 1000;
  link->delay_sum_ms += delay_ms;
  link->delays++;
  link->figures.delay_max_ms = MAX(link->figures.delay_max_ms, delay_ms);
  link->queued_bytes += packet->bytes;
  g_queue_push_tail(link->queue, packet);
}

static void make_frame(Link *link) {
  double kbps = send_kbps(link) * link->plan.demand;
  double size = kbps * 1000 / 8 / link->plan.framerate * g_rand_double_range(link->random, 0.7, 1.3);
  for (double left = MAX(size, 100); left > 0; left -= PACKET_BYTES) {
    Packet *packet = g_new(Packet, 1);
    *packet = (Packet){.sequence = link->next++, .bytes = (guint)MIN(left, PACKET_BYTES) + 1};
    g_queue_push_tail(link->unsent, packet);
  }
  link->frame_us += G_USEC_PER_SEC / link->plan.framerate;
}

static void send(Link *link) {
  while (link->now_us >= link->frame_us)
    make_frame(link);
  for (Packet *packet; (packet = g_queue_peek_head(link->unsent)) &&
                       congestion_wait_us(link->congestion, packet->bytes, link->now_us) == 0;)
    enter_bottleneck(link, g_queue_pop_head(link->unsent));
}

/* ---- the player ---- */

static void append_u16(GByteArray *bytes, guint value) {
  const guint8 text[] = {(guint8)(value >> 8), (guint8)value};
  g_byte_array_append(bytes, text, 2);
}

/* All that arrived and all that is missing since the last message, in chunks of seven two-bit symbols. */
static GByteArray *write_feedback(Link *link) {
  const Packet *last = &g_array_index(link->arrived, Packet, link->arrived->len - 1);
  const Packet *first = &g_array_index(link->arrived, Packet, 0);
  guint count = (guint16)(last->sequence - link->told) + 1u;
  gint64 reference = (first->due_us + PLAYER_CLOCK_US) / 64000, time = reference * 256;
  GByteArray *fci = g_byte_array_new(), *deltas = g_byte_array_new();
  append_u16(fci, link->told);
  append_u16(fci, count);
  const guint8 rest[] = {(guint8)(reference >> 16), (guint8)(reference >> 8), (guint8)reference,
                         link->feedback_count++};
  g_byte_array_append(fci, rest, 4);
  for (guint i = 0, next = 0; i < count; i += 7) {
    guint chunk = 3u << 14;
    for (guint j = 0; j < 7 && i + j < count; j++) {
      const Packet *packet = &g_array_index(link->arrived, Packet, next);
      if (packet->sequence != (guint16)(link->told + i + j))
        continue;
      gint64 delta = (packet->due_us + PLAYER_CLOCK_US) / 250 - time;
      time += delta;
      gboolean is_small = delta >= 0 && delta <= 255;
      guint8 byte = (guint8)delta;
      chunk |= (is_small ? 1u : 2u) << (12 - 2 * j);
      if (is_small)
        g_byte_array_append(deltas, &byte, 1);
      else
        append_u16(deltas, (guint16)CLAMP(delta, G_MININT16, G_MAXINT16));
      next = MIN(next + 1, link->arrived->len - 1);
    }
    append_u16(fci, chunk);
  }
  g_byte_array_append(fci, deltas->data, deltas->len);
  g_byte_array_unref(deltas);
  link->told = (guint16)(last->sequence + 1);
  return fci;
}

static void give_feedback(Link *link) {
  if (link->now_us < link->feedback_us)
    return;
  link->feedback_us += FEEDBACK_US;
  if (link->arrived->len == 0)
    return;
  Feedback *feedback = g_new(Feedback, 1);
  feedback->fci = write_feedback(link);
  feedback->due_us = link->now_us + link->plan.delay_ms * 1000;
  g_array_set_size(link->arrived, 0);
  if (link->plan.is_down || g_rand_double(link->random) < link->plan.feedback_loss)
    feedback_free(feedback);
  else
    g_queue_push_tail(link->feedback, feedback);
}

/* What has come through the bottleneck is on the wire. */
static void leave_bottleneck(Link *link) {
  for (Packet *packet; (packet = g_queue_peek_head(link->queue)) && packet->due_us <= link->now_us;) {
    g_queue_push_tail(link->wire, g_queue_pop_head(link->queue));
    link->queued_bytes -= packet->bytes;
    gint64 jitter_us =
        link->plan.jitter_ms ? g_rand_int_range(link->random, 0, (gint32)link->plan.jitter_ms * 1000) : 0;
    packet->due_us = MAX(packet->due_us + link->plan.delay_ms * 1000 + jitter_us, link->last_due_us);
    link->last_due_us = packet->due_us;
  }
}

static void receive(Link *link) {
  leave_bottleneck(link);
  for (Packet *packet; (packet = g_queue_peek_head(link->wire)) && packet->due_us <= link->now_us;) {
    g_queue_pop_head(link->wire);
    double gap_ms = (double)(packet->due_us - link->last_arrival_us) / 1000;
    link->figures.longest_gap_ms = MAX(link->figures.longest_gap_ms, gap_ms);
    link->last_arrival_us = packet->due_us;
    link->arrived_bytes += packet->bytes;
    g_array_append_val(link->arrived, *packet);
    g_free(packet);
  }
}

static void deliver_feedback(Link *link) {
  for (Feedback *feedback;
       (feedback = g_queue_peek_head(link->feedback)) && feedback->due_us <= link->now_us;) {
    g_queue_pop_head(link->feedback);
    g_assert_true(
        congestion_take_feedback(link->congestion, feedback->fci->data, feedback->fci->len, link->now_us));
    feedback_free(feedback);
  }
}

static void tick(Link *link) {
  send(link);
  receive(link);
  give_feedback(link);
  deliver_feedback(link);
  if (link->now_us % 50000 == 0)
    congestion_check(link->congestion, link->now_us);
  link->now_us += TICK_US;
  double kbps = send_kbps(link);
  link->figures.least_kbps = MIN(link->figures.least_kbps, kbps);
  link->figures.most_kbps = MAX(link->figures.most_kbps, kbps);
}

LinkFigures link_run(Link *link, guint duration_ms) {
  link->figures = (LinkFigures){.least_kbps = G_MAXDOUBLE};
  link->sent_bytes = link->arrived_bytes = 0;
  link->sent_packets = link->lost_packets = link->delays = 0;
  link->delay_sum_ms = 0;
  for (guint i = 0; i < duration_ms; i++)
    tick(link);
  link->figures.sent_kbps = (double)link->sent_bytes * 8 / duration_ms;
  link->figures.arrived_kbps = (double)link->arrived_bytes * 8 / duration_ms;
  link->figures.lost = link->sent_packets ? (double)link->lost_packets / link->sent_packets : 0;
  link->figures.delay_mean_ms = link->delays ? link->delay_sum_ms / link->delays : 0;
  if (g_getenv("LINK_TRACE"))
    g_printerr("%7.1f s: link %5.0f sent %5.0f arrived %5.0f lost %4.1f%% queue %4.0f/%4.0f ms told "
               "%5.0f..%5.0f gap %3.0f\n",
               (double)(link->now_us - START_US) / 1e6, link->plan.link_kbps, link->figures.sent_kbps,
               link->figures.arrived_kbps, link->figures.lost * 100, link->figures.delay_mean_ms,
               link->figures.delay_max_ms, link->figures.least_kbps, link->figures.most_kbps,
               link->figures.longest_gap_ms);
  return link->figures;
}

guint link_run_until_above(Link *link, double kbps, guint stay_ms, guint limit_ms) {
  const guint step_ms = 250;
  guint since_ms = 0;
  for (guint at_ms = 0; at_ms < limit_ms; at_ms += step_ms) {
    if (link_run(link, step_ms).arrived_kbps < kbps)
      since_ms = at_ms + step_ms;
    else if (at_ms + step_ms - since_ms >= stay_ms)
      return since_ms;
  }
  return limit_ms;
}
