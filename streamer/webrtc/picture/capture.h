/* Captures the X display's whole picture, driven by XDamage.
 *
 * A thread of its own waits for damage, then copies the screen through shared memory and hands the frame on,
 * unless the same was drawn again.
 * The rate is limited against the last frame that damage caused, and only against it: the first change after
 * a pause is captured at once. After the last change, and after one that was asked for, come some more
 * frames, so that the encoder can sharpen the picture, then one a second. While nobody wants frames, the
 * thread sleeps and costs nothing.
 */
#pragma once
#include "streamer/webrtc/picture/raw_frame.h"

typedef struct Capture Capture;

/* Frames that there are in all; while every one of them is kept by somebody, none is captured. */
#define CAPTURE_FRAMES 6

/* Connects to $DISPLAY and starts the thread, sleeping, which calls @on_frame with @data. @framerate: frames
 * a second, at most. Returns NULL with a G_IO_ERROR when the display cannot be reached or lacks what this
 * needs. */
Capture *capture_new(guint framerate, RawFrameFunc on_frame, gpointer data, GError **error);

/* The display's size in pixels. */
void capture_get_size(const Capture *capture, guint *width, guint *height);

/* Whether anyone wants frames. Any thread. */
void capture_set_wanted(Capture *capture, gboolean wanted);

/* One frame as soon as the rate allows, changed or not, and even if none are wanted. Any thread. */
void capture_request_frame(Capture *capture);

/* How long the picture has been at rest, in microseconds, as far as it was watched. Any thread. */
gint64 capture_rest_us(Capture *capture);

/* Frames handed on so far. Any thread. */
guint capture_count(Capture *capture);

/* Ends the thread: no frame is handed on any more. NULL is allowed. */
void capture_stop(Capture *capture);

/* Stops it and frees. All frames must have been dropped. NULL is allowed. */
void capture_free(Capture *capture);
