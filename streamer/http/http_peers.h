/* How many connections each address has, so that not all that there may be are held by one. The /64 of an
 * IPv6 address counts as one. Main thread.
 */
#pragma once
#include <gio/gio.h>

typedef struct HttpPeers HttpPeers;
typedef struct HttpPeer HttpPeer; /* an address that has connections */

HttpPeers *http_peers_new(void); /* (transfer full): without a limit */
/* When all have left. NULL is allowed. */
void http_peers_free(HttpPeers *peers);

/* From now on each address may have @most connections (0: any number), but for those in the networks @exempt
 * ("10.0.0.0/8", "::1"; what is none is passed over; nullable). Those that are over it keep what they have.
 */
void http_peers_limit(HttpPeers *peers, guint most, char *const *exempt);

/* Counts a connection from @address. NULL: it has as many as it may. Else it is held until it leaves. */
HttpPeer *http_peers_enter(HttpPeers *peers, GSocketAddress *address);
void http_peers_leave(HttpPeers *peers, HttpPeer *peer);
