/* The session's sound: what the application plays into the sound server of $PULSE_SERVER, as Opus, to all
 * players that take sound. Recorded while somebody takes it.
 */
#pragma once
#include "streamer/webrtc/base/fanout.h"

typedef struct SoundCapture SoundCapture;

/* Prepares it; NULL with an error when its elements are missing. Main thread. */
SoundCapture *sound_capture_new(GError **error);

/* Adds or removes a taker, as fanout.h says. The first one starts the recording, the last one stops it. Main
 * thread. */
void sound_capture_attach(SoundCapture *capture, FanoutFunc func, gpointer data);
void sound_capture_detach(SoundCapture *capture, gpointer data);

/* Nobody is attached any more. NULL is allowed. */
void sound_capture_free(SoundCapture *capture);
