/* What the network to one player carries, found out from what its feedback says of every packet. This puts
 * the parts together: sent_packets.h, delay_trend.h, rate_control.h. After a queue has built up, less than
 * the path carries is sent until it is gone again: the picture's delay counts for more here than its
 * sharpness.
 *
 * Pure: time comes from outside. One thread at a time.
 */
#pragma once
#include <glib.h>

typedef struct Congestion Congestion;

/* Of the rate, with all headers; kbit/s. */
typedef struct {
  guint min_kbps, start_kbps, max_kbps;
} CongestionLimits;

typedef struct {
  guint target_kbps;  /* what the path is taken to carry */
  guint send_kbps;    /* what to send now; less than that while a queue drains */
  guint rtt_ms;       /* 0: not known yet */
  guint queue_ms;     /* how long packets wait on the way */
  double loss;        /* part of the packets of the last second, 0 to 1 */
  gboolean congested; /* a queue drains, or nothing is heard */
} CongestionReport;

/* Of a path of which nothing is known yet; it begins at start_kbps. (transfer full) */
Congestion *congestion_new(const CongestionLimits *limits, gint64 now_us);
void congestion_free(Congestion *congestion); /* NULL is allowed */

/* A packet of @bytes, with all headers, goes out under this transport-wide sequence number. */
void congestion_note_sent(Congestion *congestion, guint16 sequence, guint bytes, gint64 now_us);

/* The player's transport-wide feedback, as transport_feedback.h reads it. FALSE when it is malformed. */
gboolean congestion_take_feedback(Congestion *congestion, const guint8 *fci, gsize length, gint64 now_us);

/* Time passes; at least ten times a second. */
void congestion_check(Congestion *congestion, gint64 now_us);

/* How things stand, as of the last packet, feedback or check. */
void congestion_report(const Congestion *congestion, CongestionReport *report);

/* The pacer: how long the next packet of @bytes must wait, in microseconds; 0: it goes out now. A frame of
 * the usual size goes out at once, a larger one is spread over the time that its rate gives it, and nothing
 * goes while more would only wait on the way. A path that went silent is tried with a packet now and then. */
gint64 congestion_wait_us(Congestion *congestion, guint bytes, gint64 now_us);

/* Whether a lost packet of @bytes may be sent again: that takes a tenth of the rate at most. */
gboolean congestion_may_repeat(Congestion *congestion, guint bytes, gint64 now_us);
