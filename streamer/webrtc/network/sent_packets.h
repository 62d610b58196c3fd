/* The packets that are on their way to one player, by their transport-wide sequence numbers; and what its
 * feedback tells of them, put beside when they were sent. Pure; one thread at a time.
 */
#pragma once
#include "streamer/webrtc/network/transport_feedback.h"

typedef struct SentPackets SentPackets;

/* What is known of a packet once feedback told of it. */
typedef struct {
  gint64 sent_us;
  gint64 arrived_us; /* on the player's clock, which counts on without wrapping; meaningless if lost */
  guint bytes;
  gboolean lost;
} PacketReport;

/* Nothing is on its way. (transfer full) */
SentPackets *sent_packets_new(void);
void sent_packets_free(SentPackets *packets); /* NULL is allowed */

/* A packet of @bytes goes out. Only the last few thousand are remembered. */
void sent_packets_add(SentPackets *packets, guint16 sequence, guint bytes, gint64 now_us);

/* Appends to @reports (of PacketReport, in order of sequence) what @fates say of packets that nothing was
 * known of yet. Older ones that no message told of (it was lost itself) are forgotten; gives their bytes. */
guint sent_packets_settle(SentPackets *packets, const GArray *fates, GArray *reports);

/* Bytes sent, and not known to have arrived or to be lost. */
gsize sent_packets_in_flight(const SentPackets *packets);
