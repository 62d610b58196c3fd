#include "streamer/webrtc/sound/sound_feed.h"

#include <gst/app/gstappsrc.h>

struct SoundFeed {
  SoundCapture *capture;
  GstElement *source;
  GstCaps *caps; /* under the fan-out's lock: what was set last */
};

/* The sound's thread, under its fan-out's lock. */
static void take_sound(GstBuffer *buffer, GstCaps *caps, gpointer data) {
  SoundFeed *feed = data;
  if (feed->caps != caps) {
    gst_app_src_set_caps(GST_APP_SRC(feed->source), caps);
    gst_caps_replace(&feed->caps, caps);
  }
  gst_app_src_push_buffer(GST_APP_SRC(feed->source), gst_buffer_ref(buffer));
}

SoundFeed *sound_feed_new(SoundCapture *capture, GstElement *source) {
  SoundFeed *feed = g_new0(SoundFeed, 1);
  feed->capture = capture;
  feed->source = gst_object_ref(source);
  return feed;
}

void sound_feed_start(SoundFeed *feed) {
  sound_capture_attach(feed->capture, take_sound, feed);
}

void sound_feed_stop(SoundFeed *feed) {
  sound_capture_detach(feed->capture, feed);
}

void sound_feed_free(SoundFeed *feed) {
  gst_object_unref(feed->source);
  gst_clear_caps(&feed->caps);
  g_free(feed);
}
