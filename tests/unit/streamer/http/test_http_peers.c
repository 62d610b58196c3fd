/* How many connections an address may have. */
#include "streamer/http/http_peers.h"

static HttpPeer *enter(HttpPeers *peers, const char *ip) {
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(ip, 1);
  return http_peers_enter(peers, address);
}

static void each_address_has_its_own(void) {
  HttpPeers *peers = http_peers_new();
  http_peers_limit(peers, 2, NULL);
  HttpPeer *first = enter(peers, "192.0.2.1"), *second = enter(peers, "192.0.2.1");
  g_assert_nonnull(first);
  g_assert_nonnull(second);
  g_assert_null(enter(peers, "192.0.2.1"));
  HttpPeer *other = enter(peers, "192.0.2.2");
  g_assert_nonnull(other);
  http_peers_leave(peers, first);
  first = enter(peers, "192.0.2.1");
  g_assert_nonnull(first);
  http_peers_leave(peers, first);
  http_peers_leave(peers, second);
  http_peers_leave(peers, other);
  http_peers_free(peers);
}

static void a_network_of_one_subscriber_counts_as_one(void) {
  HttpPeers *peers = http_peers_new();
  http_peers_limit(peers, 1, NULL);
  HttpPeer *first = enter(peers, "2001:db8:0:1::1");
  g_assert_nonnull(first);
  g_assert_null(enter(peers, "2001:db8:0:1:ffff::2"));
  HttpPeer *neighbour = enter(peers, "2001:db8:0:2::1");
  g_assert_nonnull(neighbour);
  http_peers_leave(peers, first);
  http_peers_leave(peers, neighbour);
  http_peers_free(peers);
}

static void exempt_networks_and_no_limit(void) {
  const char *const exempt[] = {"10.0.0.0/8", "no network", "::1", NULL};
  HttpPeers *peers = http_peers_new();
  HttpPeer *held[9];
  guint n = 0;
  held[n++] = enter(peers, "192.0.2.1");
  held[n++] = enter(peers, "192.0.2.1"); /* no limit is set */
  http_peers_limit(peers, 1, (char *const *)exempt);
  g_assert_null(enter(peers, "192.0.2.1"));
  held[n++] = enter(peers, "10.255.0.1");
  held[n++] = enter(peers, "10.255.0.1");
  held[n++] = enter(peers, "::1");
  held[n++] = enter(peers, "::1");
  http_peers_limit(peers, 1, NULL);
  g_assert_null(enter(peers, "::1"));
  http_peers_limit(peers, 0, NULL);
  held[n++] = enter(peers, "::1");
  while (n > 0) {
    g_assert_nonnull(held[--n]);
    http_peers_leave(peers, held[n]);
  }
  http_peers_free(peers);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http_peers/each_address_has_its_own", each_address_has_its_own);
  g_test_add_func("/http_peers/a_network_of_one_subscriber_counts_as_one",
                  a_network_of_one_subscriber_counts_as_one);
  g_test_add_func("/http_peers/exempt_networks_and_no_limit", exempt_networks_and_no_limit);
  return g_test_run();
}
