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
#include <gst/gst.h>

typedef struct Capture Capture;

/* A frame, on the capture's thread: BGRx, rows without padding, time-stamped by media_clock. (transfer none);
 * who keeps it takes a reference and drops it soon: there are CAPTURE_FRAMES of them in all. It has the flag
 * when it shows the same as the one before. */
typedef void (*CaptureFrameFunc)(GstBuffer *frame, gpointer data);
#define CAPTURE_FRAMES 6
#define CAPTURE_FLAG_REPEATED GST_BUFFER_FLAG_DROPPABLE

/* What comes of a picture at rest, in microseconds between two frames. */
#define CAPTURE_REFINEMENT_US (120 * 1000)

/* Connects to $DISPLAY and starts the thread, sleeping. @framerate: frames a second, at most. Returns NULL
 * with a G_IO_ERROR when the display cannot be reached or lacks what this needs. */
Capture *capture_new(guint framerate, CaptureFrameFunc on_frame, gpointer data, GError **error);

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
