#include "streamer/http/http_peers.h"

#include "common/log_limit.h"

#include <string.h>

#define LINES_A_MINUTE 10
/* Of an IPv6 address: what one subscriber has is a /64 at least. */
#define SUBSCRIBER_BYTES 8

struct HttpPeer {
  char *name; /* the key */
  guint connections;
};

struct HttpPeers {
  guint most;
  GPtrArray *exempt; /* of GInetAddressMask */
  GHashTable *by_name;
};

static void peer_free(gpointer data) {
  HttpPeer *peer = data;
  g_free(peer->name);
  g_free(peer);
}

HttpPeers *http_peers_new(void) {
  HttpPeers *peers = g_new0(HttpPeers, 1);
  peers->exempt = g_ptr_array_new_with_free_func(g_object_unref);
  peers->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, peer_free);
  return peers;
}

void http_peers_free(HttpPeers *peers) {
  if (!peers)
    return;
  g_ptr_array_unref(peers->exempt);
  g_hash_table_unref(peers->by_name);
  g_free(peers);
}

void http_peers_limit(HttpPeers *peers, guint most, char *const *exempt) {
  peers->most = most;
  g_ptr_array_set_size(peers->exempt, 0);
  for (; exempt && *exempt; exempt++) {
    GInetAddressMask *mask = g_inet_address_mask_new_from_string(*exempt, NULL);
    if (mask)
      g_ptr_array_add(peers->exempt, mask);
  }
}

static gboolean is_exempt(const HttpPeers *peers, GInetAddress *address) {
  for (guint i = 0; i < peers->exempt->len; i++)
    if (g_inet_address_mask_matches(peers->exempt->pdata[i], address))
      return TRUE;
  return FALSE;
}

/* (transfer full) */
static char *name_of(GInetAddress *address) {
  guint8 bytes[16] = {0};
  if (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4)
    return g_inet_address_to_string(address);
  memcpy(bytes, g_inet_address_to_bytes(address), SUBSCRIBER_BYTES);
  g_autoptr(GInetAddress) subscriber = g_inet_address_new_from_bytes(bytes, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string(subscriber);
}

HttpPeer *http_peers_enter(HttpPeers *peers, GSocketAddress *address) {
  static LogLimit limit = LOG_LIMIT("address_full", LINES_A_MINUTE);
  GInetAddress *ip = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  g_autofree char *name = name_of(ip);
  HttpPeer *peer = g_hash_table_lookup(peers->by_name, name);
  if (peers->most && peer && peer->connections >= peers->most && !is_exempt(peers, ip)) {
    log_limited(&limit, LOG_LEVEL_NOTICE, "address=%s connections=%u", name, peer->connections);
    return NULL;
  }
  if (!peer) {
    peer = g_new0(HttpPeer, 1);
    peer->name = g_steal_pointer(&name);
    g_hash_table_insert(peers->by_name, peer->name, peer);
  }
  peer->connections++;
  return peer;
}

void http_peers_leave(HttpPeers *peers, HttpPeer *peer) {
  if (--peer->connections == 0)
    g_hash_table_remove(peers->by_name, peer->name);
}
