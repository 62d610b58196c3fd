#include "fcgi/store/store_json.h"

#include "common/log.h"
#include "fcgi/store/record_file.h"

#include <string.h>

typedef struct {
  Store base;
  RecordFile *file;
  GPtrArray *found; /* of Reservation, until they are told */
} JsonStore;

typedef struct {
  StoreDone done;
  gpointer user_data;
} JsonWaiter;

/* The id by which the plan's file knows a record that can be read no further. (transfer full) */
static char *id_of(const char *record) {
  g_autoptr(FieldsDoc) doc = fields_parse(record, strlen(record), NULL);
  Reservation only = {NULL};
  static const Field fields[] = {{"id", FIELD_TEXT, G_STRUCT_OFFSET(Reservation, id)}, {NULL}};
  if (doc)
    fields_read(doc, fields, &only, NULL);
  return only.id;
}

/* The reservations of @records (transfer full); what breaks a rule joins @rejected. */
static GPtrArray *read_reservations(const GPtrArray *records, GPtrArray *rejected) {
  GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)reservation_free);
  for (guint i = 0; i < records->len; i++) {
    const char *record = records->pdata[i];
    g_autoptr(GError) problem = NULL;
    Reservation *reservation = reservation_parse(record, &problem);
    g_autofree char *id = reservation ? NULL : id_of(record);
    if (reservation)
      g_ptr_array_add(found, reservation);
    else
      rejected_records_add(rejected, id, record, problem->message);
  }
  return found;
}

gboolean store_json_check(const char *path, char **note, GError **error) {
  g_autoptr(GPtrArray) rejected = rejected_records_new();
  g_autoptr(GPtrArray) records = record_file_read(path, "id", rejected, error);
  g_autoptr(GPtrArray) found = records ? read_reservations(records, rejected) : NULL;
  *note = NULL;
  if (found && rejected->len > 0)
    *note = g_strdup_printf("%s: %u of %u records break a rule and would be set aside; the first: %s", path,
                            rejected->len, rejected->len + found->len,
                            ((const RejectedRecord *)rejected->pdata[0])->reason);
  return found != NULL;
}

static void begin_json(Store *store) {
  JsonStore *json = (JsonStore *)store;
  g_autoptr(GPtrArray) found = g_steal_pointer(&json->found);
  for (guint i = 0; i < found->len; i++)
    store->listener.seen(found->pdata[i], store->user_data);
  store->listener.loaded(store->user_data);
}

static void on_record_written(gboolean stored, const char *reason, gpointer user_data) {
  g_autofree JsonWaiter *waiter = user_data;
  if (waiter->done)
    waiter->done(stored ? STORE_DONE : STORE_UNAVAILABLE, NULL, reason, waiter->user_data);
}

static void put_json(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  const JsonStore *json = (JsonStore *)store;
  JsonWaiter *waiter = g_new(JsonWaiter, 1);
  *waiter = (JsonWaiter){done, user_data};
  char *text = change->kind == STORE_FORGET ? NULL : reservation_format(change->reservation);
  record_file_put(json->file, change->reservation->id, text, on_record_written, waiter);
}

static guint64 count_json_writes(Store *store) {
  return record_file_get_writes(((JsonStore *)store)->file);
}

static void close_json(Store *store) {
  JsonStore *json = (JsonStore *)store;
  record_file_close(json->file);
  g_clear_pointer(&json->found, g_ptr_array_unref);
  g_free(json);
}

static const StoreKind store_json = {begin_json, put_json, NULL, count_json_writes, close_json};

/* Puts them where they are kept, and only then out of the plan's file. */
static gboolean set_rejected_aside(JsonStore *json, const GPtrArray *rejected, GError **error) {
  if (rejected->len == 0)
    return TRUE;
  const RejectedRecord *first = rejected->pdata[0];
  g_autofree char *path = set_aside_path(record_file_get_path(json->file));
  if (!set_aside_add(path, rejected, error))
    return FALSE;
  g_autofree char *file = log_quote(path), *reason = log_quote(first->reason);
  log_error("records_set_aside", "records=%u file=%s first=%s", rejected->len, file, reason);
  for (guint i = 0; i < rejected->len; i++) {
    const RejectedRecord *record = rejected->pdata[i];
    if (record->id)
      record_file_put(json->file, record->id, NULL, NULL, NULL);
  }
  return TRUE;
}

static gboolean load_json(JsonStore *json, const GPtrArray *records, GError **error) {
  g_autoptr(GPtrArray) rejected = rejected_records_new();
  const GPtrArray *strange = record_file_get_rejected(json->file);
  for (guint i = 0; i < strange->len; i++) {
    const RejectedRecord *record = strange->pdata[i];
    rejected_records_add(rejected, NULL, record->text, record->reason);
  }
  json->found = read_reservations(records, rejected);
  json->base.rejected = rejected->len;
  return set_rejected_aside(json, rejected, error);
}

Store *store_json_open(const char *path, Mailbox *home, GError **error) {
  g_autoptr(GPtrArray) records = NULL;
  JsonStore *json = g_new0(JsonStore, 1);
  json->base.kind = &store_json;
  json->file = record_file_open(path, "id", home, &records, error);
  if (!json->file || !load_json(json, records, error)) {
    close_json(&json->base);
    return NULL;
  }
  return &json->base;
}

/* ---- looking only ---- */

typedef struct {
  Store base;
  Mailbox *home;
  GPtrArray *found; /* of Reservation, until they are told */
} LookingStore;

typedef struct {
  Letter letter;
  StoreDone done;
  gpointer user_data;
} Refusal;

static void begin_looking(Store *store) {
  g_autoptr(GPtrArray) found = g_steal_pointer(&((LookingStore *)store)->found);
  for (guint i = 0; i < found->len; i++)
    store->listener.seen(found->pdata[i], store->user_data);
  store->listener.loaded(store->user_data);
}

static void deliver_refusal(Letter *letter, gpointer receiver) {
  g_autofree Refusal *refusal = (Refusal *)letter;
  refusal->done(STORE_UNAVAILABLE, NULL, "it is open for looking only", refusal->user_data);
}

static void refuse_change(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  if (!done)
    return;
  Refusal *refusal = g_new0(Refusal, 1);
  *refusal = (Refusal){{.deliver = deliver_refusal}, done, user_data};
  mailbox_post(((LookingStore *)store)->home, &refusal->letter);
}

static guint64 count_no_writes(Store *store) {
  return 0;
}

static void close_looking(Store *store) {
  g_clear_pointer(&((LookingStore *)store)->found, g_ptr_array_unref);
  g_free(store);
}

static const StoreKind store_look = {begin_looking, refuse_change, NULL, count_no_writes, close_looking};

Store *store_json_look(const char *path, Mailbox *home, GError **error) {
  g_autoptr(GPtrArray) rejected = rejected_records_new();
  g_autoptr(GPtrArray) records = record_file_read(path, "id", rejected, error);
  if (!records)
    return NULL;
  LookingStore *look = g_new0(LookingStore, 1);
  look->base.kind = &store_look;
  look->home = home;
  look->found = read_reservations(records, rejected);
  look->base.rejected = rejected->len;
  return &look->base;
}
