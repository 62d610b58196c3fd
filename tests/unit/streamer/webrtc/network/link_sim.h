/* A path through a network, simulated: a sender that always has pictures of the rate it is told, a bottleneck
 * with a queue, delay, jitter and loss, and a player that sends transport-wide feedback as browsers do.
 * Deterministic.
 */
#pragma once
#include "streamer/webrtc/network/congestion.h"

typedef struct {
  double link_kbps;
  guint queue_bytes; /* what does not fit any more is dropped */
  guint burst_bytes; /* what goes through at once after a pause, as a token bucket lets it */
  guint delay_ms;    /* one way, each way */
  guint jitter_ms;   /* 0 to this much more, toward the player; order is kept */
  double loss;       /* of each packet, whatever the load */
  double feedback_loss;
  double demand; /* how much of the rate that it may send it has pictures for; 1: all */
  guint framerate;
  gboolean is_down; /* nothing comes through, either way */
} LinkPlan;

extern const LinkPlan link_plain; /* 6 Mbit/s, 300 ms of queue, 10 ms of delay, 60 frames a second */

/* What was seen over a span of time. */
typedef struct {
  double sent_kbps, arrived_kbps;
  double lost;          /* part of the packets */
  double delay_mean_ms; /* of packets, in the queue */
  double delay_max_ms;
  double least_kbps, most_kbps; /* that the sender was told to send */
  double longest_gap_ms;        /* between two packets' arrivals */
} LinkFigures;

typedef struct Link Link;

Link *link_new(const LinkPlan *plan, const CongestionLimits *limits, guint32 seed);
void link_free(Link *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_free)

/* The plan may be changed at any time. */
LinkPlan *link_plan(Link *link);
Congestion *link_congestion(Link *link);

LinkFigures link_run(Link *link, guint duration_ms);

/* Runs until what arrives has stayed at or above @kbps for @stay_ms; gives the time until that began, or
 * @limit_ms. */
guint link_run_until_above(Link *link, double kbps, guint stay_ms, guint limit_ms);
