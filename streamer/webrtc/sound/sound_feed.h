/* What one player gets of the sound: what the capture records for all. Main thread. */
#pragma once
#include "streamer/webrtc/sound/sound_capture.h"

typedef struct SoundFeed SoundFeed;

/* From @capture, which must outlive it, to @source, the appsrc of the peer's pipeline, of which it takes a
 * reference. (transfer full) */
SoundFeed *sound_feed_new(SoundCapture *capture, GstElement *source);

/* Begins and ends it, once each: no sound is taken any more when sound_feed_stop() returns. */
void sound_feed_start(SoundFeed *feed);
void sound_feed_stop(SoundFeed *feed);

/* When it is not going. Any thread. */
void sound_feed_free(SoundFeed *feed);
