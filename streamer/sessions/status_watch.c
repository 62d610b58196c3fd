#include "streamer/sessions/status_watch.h"

#include "common/instant.h"

struct StatusWatches {
  GPtrArray *list; /* of StatusWatch */
  gint64 version;
  guint changed_source;
};

struct StatusWatch {
  StatusWatches *watches;
  GSourceOnceFunc func;
  gpointer data;
  guint timeout_source;
};

StatusWatches *status_watches_new(void) {
  StatusWatches *watches = g_new0(StatusWatches, 1);
  watches->list = g_ptr_array_new();
  watches->version = instant_now_us() / 1000;
  return watches;
}

void status_watches_free(StatusWatches *watches) {
  if (!watches)
    return;
  g_clear_handle_id(&watches->changed_source, g_source_remove);
  while (watches->list->len)
    status_watch_cancel(watches->list->pdata[0]);
  g_ptr_array_unref(watches->list);
  g_free(watches);
}

gint64 status_watches_version(const StatusWatches *watches) {
  return watches->version;
}

static void call_watch(StatusWatch *watch) {
  GSourceOnceFunc func = watch->func;
  gpointer data = watch->data;
  status_watch_cancel(watch);
  func(data);
}

static gboolean tell_changed(gpointer data) {
  StatusWatches *watches = data;
  watches->changed_source = 0;
  for (guint left = watches->list->len; left > 0; left--)
    call_watch(watches->list->pdata[0]);
  return G_SOURCE_REMOVE;
}

void status_watches_touch(StatusWatches *watches) {
  watches->version++;
  if (!watches->changed_source)
    watches->changed_source = g_idle_add(tell_changed, watches);
}

static gboolean on_watch_timeout(gpointer data) {
  StatusWatch *watch = data;
  watch->timeout_source = 0;
  call_watch(watch);
  return G_SOURCE_REMOVE;
}

StatusWatch *status_watches_wait(StatusWatches *watches, gint64 version, guint wait_ms, GSourceOnceFunc func,
                                 gpointer data) {
  if (version != watches->version || wait_ms == 0) {
    func(data);
    return NULL;
  }
  StatusWatch *watch = g_new0(StatusWatch, 1);
  watch->watches = watches;
  watch->func = func;
  watch->data = data;
  watch->timeout_source = g_timeout_add(wait_ms, on_watch_timeout, watch);
  g_ptr_array_add(watches->list, watch);
  return watch;
}

void status_watch_cancel(StatusWatch *watch) {
  g_clear_handle_id(&watch->timeout_source, g_source_remove);
  g_ptr_array_remove(watch->watches->list, watch);
  g_free(watch);
}
