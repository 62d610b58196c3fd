#define GST_USE_UNSTABLE_API
#include "streamer/webrtc/peer/peer_pipeline.h"

#include "streamer/webrtc/base/media_clock.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/negotiation/playout_delay.h"
#include <gst/webrtc/webrtc.h>

static const char *const payloaders[MEDIA_CODECS] = {
    [MEDIA_CODEC_H264] = "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
    [MEDIA_CODEC_VP8] = "rtpvp8pay picture-id-mode=15-bit",
};

/* What one stream is on the wire. */
typedef struct {
  guint mline;
  char *caps; /* of its RTP, without header extensions */
  guint32 ssrc;
} Stream;

static Stream picture_stream(const SdpChoice *choice) {
  guint32 ssrc = (guint32)g_random_int_range(1, G_MAXINT32);
  return (Stream){
      .mline = choice->video_mline,
      .ssrc = ssrc,
      .caps = g_strdup_printf(
          "application/x-rtp,media=video,encoding-name=%s,clock-rate=90000,payload=%d,ssrc=(uint)%u",
          media_codec_name(choice->codec), choice->video_payload, ssrc),
  };
}

static Stream sound_stream(const SdpChoice *choice) {
  guint32 ssrc = (guint32)g_random_int_range(1, G_MAXINT32);
  return (Stream){
      .mline = (guint)choice->audio_mline,
      .ssrc = ssrc,
      .caps = g_strdup_printf(
          "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=%d,ssrc=(uint)%u",
          choice->audio_payload, ssrc),
  };
}

/* webrtcbin's pads are named after their m= lines, which ties them to these. */
static void describe_picture(GString *text, const Stream *stream, const SdpChoice *choice,
                             const MediaSettings *settings) {
  guint32 offset = g_random_int();
  trace_point("offset", offset);
  g_string_append_printf(
      text,
      " appsrc name=picture is-live=true format=time do-timestamp=false block=false max-buffers=16 ! "
      "%s mtu=%" G_GINT64_FORMAT " pt=%d ssrc=%u timestamp-offset=%u ! %s",
      payloaders[choice->codec], settings->mtu, choice->video_payload, stream->ssrc, offset, stream->caps);
  if (choice->transport_cc_id)
    g_string_append_printf(
        text, ",extmap-%u=(string)\"" SDP_TRANSPORT_CC_URI "\",rtcp-fb-transport-cc=(boolean)true",
        choice->transport_cc_id);
  if (choice->playout_delay_id && settings->playout_delay)
    g_string_append_printf(text, ",extmap-%u=(string)\"" PLAYOUT_DELAY_URI "\"", choice->playout_delay_id);
  g_string_append_printf(text, " ! pacer name=pacer ! webrtc.sink_%u", stream->mline);
}

static void describe_sound(GString *text, const Stream *stream, const SdpChoice *choice) {
  g_string_append_printf(
      text,
      " appsrc name=audio is-live=true format=time do-timestamp=false leaky-type=downstream max-buffers=32 ! "
      "rtpopuspay pt=%d ssrc=%u ! %s ! webrtc.sink_%u",
      choice->audio_payload, stream->ssrc, stream->caps, stream->mline);
}

/* Tells the transceiver of the stream's m= line what it sends. */
static void set_transceiver(GstElement *webrtc, const Stream *stream, gboolean retransmit) {
  g_autofree char *name = g_strdup_printf("sink_%u", stream->mline);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(webrtc, name);
  g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr(GstCaps) caps = gst_caps_from_string(stream->caps);
  g_object_get(pad, "transceiver", &transceiver, NULL);
  g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "codec-preferences",
               caps, "do-nack", retransmit, NULL);
}

GstElement *peer_pipeline_new(const SdpChoice *choice, const MediaSettings *settings, guint32 *ssrc,
                              GError **error) {
  gboolean has_sound = choice->audio_mline >= 0;
  Stream picture = picture_stream(choice);
  *ssrc = picture.ssrc;
  Stream sound = has_sound ? sound_stream(choice) : (Stream){0};
  g_autoptr(GString) text = g_string_new("webrtcbin name=webrtc bundle-policy=max-bundle latency=0");
  describe_picture(text, &picture, choice, settings);
  if (has_sound)
    describe_sound(text, &sound, choice);
  GstElement *pipeline = gst_parse_launch_full(text->str, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pipeline) {
    g_autoptr(GstElement) webrtc = gst_bin_get_by_name(GST_BIN(pipeline), "webrtc");
    set_transceiver(webrtc, &picture, choice->retransmission);
    if (has_sound)
      set_transceiver(webrtc, &sound, FALSE);
    media_clock_apply(pipeline);
  }
  g_free(picture.caps);
  g_free(sound.caps);
  return pipeline;
}
