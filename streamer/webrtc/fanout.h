/* Gives what one encoder makes to any number of takers: each gets the same memory, nothing is copied.
 *
 * Takers are called on the encoder's thread under the fan-out's lock: quickly, without waiting. After
 * fanout_detach() returned, its taker is not called any more. Any thread may attach and detach.
 */
#pragma once
#include <gst/gst.h>

typedef struct Fanout Fanout;

/* One encoded frame: @buffer (transfer none, shared, read only) with its running time as PTS, @caps of the
 * stream. Returns FALSE when the taker can go on only from a key frame, and this was none. */
typedef gboolean (*FanoutFunc)(GstBuffer *buffer, GstCaps *caps, gpointer data);

/* Somebody cannot go on without a key frame; on the encoder's thread. */
typedef void (*FanoutKeyFunc)(gpointer data);

/* Takes the frames of @appsink (transfer none), which must be told apart from any other callbacks of it. */
Fanout *fanout_new(GstElement *appsink, FanoutKeyFunc need_key, gpointer data);

/* Adds a taker; @data tells it apart. */
void fanout_attach(Fanout *fanout, FanoutFunc func, gpointer data);
void fanout_detach(Fanout *fanout, gpointer data);

/* After the pipeline of the appsink was stopped. NULL is allowed. */
void fanout_free(Fanout *fanout);
