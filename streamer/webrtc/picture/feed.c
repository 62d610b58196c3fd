#include "streamer/webrtc/picture/feed.h"

#include <gst/app/gstappsrc.h>

/* Frames that may wait in the peer's pipeline; from the first number on nothing is encoded for it alone,
 * and beyond the second it goes on from the next key frame. */
#define WELCOME_WAITING 2
#define MAX_WAITING 8
/* Between two key frames that are made for one player. */
#define KEY_INTERVAL_US (300 * 1000)
/* So long after a key frame a player may complain of what it has mended already. */
#define KEY_FLIGHT_US (250 * 1000)
/* A key frame is not put off for longer because the network is congested. */
#define PATIENCE_US G_USEC_PER_SEC
/* One tick of the RTP clock and more: no two frames may have one time stamp. */
#define TICK_NS 20000

/* A feed's place among the takers of one encoder. */
typedef struct {
  Feed *feed;
  Encoder *encoder;
} Tap;

struct Feed {
  GstElement *source;
  Tap *current, *next; /* next: takes over at its first key frame */
  GMutex lock;         /* of the rest; inside the fan-outs' locks */
  Tap *retired;        /* was current; to be detached */
  gboolean needs_key;  /* the player can use nothing but a key frame */
  gboolean owes_key;   /* and it is not asked for yet */
  gint64 owed_us;      /* since when */
  gint64 asked_us;     /* when the last one was */
  gint64 key_us;       /* when the last one came */
  gboolean congested;
  GstClockTime last_pts;
  GstCaps *caps; /* what the source was given last */
};

Feed *feed_new(GstElement *source) {
  Feed *feed = g_atomic_rc_box_new0(Feed);
  feed->source = gst_object_ref(source);
  g_mutex_init(&feed->lock);
  return feed;
}

Feed *feed_ref(Feed *feed) {
  return g_atomic_rc_box_acquire(feed);
}

static void feed_clear(gpointer data) {
  Feed *feed = data;
  gst_object_unref(feed->source);
  gst_clear_caps(&feed->caps);
  g_mutex_clear(&feed->lock);
}

void feed_unref(Feed *feed) {
  g_atomic_rc_box_release_full(feed, feed_clear);
}

static guint64 waiting(Feed *feed) {
  return gst_app_src_get_current_level_buffers(GST_APP_SRC(feed->source));
}

/* ---- taps ---- */

static Tap *tap_new(Feed *feed, Encoder *encoder) {
  Tap *tap = g_new(Tap, 1);
  *tap = (Tap){feed, encoder};
  return tap;
}

/* No frame comes through it any more when this returns; without the feed's lock, which frames take too. */
static void tap_free(Tap *tap) {
  if (!tap)
    return;
  encoder_detach(tap->encoder, tap);
  g_free(tap);
}

static Tap *steal(Feed *feed, Tap **tap) {
  g_mutex_lock(&feed->lock);
  Tap *stolen = g_steal_pointer(tap);
  g_mutex_unlock(&feed->lock);
  return stolen;
}

/* ---- key frames ---- */

static void owe_key(Feed *feed) {
  if (!feed->needs_key || !feed->owes_key)
    feed->owed_us = g_get_monotonic_time();
  feed->needs_key = feed->owes_key = TRUE;
}

/* Asks for the key frame that is owed, if it is time. Its encoder lives as long as it is the current one. */
static void pay_key(Feed *feed) {
  gint64 now_us = g_get_monotonic_time();
  gboolean is_time =
      feed->congested ? now_us - feed->owed_us >= PATIENCE_US : now_us - feed->asked_us >= KEY_INTERVAL_US;
  if (!feed->current || !feed->owes_key || !is_time || waiting(feed) > 0)
    return;
  feed->owes_key = FALSE;
  feed->asked_us = now_us;
  encoder_request_key(feed->current->encoder);
}

void feed_lose(Feed *feed) {
  g_mutex_lock(&feed->lock);
  if (feed->current && !feed->needs_key && g_get_monotonic_time() - feed->key_us >= KEY_FLIGHT_US)
    owe_key(feed);
  pay_key(feed);
  g_mutex_unlock(&feed->lock);
}

void feed_update(Feed *feed, gboolean congested) {
  tap_free(steal(feed, &feed->retired));
  g_mutex_lock(&feed->lock);
  feed->congested = congested;
  /* One that was asked for and did not come, or could not be taken when it did. */
  if (feed->needs_key && !feed->owes_key && g_get_monotonic_time() - feed->asked_us >= PATIENCE_US)
    owe_key(feed);
  pay_key(feed);
  g_mutex_unlock(&feed->lock);
}

/* ---- frames; on the encoders' threads, under their fan-outs' locks ---- */

static void push_frame(Feed *feed, GstBuffer *buffer, GstCaps *caps) {
  if (feed->caps != caps) {
    gst_app_src_set_caps(GST_APP_SRC(feed->source), caps);
    gst_caps_replace(&feed->caps, caps);
  }
  GstBuffer *mine = gst_buffer_ref(buffer);
  /* Where one encoder takes over from another, both may have made the same picture. */
  if (GST_BUFFER_PTS(mine) <= feed->last_pts) {
    mine = gst_buffer_make_writable(mine);
    GST_BUFFER_PTS(mine) = feed->last_pts + TICK_NS;
  }
  feed->last_pts = GST_BUFFER_PTS(mine);
  gst_app_src_push_buffer(GST_APP_SRC(feed->source), mine);
}

static void take_frame(Feed *feed, Tap *tap, GstBuffer *buffer, GstCaps *caps) {
  gboolean is_key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (tap == feed->next && is_key) {
    feed->retired = feed->current;
    feed->current = g_steal_pointer(&feed->next);
  }
  if (tap != feed->current)
    return;
  if (waiting(feed) > MAX_WAITING)
    owe_key(feed);
  if (feed->needs_key && (!is_key || waiting(feed) > 0))
    return;
  feed->needs_key = feed->owes_key = FALSE;
  if (is_key)
    feed->key_us = g_get_monotonic_time();
  push_frame(feed, buffer, caps);
}

static void on_encoded_frame(GstBuffer *buffer, GstCaps *caps, gpointer data) {
  Tap *tap = data;
  g_mutex_lock(&tap->feed->lock);
  take_frame(tap->feed, tap, buffer, caps);
  g_mutex_unlock(&tap->feed->lock);
}

/* The source's thread: whether it is worth making a frame for this one. */
static gboolean is_welcome(gpointer data) {
  Tap *tap = data;
  Feed *feed = tap->feed;
  g_mutex_lock(&feed->lock);
  gboolean welcome =
      tap == feed->next || (tap == feed->current && !feed->owes_key && waiting(feed) < WELCOME_WAITING);
  g_mutex_unlock(&feed->lock);
  return welcome;
}

/* ---- which encoder; main thread ---- */

/* The encoder that it takes frames of, or will as soon as there is a key frame; NULL when stopped. */
static Encoder *feed_encoder(Feed *feed) {
  g_mutex_lock(&feed->lock);
  Tap *tap = feed->next ? feed->next : feed->current;
  Encoder *encoder = tap ? tap->encoder : NULL;
  g_mutex_unlock(&feed->lock);
  return encoder;
}

void feed_take(Feed *feed, Encoder *encoder) {
  if (feed_encoder(feed) == encoder)
    return;
  tap_free(steal(feed, &feed->next));
  tap_free(steal(feed, &feed->retired));
  g_mutex_lock(&feed->lock);
  gboolean stays = feed->current && feed->current->encoder == encoder;
  Tap *tap = stays ? NULL : tap_new(feed, encoder);
  if (!feed->current)
    feed->current = tap;
  else
    feed->next = tap;
  feed->needs_key |= feed->current == tap;
  g_mutex_unlock(&feed->lock);
  if (tap)
    encoder_attach(encoder, on_encoded_frame, is_welcome, tap);
}

void feed_stop(Feed *feed) {
  tap_free(steal(feed, &feed->next));
  tap_free(steal(feed, &feed->retired));
  tap_free(steal(feed, &feed->current));
}
