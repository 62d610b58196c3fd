#include "streamer/program/renewal.h"

#include "common/file_watch.h"
#include "common/log.h"

struct Renewal {
  Streamer *streamer;
  Http *http;
  FileWatch *watch;
  guint timer;
};

static FileWatch *watch_files(const StreamerSettings *settings) {
  return file_watch_new((const char *const[]){settings->key_file, settings->turn_secret_file}, 2);
}

/* One that cannot be used leaves those that were. */
static void read_keys(Streamer *streamer) {
  g_autoptr(GError) error = NULL;
  KeyRing *fresh = key_ring_load(streamer->settings->key_file, &error);
  if (!fresh) {
    g_autofree char *reason = log_quote(error->message);
    log_error("keys_kept", "keys=%u reason=%s", key_ring_count(streamer->keys), reason);
    return;
  }
  if (!key_ring_is_same(fresh, streamer->keys))
    log_notice("keys_read", "keys=%u", key_ring_count(fresh));
  key_ring_free(streamer->keys);
  streamer->keys = fresh;
}

static void read_turn_secret(Streamer *streamer) {
  g_autoptr(GError) error = NULL;
  gboolean changed;
  if (!streamer_settings_read_turn_secret(streamer->settings, &changed, &error)) {
    g_autofree char *reason = log_quote(error->message);
    log_error("turn_secret_kept", "reason=%s", reason);
  } else if (changed) {
    log_notice("turn_secret_read", NULL);
    sessions_settings_changed(streamer->sessions);
  }
}

static gboolean on_files_look(gpointer data) {
  Renewal *renewal = data;
  if (file_watch_look(renewal->watch)) {
    read_keys(renewal->streamer);
    read_turn_secret(renewal->streamer);
  }
  return G_SOURCE_CONTINUE;
}

Renewal *renewal_new(Streamer *streamer, Http *http) {
  Renewal *renewal = g_new0(Renewal, 1);
  renewal->streamer = streamer;
  renewal->http = http;
  renewal->watch = watch_files(streamer->settings);
  renewal->timer = g_timeout_add_seconds(FILE_WATCH_SECONDS, on_files_look, renewal);
  return renewal;
}

void renewal_free(Renewal *renewal) {
  if (!renewal)
    return;
  g_clear_handle_id(&renewal->timer, g_source_remove);
  file_watch_free(renewal->watch);
  g_free(renewal);
}

void renewal_now(Renewal *renewal) {
  file_watch_free(renewal->watch);
  renewal->watch = watch_files(renewal->streamer->settings);
  read_keys(renewal->streamer);
  read_turn_secret(renewal->streamer);
  http_reload_certificate(renewal->http);
}
