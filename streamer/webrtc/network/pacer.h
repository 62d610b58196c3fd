/* The element that spreads a player's packets over time, "pacer" in a pipeline's description: it holds each
 * one back until the path takes it. It does so on the thread that brings the packets, so that what must wait
 * does so before it is packetized, in the peer's own source, where it can still be dropped.
 */
#pragma once
#include "streamer/webrtc/network/path.h"

/* Makes the element known to GStreamer. Once, after gst_init(). */
gboolean pacer_register(void);

/* Before @pacer leaves the READY state; it takes a reference to @path. Without one it holds nothing back. */
void pacer_set_path(GstElement *pacer, Path *path);
