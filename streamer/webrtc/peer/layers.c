#include "streamer/webrtc/peer/layers.h"

#include "common/log.h"
#include "streamer/webrtc/base/trace.h"
#include <stdatomic.h>

/* What of a path's rate is left for the picture: headers take some, repeated packets a little, sound its own.
 */
#define PICTURE_SHARE 0.93
#define SOUND_KBPS 130

typedef struct {
  Encoder *_Atomic encoder; /* NULL: not needed so far; the source's thread reads it */
  PictureSteps steps;
} Place;

struct Layers {
  const MediaSettings *settings;
  guint width, height;
  const EncoderEvents *events;
  gpointer data;
  Place places[MEDIA_CODECS][LAYERS];
  gint64 rest_us;    /* how long the picture has been at rest */
  LayersStats stats; /* but for what the encoders count */
};

Layers *layers_new(const MediaSettings *settings, guint width, guint height, const EncoderEvents *events,
                   gpointer data) {
  Layers *layers = g_new0(Layers, 1);
  *layers = (Layers){.settings = settings, .width = width, .height = height, .events = events, .data = data};
  return layers;
}

static Encoder *need(Layers *layers, MediaCodec codec, Layer layer, GError **error) {
  Place *place = &layers->places[codec][layer];
  Encoder *encoder = atomic_load(&place->encoder);
  if (encoder)
    return encoder;
  encoder = encoder_new(codec, layers->settings, layers->width, layers->height, layers->events, layers->data,
                        error);
  if (!encoder)
    return NULL;
  atomic_store(&place->encoder, encoder);
  layers->events->need_frame(layers->data);
  return encoder;
}

Encoder *layers_need(Layers *layers, MediaCodec codec, GError **error) {
  return need(layers, codec, LAYER_MAIN, error);
}

void layers_push(Layers *layers, GstBuffer *frame) {
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    for (Layer layer = 0; layer < LAYERS; layer++) {
      Encoder *encoder = atomic_load(&layers->places[codec][layer].encoder);
      if (encoder)
        encoder_push(encoder, frame);
    }
  }
}

/* ---- following the networks ---- */

static guint picture_kbps(const Layers *layers, guint kbps) {
  guint taken = layers->settings->sound ? SOUND_KBPS : 0;
  guint left = (guint)(kbps * PICTURE_SHARE);
  return MAX(left, taken + left / 4) - taken;
}

static void note_stats(Layers *layers, const CongestionReport *report, gboolean is_first) {
  if (!is_first && report->target_kbps >= layers->stats.target_kbps)
    return;
  layers->stats.target_kbps = report->target_kbps;
  layers->stats.rtt_ms = report->rtt_ms;
  layers->stats.loss_permille = (guint)(report->loss * 1000 + 0.5);
}

/* What one encoder makes from now on. */
static void set_place(Layers *layers, MediaCodec codec, Layer layer, const Allotment *allotment,
                      gint64 now_us) {
  Place *place = &layers->places[codec][layer];
  Encoder *encoder = atomic_load(&place->encoder);
  guint target_kbps = picture_kbps(layers, allotment->target_kbps[layer]);
  encoder_set_bitrate(encoder, picture_kbps(layers, allotment->send_kbps[layer]));
  encoder_set_congested(encoder, allotment->congested[layer]);
  if (!picture_steps_update(&place->steps, layers->settings, codec, target_kbps, layers->rest_us, now_us))
    return;
  PictureSize size = picture_steps_size(&place->steps, layers->settings);
  log_info("picture_size", "codec=%s layer=%s width=%u height=%u framerate=%u kbps=%u",
           media_codec_name(codec), layer == LAYER_MAIN ? "main" : "low", size.width, size.height,
           size.framerate, target_kbps);
  encoder_set_size(encoder, &size);
}

/* Gives each peer of @codec its encoder, and each encoder its rate. */
static void share_out(Layers *layers, MediaCodec codec, GPtrArray *peers, gint64 now_us) {
  g_autofree Share **shares = g_new(Share *, peers->len);
  for (guint i = 0; i < peers->len; i++)
    shares[i] = peer_share(peers->pdata[i]);
  Allotment allotment = allotment_make(shares, peers->len, now_us);
  layers->stats.weak += allotment.players[LAYER_LOW];
  for (Layer layer = 0; layer < LAYERS; layer++) {
    if (allotment.players[layer] == 0)
      continue;
    g_autoptr(GError) error = NULL;
    if (need(layers, codec, layer, &error))
      set_place(layers, codec, layer, &allotment, now_us);
    else
      log_warning("layer_failed", "codec=%s error=\"%s\"", media_codec_name(codec), error->message);
  }
  for (guint i = 0; i < peers->len; i++) {
    Encoder *encoder = atomic_load(&layers->places[codec][shares[i]->layer].encoder);
    if (encoder)
      peer_take(peers->pdata[i], encoder);
  }
}

void layers_update(Layers *layers, GHashTable *peers, gint64 rest_us) {
  gint64 now_us = g_get_monotonic_time();
  gboolean is_first = TRUE;
  layers->rest_us = rest_us;
  layers->stats = (LayersStats){0};
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    g_autoptr(GPtrArray) ours = g_ptr_array_new();
    GHashTableIter at;
    gpointer peer;
    g_hash_table_iter_init(&at, peers);
    while (g_hash_table_iter_next(&at, NULL, &peer)) {
      CongestionReport report;
      if (peer_codec(peer) != codec || !peer_report(peer, &report))
        continue;
      trace_point("send_kbps", report.send_kbps);
      trace_point("queue_ms", report.queue_ms);
      trace_point("target_kbps", report.target_kbps);
      note_stats(layers, &report, is_first);
      is_first = FALSE;
      Share *share = peer_share(peer);
      share->target_kbps = report.target_kbps;
      share->send_kbps = report.send_kbps;
      share->congested = report.congested;
      g_ptr_array_add(ours, peer);
    }
    if (ours->len > 0)
      share_out(layers, codec, ours, now_us);
  }
}

void layers_stats(Layers *layers, LayersStats *stats) {
  *stats = layers->stats;
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    for (Layer layer = 0; layer < LAYERS; layer++) {
      Encoder *encoder = atomic_load(&layers->places[codec][layer].encoder);
      stats->frames += encoder ? encoder_count(encoder) : 0;
      stats->bytes += encoder ? encoder_bytes(encoder) : 0;
    }
  }
}

void layers_free(Layers *layers) {
  if (!layers)
    return;
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++)
    for (Layer layer = 0; layer < LAYERS; layer++)
      encoder_free(atomic_load(&layers->places[codec][layer].encoder));
  g_free(layers);
}
