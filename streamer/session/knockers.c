#include "streamer/session/knockers.h"

#include "common/instant.h"
#include "common/wire.h"

struct Knockers {
  GPtrArray *list; /* of Knocker, in the order of coming */
};

void knocker_free(Knocker *knocker) {
  g_free(knocker->id);
  g_free(knocker->name);
  g_free(knocker);
}

static void free_knocker(gpointer data) {
  knocker_free(data);
}

Knockers *knockers_new(void) {
  Knockers *knockers = g_new(Knockers, 1);
  knockers->list = g_ptr_array_new_with_free_func(free_knocker);
  return knockers;
}

void knockers_free(Knockers *knockers) {
  if (!knockers)
    return;
  g_ptr_array_unref(knockers->list);
  g_free(knockers);
}

guint knockers_count(const Knockers *knockers) {
  return knockers->list->len;
}

const Knocker *knockers_nth(const Knockers *knockers, guint n) {
  return knockers->list->pdata[n];
}

static Knocker *find_knocker(const Knockers *knockers, const char *id) {
  for (guint i = 0; i < knockers->list->len; i++) {
    Knocker *knocker = knockers->list->pdata[i];
    if (g_str_equal(knocker->id, id))
      return knocker;
  }
  return NULL;
}

static guint count_waiting(const Knockers *knockers) {
  guint waiting = 0;
  for (guint i = 0; i < knockers->list->len; i++)
    waiting += ((const Knocker *)knockers->list->pdata[i])->state == KNOCKER_WAITS;
  return waiting;
}

static void forget_first_answered(Knockers *knockers) {
  for (guint i = 0; i < knockers->list->len; i++)
    if (((const Knocker *)knockers->list->pdata[i])->state != KNOCKER_WAITS) {
      g_ptr_array_remove_index(knockers->list, i);
      return;
    }
}

const Knocker *knockers_add(Knockers *knockers, const char *id, const char *name, gint64 lapses_us,
                            gboolean *is_new) {
  Knocker *knocker = find_knocker(knockers, id);
  *is_new = !knocker;
  if (knocker || count_waiting(knockers) >= KNOCKERS_WAITING_MAX)
    return knocker;
  if (knockers->list->len >= KNOCKERS_KEPT_MAX)
    forget_first_answered(knockers);
  knocker = g_new0(Knocker, 1);
  knocker->id = g_strdup(id);
  knocker->name = g_strdup(name);
  knocker->lapses_us = lapses_us;
  g_ptr_array_add(knockers->list, knocker);
  return knocker;
}

const Knocker *knockers_answer(Knockers *knockers, const char *id, gboolean admit, gboolean *is_news) {
  KnockerState state = admit ? KNOCKER_ADMITTED : KNOCKER_REFUSED;
  Knocker *knocker = find_knocker(knockers, id);
  if (!knocker || (knocker->state != KNOCKER_WAITS && knocker->state != state))
    return NULL;
  *is_news = knocker->state != state;
  knocker->state = state;
  return knocker;
}

Knocker *knockers_take_lapsed(Knockers *knockers, gint64 now_us) {
  for (guint i = 0; i < knockers->list->len; i++)
    if (((const Knocker *)knockers->list->pdata[i])->lapses_us <= now_us)
      return g_ptr_array_steal_index(knockers->list, i);
  return NULL;
}

gint64 knockers_next_us(const Knockers *knockers) {
  gint64 next_us = G_MAXINT64;
  for (guint i = 0; i < knockers->list->len; i++)
    next_us = MIN(next_us, ((const Knocker *)knockers->list->pdata[i])->lapses_us);
  return next_us;
}

gint64 knocker_seconds(const Knocker *knocker, gint64 now_us) {
  return MAX(knocker->lapses_us - now_us + INSTANT_SECOND - 1, 0) / INSTANT_SECOND;
}

const char *knocker_answer_name(const Knocker *knocker) {
  switch (knocker->state) {
  case KNOCKER_WAITS:
    return NULL;
  case KNOCKER_ADMITTED:
    return WIRE_KNOCK_ADMITTED;
  case KNOCKER_REFUSED:
    return WIRE_KNOCK_REFUSED;
  }
  return NULL;
}
