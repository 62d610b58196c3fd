/* The GStreamer pipeline of one peer, from encoded frames to webrtcbin. Main thread. */
#pragma once
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/negotiation/sdp.h"
#include <gst/gst.h>

/* The pipeline (transfer full, still in the NULL state) for what @choice says. In it are, by name: "webrtc",
 * the webrtcbin; "picture", the appsrc for encoded frames; "pacer", behind it; "audio", the one for Opus, if
 * the player takes sound. @ssrc: the picture's (RFC 3550). Everything that an answer needs is settled, so
 * that none has to wait for media. NULL with an error when an element is missing. */
GstElement *peer_pipeline_new(const SdpChoice *choice, const MediaSettings *settings, guint32 *ssrc,
                              GError **error);
