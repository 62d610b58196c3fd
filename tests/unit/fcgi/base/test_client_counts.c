/* What each client holds: nobody has it all, and what is given back is free again. */
#include "fcgi/base/client_counts.h"

static ClientCounts *make(guint most, guint neighbours) {
  static ClientNetworks *exempt;
  char *const texts[] = {"127.0.0.0/8", NULL};
  if (!exempt)
    exempt = client_networks_new("test", "exempt", texts, NULL);
  return client_counts_new(most, neighbours, exempt);
}

static guint hold_all(ClientCounts *counts, const char *address, guint most) {
  guint held = 0;
  for (; held < most && client_counts_have_room(counts, address); held++)
    client_counts_add(counts, address);
  return held;
}

static void a_client_holds_its_share_and_no_more(void) {
  g_autoptr(ClientCounts) counts = make(3, 2);
  g_assert_cmpuint(hold_all(counts, "192.0.2.1", 100), ==, 3);
  g_assert_cmpuint(hold_all(counts, "192.0.2.2", 100), ==, 3);
  g_assert_cmpuint(hold_all(counts, "192.0.2.3", 100), ==, 0); /* its neighbours have all */
  g_assert_cmpuint(hold_all(counts, "192.0.3.1", 100), ==, 3);
  client_counts_remove(counts, "192.0.2.1");
  g_assert_cmpuint(hold_all(counts, "192.0.2.3", 100), ==, 1);
  g_assert_cmpuint(hold_all(counts, "2001:db8:0:1::1", 100), ==, 3);
  g_assert_false(client_counts_have_room(counts, "2001:db8:0:1::2"));
  g_assert_true(client_counts_have_room(counts, "2001:db8:0:2::2"));
}

static void exempt_clients_and_no_limit_have_room_always(void) {
  g_autoptr(ClientCounts) counts = make(3, 2), unlimited = make(0, 2), lonely = make(3, 0);
  g_assert_cmpuint(hold_all(counts, "127.0.0.1", 100), ==, 100);
  g_assert_cmpuint(hold_all(unlimited, "192.0.2.1", 100), ==, 100);
  for (guint i = 0; i < 100; i++) {
    g_autofree char *address = g_strdup_printf("192.0.2.%u", i);
    g_assert_cmpuint(hold_all(lonely, address, 100), ==, 3);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client-counts/a-client-holds-its-share-and-no-more",
                  a_client_holds_its_share_and_no_more);
  g_test_add_func("/client-counts/exempt-clients-and-no-limit-have-room-always",
                  exempt_clients_and_no_limit_have_room_always);
  return g_test_run();
}
