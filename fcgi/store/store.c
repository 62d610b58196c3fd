#include "fcgi/store/store.h"

#include "fcgi/base/metering.h"

/* A change that is measured. */
typedef struct {
  Metering *metering;
  gint64 asked_us; /* monotonic */
  StoreDone done;  /* nullable */
  gpointer user_data;
} Measured;

static void on_change_done(StoreOutcome outcome, const Reservation *other, const char *reason,
                           gpointer user_data) {
  g_autofree Measured *measured = user_data;
  metering_stored(measured->metering, outcome, g_get_monotonic_time() - measured->asked_us);
  if (measured->done)
    measured->done(outcome, other, reason, measured->user_data);
}

void store_set_meter(Store *store, Metering *metering) {
  store->metering = metering;
}

void store_begin(Store *store, const StoreListener *listener, gpointer user_data) {
  store->listener = *listener;
  store->user_data = user_data;
  store->kind->begin(store);
}

void store_put(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  if (!store->metering) {
    store->kind->put(store, change, done, user_data);
    return;
  }
  Measured *measured = g_new(Measured, 1);
  *measured = (Measured){store->metering, g_get_monotonic_time(), done, user_data};
  store->kind->put(store, change, on_change_done, measured);
}

gboolean store_is_shared(const Store *store) {
  return store->kind->refresh != NULL;
}

void store_refresh(Store *store, StoreRefreshed func, gpointer user_data) {
  if (store->kind->refresh)
    store->kind->refresh(store, func, user_data);
  else
    func(TRUE, user_data);
}

guint64 store_count_writes(Store *store) {
  return store->kind->count_writes(store);
}

guint store_count_rejected(const Store *store) {
  return store->rejected;
}

void store_close(Store *store) {
  if (store)
    store->kind->close(store);
}
