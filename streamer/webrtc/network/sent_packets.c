#include "streamer/webrtc/network/sent_packets.h"

/* Six seconds of 6 Mbit/s; a power of two. */
#define REMEMBERED 4096

typedef struct {
  gint64 sent_us;
  guint16 sequence;
  guint16 bytes; /* 0: none, or settled */
} Sent;

struct SentPackets {
  Sent ring[REMEMBERED];
  gsize in_flight;
  guint16 oldest;  /* nothing before it is in flight */
  gboolean begun;  /* oldest means something */
  gboolean timed;  /* clock_us does */
  gint64 clock_us; /* the last arrival, unwrapped */
};

SentPackets *sent_packets_new(void) {
  return g_new0(SentPackets, 1);
}

void sent_packets_free(SentPackets *packets) {
  g_free(packets);
}

static Sent *slot_of(SentPackets *packets, guint16 sequence) {
  return &packets->ring[sequence % REMEMBERED];
}

static guint forget(SentPackets *packets, Sent *sent) {
  guint bytes = sent->bytes;
  packets->in_flight -= bytes;
  sent->bytes = 0;
  return bytes;
}

void sent_packets_add(SentPackets *packets, guint16 sequence, guint bytes, gint64 now_us) {
  Sent *sent = slot_of(packets, sequence);
  forget(packets, sent);
  *sent = (Sent){.sent_us = now_us, .sequence = sequence, .bytes = (guint16)CLAMP(bytes, 1, G_MAXUINT16)};
  packets->in_flight += sent->bytes;
  if (!packets->begun)
    packets->oldest = sequence;
  packets->begun = TRUE;
}

/* The player's clock without its wrap: the time nearest to the one before. */
static gint64 unwrap(SentPackets *packets, gint64 arrived_us) {
  if (packets->timed) {
    gint64 step_us = (arrived_us - packets->clock_us) % TRANSPORT_FEEDBACK_WRAP_US;
    if (step_us > TRANSPORT_FEEDBACK_WRAP_US / 2)
      step_us -= TRANSPORT_FEEDBACK_WRAP_US;
    else if (step_us < -TRANSPORT_FEEDBACK_WRAP_US / 2)
      step_us += TRANSPORT_FEEDBACK_WRAP_US;
    arrived_us = packets->clock_us + step_us;
  }
  packets->timed = TRUE;
  packets->clock_us = arrived_us;
  return arrived_us;
}

/* What comes before @next is no longer waited for; gives its bytes. */
static guint advance(SentPackets *packets, guint16 next) {
  guint16 distance = (guint16)(next - packets->oldest);
  guint bytes = 0;
  if (!packets->begun || distance > G_MAXINT16)
    return 0;
  for (guint i = 0; i < MIN(distance, REMEMBERED); i++) {
    guint16 sequence = (guint16)(next - 1 - i);
    Sent *sent = slot_of(packets, sequence);
    if (sent->sequence == sequence)
      bytes += forget(packets, sent);
  }
  packets->oldest = next;
  return bytes;
}

guint sent_packets_settle(SentPackets *packets, const GArray *fates, GArray *reports) {
  guint16 next = packets->oldest;
  gboolean any = FALSE;
  for (guint i = 0; i < fates->len; i++) {
    const PacketFate *fate = &g_array_index(fates, PacketFate, i);
    Sent *sent = slot_of(packets, fate->sequence);
    if (sent->sequence != fate->sequence || sent->bytes == 0)
      continue;
    const PacketReport report = {
        .sent_us = sent->sent_us,
        .arrived_us = fate->arrived ? unwrap(packets, fate->arrived_us) : 0,
        .bytes = sent->bytes,
        .lost = !fate->arrived,
    };
    g_array_append_val(reports, report);
    forget(packets, sent);
    next = (guint16)(fate->sequence + 1);
    any = TRUE;
  }
  return any ? advance(packets, next) : 0;
}

gsize sent_packets_in_flight(const SentPackets *packets) {
  return packets->in_flight;
}
