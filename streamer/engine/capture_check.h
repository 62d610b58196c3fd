/* Has vitrina-webrtc try what the settings ask of it, so that the streamer need not know GStreamer. Main
 * thread.
 */
#pragma once
#include "streamer/engine/engine_kind.h"

/* As engine_check() says (engine.h). The program looks at all of GStreamer's plugins for it and notes what it
 * found (GST_REGISTRY): that takes seconds, once. */
void capture_check(const StreamerSettings *settings, char *const *environment, EngineCheckedFunc func,
                   gpointer data);
