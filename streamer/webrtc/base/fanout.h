/* Gives what one encoder makes to any number of takers: each gets the same memory, nothing is copied.
 *
 * Takers are called on the encoder's thread under the fan-out's lock: quickly, without waiting. After
 * fanout_detach() returned, its taker is not called any more. Any thread may attach and detach.
 */
#pragma once
#include <gst/gst.h>

typedef struct Fanout Fanout;

/* One encoded frame: @buffer (transfer none, shared, read only) with its running time as PTS, @caps of the
 * stream. */
typedef void (*FanoutFunc)(GstBuffer *buffer, GstCaps *caps, gpointer data);

/* Whether the taker has use for a frame now. */
typedef gboolean (*FanoutWantsFunc)(gpointer data);

/* Takes the frames of @appsink (transfer none), which must be told apart from any other callbacks of it. */
Fanout *fanout_new(GstElement *appsink);

/* Adds a taker; @data tells it apart. @wants is nullable. */
void fanout_attach(Fanout *fanout, FanoutFunc func, FanoutWantsFunc wants, gpointer data);
void fanout_detach(Fanout *fanout, gpointer data);

/* Whether a frame is worth making: a taker has use for it, or none has a say in it. */
gboolean fanout_is_wanted(Fanout *fanout);

/* After the pipeline of the appsink was stopped. NULL is allowed. */
void fanout_free(Fanout *fanout);
