/* How large the picture is made for the screen of who steers: as many pixels as its place there has, in its
 * shape, within limits, and not so few that it is blurred where it is shown. It follows at leisure, since
 * every change costs those who watch a key frame, and the application new buffers. Pure.
 */
#pragma once
#include "streamer/shared/media_settings.h"

/* Between two changes. */
#define SCREEN_FIT_INTERVAL_US (2 * G_USEC_PER_SEC)

/* A picture is no larger in either way, nor altogether. */
typedef struct {
  guint max_width, max_height, max_pixels;
} ScreenLimits;

/* The limits of a picture that an encoder makes. @on_gpu: it is not the processor that encodes. The size to
 * begin with is always allowed. */
ScreenLimits screen_fit_limits(const MediaSettings *settings, gboolean on_gpu);

/* The size for a place of @place device pixels, which are more than none: even, in its shape unless that is
 * longer than any screen. */
MediaSize screen_fit_place(MediaSize place, const ScreenLimits *limits);

/* The size to encode a window of @window pixels in: its own, or a smaller one of its shape; even. */
MediaSize screen_fit_window(MediaSize window, const ScreenLimits *limits);

/* Which size the application is to have; zeroed at first. */
typedef struct {
  MediaSize wanted, given; /* 0: none so far */
  gint64 given_us;
} ScreenFit;

/* @size is wanted from now on. */
void screen_fit_want(ScreenFit *fit, MediaSize size);

/* Takes what is wanted, if it is another size than before and the last change is long enough ago: TRUE, with
 * the size to change to now. */
gboolean screen_fit_take(ScreenFit *fit, gint64 now_us, MediaSize *size);
