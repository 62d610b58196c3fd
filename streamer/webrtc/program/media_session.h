/* A session's engine: capture, encoders, peers and input put together, driven by the streamer's messages
 * (streamer/shared/engine_message.h) and speaking its own. Main thread.
 */
#pragma once
#include "streamer/shared/engine_message.h"

typedef struct Engine Engine;

/* What the engine says to its owner. */
typedef struct {
  void (*say)(const EngineMessage *message, gpointer data); /* to the streamer; nothing of it is kept */
  /* It cannot go on: the process shall say so and end with @exit_status (sysexits.h). Does not return. */
  void (*failed)(const char *reason, int exit_status, gpointer data);
} EngineEvents;

/* Begins to warm up; gst_init(), media_clock_init() and x_connection_init() came before. */
Engine *engine_new(const EngineEvents *events, gpointer data);

/* Obeys one message of the streamer. ENGINE_STOP is not for it. */
void engine_obey(Engine *engine, const EngineMessage *message);

/* Ends every peer and frees; may wait for threads. NULL is allowed. */
void engine_free(Engine *engine);
