#include "streamer/webrtc/picture/encoder.h"

#include "streamer/webrtc/base/media_clock.h"
#include "streamer/webrtc/base/trace.h"
#include "streamer/webrtc/picture/raw_frame.h"
#include "streamer/webrtc/picture/screen_fit.h"
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <stdatomic.h>
#include <string.h>

/* Key frames are dear: requests that come closer together than this are one. */
#define KEY_INTERVAL_US (150 * 1000)
#define KEY_INTERVAL_CONGESTED_US G_USEC_PER_SEC

/* Changes below this part of the rate are not worth telling the encoder. */
#define BITRATE_STEP 40

/* Frames that are fewer than planned are taken for so much fewer at most. */
#define FEWER_MAX 3
#define INTERVAL_WEIGHT 8
/* The next frame of a picture at rest comes a little later than that; one that changes may come at any time.
 */
#define REST_FRAME_NS ((GstClockTime)RAW_FRAME_REST_US * 1000 * 7 / 10)

/* Encoders that plan with the number of frames make less than they may when fewer come than their caps tell;
 * libvpx looks at their times. */
static const gboolean counts_frames[MEDIA_CODECS] = {[MEDIA_CODEC_H264] = TRUE};

/* What the encoded stream is, for every peer's payloader. */
static const char *const stream_caps[MEDIA_CODECS] = {
    [MEDIA_CODEC_H264] = "video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au",
    [MEDIA_CODEC_VP8] = "video/x-vp8",
};

struct Encoder {
  EncoderEvents events;
  gpointer data;
  const MediaEncoder *how;
  const MediaSettings *settings;
  gboolean on_gpu;
  ScreenLimits limits;
  GstElement *pipeline, *source, *filter;
  GstPad *out; /* the appsink's pad, where key frames are asked for */
  Fanout *fanout;
  guint bus_watch;
  gboolean counts_frames;
  atomic_uint bitrate_kbps;
  atomic_uint takers;
  atomic_bool running, key_wanted, congested;
  atomic_ullong count, bytes;
  atomic_llong period_ns; /* frames come no closer together */
  GMutex lock;            /* of the two that follow, and of what comes out by them */
  PictureSize whole;
  guint step;
  /* of the source's thread */
  gint64 key_us;            /* when the last key frame was asked for */
  GstClockTime taken_ns;    /* the last raw frame's time */
  GstClockTime changed_ns;  /* and of the last one that showed a change */
  GstClockTime interval_ns; /* between frames of a picture that changes, lately */
  guint told_kbps;          /* the encoder's bit rate */
  MediaSize told_size;      /* of the raw frames */
  guint told_framerate;
};

static gboolean tell_running(gpointer data) {
  Encoder *encoder = data;
  encoder->events.running(encoder->data);
  return G_SOURCE_REMOVE;
}

/* Counts what comes out; attached first, so that it is never without a taker. */
static void note_frame(GstBuffer *buffer, GstCaps *caps, gpointer data) {
  Encoder *encoder = data;
  trace_point("encoded", GST_BUFFER_PTS(buffer));
  atomic_fetch_add(&encoder->count, 1);
  atomic_fetch_add(&encoder->bytes, gst_buffer_get_size(buffer));
  if (!atomic_exchange(&encoder->running, TRUE))
    g_idle_add_full(G_PRIORITY_DEFAULT, tell_running, encoder, NULL);
}

static gboolean on_encoder_bus(GstBus *bus, GstMessage *message, gpointer data) {
  Encoder *encoder = data;
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  g_autoptr(GError) error = NULL;
  gst_message_parse_error(message, &error, NULL);
  encoder->bus_watch = 0;
  encoder->events.failed(encoder, error->message, encoder->data);
  return G_SOURCE_REMOVE;
}

/* The encoder plans with the frame rate that its caps tell, so this must be the one that it gets. */
static GstCaps *raw_caps(MediaSize size, guint framerate) {
  return gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "BGRx", "width", G_TYPE_INT,
                             (gint)size.width, "height", G_TYPE_INT, (gint)size.height, "framerate",
                             GST_TYPE_FRACTION, (gint)framerate, 1, NULL);
}

/* BT.601 is what players take VP8 for, whatever its size; H.264 says it in its stream. */
static GstCaps *picture_caps(guint width, guint height) {
  return gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "colorimetry", G_TYPE_STRING,
                             "bt601", "width", G_TYPE_INT, (gint)width, "height", G_TYPE_INT, (gint)height,
                             NULL);
}

/* ---- the size that comes out ---- */

/* By the whole size and the step that there are now; with the lock. */
static void set_size_out(Encoder *encoder) {
  PictureSize size = picture_steps_size(encoder->step, &encoder->whole);
  g_autoptr(GstCaps) picture = picture_caps(size.width, size.height);
  atomic_store(&encoder->period_ns, GST_SECOND / size.framerate);
  g_object_set(encoder->filter, "caps", picture, NULL);
}

/* The encoder's thread: frames of another size follow. What comes out changes here and not sooner, since
 * frames of the old size may still be before them. */
static GstPadProbeReturn on_raw_caps(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  Encoder *encoder = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
  GstCaps *caps;
  GstVideoInfo raw;
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS || !media_settings_fit(encoder->settings))
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps(event, &caps);
  gst_video_info_from_caps(&raw, caps);
  MediaSize size = screen_fit_window((MediaSize){(guint)raw.width, (guint)raw.height}, &encoder->limits);
  g_mutex_lock(&encoder->lock);
  encoder->whole.width = size.width;
  encoder->whole.height = size.height;
  set_size_out(encoder);
  g_mutex_unlock(&encoder->lock);
  return GST_PAD_PROBE_OK;
}

/* The source's thread: what the elements are told of the frames before @frame comes. */
static void tell_size(Encoder *encoder, GstBuffer *frame) {
  MediaSize size = raw_frame_size(frame);
  g_mutex_lock(&encoder->lock);
  guint framerate = picture_steps_size(encoder->step, &encoder->whole).framerate;
  g_mutex_unlock(&encoder->lock);
  if (size.width == encoder->told_size.width && size.height == encoder->told_size.height &&
      framerate == encoder->told_framerate)
    return;
  encoder->told_size = size;
  encoder->told_framerate = framerate;
  g_autoptr(GstCaps) raw = raw_caps(size, framerate);
  gst_app_src_set_caps(GST_APP_SRC(encoder->source), raw);
}

void encoder_set_step(Encoder *encoder, guint step) {
  g_mutex_lock(&encoder->lock);
  encoder->step = step;
  set_size_out(encoder);
  g_mutex_unlock(&encoder->lock);
}

PictureSize encoder_whole(Encoder *encoder) {
  g_mutex_lock(&encoder->lock);
  PictureSize whole = encoder->whole;
  g_mutex_unlock(&encoder->lock);
  return whole;
}

/* ---- start ---- */

static char *describe(MediaCodec codec, const MediaEncoder *how) {
  return g_strdup_printf(
      "appsrc name=source is-live=true format=time do-timestamp=false leaky-type=downstream max-buffers=1 ! "
      "videoscale method=bilinear ! videoconvert n-threads=1 chroma-mode=none dither=none ! capsfilter "
      "name=size ! "
      "%s ! %s ! appsink name=sink sync=false async=false max-buffers=4 enable-last-sample=false",
      how->element, stream_caps[codec]);
}

/* Sets the bit rate on whichever element of the description has the property; FALSE when none has. */
static gboolean set_bitrate(GstElement *pipeline, const MediaEncoder *encoder, gint64 bitrate_kbps) {
  if (encoder->bitrate_property[0] == '\0')
    return TRUE;
  gboolean found = FALSE;
  GstIterator *elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    GObject *element = g_value_get_object(&item);
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), encoder->bitrate_property)) {
      g_autofree char *value =
          g_strdup_printf("%" G_GINT64_FORMAT, bitrate_kbps * 1000 / encoder->bitrate_unit);
      gst_util_set_object_arg(element, encoder->bitrate_property, value);
      found = TRUE;
    }
    g_value_reset(&item);
  }
  gst_iterator_free(elements);
  return found;
}

static GstElement *encoder_make_pipeline(MediaCodec codec, const MediaEncoder *how, gint64 bitrate_kbps,
                                         GError **error) {
  g_autofree char *description = describe(codec, how);
  GstElement *pipeline = gst_parse_launch_full(description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;
  if (!set_bitrate(pipeline, how, bitrate_kbps)) {
    g_set_error(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "the %s encoder has no property %s",
                media_codec_name(codec), how->bitrate_property);
    gst_object_unref(pipeline);
    return NULL;
  }
  return pipeline;
}

/* What the elements of @pipeline said of their failure. */
static void take_bus_error(GstElement *pipeline, GError **error) {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  if (message)
    gst_message_parse_error(message, error, NULL);
  else
    g_set_error(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT, "it cannot be set up");
}

gboolean encoder_try(MediaCodec codec, const MediaSettings *settings, GError **error) {
  GstElement *pipeline =
      encoder_make_pipeline(codec, &settings->encoders[codec], settings->bitrate_kbps, error);
  if (!pipeline)
    return FALSE;
  gboolean is_ready = gst_element_set_state(pipeline, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE;
  if (!is_ready)
    take_bus_error(pipeline, error);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return is_ready;
}

/* GStreamer's elements say of themselves what they work with. */
static gboolean find_gpu(GstElement *pipeline) {
  gboolean found = FALSE;
  GstIterator *elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  GValue item = G_VALUE_INIT;
  while (gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    GstElementFactory *factory = gst_element_get_factory(g_value_get_object(&item));
    const char *klass =
        factory ? gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS) : NULL;
    found |= klass && strstr(klass, "Encoder") && strstr(klass, "Hardware");
    g_value_reset(&item);
  }
  gst_iterator_free(elements);
  return found;
}

gboolean encoder_is_on_gpu(const Encoder *encoder) {
  return encoder->on_gpu;
}

Encoder *encoder_new(MediaCodec codec, const MediaEncoder *how, const MediaSettings *settings,
                     const EncoderEvents *events, gpointer data, GError **error) {
  GstElement *pipeline = encoder_make_pipeline(codec, how, settings->bitrate_kbps, error);
  if (!pipeline)
    return NULL;
  Encoder *encoder = g_new0(Encoder, 1);
  encoder->events = *events;
  encoder->data = data;
  encoder->how = how;
  encoder->counts_frames = counts_frames[codec];
  encoder->told_kbps = (guint)settings->bitrate_kbps;
  atomic_init(&encoder->bitrate_kbps, encoder->told_kbps);
  encoder->pipeline = pipeline;
  encoder->settings = settings;
  encoder->on_gpu = find_gpu(pipeline);
  encoder->limits = screen_fit_limits(settings, encoder->on_gpu);
  encoder->whole = (PictureSize){.width = (guint)settings->width,
                                 .height = (guint)settings->height,
                                 .framerate = (guint)settings->framerate};
  g_mutex_init(&encoder->lock);
  encoder->source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
  encoder->filter = gst_bin_get_by_name(GST_BIN(pipeline), "size");
  encoder_set_step(encoder, 0);
  g_autoptr(GstPad) raw = gst_element_get_static_pad(encoder->source, "src");
  gst_pad_add_probe(raw, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_raw_caps, encoder, NULL);
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  encoder->out = gst_element_get_static_pad(sink, "sink");
  encoder->fanout = fanout_new(sink);
  fanout_attach(encoder->fanout, note_frame, NULL, encoder);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  encoder->bus_watch = gst_bus_add_watch(bus, on_encoder_bus, encoder);
  media_clock_apply(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  return encoder;
}

/* Whether a key frame is wanted and due. */
static gboolean take_key_request(Encoder *encoder) {
  gint64 now_us = g_get_monotonic_time();
  gint64 interval_us = atomic_load(&encoder->congested) ? KEY_INTERVAL_CONGESTED_US : KEY_INTERVAL_US;
  if (!atomic_load(&encoder->key_wanted) || now_us - encoder->key_us < interval_us)
    return FALSE;
  atomic_store(&encoder->key_wanted, FALSE);
  encoder->key_us = now_us;
  return TRUE;
}

/* A frame that comes a little early is not a frame too many. One that only repeated the picture must not keep
 * a change from being shown, for which there may be no other frame soon. */
static gboolean is_too_soon(const Encoder *encoder, const GstBuffer *frame) {
  GstClockTime period_ns = (GstClockTime)atomic_load(&encoder->period_ns);
  return GST_BUFFER_PTS(frame) < encoder->changed_ns + period_ns - period_ns / 4;
}

/* Follows how often frames of a changing picture come: a pause is noticed slowly, its end at once. */
static void note_interval(Encoder *encoder, GstClockTime passed_ns, GstClockTime period_ns) {
  GstClockTime interval_ns = MIN(passed_ns, FEWER_MAX * period_ns);
  if (interval_ns < encoder->interval_ns)
    encoder->interval_ns = interval_ns;
  else
    encoder->interval_ns += (interval_ns - encoder->interval_ns) / INTERVAL_WEIGHT;
}

/* The rate to tell the encoder, so that it makes of this frame what there is time for until the next one may
 * come. One that counts frames would make less when they are fewer than planned (a key frame is large
 * enough), and one that looks at their times would make up for a whole pause in one frame. */
static guint rate_for(Encoder *encoder, GstBuffer *frame, gboolean is_key) {
  guint kbps = atomic_load(&encoder->bitrate_kbps);
  GstClockTime period_ns = (GstClockTime)atomic_load(&encoder->period_ns);
  GstClockTime passed_ns = GST_BUFFER_PTS(frame) - encoder->taken_ns;
  gboolean is_repeated = GST_BUFFER_FLAG_IS_SET(frame, RAW_FRAME_REPEATED);
  if (!is_repeated)
    note_interval(encoder, passed_ns, period_ns);
  if (!encoder->counts_frames) {
    GstClockTime most_ns = MAX(is_repeated ? REST_FRAME_NS : 0, FEWER_MAX * period_ns);
    return (guint)gst_util_uint64_scale(kbps, MIN(most_ns, passed_ns), MAX(passed_ns, 1));
  }
  GstClockTime until_next_ns = is_key ? 0 : is_repeated ? REST_FRAME_NS : encoder->interval_ns;
  return (guint)gst_util_uint64_scale(kbps, MAX(until_next_ns, period_ns), period_ns);
}

static void set_rate(Encoder *encoder, guint kbps) {
  guint before = encoder->told_kbps;
  if (kbps > before - before / BITRATE_STEP && kbps < before + before / BITRATE_STEP)
    return;
  encoder->told_kbps = kbps;
  set_bitrate(encoder->pipeline, encoder->how, kbps);
}

void encoder_push(Encoder *encoder, GstBuffer *frame) {
  if (atomic_load(&encoder->takers) == 0 && atomic_load(&encoder->running))
    return;
  /* A picture at rest may have no other frame soon for the key frame that is waited for. */
  if (encoder->changed_ns > 0 && !atomic_load(&encoder->key_wanted) && is_too_soon(encoder, frame))
    return;
  gboolean is_key = take_key_request(encoder);
  if (!is_key && !fanout_is_wanted(encoder->fanout))
    return;
  tell_size(encoder, frame);
  set_rate(encoder, rate_for(encoder, frame, is_key));
  encoder->taken_ns = GST_BUFFER_PTS(frame);
  if (!GST_BUFFER_FLAG_IS_SET(frame, RAW_FRAME_REPEATED))
    encoder->changed_ns = encoder->taken_ns;
  if (is_key)
    gst_pad_push_event(encoder->out,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
  gst_app_src_push_buffer(GST_APP_SRC(encoder->source), gst_buffer_ref(frame));
}

void encoder_set_bitrate(Encoder *encoder, guint bitrate_kbps) {
  atomic_store(&encoder->bitrate_kbps, bitrate_kbps);
}

void encoder_attach(Encoder *encoder, FanoutFunc func, FanoutWantsFunc wants, gpointer data) {
  fanout_attach(encoder->fanout, func, wants, data);
  atomic_fetch_add(&encoder->takers, 1);
  encoder_request_key(encoder);
}

void encoder_detach(Encoder *encoder, gpointer data) {
  atomic_fetch_sub(&encoder->takers, 1);
  fanout_detach(encoder->fanout, data);
}

void encoder_request_key(Encoder *encoder) {
  atomic_store(&encoder->key_wanted, TRUE);
  encoder->events.need_frame(encoder->data);
}

void encoder_set_congested(Encoder *encoder, gboolean congested) {
  atomic_store(&encoder->congested, congested);
}

guint64 encoder_count(Encoder *encoder) {
  return atomic_load(&encoder->count);
}

guint64 encoder_bytes(Encoder *encoder) {
  return atomic_load(&encoder->bytes);
}

void encoder_stop(Encoder *encoder) {
  g_clear_handle_id(&encoder->bus_watch, g_source_remove);
  g_autoptr(GstBus) bus = gst_element_get_bus(encoder->pipeline);
  gst_bus_set_flushing(bus, TRUE);
  gst_element_set_state(encoder->pipeline, GST_STATE_NULL);
  while (g_idle_remove_by_data(encoder))
    ;
}

void encoder_free(Encoder *encoder) {
  if (!encoder)
    return;
  encoder_stop(encoder);
  fanout_free(encoder->fanout);
  gst_object_unref(encoder->out);
  gst_object_unref(encoder->source);
  gst_object_unref(encoder->filter);
  gst_object_unref(encoder->pipeline);
  g_mutex_clear(&encoder->lock);
  g_free(encoder);
}
