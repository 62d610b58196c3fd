/* One codec's encoder: raw frames in, encoded ones out to all players that take this codec. It encodes only
 * while somebody takes them (and once at the start, which shows that it works and warms it up).
 */
#pragma once
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/base/fanout.h"
#include "streamer/webrtc/picture/picture_steps.h"

typedef struct Encoder Encoder;

/* What its owner must do for it. */
typedef struct {
  void (*need_frame)(gpointer data); /* a frame now, changed or not; any thread */
  void (*running)(gpointer data);    /* the first frame came out; main thread */
  /* It broke and makes no more frames; main thread, once. */
  void (*failed)(Encoder *encoder, const char *reason, gpointer data);
} EncoderEvents;

/* Starts the encoder of @codec that @how describes. Raw frames come out at the rate that @settings say, and
 * in the size that they say or, where the picture fits a screen, in their own within the limits: from frame
 * to frame another one, if need be, which begins with a key frame. Both must outlive it. Returns NULL with a
 * GError when its elements cannot be made. Main thread. */
Encoder *encoder_new(MediaCodec codec, const MediaEncoder *how, const MediaSettings *settings,
                     const EncoderEvents *events, gpointer data, GError **error);

/* Whether the encoder of @codec can be made as @settings say, and finds its device: FALSE with a GError.
 * Blocks while it looks. */
gboolean encoder_try(MediaCodec codec, const MediaSettings *settings, GError **error);

/* Offers a raw frame (transfer none); taken only when somebody has use for the result. The source's thread.
 */
void encoder_push(Encoder *encoder, GstBuffer *frame);

/* Adds or removes somebody who takes encoded frames, as fanout.h says; a key frame comes soon. Any thread. */
void encoder_attach(Encoder *encoder, FanoutFunc func, FanoutWantsFunc wants, gpointer data);
void encoder_detach(Encoder *encoder, gpointer data);

/* Makes frames for @bitrate_kbps from now on. Any thread. */
void encoder_set_bitrate(Encoder *encoder, guint bitrate_kbps);

/* Makes frames of the size that picture_steps.h has for @step from now on, beginning with a key frame; no
 * more often than that says. Main thread. */
void encoder_set_step(Encoder *encoder, guint step);

/* The whole size of the picture now, from which steps go down. Any thread. */
PictureSize encoder_whole(Encoder *encoder);

/* Whether something else than the processor does the work. Any thread. */
gboolean encoder_is_on_gpu(const Encoder *encoder);

/* The next frame shall be a key frame, unless one was made just before: then a later one. Any thread. */
void encoder_request_key(Encoder *encoder);

/* Whether the network of one who takes the frames is congested: key frames are made less often then. Any
 * thread. */
void encoder_set_congested(Encoder *encoder, gboolean congested);

/* Frames and bytes made so far. Any thread. */
guint64 encoder_count(Encoder *encoder);
guint64 encoder_bytes(Encoder *encoder);

/* Stops it: no frame comes out any more. Those who are attached may stay. Main thread. */
void encoder_stop(Encoder *encoder);

/* Stops and frees; nobody is attached any more. Main thread. NULL is allowed. */
void encoder_free(Encoder *encoder);
