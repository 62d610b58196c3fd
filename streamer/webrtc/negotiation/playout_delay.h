/* The playout-delay RTP header extension: asks the player to show a frame as soon as it is decoded, instead
 * of smoothing. It is what brings input-to-picture from about 80 ms to 20.
 * https://webrtc.googlesource.com/src/+/main/docs/native-code/rtp-hdrext/playout-delay
 */
#pragma once
#include <glib.h>

#define PLAYOUT_DELAY_URI "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

/* Makes the extension known to GStreamer; from then on caps with extmap-N=PLAYOUT_DELAY_URI switch it on in a
 * payloader. Once, after gst_init(). */
gboolean playout_delay_register(void);
