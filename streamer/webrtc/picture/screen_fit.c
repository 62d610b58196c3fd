#include "streamer/webrtc/picture/screen_fit.h"

#include <math.h>

/* What encoders make in time: a GPU's 1920 by 1080, a processor's 1280 by 720, of whatever shape. */
#define PIXELS_ON_GPU (1920 * 1080)
#define PIXELS_ON_CPU (1280 * 720)
/* Less than 640 by 360 is a blur on any screen. */
#define LEAST_PIXELS (640 * 360)
/* A longer place is that of no screen; the picture gets bars there. */
#define LONGEST 3
/* The least side that encoders take. */
#define LEAST_SIDE 16

ScreenLimits screen_fit_limits(const MediaSettings *settings, gboolean on_gpu) {
  MediaSize display = media_settings_display(settings);
  guint pixels = settings->max_pixels > 0 ? (guint)settings->max_pixels
                 : on_gpu                 ? PIXELS_ON_GPU
                                          : PIXELS_ON_CPU;
  return (ScreenLimits){.max_width = display.width,
                        .max_height = display.height,
                        .max_pixels = MAX(pixels, (guint)(settings->width * settings->height))};
}

/* How many times larger than @size the largest picture of its shape is. */
static double largest(MediaSize size, const ScreenLimits *limits) {
  double sides = MIN((double)limits->max_width / size.width, (double)limits->max_height / size.height);
  return MIN(sides, sqrt(limits->max_pixels / ((double)size.width * size.height)));
}

static guint scaled_side(guint side, double scale) {
  return MAX((guint)(side * scale + 1e-6) & ~1u, LEAST_SIDE);
}

static MediaSize scaled_size(MediaSize size, double scale) {
  return (MediaSize){scaled_side(size.width, scale), scaled_side(size.height, scale)};
}

MediaSize screen_fit_place(MediaSize place, const ScreenLimits *limits) {
  MediaSize shape = {MIN(place.width, LONGEST * place.height), MIN(place.height, LONGEST * place.width)};
  double sharp = sqrt(LEAST_PIXELS / ((double)shape.width * shape.height));
  return scaled_size(shape, MIN(MAX(1, sharp), largest(shape, limits)));
}

MediaSize screen_fit_window(MediaSize window, const ScreenLimits *limits) {
  return scaled_size(window, MIN(1, largest(window, limits)));
}

void screen_fit_want(ScreenFit *fit, MediaSize size) {
  fit->wanted = size;
}

gboolean screen_fit_take(ScreenFit *fit, gint64 now_us, MediaSize *size) {
  gboolean is_new = fit->wanted.width != fit->given.width || fit->wanted.height != fit->given.height;
  gboolean is_time = fit->given_us == 0 || now_us - fit->given_us >= SCREEN_FIT_INTERVAL_US;
  if (!is_new || !is_time)
    return FALSE;
  *size = fit->given = fit->wanted;
  fit->given_us = now_us;
  return TRUE;
}
