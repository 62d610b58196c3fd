#include "fcgi/store/records.h"

typedef struct {
  char *id;
  char *text; /* GRefString */
} Record;

struct Records {
  GQueue order;      /* of Record */
  GHashTable *by_id; /* id -> its link in order */
};

static void free_record(Record *record) {
  g_free(record->id);
  g_ref_string_release(record->text);
  g_free(record);
}

Records *records_new(void) {
  Records *records = g_new0(Records, 1);
  records->by_id = g_hash_table_new(g_str_hash, g_str_equal);
  return records;
}

void records_free(Records *records) {
  g_hash_table_unref(records->by_id);
  g_queue_clear_full(&records->order, (GDestroyNotify)free_record);
  g_free(records);
}

static void add_record(Records *records, const char *id, const char *text) {
  Record *record = g_new(Record, 1);
  *record = (Record){g_strdup(id), g_ref_string_new(text)};
  g_queue_push_tail(&records->order, record);
  g_hash_table_insert(records->by_id, record->id, records->order.tail);
}

gboolean records_set(Records *records, const char *id, const char *text) {
  GList *link = g_hash_table_lookup(records->by_id, id);
  Record *record = link ? link->data : NULL;
  if (!record && text) {
    add_record(records, id, text);
  } else if (record && text) {
    g_ref_string_release(record->text);
    record->text = g_ref_string_new(text);
  } else if (record) {
    g_hash_table_remove(records->by_id, id);
    g_queue_delete_link(&records->order, link);
    free_record(record);
  }
  return record != NULL;
}

void records_filter(Records *records, RecordsKeep keep, gpointer data) {
  for (GList *link = records->order.head, *next; link; link = next) {
    const Record *record = link->data;
    next = link->next;
    if (!keep(record->id, record->text, data))
      records_set(records, record->id, NULL);
  }
}

gboolean records_has(const Records *records, const char *id) {
  return g_hash_table_contains(records->by_id, id);
}

guint records_count(const Records *records) {
  return records->order.length;
}

GPtrArray *records_list(const Records *records) {
  GPtrArray *list = g_ptr_array_new_full(records->order.length, (GDestroyNotify)g_ref_string_release);
  for (const GList *link = records->order.head; link; link = link->next)
    g_ptr_array_add(list, g_ref_string_acquire(((const Record *)link->data)->text));
  return list;
}
