/* Rate limits: what a client gets, what its neighbours cost it, and that a crowd costs a fixed amount. */
#include "fcgi/base/rate_limit.h"

#include <malloc.h>

#define BEGIN_US (1000 * G_TIME_SPAN_SECOND)
#define BURST 5
#define PER_MINUTE 60 /* a token a second */
#define NEIGHBOURS 4

static RateLimit *make(void) {
  const Rate rates[RATE_N_CLASSES] = {[RATE_READ] = {PER_MINUTE, BURST}, [RATE_START] = {PER_MINUTE, 1}};
  return rate_limit_new(rates, NEIGHBOURS);
}

static guint take(RateLimit *limit, const char *address, gint64 now_us) {
  ClientPrefix client = client_address_read(address);
  return rate_limit_take(limit, RATE_READ, &client, 1, now_us);
}

/* Takes until refused; returns how often it was let pass, at most @most. */
static guint take_all(RateLimit *limit, const char *address, guint most, gint64 now_us) {
  guint taken = 0;
  while (taken < most && take(limit, address, now_us) == 0)
    taken++;
  return taken;
}

static void a_burst_passes_and_no_more(void) {
  g_autoptr(RateLimit) limit = make();
  g_assert_cmpuint(take_all(limit, "192.0.2.1", 100, BEGIN_US), ==, BURST);
  g_assert_cmpuint(take(limit, "192.0.2.1", BEGIN_US), ==, 1);
}

static void the_waiting_time_is_true(void) {
  g_autoptr(RateLimit) limit = make();
  ClientPrefix client = client_address_read("192.0.2.1");
  take_all(limit, "192.0.2.1", 100, BEGIN_US);
  guint seconds = rate_limit_take(limit, RATE_READ, &client, 3, BEGIN_US);
  g_assert_cmpuint(seconds, ==, 3);
  gint64 then_us = BEGIN_US + seconds * G_TIME_SPAN_SECOND;
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 3, then_us - 1), >, 0);
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 3, then_us), ==, 0);
}

static void refusals_cost_nothing(void) {
  g_autoptr(RateLimit) limit = make();
  take_all(limit, "192.0.2.1", 100, BEGIN_US);
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint(take(limit, "192.0.2.1", BEGIN_US), ==, 1);
  g_assert_cmpuint(take(limit, "192.0.2.1", BEGIN_US + G_TIME_SPAN_SECOND), ==, 0);
}

static void over_any_time_no_more_than_burst_and_rate(void) {
  g_autoptr(RateLimit) limit = make();
  guint taken = 0;
  for (gint64 ms = 0; ms < 600 * 1000; ms += 7)
    taken += take(limit, "192.0.2.1", BEGIN_US + 1000 * ms) == 0;
  g_assert_cmpuint(taken, >=, BURST + 599);
  g_assert_cmpuint(taken, <=, BURST + 600);
}

static void classes_are_counted_apart(void) {
  g_autoptr(RateLimit) limit = make();
  ClientPrefix client = client_address_read("192.0.2.1");
  take_all(limit, "192.0.2.1", 100, BEGIN_US);
  g_assert_cmpuint(rate_limit_take(limit, RATE_START, &client, 1, BEGIN_US), ==, 0);
  g_assert_cmpuint(rate_limit_take(limit, RATE_START, &client, 1, BEGIN_US), ==, 1);
  for (guint i = 0; i < 1000; i++) /* a rate of 0 */
    g_assert_cmpuint(rate_limit_take(limit, RATE_CODE, &client, 1, BEGIN_US), ==, 0);
}

static void more_tokens_than_the_burst_are_the_burst(void) {
  g_autoptr(RateLimit) limit = make();
  ClientPrefix client = client_address_read("192.0.2.1");
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 1000, BEGIN_US), ==, 0);
  g_assert_cmpuint(rate_limit_take(limit, RATE_READ, &client, 1000, BEGIN_US), ==, BURST);
}

static void an_ipv6_network_is_one_client(void) {
  g_autoptr(RateLimit) limit = make();
  g_assert_cmpuint(take_all(limit, "2001:db8:0:1::1", 100, BEGIN_US), ==, BURST);
  g_assert_cmpuint(take(limit, "2001:db8:0:1:ffff::2", BEGIN_US), ==, 1);
  g_assert_cmpuint(take(limit, "2001:db8:0:2::1", BEGIN_US), ==, 0);
  g_assert_cmpuint(take_all(limit, "192.0.2.1", 100, BEGIN_US), ==, BURST);
  g_assert_cmpuint(take(limit, "::ffff:192.0.2.1", BEGIN_US), ==, 1);
}

static void neighbours_share(void) {
  static const struct {
    const char *network, *rest, *stranger;
  } cases[] = {{"192.0.2.", "", "192.0.3.1"}, {"2001:db8:7:", "::1", "2001:db8:8::1"}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(RateLimit) limit = make();
    guint taken = 0;
    for (guint n = 1; n < 200; n++) {
      g_autofree char *address = g_strdup_printf("%s%u%s", cases[i].network, n, cases[i].rest);
      taken += take_all(limit, address, 100, BEGIN_US);
    }
    g_assert_cmpuint(taken, ==, NEIGHBOURS * BURST);
    g_assert_cmpuint(take_all(limit, cases[i].stranger, 100, BEGIN_US), ==, BURST);
  }
}

/* Whom the neighbours' limit refuses, that one's own tokens are still there. */
static void a_refused_client_keeps_its_own(void) {
  const Rate rates[RATE_N_CLASSES] = {[RATE_READ] = {PER_MINUTE, BURST}};
  g_autoptr(RateLimit) limit = rate_limit_new(rates, 1);
  take_all(limit, "192.0.2.1", 100, BEGIN_US);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint(take(limit, "192.0.2.2", BEGIN_US), ==, 1);
  gint64 later_us = BEGIN_US + BURST * G_TIME_SPAN_SECOND;
  g_assert_cmpuint(take_all(limit, "192.0.2.2", 100, later_us), ==, BURST);
}

static void a_million_addresses_cost_a_fixed_amount(void) {
  g_autoptr(RateLimit) limit = make();
  take(limit, "10.0.0.1", BEGIN_US);
  gsize before = mallinfo2().uordblks;
  guint passed = 0;
  for (guint i = 0; i < 1000 * 1000; i++) {
    ClientPrefix client = client_address_read("10.0.0.0");
    client.bytes[13] = (guint8)(i >> 16);
    client.bytes[14] = (guint8)(i >> 8);
    client.bytes[15] = (guint8)i;
    passed += rate_limit_take(limit, RATE_READ, &client, 1, BEGIN_US) == 0;
  }
  g_assert_cmpuint(mallinfo2().uordblks, <=, before + 4096);
  /* Each of 3,907 networks had what its neighbours share, and a few were forgotten and had it twice. */
  g_assert_cmpuint(passed, >=, 3906 * NEIGHBOURS * BURST);
  g_assert_cmpuint(passed, <=, 3907 * NEIGHBOURS * BURST * 11 / 10);
}

/* Who is deep in debt stays known while a crowd of others comes by. */
static void a_crowd_does_not_free_the_greedy(void) {
  g_autoptr(RateLimit) limit = make();
  take_all(limit, "192.0.2.1", 100, BEGIN_US);
  for (guint i = 0; i < 300 * 1000; i++) {
    ClientPrefix client = client_address_read("10.0.0.0");
    client.bytes[12] = (guint8)(11 + (i >> 16));
    client.bytes[13] = (guint8)(i >> 8);
    client.bytes[14] = (guint8)i; /* each in a network of its own */
    rate_limit_take(limit, RATE_READ, &client, 1, BEGIN_US);
  }
  g_assert_cmpuint(take(limit, "192.0.2.1", BEGIN_US), ==, 1);
}

typedef struct {
  RateLimit *limit;
  guint taken;
} Taker;

static gpointer take_much(gpointer data) {
  Taker *taker = data;
  for (guint i = 0; i < 20000; i++)
    taker->taken += take(taker->limit, "192.0.2.1", BEGIN_US) == 0;
  return NULL;
}

static void threads_share_one_count(void) {
  g_autoptr(RateLimit) limit = make();
  Taker takers[4];
  GThread *threads[G_N_ELEMENTS(takers)];
  guint taken = 0;
  for (guint i = 0; i < G_N_ELEMENTS(takers); i++) {
    takers[i] = (Taker){limit, 0};
    threads[i] = g_thread_new("taker", take_much, &takers[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS(takers); i++) {
    g_thread_join(threads[i]);
    taken += takers[i].taken;
  }
  g_assert_cmpuint(taken, ==, BURST);
}

/* ---- addresses ---- */

static void networks_are_matched_by_their_bits(void) {
  char *const texts[] = {"10.0.0.0/15", "2001:db8::/33", "::1", NULL};
  char *const uneven[] = {"10.1.0.0/15", NULL}; /* a bit too many */
  static const struct {
    const char *address;
    gboolean is_in;
  } cases[] = {
      {"10.0.255.255", TRUE},
      {"10.1.255.255", TRUE},
      {"10.2.0.0", FALSE},
      {"::ffff:10.1.2.3", TRUE},
      {"2001:db8:7fff::", TRUE},
      {"2001:db8:8000::", FALSE},
      {"::1", TRUE},
      {"::1%lo", TRUE},
      {"::2", FALSE},
      {"", FALSE},
      {"no address", FALSE},
      {"10.1.2.3.4", FALSE},
      {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", FALSE},
  };
  ClientNetworks *networks = client_networks_new("file", "setting", texts, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    ClientPrefix client = client_address_read(cases[i].address);
    g_assert_cmpint(client_networks_have(networks, &client), ==, cases[i].is_in);
  }
  client_networks_free(networks);
  g_autoptr(GError) error = NULL;
  g_assert_null(client_networks_new("file", "setting", uneven, &error));
  g_assert_cmpstr(error->message, ==, "file: setting: \"10.1.0.0/15\" is no address or network");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/rate-limit/a-burst-passes-and-no-more", a_burst_passes_and_no_more);
  g_test_add_func("/rate-limit/the-waiting-time-is-true", the_waiting_time_is_true);
  g_test_add_func("/rate-limit/refusals-cost-nothing", refusals_cost_nothing);
  g_test_add_func("/rate-limit/over-any-time-no-more-than-burst-and-rate",
                  over_any_time_no_more_than_burst_and_rate);
  g_test_add_func("/rate-limit/classes-are-counted-apart", classes_are_counted_apart);
  g_test_add_func("/rate-limit/more-tokens-than-the-burst-are-the-burst",
                  more_tokens_than_the_burst_are_the_burst);
  g_test_add_func("/rate-limit/an-ipv6-network-is-one-client", an_ipv6_network_is_one_client);
  g_test_add_func("/rate-limit/neighbours-share", neighbours_share);
  g_test_add_func("/rate-limit/a-refused-client-keeps-its-own", a_refused_client_keeps_its_own);
  g_test_add_func("/rate-limit/a-million-addresses-cost-a-fixed-amount",
                  a_million_addresses_cost_a_fixed_amount);
  g_test_add_func("/rate-limit/a-crowd-does-not-free-the-greedy", a_crowd_does_not_free_the_greedy);
  g_test_add_func("/rate-limit/threads-share-one-count", threads_share_one_count);
  g_test_add_func("/client-address/networks-are-matched-by-their-bits", networks_are_matched_by_their_bits);
  return g_test_run();
}
