#include "streamer/webrtc/program/fitting.h"

#include "streamer/webrtc/picture/screen_fit.h"
#include "streamer/webrtc/screen/window_fit.h"

struct Fitting {
  const MediaSettings *settings;
  ScreenCapture *capture;
  Steering *steering;
  ScreenLimits limits;
  ScreenFit fit;
  WindowFit *window;
};

static void on_part(const ScreenPart *part, gpointer data) {
  Fitting *fitting = data;
  screen_capture_set_part(fitting->capture, part);
  steering_set_size(fitting->steering, part->x, part->y, part->size.width, part->size.height);
}

static void on_screen(guint width, guint height, gpointer data) {
  Fitting *fitting = data;
  screen_fit_want(&fitting->fit, screen_fit_place((MediaSize){width, height}, &fitting->limits));
}

void fitting_set_on_gpu(Fitting *fitting, gboolean on_gpu) {
  MediaSize display = screen_capture_get_size(fitting->capture);
  fitting->limits = screen_fit_limits(fitting->settings, on_gpu);
  fitting->limits.max_width = MIN(fitting->limits.max_width, display.width);
  fitting->limits.max_height = MIN(fitting->limits.max_height, display.height);
}

Fitting *fitting_new(const MediaSettings *settings, ScreenCapture *capture, Steering *steering,
                     GError **error) {
  MediaSize display = screen_capture_get_size(capture);
  MediaSize begin = {MIN((guint)settings->width, display.width),
                     MIN((guint)settings->height, display.height)};
  Fitting *fitting = g_new0(Fitting, 1);
  *fitting = (Fitting){.settings = settings, .capture = capture, .steering = steering};
  fitting->fit = (ScreenFit){.wanted = begin, .given = begin};
  fitting->window = window_fit_new(begin, on_part, fitting, error);
  if (!fitting->window) {
    fitting_free(fitting);
    return NULL;
  }
  fitting_set_on_gpu(fitting, FALSE);
  on_part(&(ScreenPart){.size = begin}, fitting); /* before there is a window */
  steering_watch_screen(steering, on_screen, fitting);
  return fitting;
}

void fitting_update(Fitting *fitting) {
  MediaSize size;
  if (screen_fit_take(&fitting->fit, g_get_monotonic_time(), &size))
    window_fit_resize(fitting->window, size);
}

void fitting_free(Fitting *fitting) {
  if (!fitting)
    return;
  window_fit_free(fitting->window);
  g_free(fitting);
}
