/* The encoders of a session, and who takes which: for each codec in use the main picture and, while
 * somebody's network is weak, the low one (allotment.h). Their rates and sizes follow the peers' networks.
 * An encoder is made when it is first needed, and kept: without takers it costs nothing. One that fails is
 * followed by that of the settings' defaults, which needs no GPU, and its players go on with that one; when
 * it fails as well, or cannot be made, the codec is lost. Main thread, unless said otherwise.
 */
#pragma once
#include "streamer/webrtc/peer/peer.h"
#include "streamer/webrtc/picture/encoder.h"

typedef struct Layers Layers;

typedef struct {
  void (*need_frame)(gpointer data); /* a frame now, changed or not; any thread */
  void (*running)(gpointer data);    /* an encoder's first frame came out */
  /* From the main loop, once for each codec: there is no encoder for it any more. */
  void (*codec_lost)(MediaCodec codec, gpointer data);
} LayersEvents;

/* @settings and @events must outlive it. */
Layers *layers_new(const MediaSettings *settings, const LayersEvents *events, gpointer data);

/* The main encoder of @codec just as the settings describe it; NULL with an error when it cannot be made. For
 * the start: whoever named it is to hear of it. */
Encoder *layers_begin(Layers *layers, MediaCodec codec, GError **error);

/* The main encoder of @codec; NULL with an error when the codec is lost. */
Encoder *layers_need(Layers *layers, MediaCodec codec, GError **error);

/* The names of the settings' codecs, in their order, but for the lost ones; NULL-terminated (transfer full).
 */
char **layers_codecs(const Layers *layers);

/* A raw frame for all that want it (transfer none). The source's thread. */
void layers_push(Layers *layers, GstBuffer *frame);

/* Twenty times a second: looks at the networks of @peers (id -> Peer), and follows them. @rest_us: how
 * long the picture has been at rest. */
void layers_update(Layers *layers, GHashTable *peers, gint64 rest_us);

/* What operators want to know. */
typedef struct {
  guint64 frames, bytes; /* encoded, since the start */
  guint weak;            /* players with a low picture */
  /* Of the player whose network carries the least; 0 while nobody watches. */
  guint target_kbps, rtt_ms, loss_permille;
} LayersStats;

/* As of the last layers_update(), but for what is encoded, which is as of now. */
void layers_stats(Layers *layers, LayersStats *stats);

/* When no frame is pushed any more, and no peer is left. NULL is allowed. */
void layers_free(Layers *layers);
