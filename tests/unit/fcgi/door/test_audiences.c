/* Who follows what: each name has its own, and nothing is left when they have gone. */
#include "fcgi/door/audiences.h"

static gboolean follows(const Audiences *audiences, const char *name, gconstpointer follower) {
  const GPtrArray *followers = audiences_find(audiences, name);
  return followers && g_ptr_array_find((GPtrArray *)followers, follower, NULL);
}

static void each_name_has_its_own_followers(void) {
  Audiences *audiences = audiences_new();
  int a, b, c;
  audiences_add(audiences, "one", &a);
  audiences_add(audiences, "one", &b);
  audiences_add(audiences, "other", &b);
  g_assert_true(follows(audiences, "one", &a) && follows(audiences, "one", &b));
  g_assert_true(follows(audiences, "other", &b));
  g_assert_false(follows(audiences, "other", &a));
  g_assert_null(audiences_find(audiences, "third"));

  audiences_remove(audiences, "one", &a);
  audiences_remove(audiences, "one", &c);
  audiences_remove(audiences, "third", &a);
  g_assert_false(follows(audiences, "one", &a));
  g_assert_true(follows(audiences, "one", &b));
  audiences_free(audiences);
}

static void names_that_nobody_follows_are_forgotten(void) {
  Audiences *audiences = audiences_new();
  int followers[100];
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf("session %u", i);
    audiences_add(audiences, name, &followers[i % 100]);
  }
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *name = g_strdup_printf("session %u", i);
    g_assert_true(follows(audiences, name, &followers[i % 100]));
    audiences_remove(audiences, name, &followers[i % 100]);
    g_assert_null(audiences_find(audiences, name));
  }
  audiences_free(audiences);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/audiences/each-name-has-its-own-followers", each_name_has_its_own_followers);
  g_test_add_func("/audiences/names-that-nobody-follows-are-forgotten",
                  names_that_nobody_follows_are_forgotten);
  return g_test_run();
}
