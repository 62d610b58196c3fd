/* How many connections an address may have, and how often it may ask. */
#include "streamer/http/http_peers.h"

static HttpPeer *enter(HttpPeers *peers, const char *ip) {
  g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(ip, 1);
  return http_peers_enter(peers, address);
}

static void limit(HttpPeers *peers, guint connections, const char *const *exempt) {
  http_peers_limit(peers, &(HttpLimits){.connections = connections, .exempt = (char *const *)exempt});
}

static void each_address_has_its_own(void) {
  HttpPeers *peers = http_peers_new();
  limit(peers, 2, NULL);
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
  limit(peers, 1, NULL);
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
  limit(peers, 1, exempt);
  g_assert_null(enter(peers, "192.0.2.1"));
  held[n++] = enter(peers, "10.255.0.1");
  held[n++] = enter(peers, "10.255.0.1");
  held[n++] = enter(peers, "::1");
  held[n++] = enter(peers, "::1");
  limit(peers, 1, NULL);
  g_assert_null(enter(peers, "::1"));
  limit(peers, 0, NULL);
  held[n++] = enter(peers, "::1");
  while (n > 0) {
    g_assert_nonnull(held[--n]);
    http_peers_leave(peers, held[n]);
  }
  http_peers_free(peers);
}

#define SECOND G_USEC_PER_SEC

static HttpPeers *peers_of_requests(guint per_second, guint at_once, const char *const *exempt) {
  HttpPeers *peers = http_peers_new();
  http_peers_limit(peers, &(HttpLimits){.requests_per_second = per_second,
                                        .requests_at_once = at_once,
                                        .exempt = (char *const *)exempt});
  return peers;
}

static void requests_come_back_at_their_rate(void) {
  HttpPeers *peers = peers_of_requests(2, 4, NULL);
  HttpPeer *one = enter(peers, "192.0.2.1"), *other = enter(peers, "192.0.2.2");
  gint64 now_us = g_get_monotonic_time();
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint(http_peers_take(peers, one, now_us), ==, 0);
  g_assert_cmpuint(http_peers_take(peers, one, now_us), ==, 1);
  g_assert_cmpuint(http_peers_take(peers, other, now_us), ==, 0);
  g_assert_cmpuint(http_peers_take(peers, one, now_us + SECOND / 2), ==, 0);
  g_assert_cmpuint(http_peers_take(peers, one, now_us + SECOND / 2), ==, 1);
  http_peers_leave(peers, one);
  http_peers_leave(peers, other);
  http_peers_free(peers);
}

static void a_new_connection_gives_nobody_more(void) {
  HttpPeers *peers = peers_of_requests(1, 50, NULL);
  gint64 now_us = g_get_monotonic_time();
  for (guint i = 0; i < 50; i++) {
    HttpPeer *peer = enter(peers, "192.0.2.1");
    g_assert_cmpuint(http_peers_take(peers, peer, now_us), ==, 0);
    http_peers_leave(peers, peer);
  }
  HttpPeer *peer = enter(peers, "192.0.2.1");
  g_assert_cmpuint(http_peers_take(peers, peer, now_us), ==, 1);
  http_peers_leave(peers, peer);
  http_peers_free(peers);
}

static void who_is_exempt_asks_as_often_as_they_like(void) {
  static const char *const exempt[] = {"192.0.2.0/24", NULL};
  HttpPeers *peers = peers_of_requests(1, 1, exempt);
  HttpPeer *peer = enter(peers, "192.0.2.1");
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint(http_peers_take(peers, peer, 0), ==, 0);
  http_peers_leave(peers, peer);
  http_peers_free(peers);
}

/* Addresses that never come again take no memory for ever. */
static void only_so_many_are_remembered(void) {
  HttpPeers *peers = peers_of_requests(1, 1000, NULL);
  gint64 now_us = g_get_monotonic_time() + 1000 * SECOND; /* as if none had come to rest */
  for (guint i = 0; i < 2 * HTTP_PEERS_MAX; i++) {
    g_autofree char *ip = g_strdup_printf("2001:db8:%x:%x::1", i >> 16, i & 0xffff);
    HttpPeer *peer = enter(peers, ip);
    http_peers_take(peers, peer, now_us);
    http_peers_leave(peers, peer);
    g_assert_cmpuint(http_peers_count(peers), <=, HTTP_PEERS_MAX);
  }
  http_peers_free(peers);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/http_peers/each_address_has_its_own", each_address_has_its_own);
  g_test_add_func("/http_peers/a_network_of_one_subscriber_counts_as_one",
                  a_network_of_one_subscriber_counts_as_one);
  g_test_add_func("/http_peers/exempt_networks_and_no_limit", exempt_networks_and_no_limit);
  g_test_add_func("/http_peers/requests_come_back_at_their_rate", requests_come_back_at_their_rate);
  g_test_add_func("/http_peers/a_new_connection_gives_nobody_more", a_new_connection_gives_nobody_more);
  g_test_add_func("/http_peers/who_is_exempt_asks_as_often_as_they_like",
                  who_is_exempt_asks_as_often_as_they_like);
  g_test_add_func("/http_peers/only_so_many_are_remembered", only_so_many_are_remembered);
  return g_test_run();
}
