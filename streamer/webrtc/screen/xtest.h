/* The X server's end of the input: events by the XTEST extension, on a connection of its own. One thread at a
 * time. */
#pragma once
#include "streamer/webrtc/input/input_sink.h"

typedef struct XTest XTest;

/* Connects to $DISPLAY. NULL with a G_IO_ERROR when it cannot be reached or has no XTEST. */
XTest *xtest_new(GError **error);
void xtest_free(XTest *xtest); /* NULL is allowed */

/* The sink; its data is the XTest *. */
extern const InputSink xtest_sink;
