/* How large and how often a picture may be for its bit rate: steps down from the whole size, each for a
 * codec that needs so many bits for a pixel at least. Below that an encoder makes mud, or, worse, more than
 * it was told. Down at once, up one step at a time after the rate has been good for a while, so that a rate
 * around a limit does not make the picture jump. A picture at rest needs few bits and is looked at closely:
 * it soon has the size that its rate can fill in a moment, until it moves again. Pure.
 */
#pragma once
#include "streamer/shared/media_settings.h"

typedef struct {
  guint width, height, framerate;
} PictureSize;

/* Where one encoder stands; zeroed at first: the whole size. */
typedef struct {
  guint step;
  gint64 good_us;  /* since when the rate has been enough for a step up; 0: it is not */
  gint64 moves_us; /* since when the picture has been moving; 0: it is not */
} PictureSteps;

/* Takes the rate of now, and how long the picture, of @whole as its whole size, has been at rest. TRUE when
 * the step is another one from now on. */
gboolean picture_steps_update(PictureSteps *steps, const PictureSize *whole, MediaCodec codec, guint kbps,
                              gint64 rest_us, gint64 now_us);

/* The size at @step of a picture of @whole. */
PictureSize picture_steps_size(guint step, const PictureSize *whole);
