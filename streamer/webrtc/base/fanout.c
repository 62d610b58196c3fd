#include "streamer/webrtc/base/fanout.h"

#include <gst/app/gstappsink.h>

typedef struct {
  FanoutFunc func;
  FanoutWantsFunc wants; /* NULL: it has no say */
  gpointer data;
} Taker;

struct Fanout {
  GMutex lock;
  GArray *takers; /* of Taker */
};

/* A copy that shares the memory, stamped with the running time: encoders shift their segments (x264enc by
 * 1,000 hours), and a peer's pipeline would wait for that time to come. */
static GstBuffer *restamp(GstSample *sample) {
  GstBuffer *buffer = gst_buffer_copy(gst_sample_get_buffer(sample));
  GST_BUFFER_PTS(buffer) =
      gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  return buffer;
}

static GstFlowReturn on_sample(GstAppSink *sink, gpointer data) {
  Fanout *fanout = data;
  GstSample *sample = gst_app_sink_pull_sample(sink);
  if (!sample)
    return GST_FLOW_EOS;
  GstBuffer *buffer = restamp(sample);
  g_mutex_lock(&fanout->lock);
  for (guint i = 0; i < fanout->takers->len; i++) {
    const Taker *taker = &g_array_index(fanout->takers, Taker, i);
    taker->func(buffer, gst_sample_get_caps(sample), taker->data);
  }
  g_mutex_unlock(&fanout->lock);
  gst_buffer_unref(buffer);
  gst_sample_unref(sample);
  return GST_FLOW_OK;
}

Fanout *fanout_new(GstElement *appsink) {
  Fanout *fanout = g_new0(Fanout, 1);
  g_mutex_init(&fanout->lock);
  fanout->takers = g_array_new(FALSE, FALSE, sizeof(Taker));
  GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
  gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, fanout, NULL);
  return fanout;
}

void fanout_attach(Fanout *fanout, FanoutFunc func, FanoutWantsFunc wants, gpointer data) {
  const Taker taker = {func, wants, data};
  g_mutex_lock(&fanout->lock);
  g_array_append_val(fanout->takers, taker);
  g_mutex_unlock(&fanout->lock);
}

void fanout_detach(Fanout *fanout, gpointer data) {
  g_mutex_lock(&fanout->lock);
  for (guint i = 0; i < fanout->takers->len; i++) {
    if (g_array_index(fanout->takers, Taker, i).data == data) {
      g_array_remove_index(fanout->takers, i);
      break;
    }
  }
  g_mutex_unlock(&fanout->lock);
}

gboolean fanout_is_wanted(Fanout *fanout) {
  gboolean has_say = FALSE, wanted = FALSE;
  g_mutex_lock(&fanout->lock);
  for (guint i = 0; i < fanout->takers->len && !wanted; i++) {
    const Taker *taker = &g_array_index(fanout->takers, Taker, i);
    has_say |= taker->wants != NULL;
    wanted = taker->wants && taker->wants(taker->data);
  }
  g_mutex_unlock(&fanout->lock);
  return wanted || !has_say;
}

void fanout_free(Fanout *fanout) {
  if (!fanout)
    return;
  g_array_unref(fanout->takers);
  g_mutex_clear(&fanout->lock);
  g_free(fanout);
}
