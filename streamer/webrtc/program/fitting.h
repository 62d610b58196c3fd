/* Fits the picture into the screen of who steers: steering says how large its place there is, screen_fit.h
 * what size that makes, and the application's window gets it. What the window then really covers is captured,
 * and input goes there. While nobody steers all stays as it was. Main thread.
 */
#pragma once
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/screen/screen_capture.h"

typedef struct Fitting Fitting;

/* Begins with the size that @settings say; they, @capture and @steering must outlive it. NULL with a
 * G_IO_ERROR when the display cannot be reached. */
Fitting *fitting_new(const MediaSettings *settings, ScreenCapture *capture, Steering *steering,
                     GError **error);

/* Whether a GPU makes the main picture; until then the processor does. */
void fitting_set_on_gpu(Fitting *fitting, gboolean on_gpu);

/* Twenty times a second: changes the size when it is time for that. */
void fitting_update(Fitting *fitting);

void fitting_free(Fitting *fitting); /* NULL is allowed */
