#include "fcgi/plan/plan_index.h"

struct PlanIndex {
  GHashTable *by_id, *by_request; /* the keys belong to the reservations */
  GSequence *by_due;
};

static void free_entry(PlanEntry *entry) {
  held_remove(entry->held);
  reservation_free(entry->reservation);
  if (entry->waiters)
    g_array_unref(entry->waiters);
  g_free(entry);
}

static int compare_due(gconstpointer a, gconstpointer b, gpointer data) {
  gint64 x = ((const PlanEntry *)a)->due_us, y = ((const PlanEntry *)b)->due_us;
  return (x > y) - (x < y);
}

PlanIndex *plan_index_new(void) {
  PlanIndex *index = g_new0(PlanIndex, 1);
  index->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)free_entry);
  index->by_request = g_hash_table_new(g_str_hash, g_str_equal);
  index->by_due = g_sequence_new(NULL);
  return index;
}

void plan_index_free(PlanIndex *index) {
  if (!index)
    return;
  g_sequence_free(index->by_due);
  g_hash_table_unref(index->by_request);
  g_hash_table_unref(index->by_id);
  g_free(index);
}

PlanEntry *plan_index_add(PlanIndex *index, Reservation *reservation, gint64 due_us) {
  PlanEntry *old = plan_index_find(index, reservation->id);
  if (old)
    plan_index_remove(index, old);
  PlanEntry *entry = g_new0(PlanEntry, 1);
  entry->reservation = reservation;
  entry->due_us = due_us;
  g_hash_table_replace(index->by_id, reservation->id, entry);
  if (reservation->request_id) /* the key must be this one's: another that has the same may go first */
    g_hash_table_replace(index->by_request, reservation->request_id, entry);
  entry->place = g_sequence_insert_sorted(index->by_due, entry, compare_due, NULL);
  return entry;
}

void plan_index_remove(PlanIndex *index, PlanEntry *entry) {
  const Reservation *reservation = entry->reservation;
  if (reservation->request_id && g_hash_table_lookup(index->by_request, reservation->request_id) == entry)
    g_hash_table_remove(index->by_request, reservation->request_id);
  g_sequence_remove(entry->place);
  g_hash_table_remove(index->by_id, reservation->id);
}

void plan_index_set_due(PlanIndex *index, PlanEntry *entry, gint64 due_us) {
  entry->due_us = due_us;
  g_sequence_sort_changed(entry->place, compare_due, NULL);
}

PlanEntry *plan_index_find(const PlanIndex *index, const char *id) {
  return g_hash_table_lookup(index->by_id, id);
}

PlanEntry *plan_index_find_request(const PlanIndex *index, const char *request) {
  return g_hash_table_lookup(index->by_request, request);
}

PlanEntry *plan_index_first_due(const PlanIndex *index) {
  GSequenceIter *first = g_sequence_get_begin_iter(index->by_due);
  return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

void plan_index_for_each(const PlanIndex *index, void (*func)(PlanEntry *entry, gpointer data),
                         gpointer data) {
  GHashTableIter iter;
  gpointer entry;
  g_hash_table_iter_init(&iter, index->by_id);
  while (g_hash_table_iter_next(&iter, NULL, &entry))
    func(entry, data);
}
