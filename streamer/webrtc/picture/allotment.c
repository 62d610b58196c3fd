#include "streamer/webrtc/picture/allotment.h"

/* Of what the best player carries: below the first a player goes down, from the second on it may go up. */
#define DOWN 0.5
#define UP 0.7
#define UP_US (5 * G_USEC_PER_SEC)

static guint best_of(Share *const *shares, guint count, Layer from) {
  guint best = 0;
  for (guint i = 0; i < count; i++)
    if (shares[i]->layer >= from)
      best = MAX(best, shares[i]->target_kbps);
  return best;
}

static void choose_layer(Share *share, guint best_kbps, gint64 now_us) {
  if (share->layer == LAYER_MAIN) {
    if (share->target_kbps < DOWN * best_kbps)
      share->layer = LAYER_LOW;
    share->good_us = 0;
    return;
  }
  if (share->target_kbps < UP * best_kbps)
    share->good_us = 0;
  else if (share->good_us == 0)
    share->good_us = now_us;
  else if (now_us - share->good_us >= UP_US)
    share->layer = LAYER_MAIN;
}

/* When the best have left, those who stay are the best. */
static void fill_main(Share *const *shares, guint count, guint best_kbps) {
  for (guint i = 0; i < count; i++)
    if (shares[i]->layer == LAYER_MAIN)
      return;
  for (guint i = 0; i < count; i++)
    if (shares[i]->target_kbps >= DOWN * best_kbps)
      shares[i]->layer = LAYER_MAIN;
}

/* The rates that all players of a layer carry, but for those that are too far behind its best. */
static void add_rates(Allotment *allotment, const Share *share, guint best_kbps) {
  guint *target = &allotment->target_kbps[share->layer], *send = &allotment->send_kbps[share->layer];
  allotment->players[share->layer]++;
  allotment->congested[share->layer] |= share->congested;
  if (share->target_kbps < DOWN * best_kbps)
    return;
  *target = *target ? MIN(*target, share->target_kbps) : share->target_kbps;
  *send = *send ? MIN(*send, share->send_kbps) : share->send_kbps;
}

Allotment allotment_make(Share *const *shares, guint count, gint64 now_us) {
  Allotment allotment = {0};
  guint best = best_of(shares, count, LAYER_MAIN);
  for (guint i = 0; i < count; i++)
    choose_layer(shares[i], best, now_us);
  fill_main(shares, count, best);
  guint best_low = best_of(shares, count, LAYER_LOW);
  for (guint i = 0; i < count; i++)
    add_rates(&allotment, shares[i], shares[i]->layer == LAYER_LOW ? best_low : 0);
  return allotment;
}
