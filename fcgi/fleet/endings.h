/* Ending sessions that nobody will use: one whose start was not answered in time, or whose visitor has gone.
 * The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/fleet/fleet.h"

/* Asks the server to end the session, and again for a while if it does not answer. */
void endings_begin(Core *core, FleetServer *server, const char *session);
