/* How the players of one codec share its encoders, by what the network of each carries. Pure.
 *
 * One encode serves all, so its rate must be one that all can take; and one bad phone must not spoil
 * everybody's picture. So: the main picture has the rate of its weakest player, and whoever carries less than
 * half of what the best one does is no longer its player but takes a second, low picture, shared by all who
 * are weak. Half the rate is what the others may have to pay for one, no more: it can be seen, but does not
 * hurt. A second encoder costs little, since it makes a small picture, and it is there only while somebody
 * needs it. (To leave frames out for the weak instead would need a stream whose frames can be left out, which
 * costs all players quality all the time, and makes a weak player's picture stutter.)
 *
 * In the low picture the same holds: it is not made worse than half of what its best player can take. Who
 * carries less still loses no more than others, since no player is sent more than its own network carries
 * (pacer.h): it sees fewer frames.
 *
 * Who came down goes up again after some seconds of carrying nearly what the best one does.
 */
#pragma once
#include <glib.h>

typedef enum { LAYER_MAIN, LAYER_LOW, LAYERS } Layer;

/* One player; `layer` and `good_us` are kept from call to call, zeroed at first. */
typedef struct {
  guint target_kbps, send_kbps; /* CongestionReport's */
  gboolean congested;
  Layer layer;
  gint64 good_us; /* since when it could go up; 0: it could not */
} Share;

typedef struct {
  guint players[LAYERS];
  guint target_kbps[LAYERS]; /* 0: nobody watches this layer */
  guint send_kbps[LAYERS];
  gboolean congested[LAYERS]; /* one at least of its players is */
} Allotment;

/* Decides who takes what, and at which rates. */
Allotment allotment_make(Share *const *shares, guint count, gint64 now_us);
