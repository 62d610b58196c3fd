/* Puts a core together: makes what it has, from the ground up, and lets those below tell those above them,
 * whom they do not know, what happens (FleetListener and its like). The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"

/* Makes everything in a @core that is zeroed but for its mode; its threads take the calling thread's signal
 * mask. FALSE with one line for the log when the plan cannot be opened; wiring_close() is due then, too.
 * @configuration and @keys (transfer none) must outlive it. */
gboolean wiring_open(Core *core, const Configuration *configuration, SiteKeys *keys, GError **error);
void wiring_close(Core *core);
