#include "fcgi/door/audiences.h"

struct Audiences {
  GHashTable *by_name; /* name -> GPtrArray of followers, never empty */
};

Audiences *audiences_new(void) {
  Audiences *audiences = g_new0(Audiences, 1);
  audiences->by_name =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return audiences;
}

void audiences_free(Audiences *audiences) {
  if (!audiences)
    return;
  g_hash_table_unref(audiences->by_name);
  g_free(audiences);
}

void audiences_add(Audiences *audiences, const char *name, gpointer follower) {
  GPtrArray *followers = g_hash_table_lookup(audiences->by_name, name);
  if (!followers) {
    followers = g_ptr_array_new();
    g_hash_table_insert(audiences->by_name, g_strdup(name), followers);
  }
  g_ptr_array_add(followers, follower);
}

void audiences_remove(Audiences *audiences, const char *name, gpointer follower) {
  GPtrArray *followers = g_hash_table_lookup(audiences->by_name, name);
  if (followers && g_ptr_array_remove_fast(followers, follower) && followers->len == 0)
    g_hash_table_remove(audiences->by_name, name);
}

const GPtrArray *audiences_find(const Audiences *audiences, const char *name) {
  return g_hash_table_lookup(audiences->by_name, name);
}
