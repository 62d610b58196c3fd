/* What one player gets of the picture: the frames of an encoder that many players share, as far as this one's
 * network takes them.
 *
 * A frame that would have to wait here is better not made at all, which is what the encoder asks before it
 * makes one; when others do take it, a few may wait. Beyond that, and after a loss that is not repaired, the
 * player goes on from the next key frame, which is asked for when its network can carry it: key frames are
 * dear, and at everybody's cost. Main thread, unless said otherwise.
 */
#pragma once
#include "streamer/webrtc/picture/encoder.h"

typedef struct Feed Feed;

/* @source: the appsrc of the peer's pipeline. It takes a reference. (transfer full), and so is feed_ref()'s;
 * both may be dropped on any thread. */
Feed *feed_new(GstElement *source);
Feed *feed_ref(Feed *feed);
void feed_unref(Feed *feed);

/* Begins to take the frames of @encoder; from another one's it goes over at a key frame, without a break. */
void feed_take(Feed *feed, Encoder *encoder);
/* Ends it: no frame is taken any more when this returns. */
void feed_stop(Feed *feed);

/* The player lost something that it cannot go on without. Any thread. */
void feed_lose(Feed *feed);

/* Twenty times a second: whether the network is congested now. */
void feed_update(Feed *feed, gboolean congested);
