/* The raw frames of the picture: what every source of it hands to the encoders. Whoever makes them hands them
 * on as a RawFrameFunc, from a thread of its own.
 */
#pragma once
#include "streamer/shared/media_settings.h"
#include <gst/gst.h>

/* One frame: BGRx, rows without padding, of the size that it says, time-stamped by media_clock. (transfer
 * none); who keeps it takes a reference and drops it soon: a source has a few of them in all. */
typedef void (*RawFrameFunc)(GstBuffer *frame, gpointer data);

/* How large a frame is, in pixels; whoever makes it says it once, before it is handed on. */
void raw_frame_set_size(GstBuffer *frame, MediaSize size);
MediaSize raw_frame_size(GstBuffer *frame);

/* The flag of a frame that shows the same as the one before. */
#define RAW_FRAME_REPEATED GST_BUFFER_FLAG_DROPPABLE

/* Of a picture that was changing a moment ago and is at rest come some more frames, so far apart. */
#define RAW_FRAME_REST_US (120 * 1000)
