#include "fcgi/sessions.h"

#include "common/random.h"

struct Sessions {
  GHashTable *by_code; /* code -> GPtrArray of Session */
  guint count;
};

Sessions *sessions_new(void) {
  Sessions *sessions = g_new0(Sessions, 1);
  sessions->by_code =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return sessions;
}

void sessions_free(Sessions *sessions) {
  if (!sessions)
    return;
  g_hash_table_unref(sessions->by_code);
  g_free(sessions);
}

void sessions_add(Sessions *sessions, Session *session) {
  sessions->count++;
  if (!session->code)
    return;
  GPtrArray *same = g_hash_table_lookup(sessions->by_code, session->code);
  if (!same) {
    same = g_ptr_array_new();
    g_hash_table_insert(sessions->by_code, g_strdup(session->code), same);
  }
  g_ptr_array_add(same, session);
}

void sessions_remove(Sessions *sessions, Session *session) {
  sessions->count--;
  GPtrArray *same = session->code ? g_hash_table_lookup(sessions->by_code, session->code) : NULL;
  if (!same)
    return;
  g_ptr_array_remove(same, session);
  if (same->len == 0)
    g_hash_table_remove(sessions->by_code, session->code);
}

Session *sessions_find(const Sessions *sessions, const char *code) {
  GPtrArray *same = g_hash_table_lookup(sessions->by_code, code);
  return same ? same->pdata[0] : NULL;
}

char *sessions_draw_code(const Sessions *sessions, guint digits) {
  guint64 all = 1;
  for (guint i = 0; i < digits; i++)
    all *= 10;
  if (g_hash_table_size(sessions->by_code) >= all / 2)
    return NULL;
  /* At least every second draw is free. */
  for (;;) {
    g_autofree char *code = random_code(digits);
    if (!g_hash_table_contains(sessions->by_code, code))
      return g_steal_pointer(&code);
  }
}

guint sessions_count(const Sessions *sessions) {
  return sessions->count;
}
