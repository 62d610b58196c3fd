#include "fcgi/store/store_json.h"

#include "fcgi/store/record_file.h"

typedef struct {
  Store base;
  RecordFile *file;
  GPtrArray *found; /* of Reservation, until they are told */
} JsonStore;

typedef struct {
  StoreDone done;
  gpointer user_data;
} JsonWaiter;

/* (transfer full); NULL with an error that names the file and the place. */
static GPtrArray *read_reservations(const char *path, const GPtrArray *records, GError **error) {
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)reservation_free);
  for (guint i = 0; i < records->len; i++) {
    Reservation *reservation = reservation_parse(records->pdata[i], error);
    if (!reservation) {
      g_prefix_error(error, "%s: [%u].", path, i);
      return NULL;
    }
    g_ptr_array_add(found, reservation);
  }
  return g_steal_pointer(&found);
}

gboolean store_json_check(const char *path, GError **error) {
  g_autoptr(GPtrArray) records = record_file_read(path, "id", error);
  g_autoptr(GPtrArray) found = records ? read_reservations(path, records, error) : NULL;
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

Store *store_json_open(const char *path, Mailbox *home, GError **error) {
  g_autoptr(GPtrArray) records = NULL;
  JsonStore *json = g_new0(JsonStore, 1);
  json->base.kind = &store_json;
  json->file = record_file_open(path, "id", home, &records, error);
  json->found = json->file ? read_reservations(path, records, error) : NULL;
  if (!json->found) {
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
  g_autoptr(GPtrArray) records = record_file_read(path, "id", error);
  GPtrArray *found = records ? read_reservations(path, records, error) : NULL;
  if (!found)
    return NULL;
  LookingStore *look = g_new0(LookingStore, 1);
  *look = (LookingStore){.base = {.kind = &store_look}, .home = home, .found = found};
  return &look->base;
}
