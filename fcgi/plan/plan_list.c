#include "fcgi/plan/plan_list.h"

#include "fcgi/plan/plan_entries.h"

#include <string.h>

/* The first ones found so far: one more than asked for, which tells that there are others. */
typedef struct {
  const PlanQuery *query;
  GSequence *first;
} Listing;

static gint compare_places(const Reservation *it, gint64 starts_at_us, const char *id) {
  if (it->starts_at_us != starts_at_us)
    return it->starts_at_us > starts_at_us ? 1 : -1;
  return strcmp(it->id, id);
}

static gint compare_reservations(gconstpointer a, gconstpointer b, gpointer data) {
  const Reservation *other = b;
  return compare_places(a, other->starts_at_us, other->id);
}

static gboolean is_asked_for(const PlanQuery *query, const Reservation *it) {
  if (query->after && compare_places(it, query->after_us, query->after) <= 0)
    return FALSE;
  if (!query->bookings)
    return it->state == RESERVATION_RUNNING;
  return it->booked && it->starts_at_us >= query->from_us && it->starts_at_us < query->until_us;
}

static void collect_first(PlanEntry *entry, gpointer data) {
  const Listing *listing = data;
  if (!entry->stored || !is_asked_for(listing->query, entry->reservation))
    return;
  guint length = (guint)g_sequence_get_length(listing->first);
  GSequenceIter *last = g_sequence_iter_prev(g_sequence_get_end_iter(listing->first));
  gboolean is_full = length > listing->query->most;
  if (is_full && compare_reservations(entry->reservation, g_sequence_get(last), NULL) > 0)
    return;
  if (is_full)
    g_sequence_remove(last);
  g_sequence_insert_sorted(listing->first, entry->reservation, compare_reservations, NULL);
}

GPtrArray *plan_list(const Plan *plan, const PlanQuery *query, gboolean *more) {
  Listing listing = {query, g_sequence_new(NULL)};
  GPtrArray *list = g_ptr_array_new();
  plan_index_for_each(plan->index, collect_first, &listing);
  for (GSequenceIter *iter = g_sequence_get_begin_iter(listing.first);
       list->len < query->most && !g_sequence_iter_is_end(iter); iter = g_sequence_iter_next(iter))
    g_ptr_array_add(list, g_sequence_get(iter));
  *more = (guint)g_sequence_get_length(listing.first) > list->len;
  g_sequence_free(listing.first);
  return list;
}
