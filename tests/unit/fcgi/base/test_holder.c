/* fcgi/base/holder.h: whose something is, without an address. */
#include "common/ticket.h"
#include "fcgi/base/holder.h"

static KeyRing *make_key(char filling) {
  g_autofree char *bytes = g_strnfill(32, filling);
  return key_ring_new(bytes, 32);
}

static Holders *make_holders(const KeyRing *key) {
  static ClientNetworks *exempt;
  const char *const networks[] = {"198.51.100.0/24", NULL};
  if (!exempt)
    exempt = client_networks_new("test", "exempt", (char *const *)networks, NULL);
  return holders_new(key, exempt);
}

static void test_same_client_is_known_again(void) {
  g_autoptr(KeyRing) key = make_key('a');
  Holders *before = make_holders(key), *after = make_holders(key);
  Holder one = holders_find(before, "192.0.2.1"), again = holders_find(after, "192.0.2.1");
  g_assert_true(one.counts && again.counts);
  g_assert_cmpuint(one.client, ==, again.client);
  g_assert_cmpuint(one.network, ==, again.network);
  holders_free(before);
  holders_free(after);
}

static void test_neighbours_have_the_network_alone_in_common(void) {
  g_autoptr(KeyRing) key = make_key('a');
  Holders *holders = make_holders(key);
  static const char *const same[][2] = {{"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8:0:1::1"}};
  for (guint i = 0; i < G_N_ELEMENTS(same); i++) {
    Holder one = holders_find(holders, same[i][0]), other = holders_find(holders, same[i][1]);
    g_assert_cmpuint(one.client, !=, other.client);
    g_assert_cmpuint(one.network, ==, other.network);
    g_assert_cmpuint(one.network, !=, one.client);
  }
  Holder one = holders_find(holders, "192.0.2.1"), far = holders_find(holders, "192.0.3.1");
  g_assert_cmpuint(one.network, !=, far.network);
  one = holders_find(holders, "2001:db8::1");
  g_assert_cmpuint(one.client, ==, holders_find(holders, "2001:db8::2:3:4:5").client);
  holders_free(holders);
}

static void test_another_key_makes_another_number(void) {
  g_autoptr(KeyRing) key = make_key('a'), other = make_key('b');
  Holders *ours = make_holders(key), *theirs = make_holders(other);
  g_assert_cmpuint(holders_find(ours, "192.0.2.1").client, !=, holders_find(theirs, "192.0.2.1").client);
  holders_free(ours);
  holders_free(theirs);
}

static void test_exempt_is_nobody(void) {
  g_autoptr(KeyRing) key = make_key('a');
  Holders *holders = make_holders(key);
  g_assert_false(holders_find(holders, "198.51.100.7").counts);
  g_assert_false(holders_find(holders, "-").counts);
  g_assert_true(holders_find(holders, "::2").counts);
  holders_free(holders);
}

static void test_what_is_written_is_read(void) {
  g_autofree char *client = holder_format(0x12), *network = holder_format(G_MAXUINT64);
  g_assert_cmpstr(client, ==, "0000000000000012");
  Holder holder = holder_parse(client, network);
  g_assert_true(holder.counts && holder.client == 0x12 && holder.network == G_MAXUINT64);
  g_assert_false(holder_parse(client, NULL).counts);
  g_assert_false(holder_parse(NULL, network).counts);
  g_assert_false(holder_parse("12", network).counts);
  g_assert_false(holder_parse("000000000000001g", network).counts);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/holder/same_client_is_known_again", test_same_client_is_known_again);
  g_test_add_func("/holder/neighbours_have_the_network_alone_in_common",
                  test_neighbours_have_the_network_alone_in_common);
  g_test_add_func("/holder/another_key_makes_another_number", test_another_key_makes_another_number);
  g_test_add_func("/holder/exempt_is_nobody", test_exempt_is_nobody);
  g_test_add_func("/holder/what_is_written_is_read", test_what_is_written_is_read);
  return g_test_run();
}
