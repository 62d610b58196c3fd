/* One clock and one base time for all pipelines of the process, so that a frame's time stamp means the same
 * instant in the encoder's pipeline and in every peer's. Any thread, after media_clock_init().
 */
#pragma once
#include <gst/gst.h>

/* Starts the time. Once, after gst_init(). */
void media_clock_init(void);

/* Nanoseconds since media_clock_init(). */
GstClockTime media_clock_now(void);

/* Makes @pipeline keep this time; before it leaves the NULL state. */
void media_clock_apply(GstElement *pipeline);
