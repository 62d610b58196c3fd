/* Watching the streamers: a long-polled GET_STATUS to each, whose answers go into the fleet.
 *
 * At a start all are asked, some hundred at a time, and some thousand more who do not answer soon, so that
 * dead ones are in nobody's way; those who told their first status early are followed a
 * little later (4 s at most), so that the others' come first. A streamer answers at once when something
 * changed, else after status_wait_seconds, so that one that is silent for 1.5 s longer is known to be dead. A
 * dead one is asked again after 0.25 s, then at most every 2 s. A core that answers one request only
 * (CoreMode) asks each once. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/streamer_client.h"

Watches *watches_new(Core *core);    /* (transfer full) */
void watches_free(Watches *watches); /* NULL is allowed */

/* Begins to watch a server (FleetListener.added). */
void watches_add(Watches *watches, FleetServer *server);
/* Stops (FleetListener.removed). */
void watches_remove(Watches *watches, FleetServer *server);

/* The list has been taken: servers' keys may be of other generations. */
void watches_list_changed(Watches *watches);

/* More people wait for places of the RC than are free, since just now or still: its servers that keep
 * sessions only as long as nobody does are told at once, all others of which it is true with their next poll.
 */
void watches_tell_wanted(Watches *watches, const Rc *rc);

/* How many servers have not told their first status yet, nor failed to. */
guint watches_count_unknown(const Watches *watches);

/* How to call the server (nullable), while it is watched; else NULL. (transfer none) */
StreamerPeer *watches_get_peer(FleetServer *server);
