#include "fcgi/rules/sessions.h"

Session *session_new(const char *id, const char *code, gint64 starts_at_us, gint64 ends_at_us) {
  Session *session = g_new0(Session, 1);
  session->id = g_strdup(id);
  session->code = g_strdup(code);
  session->starts_at_us = starts_at_us;
  session->ends_at_us = ends_at_us;
  return session;
}

void session_set_entrance(Session *session, const char *code, gint64 generation, char *const *removed) {
  if (g_strcmp0(session->code, code) != 0) {
    g_free(session->code);
    session->code = g_strdup(code);
  }
  g_strfreev(session->removed);
  session->removed = g_strdupv((char **)removed);
  session->generation = generation;
}

void session_free(Session *session) {
  g_free(session->id);
  g_free(session->code);
  g_strfreev(session->removed);
  g_free(session);
}

struct Sessions {
  GSequence *by_end; /* of Session; those whose end is not known last */
};

static gint64 end_key_of(const Session *session) {
  return session->ends_at_us ? session->ends_at_us : G_MAXINT64;
}

static int compare_session_ends(gconstpointer a, gconstpointer b, gpointer user_data) {
  gint64 x = end_key_of(a), y = end_key_of(b);
  return (x > y) - (x < y);
}

Sessions *sessions_new(void) {
  Sessions *sessions = g_new0(Sessions, 1);
  sessions->by_end = g_sequence_new(NULL);
  return sessions;
}

void sessions_free(Sessions *sessions) {
  if (!sessions)
    return;
  g_sequence_free(sessions->by_end);
  g_free(sessions);
}

void sessions_add(Sessions *sessions, Session *session) {
  g_return_if_fail(!session->by_end);
  session->by_end = g_sequence_insert_sorted(sessions->by_end, session, compare_session_ends, NULL);
}

void sessions_remove(Session *session) {
  if (session->by_end)
    g_sequence_remove(g_steal_pointer(&session->by_end));
}

void sessions_move(Session *session) {
  if (session->by_end)
    g_sequence_sort_changed(session->by_end, compare_session_ends, NULL);
}

guint sessions_next_ends(const Sessions *sessions, gint64 after_us, guint most, gint64 *ends) {
  guint count = 0;
  for (GSequenceIter *iter = g_sequence_get_begin_iter(sessions->by_end);
       count < most && !g_sequence_iter_is_end(iter); iter = g_sequence_iter_next(iter)) {
    gint64 ends_at_us = ((const Session *)g_sequence_get(iter))->ends_at_us;
    if (ends_at_us == 0)
      break;
    if (ends_at_us > after_us)
      ends[count++] = ends_at_us;
  }
  return count;
}
