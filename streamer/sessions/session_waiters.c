#include "streamer/sessions/session_waiters.h"

typedef struct {
  char *id;
  SessionStartedFunc started; /* waits for the start; NULL: for the end */
  GSourceOnceFunc ended;
  gpointer data;
} Waiter;

struct SessionWaiters {
  GPtrArray *list; /* of Waiter, the longest waiting first */
};

static void waiter_free(gpointer data) {
  Waiter *waiter = data;
  g_free(waiter->id);
  g_free(waiter);
}

SessionWaiters *session_waiters_new(void) {
  SessionWaiters *waiters = g_new0(SessionWaiters, 1);
  waiters->list = g_ptr_array_new_with_free_func(waiter_free);
  return waiters;
}

void session_waiters_free(SessionWaiters *waiters) {
  if (!waiters)
    return;
  g_ptr_array_unref(waiters->list);
  g_free(waiters);
}

static Waiter *add_waiter(SessionWaiters *waiters, const char *id, gpointer data) {
  Waiter *waiter = g_new0(Waiter, 1);
  waiter->id = g_strdup(id);
  waiter->data = data;
  g_ptr_array_add(waiters->list, waiter);
  return waiter;
}

void session_waiters_await_start(SessionWaiters *waiters, const char *id, SessionStartedFunc func,
                                 gpointer data) {
  add_waiter(waiters, id, data)->started = func;
}

void session_waiters_await_end(SessionWaiters *waiters, const char *id, GSourceOnceFunc func, gpointer data) {
  add_waiter(waiters, id, data)->ended = func;
}

/* The next waiter for @id's start or end, taken out; NULL when there is none. (transfer full) */
static Waiter *take_waiter(SessionWaiters *waiters, const char *id, gboolean for_start) {
  for (guint i = 0; i < waiters->list->len; i++) {
    Waiter *waiter = waiters->list->pdata[i];
    if (g_str_equal(waiter->id, id) && (waiter->started != NULL) == for_start)
      return g_ptr_array_steal_index(waiters->list, i);
  }
  return NULL;
}

void session_waiters_tell_start(SessionWaiters *waiters, const char *id, Session *session,
                                const GError *error) {
  for (Waiter *waiter; (waiter = take_waiter(waiters, id, TRUE)); waiter_free(waiter))
    waiter->started(session, error, waiter->data);
}

void session_waiters_tell_end(SessionWaiters *waiters, const char *id) {
  for (Waiter *waiter; (waiter = take_waiter(waiters, id, FALSE)); waiter_free(waiter))
    waiter->ended(waiter->data);
}
