/* When frames and input pass the stations of the engine, for measuring: lines "<station> <time> <frame>" in
 * the file that VITRINA_TRACE names, times in microseconds since 1970, frames by their running time in
 * nanoseconds. Without that variable nothing is written. Any thread.
 */
#pragma once
#include <glib.h>

/* Opens the file if the variable is set. Once, at start. */
void trace_init(void);

/* @station: one static word; @frame: 0 where it is not about a frame. */
void trace_point(const char *station, guint64 frame);
