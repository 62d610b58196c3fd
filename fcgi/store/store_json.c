#include "fcgi/store/store_json.h"

#include "common/log.h"
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

/* What was read. */
typedef struct {
  GPtrArray *found; /* of Reservation */
  guint rejected;
} Reading;

static Reading reading_new(void) {
  return (Reading){g_ptr_array_new_with_free_func((GDestroyNotify)reservation_free), 0};
}

static gboolean take_reservation(const char *text, gpointer data, GError **error) {
  Reading *reading = data;
  Reservation *reservation = reservation_parse(text, error);
  if (reservation)
    g_ptr_array_add(reading->found, reservation);
  return reservation != NULL;
}

static gboolean set_reservations_aside(const char *path, const GPtrArray *rejected, gpointer data,
                                       GError **error) {
  Reading *reading = data;
  g_autofree char *aside = set_aside_path(path);
  if (!set_aside_add(aside, rejected, error))
    return FALSE;
  g_autofree char *file = log_quote(aside);
  g_autofree char *reason = log_quote(((const RejectedRecord *)rejected->pdata[0])->reason);
  log_error("records_set_aside", "records=%u file=%s first=%s", rejected->len, file, reason);
  reading->rejected = rejected->len;
  return TRUE;
}

/* Of Reading. */
static const RecordKind reservations = {"id", take_reservation, set_reservations_aside};

GPtrArray *store_json_read(const char *path, GPtrArray *rejected, GError **error) {
  Reading reading = reading_new();
  if (record_file_read(path, &reservations, &reading, rejected, error))
    return reading.found;
  g_ptr_array_unref(reading.found);
  return NULL;
}

gboolean store_json_check(const char *path, char **note, GError **error) {
  g_autoptr(GPtrArray) rejected = rejected_records_new();
  g_autoptr(GPtrArray) found = store_json_read(path, rejected, error);
  *note = NULL;
  if (found && rejected->len > 0)
    *note = g_strdup_printf("%s: %u of %u records break a rule and would be set aside; the first: %s", path,
                            rejected->len, rejected->len + found->len,
                            ((const RejectedRecord *)rejected->pdata[0])->reason);
  return found != NULL;
}

gboolean store_json_fold(const char *path, guint *count, GError **error) {
  Reading reading = reading_new();
  gboolean ok = record_file_fold(path, &reservations, &reading, count, error);
  g_ptr_array_unref(reading.found);
  return ok;
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

Store *store_json_open_briefly(const char *path, Mailbox *home, GError **error) {
  Reading reading = reading_new();
  RecordFile *file = record_file_open(path, &reservations, &reading, home, error);
  if (!file) {
    g_ptr_array_unref(reading.found);
    return NULL;
  }
  JsonStore *json = g_new0(JsonStore, 1);
  json->base.kind = &store_json;
  json->base.rejected = reading.rejected;
  json->file = file;
  json->found = reading.found;
  return &json->base;
}

Store *store_json_open(const char *path, Mailbox *home, GError **error) {
  Store *store = store_json_open_briefly(path, home, error);
  if (store)
    record_file_fold_at_end(((JsonStore *)store)->file);
  return store;
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
  GPtrArray *found = store_json_read(path, rejected, error);
  if (!found)
    return NULL;
  LookingStore *look = g_new0(LookingStore, 1);
  *look =
      (LookingStore){.base = {.kind = &store_look, .rejected = rejected->len}, .home = home, .found = found};
  return &look->base;
}
