/* The network path to one player: ties congestion.h to webrtcbin, whose RTP session numbers the packets that
 * go out and hears the player's feedback. Any thread; the threads that send and the one that receives meet
 * here.
 */
#pragma once
#include "streamer/webrtc/network/congestion.h"
#include "streamer/webrtc/network/silence.h"
#include <gst/gst.h>

typedef struct Path Path;

/* @transport_cc_id: of the header extension with the packets' numbers; 0: this player gives no feedback, and
 * the path is taken to carry the most of @limits. @silence is told of every packet that goes out. (transfer
 * full), and so is path_ref()'s. */
Path *path_new(const CongestionLimits *limits, guint transport_cc_id, Silence *silence);
Path *path_ref(Path *path);
void path_unref(Path *path);

/* Watches what @rtpsession, webrtcbin's inner element, sends and hears; it holds a reference. */
void path_watch(Path *path, GstElement *rtpsession);

/* How long the next packet of @bytes must wait, in microseconds; 0: it goes out now. */
gint64 path_wait_us(Path *path, guint bytes);

/* Whether a lost packet of @bytes may be sent again. */
gboolean path_may_repeat(Path *path, guint bytes);

/* How things stand. At least ten times a second, since it lets time pass too. */
void path_report(Path *path, CongestionReport *report);
