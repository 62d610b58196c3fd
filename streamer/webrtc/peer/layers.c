#include "streamer/webrtc/peer/layers.h"

#include "common/log.h"
#include "streamer/webrtc/base/trace.h"
#include <stdatomic.h>

/* What of a path's rate is left for the picture: headers take some, repeated packets a little, sound its own.
 */
#define PICTURE_SHARE 0.93
#define SOUND_KBPS 130

typedef struct {
  Encoder *_Atomic encoder; /* NULL: not needed so far, or failed; the source's thread reads it */
  gboolean is_fallback;     /* it is not the settings' one */
  PictureSteps steps;
} Place;

/* What is left to try for a codec. */
typedef enum { TRY_ALL, TRY_FALLBACK, TRY_NONE } Tries;

struct Layers {
  const MediaSettings *settings;
  MediaSettings defaults; /* whose encoders are the fallbacks */
  const LayersEvents *events;
  gpointer data;
  Tries tries[MEDIA_CODECS];
  guint lost_source; /* there is a loss to tell */
  gboolean lost_told[MEDIA_CODECS];
  GPtrArray *failed; /* of Encoder: stopped, but feeds may still be attached */
  Place places[MEDIA_CODECS][LAYERS];
  gint64 rest_us;    /* how long the picture has been at rest */
  LayersStats stats; /* but for what the encoders count */
};

Layers *layers_new(const MediaSettings *settings, const LayersEvents *events, gpointer data) {
  Layers *layers = g_new0(Layers, 1);
  *layers = (Layers){.settings = settings, .events = events, .data = data};
  media_settings_read("defaults", NULL, &layers->defaults, NULL);
  layers->failed = g_ptr_array_new();
  return layers;
}

/* ---- making encoders ---- */

static const char *layer_name(Layer layer) {
  return layer == LAYER_MAIN ? "main" : "low";
}

static void on_need_frame(gpointer data) {
  Layers *layers = data;
  layers->events->need_frame(layers->data);
}

static void on_running(gpointer data) {
  Layers *layers = data;
  layers->events->running(layers->data);
}

static void on_failed(Encoder *encoder, const char *reason, gpointer data);

static const EncoderEvents encoder_events = {on_need_frame, on_running, on_failed};

static Encoder *make(Layers *layers, MediaCodec codec, Layer layer, gboolean is_fallback, GError **error) {
  Place *place = &layers->places[codec][layer];
  const MediaSettings *whose = is_fallback ? &layers->defaults : layers->settings;
  Encoder *encoder =
      encoder_new(codec, &whose->encoders[codec], layers->settings, &encoder_events, layers, error);
  if (!encoder)
    return NULL;
  place->is_fallback = is_fallback;
  place->steps = (PictureSteps){0}; /* it begins with the whole picture */
  atomic_store(&place->encoder, encoder);
  layers->events->need_frame(layers->data);
  return encoder;
}

static gboolean tell_lost(gpointer data) {
  Layers *layers = data;
  layers->lost_source = 0;
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    if (layers->tries[codec] != TRY_NONE || layers->lost_told[codec])
      continue;
    layers->lost_told[codec] = TRUE;
    layers->events->codec_lost(codec, layers->data);
  }
  return G_SOURCE_REMOVE;
}

/* What was tried last for @codec is of no use: the next one, as long as there is one. */
static void give_up(Layers *layers, MediaCodec codec, Layer layer, gboolean was_fallback,
                    const char *reason) {
  layers->tries[codec] = MAX(layers->tries[codec], was_fallback ? TRY_NONE : TRY_FALLBACK);
  gboolean is_lost = layers->tries[codec] == TRY_NONE;
  g_autofree char *quoted = log_quote(reason);
  log_warning("encoder_failed", "codec=%s layer=%s next=%s reason=%s", media_codec_name(codec),
              layer_name(layer), is_lost ? "none" : "software", quoted);
  if (is_lost && !layers->lost_source)
    layers->lost_source = g_idle_add(tell_lost, layers);
}

static Encoder *need(Layers *layers, MediaCodec codec, Layer layer, GError **error) {
  Encoder *encoder = atomic_load(&layers->places[codec][layer].encoder);
  while (!encoder && layers->tries[codec] != TRY_NONE) {
    g_autoptr(GError) cause = NULL;
    gboolean is_fallback = layers->tries[codec] == TRY_FALLBACK;
    encoder = make(layers, codec, layer, is_fallback, &cause);
    if (!encoder)
      give_up(layers, codec, layer, is_fallback, cause->message);
  }
  if (!encoder)
    g_set_error(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_ENCODE, "there is no encoder for %s any more",
                media_codec_name(codec));
  return encoder;
}

/* Its players go over to the next one with the next layers_update(). */
static void replace(Layers *layers, MediaCodec codec, Layer layer, const char *reason) {
  Place *place = &layers->places[codec][layer];
  Encoder *encoder = atomic_exchange(&place->encoder, NULL);
  encoder_stop(encoder);
  g_ptr_array_add(layers->failed, encoder);
  give_up(layers, codec, layer, place->is_fallback, reason);
  need(layers, codec, layer, NULL);
}

static void on_failed(Encoder *encoder, const char *reason, gpointer data) {
  Layers *layers = data;
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++)
    for (Layer layer = 0; layer < LAYERS; layer++)
      if (atomic_load(&layers->places[codec][layer].encoder) == encoder) {
        replace(layers, codec, layer, reason);
        return;
      }
}

Encoder *layers_begin(Layers *layers, MediaCodec codec, GError **error) {
  return make(layers, codec, LAYER_MAIN, FALSE, error);
}

Encoder *layers_need(Layers *layers, MediaCodec codec, GError **error) {
  return need(layers, codec, LAYER_MAIN, error);
}

char **layers_codecs(const Layers *layers) {
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  MediaCodec codec;
  for (char **name = layers->settings->codec_names; *name; name++)
    if (media_codec_find(*name, &codec) && layers->tries[codec] != TRY_NONE)
      g_strv_builder_add(builder, *name);
  return g_strv_builder_end(builder);
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
  PictureSize whole = encoder_whole(encoder);
  if (!picture_steps_update(&place->steps, &whole, codec, target_kbps, layers->rest_us, now_us))
    return;
  PictureSize size = picture_steps_size(place->steps.step, &whole);
  log_info("picture_size", "codec=%s layer=%s width=%u height=%u framerate=%u kbps=%u",
           media_codec_name(codec), layer_name(layer), size.width, size.height, size.framerate, target_kbps);
  encoder_set_step(encoder, place->steps.step);
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
    if (need(layers, codec, layer, NULL))
      set_place(layers, codec, layer, &allotment, now_us);
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

static void count_encoded(Encoder *encoder, LayersStats *stats) {
  stats->frames += encoder ? encoder_count(encoder) : 0;
  stats->bytes += encoder ? encoder_bytes(encoder) : 0;
}

void layers_stats(Layers *layers, LayersStats *stats) {
  *stats = layers->stats;
  for (guint i = 0; i < layers->failed->len; i++)
    count_encoded(layers->failed->pdata[i], stats);
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    for (Layer layer = 0; layer < LAYERS; layer++)
      count_encoded(atomic_load(&layers->places[codec][layer].encoder), stats);
  }
}

void layers_free(Layers *layers) {
  if (!layers)
    return;
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++)
    for (Layer layer = 0; layer < LAYERS; layer++)
      encoder_free(atomic_load(&layers->places[codec][layer].encoder));
  for (guint i = 0; i < layers->failed->len; i++)
    encoder_free(layers->failed->pdata[i]);
  g_ptr_array_unref(layers->failed);
  g_clear_handle_id(&layers->lost_source, g_source_remove);
  media_settings_clear(&layers->defaults);
  g_free(layers);
}
