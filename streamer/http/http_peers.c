#include "streamer/http/http_peers.h"

#include "common/log_limit.h"

#include <string.h>

#define LINES_A_MINUTE 10
/* Of an IPv6 address: what one subscriber has is a /64 at least. */
#define SUBSCRIBER_BYTES 8

/* A look through all addresses costs no more than as many came since the last. */
#define SWEEP_LEAST 1024

struct HttpPeer {
  char *name;       /* the key */
  GInetAddress *ip; /* of the newest connection */
  guint connections;
  Bucket requests;
};

struct HttpPeers {
  guint most;
  BucketRule rule;   /* of requests; 0 per second: none */
  guint sweep_above; /* that many addresses */
  GPtrArray *exempt; /* of GInetAddressMask */
  GHashTable *by_name;
};

static void peer_free(gpointer data) {
  HttpPeer *peer = data;
  g_free(peer->name);
  g_clear_object(&peer->ip);
  g_free(peer);
}

HttpPeers *http_peers_new(void) {
  HttpPeers *peers = g_new0(HttpPeers, 1);
  peers->sweep_above = SWEEP_LEAST;
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

void http_peers_limit(HttpPeers *peers, const HttpLimits *limits) {
  peers->most = limits->connections;
  peers->rule = (BucketRule){limits->requests_per_second, limits->requests_at_once};
  g_ptr_array_set_size(peers->exempt, 0);
  for (char *const *exempt = limits->exempt; exempt && *exempt; exempt++) {
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

/* ---- those that are remembered ---- */

/* Whether nothing is known of @peer that would not be true of a new one. */
static gboolean is_forgettable(HttpPeers *peers, HttpPeer *peer, gint64 now_us) {
  if (peer->connections > 0)
    return FALSE;
  if (peers->rule.per_second == 0 || peer->requests.spent == 0)
    return TRUE;
  bucket_take(&peer->requests, &peers->rule, 0, now_us);
  return peer->requests.spent == 0;
}

/* Forgets those who have all that they may spend again; where too many are left, all that have no connection:
 * they are better off for it. */
static void peers_sweep(HttpPeers *peers) {
  gint64 now_us = g_get_monotonic_time();
  gboolean is_full = g_hash_table_size(peers->by_name) >= HTTP_PEERS_MAX;
  GHashTableIter iter;
  gpointer peer;
  g_hash_table_iter_init(&iter, peers->by_name);
  while (g_hash_table_iter_next(&iter, NULL, &peer))
    if (is_forgettable(peers, peer, now_us) || (is_full && ((HttpPeer *)peer)->connections == 0))
      g_hash_table_iter_remove(&iter);
  peers->sweep_above = CLAMP(2 * g_hash_table_size(peers->by_name), SWEEP_LEAST, HTTP_PEERS_MAX);
}

static HttpPeer *peer_new(HttpPeers *peers, const char *name) {
  if (g_hash_table_size(peers->by_name) >= peers->sweep_above)
    peers_sweep(peers);
  HttpPeer *peer = g_new0(HttpPeer, 1);
  peer->name = g_strdup(name);
  g_hash_table_insert(peers->by_name, peer->name, peer);
  return peer;
}

guint http_peers_count(const HttpPeers *peers) {
  return g_hash_table_size(peers->by_name);
}

/* ---- what they do ---- */

HttpPeer *http_peers_enter(HttpPeers *peers, GSocketAddress *address) {
  static LogLimit limit = LOG_LIMIT("address_full", LINES_A_MINUTE);
  GInetAddress *ip = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  g_autofree char *name = name_of(ip);
  HttpPeer *peer = g_hash_table_lookup(peers->by_name, name);
  if (peers->most && peer && peer->connections >= peers->most && !is_exempt(peers, ip)) {
    log_limited(&limit, LOG_LEVEL_NOTICE, "address=%s connections=%u", name, peer->connections);
    return NULL;
  }
  if (!peer)
    peer = peer_new(peers, name);
  g_set_object(&peer->ip, ip);
  peer->connections++;
  return peer;
}

void http_peers_leave(HttpPeers *peers, HttpPeer *peer) {
  if (--peer->connections == 0 && is_forgettable(peers, peer, g_get_monotonic_time()))
    g_hash_table_remove(peers->by_name, peer->name);
}

guint http_peers_take(HttpPeers *peers, HttpPeer *peer, gint64 now_us) {
  static LogLimit limit = LOG_LIMIT("address_asks_too_often", LINES_A_MINUTE);
  if (peers->rule.per_second == 0 || is_exempt(peers, peer->ip) ||
      bucket_take(&peer->requests, &peers->rule, 1, now_us))
    return 0;
  log_limited(&limit, LOG_LEVEL_NOTICE, "address=%s", peer->name);
  return bucket_wait_seconds(&peer->requests, &peers->rule, 1);
}
