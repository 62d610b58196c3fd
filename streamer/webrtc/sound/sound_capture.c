#include "streamer/webrtc/sound/sound_capture.h"

#include "common/log.h"
#include "streamer/webrtc/base/media_clock.h"

struct SoundCapture {
  GstElement *pipeline;
  Fanout *fanout;
  guint takers;
  guint bus_watch;
};

/* Small buffers and frames: 10 ms each, for a delay that goes with the picture's. */
#define DESCRIPTION                                                                                          \
  "pulsesrc device=@DEFAULT_MONITOR@ buffer-time=40000 latency-time=10000 provide-clock=false "              \
  "do-timestamp=true ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! audioresample ! "                  \
  "queue leaky=downstream max-size-time=100000000 ! "                                                        \
  "opusenc bitrate=96000 frame-size=10 audio-type=restricted-lowdelay ! "                                    \
  "appsink name=sink sync=false async=false max-buffers=8 enable-last-sample=false"

/* Sound that fails leaves the session without sound, not without picture. */
static gboolean on_sound_bus(GstBus *bus, GstMessage *message, gpointer data) {
  SoundCapture *capture = data;
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  g_autoptr(GError) error = NULL;
  gst_message_parse_error(message, &error, NULL);
  g_autofree char *reason = log_quote(error->message);
  log_warning("sound_failed", "reason=%s", reason);
  gst_element_set_state(capture->pipeline, GST_STATE_NULL);
  return G_SOURCE_CONTINUE;
}

SoundCapture *sound_capture_new(GError **error) {
  GstElement *pipeline = gst_parse_launch_full(DESCRIPTION, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;
  SoundCapture *capture = g_new0(SoundCapture, 1);
  capture->pipeline = pipeline;
  media_clock_apply(pipeline);
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  capture->fanout = fanout_new(sink);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  capture->bus_watch = gst_bus_add_watch(bus, on_sound_bus, capture);
  return capture;
}

void sound_capture_attach(SoundCapture *capture, FanoutFunc func, gpointer data) {
  fanout_attach(capture->fanout, func, NULL, data);
  if (capture->takers++ == 0)
    gst_element_set_state(capture->pipeline, GST_STATE_PLAYING);
}

void sound_capture_detach(SoundCapture *capture, gpointer data) {
  fanout_detach(capture->fanout, data);
  if (--capture->takers == 0)
    gst_element_set_state(capture->pipeline, GST_STATE_READY);
}

void sound_capture_free(SoundCapture *capture) {
  if (!capture)
    return;
  g_source_remove(capture->bus_watch);
  gst_element_set_state(capture->pipeline, GST_STATE_NULL);
  fanout_free(capture->fanout);
  gst_object_unref(capture->pipeline);
  g_free(capture);
}
