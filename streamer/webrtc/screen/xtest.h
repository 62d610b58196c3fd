/* The X server's end of the input: events by the XTEST extension, on a connection of its own. One thread at a
 * time.
 *
 * While a button is down the pointer goes from place to place by relative motion, as a real mouse does: an
 * application that wants moves alone from the press on (an editor's view, whose pointer hides while it is
 * dragged) gets the right ones from the first, before anybody has noticed that it does. For one that reads
 * places it comes to the same.
 */
#pragma once
#include "streamer/webrtc/input/input_sink.h"

typedef struct XTest XTest;

/* Connects to $DISPLAY. NULL with a G_IO_ERROR when it cannot be reached or has no XTEST. */
XTest *xtest_new(GError **error);
void xtest_free(XTest *xtest); /* NULL is allowed */

/* When it last moved the pointer (g_get_monotonic_time()); 0: never. Any thread. */
gint64 xtest_moved_us(XTest *xtest);

/* The sink; its data is the XTest *. */
extern const InputSink xtest_sink;
