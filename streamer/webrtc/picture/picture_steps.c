#include "streamer/webrtc/picture/picture_steps.h"

/* A picture of less than this is none. */
#define MIN_WIDTH 160
#define MIN_HEIGHT 90
/* What it takes to go up. */
#define GOOD 1.3
#define GOOD_US (3 * G_USEC_PER_SEC)
/* A picture counts as one at rest after so long, and as one of so many frames a second then. */
#define REST_US G_USEC_PER_SEC
#define REST_FRAMERATE 10
/* It moves when no two changes are further apart than this, for so long: one change alone, or one a second,
 * is no reason for a smaller picture. */
#define MOVE_GAP_US (150 * 1000)
#define MOVE_US (200 * 1000)

/* Width and height in eighths, frames a second at most. */
static const struct {
  guint eighths, framerate;
} table[] = {{8, G_MAXUINT}, {6, G_MAXUINT}, {6, 30}, {4, 30}, {3, 30}};

/* Bits for a pixel, of one that moves a lot. */
static const double bits[MEDIA_CODECS] = {[MEDIA_CODEC_H264] = 0.03, [MEDIA_CODEC_VP8] = 0.06};

static guint scaled(guint whole, guint eighths, guint least) {
  return MAX(whole * eighths / 8, MIN(least, whole)) & ~1u;
}

PictureSize picture_steps_size(guint step, const PictureSize *whole) {
  return (PictureSize){.width = scaled(whole->width, table[step].eighths, MIN_WIDTH),
                       .height = scaled(whole->height, table[step].eighths, MIN_HEIGHT),
                       .framerate = MIN(whole->framerate, table[step].framerate)};
}

static double kbps_for(guint step, guint framerate, const PictureSize *whole, MediaCodec codec) {
  PictureSize size = picture_steps_size(step, whole);
  return (double)size.width * size.height * MIN(size.framerate, framerate) * bits[codec] / 1000;
}

static gboolean go_down(PictureSteps *steps, const PictureSize *whole, MediaCodec codec, guint kbps) {
  guint before = steps->step;
  while (steps->step + 1 < G_N_ELEMENTS(table) && kbps < kbps_for(steps->step, G_MAXUINT, whole, codec))
    steps->step++;
  return steps->step != before;
}

static gboolean is_moving(PictureSteps *steps, gint64 rest_us, gint64 now_us) {
  if (rest_us > MOVE_GAP_US)
    steps->moves_us = 0;
  else if (steps->moves_us == 0)
    steps->moves_us = now_us;
  return steps->moves_us > 0 && now_us - steps->moves_us >= MOVE_US;
}

static gboolean rest(PictureSteps *steps, const PictureSize *whole, MediaCodec codec, guint kbps) {
  guint best = 0;
  while (best < steps->step && kbps < kbps_for(best, REST_FRAMERATE, whole, codec))
    best++;
  steps->good_us = 0;
  if (best == steps->step)
    return FALSE;
  steps->step = best;
  return TRUE;
}

gboolean picture_steps_update(PictureSteps *steps, const PictureSize *whole, MediaCodec codec, guint kbps,
                              gint64 rest_us, gint64 now_us) {
  gboolean moves = is_moving(steps, rest_us, now_us);
  if (rest_us >= REST_US)
    return rest(steps, whole, codec, kbps);
  gboolean is_good = steps->step > 0 && kbps >= GOOD * kbps_for(steps->step - 1, G_MAXUINT, whole, codec);
  if (!is_good) {
    steps->good_us = 0;
    return moves && go_down(steps, whole, codec, kbps);
  }
  if (steps->good_us == 0)
    steps->good_us = now_us;
  if (now_us - steps->good_us < GOOD_US)
    return FALSE;
  steps->step--;
  steps->good_us = 0;
  return TRUE;
}
