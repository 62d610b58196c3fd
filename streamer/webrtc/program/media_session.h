/* A session's media, all of the engine put together: capture, encoders, peers and input, driven by the
 * streamer's messages (streamer/shared/engine_message.h) and speaking its own. Main thread.
 */
#pragma once
#include "streamer/shared/engine_message.h"

typedef struct MediaSession MediaSession;

/* What it says to its owner. */
typedef struct {
  void (*say)(const EngineMessage *message, gpointer data); /* to the streamer; nothing of it is kept */
  /* It cannot go on: the process shall say so and end with @exit_status (sysexits.h). Does not return. */
  void (*failed)(const char *reason, int exit_status, gpointer data);
} MediaSessionEvents;

/* Begins to warm up; gst_init(), media_clock_init() and x_connection_init() came before. */
MediaSession *media_session_new(const MediaSessionEvents *events, gpointer data);

/* Obeys one message of the streamer. ENGINE_STOP is not for it. */
void media_session_obey(MediaSession *session, const EngineMessage *message);

/* Ends every peer and frees; may wait for threads. NULL is allowed. */
void media_session_free(MediaSession *session);
