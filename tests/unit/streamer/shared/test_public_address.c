/* Which public addresses a local one has. */
#include "streamer/shared/public_address.h"

static void assert_public(const char *const *texts, const char *local, const char *expected) {
  g_auto(GStrv) found = public_addresses_of((char *const *)texts, local);
  g_autofree char *joined = g_strjoinv(" ", found);
  g_assert_cmpstr(joined, ==, expected);
}

static void what_is_of_use_inside_alone_has_those_of_its_family(void) {
  static const char *const texts[] = {"203.0.113.7", "2001:db8::7", NULL};
  static const struct {
    const char *local, *expected;
  } rows[] = {
      {"10.1.2.3", "203.0.113.7"},     {"172.31.0.1", "203.0.113.7"}, {"172.32.0.1", ""},
      {"192.168.1.1", "203.0.113.7"},  {"100.64.0.1", "203.0.113.7"}, {"198.51.100.1", ""},
      {"169.254.1.1", "203.0.113.7"},  {"fd00::1", "2001:db8::7"},    {"fe80::1", "2001:db8::7"},
      {"fe80::1%eth0", "2001:db8::7"}, {"2001:db8::1", ""},           {"x.local", ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    assert_public(texts, rows[i].local, rows[i].expected);
}

static void a_pair_is_for_one_address(void) {
  static const char *const texts[] = {"203.0.113.7/10.0.0.1", "203.0.113.8/10.0.0.2",
                                      "203.0.113.9/198.51.100.1", "2001:DB8:0::7/2001:db8::1", NULL};
  assert_public(texts, "10.0.0.1", "203.0.113.7");
  assert_public(texts, "10.0.0.2", "203.0.113.8");
  assert_public(texts, "10.0.0.3", "");
  assert_public(texts, "198.51.100.1", "203.0.113.9");
  assert_public(texts, "2001:db8:0:0::1", "2001:db8::7");
}

static void there_may_be_none_or_several(void) {
  static const char *const several[] = {"203.0.113.7", "203.0.113.8", NULL};
  assert_public(NULL, "10.0.0.1", "");
  assert_public(several, "10.0.0.1", "203.0.113.7 203.0.113.8");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/public-address/what-is-of-use-inside-alone-has-those-of-its-family",
                  what_is_of_use_inside_alone_has_those_of_its_family);
  g_test_add_func("/public-address/a-pair-is-for-one-address", a_pair_is_for_one_address);
  g_test_add_func("/public-address/there-may-be-none-or-several", there_may_be_none_or_several);
  return g_test_run();
}
