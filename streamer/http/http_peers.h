/* How many connections each address has, so that not all that there may be are held by one, and how often it
 * asks. The /64 of an IPv6 address counts as one. An address that asked much is remembered after its last
 * connection until it may do so again. Main thread.
 */
#pragma once
#include "common/bucket.h"
#include "streamer/http/http_limits.h"
#include <gio/gio.h>

typedef struct HttpPeers HttpPeers;
typedef struct HttpPeer HttpPeer; /* an address that has connections, or had */

#define HTTP_PEERS_MAX 65536 /* of those without connections, that many are remembered */

HttpPeers *http_peers_new(void); /* (transfer full): without a limit */
/* When all have left. NULL is allowed. */
void http_peers_free(HttpPeers *peers);

/* From now on each address has these limits, but for those in exempt networks. Those that are over it keep
 * what they have. */
void http_peers_limit(HttpPeers *peers, const HttpLimits *limits);

/* Counts a connection from @address. NULL: it has as many as it may. Else it is held until it leaves. */
HttpPeer *http_peers_enter(HttpPeers *peers, GSocketAddress *address);
void http_peers_leave(HttpPeers *peers, HttpPeer *peer);

/* A request, or what comes near to one, of @peer, which is held. 0: it may be; else the seconds after which
 * it may be. @now_us: of a clock that does not go back. */
guint http_peers_take(HttpPeers *peers, HttpPeer *peer, gint64 now_us);
/* Addresses that are remembered, with and without connections. */
guint http_peers_count(const HttpPeers *peers);
