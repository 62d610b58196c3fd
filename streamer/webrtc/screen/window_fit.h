/* Gives the application's window the size that the picture is to have, and follows the one that it has: an
 * application may do as it likes. The window is the largest one that there is; it stands at the screen's top
 * left, but for windows that no window manager would move; others that stick out of it are moved into it.
 * Main thread.
 */
#pragma once
#include "streamer/webrtc/screen/screen_capture.h"

typedef struct WindowFit WindowFit;

/* The picture is @part of the screen from now on. On the main thread. */
typedef void (*WindowFitFunc)(const ScreenPart *part, gpointer data);

/* Connects to $DISPLAY. A window gets @size when it comes up; each is told of in the main loop, with the part
 * of it that is on the screen. NULL with a G_IO_ERROR. */
WindowFit *window_fit_new(MediaSize size, WindowFitFunc on_part, gpointer data, GError **error);

/* The window that there is, and each that follows, gets @size. */
void window_fit_resize(WindowFit *fit, MediaSize size);

void window_fit_free(WindowFit *fit); /* NULL is allowed */
