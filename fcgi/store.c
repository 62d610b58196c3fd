#include "fcgi/store.h"

void store_begin(Store *store, const StoreListener *listener, gpointer user_data) {
  store->listener = *listener;
  store->user_data = user_data;
  store->kind->begin(store);
}

void store_put(Store *store, const StoreChange *change, StoreDone done, gpointer user_data) {
  store->kind->put(store, change, done, user_data);
}

guint64 store_count_writes(Store *store) {
  return store->kind->count_writes(store);
}

void store_close(Store *store) {
  if (store)
    store->kind->close(store);
}
