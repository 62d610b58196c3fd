/* Reads transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
 * section 3.1): which of the packets that we numbered arrived, and when. Pure, any thread.
 */
#pragma once
#include <glib.h>

/* What became of one packet. */
typedef struct {
  guint16 sequence; /* transport-wide; wraps */
  gboolean arrived;
  gint64 arrived_us; /* on the player's clock; modulo TRANSPORT_FEEDBACK_WRAP_US, of any origin */
} PacketFate;

/* The reference time has 24 bits of 64 ms. */
#define TRANSPORT_FEEDBACK_WRAP_US ((G_GINT64_CONSTANT(1) << 24) * 64000)

/* One message tells of this many packets at most; what claims more is refused. */
#define TRANSPORT_FEEDBACK_MAX_PACKETS 16384

/* Reads a message's feedback control information (what follows the two SSRCs) and replaces what is in @fates
 * (of PacketFate, in order of sequence) by it. FALSE when it is malformed; @fates is empty then. */
gboolean transport_feedback_read(const guint8 *fci, gsize length, GArray *fates);
