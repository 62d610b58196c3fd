/* The engine `capture`: a process vitrina-webrtc a session, spoken with over a socket pair
 * (engine_message.h). Main thread. */
#pragma once
#include "streamer/engine/engine_kind.h"

extern const EngineKind engine_capture;
