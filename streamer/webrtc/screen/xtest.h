/* The X server's end of the input: events by the XTEST extension, on a connection of its own. One thread at a
 * time. */
#pragma once
#include "streamer/webrtc/input/input_state.h"

typedef struct XTest XTest;

/* Connects to $DISPLAY. NULL with a G_IO_ERROR when it cannot be reached or has no XTEST. */
XTest *xtest_new(GError **error);
void xtest_free(XTest *xtest); /* NULL is allowed */

/* What input_state sends goes to the connection, whose data is the XTest *; xtest_flush() hands it to the
 * server. */
extern const InputSink xtest_sink;
void xtest_flush(XTest *xtest);
