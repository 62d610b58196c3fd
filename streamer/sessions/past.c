#include "streamer/sessions/past.h"

struct Past {
  GQueue sessions; /* of PastSession, the newest first */
};

static void free_session(gpointer data) {
  PastSession *session = data;
  g_free(session->id);
  g_free(session->start_failure);
  g_free(session);
}

Past *past_new(void) {
  return g_new0(Past, 1);
}

void past_free(Past *past) {
  if (!past)
    return;
  g_queue_clear_full(&past->sessions, free_session);
  g_free(past);
}

static PastSession *find_past(const Past *past, const char *id) {
  for (GList *node = past->sessions.head; node; node = node->next)
    if (g_str_equal(((PastSession *)node->data)->id, id))
      return node->data;
  return NULL;
}

void past_add(Past *past, const char *id, WireEnd end) {
  PastSession *session = g_new0(PastSession, 1);
  session->id = g_strdup(id);
  session->end = end;
  g_queue_push_head(&past->sessions, session);
  if (past->sessions.length > PAST_KEPT)
    free_session(g_queue_pop_tail(&past->sessions));
}

void past_set_start_failure(Past *past, const char *id, const char *reason) {
  PastSession *session = find_past(past, id);
  if (session && !session->start_failure)
    session->start_failure = g_strdup(reason);
}

const PastSession *past_find(const Past *past, const char *id) {
  return find_past(past, id);
}

const PastSession *past_nth(const Past *past, guint n) {
  return g_queue_peek_nth((GQueue *)&past->sessions, n);
}
