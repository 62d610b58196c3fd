/* Captures the X display's picture, or a part of it, driven by XDamage.
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

typedef struct ScreenCapture ScreenCapture;

/* Connects to $DISPLAY and starts the thread, sleeping, which calls @on_frame with @data. @framerate: frames
 * a second, at most. Returns NULL with a G_IO_ERROR when the display cannot be reached or lacks what this
 * needs. */
ScreenCapture *screen_capture_new(guint framerate, RawFrameFunc on_frame, gpointer data, GError **error);

/* The display's size. */
MediaSize screen_capture_get_size(const ScreenCapture *capture);

/* Part of a display: where its top left is, and its size, in pixels. */
typedef struct {
  guint x, y;
  MediaSize size;
} ScreenPart;

/* Captures nothing but @part from now on, which lies within the display; its sides are even. Those who draw
 * there are given a moment to do so. At first it is the whole display. Any thread. */
void screen_capture_set_part(ScreenCapture *capture, const ScreenPart *part);

/* Whether anyone wants frames. Any thread. */
void screen_capture_set_wanted(ScreenCapture *capture, gboolean wanted);

/* One frame as soon as the rate allows, changed or not, and even if none are wanted. Any thread. */
void screen_capture_request_frame(ScreenCapture *capture);

/* How long the picture has been at rest, in microseconds, as far as it was watched. Any thread. */
gint64 screen_capture_rest_us(ScreenCapture *capture);

/* Frames handed on so far. Any thread. */
guint screen_capture_count(ScreenCapture *capture);

/* Ends the thread: no frame is handed on any more. NULL is allowed. */
void screen_capture_stop(ScreenCapture *capture);

/* Stops it and frees. All frames must have been dropped. NULL is allowed. */
void screen_capture_free(ScreenCapture *capture);
