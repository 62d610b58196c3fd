/* How much each client holds at this moment, waiting requests and WebSockets alike: so that what all may hold
 * (max_waiting, max_websockets) is not held by one. A client and its neighbours are told apart as for
 * rate_limit.h. There is an entry for whoever holds something, and none for others: what all may hold is the
 * bound of the memory. Any thread.
 */
#pragma once
#include "fcgi/base/client_address.h"

typedef struct ClientCounts ClientCounts;

/* @most: of one client; 0: no limit. Its network may hold @neighbours times that; 0: no limit. Networks in
 * @exempt (transfer none, nullable) have none. (transfer full) */
ClientCounts *client_counts_new(guint most, guint neighbours, const ClientNetworks *exempt);
void client_counts_free(ClientCounts *counts); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClientCounts, client_counts_free)

/* Whether the client at @address may hold one more. */
gboolean client_counts_have_room(ClientCounts *counts, const char *address);
/* It holds one more, whether it may or not; and one less. */
void client_counts_add(ClientCounts *counts, const char *address);
void client_counts_remove(ClientCounts *counts, const char *address);
