#include "fcgi/program/renewal.h"

#include "common/file_watch.h"
#include "common/instant.h"
#include "common/log.h"
#include "fcgi/base/holder.h"
#include "fcgi/fleet/streamer_client.h"

struct Renewal {
  Core *core;
  FileWatch *trust; /* ca_file */
  Timer *timer;
};

static void use_keys(const Core *core, gboolean changed) {
  if (changed)
    holders_set_keys(core->holders, site_keys_get_bookings(core->keys));
}

static void trust_anew(Renewal *renewal) {
  if (!renewal->core->configuration->ca_file)
    return;
  g_autofree char *path = log_quote(renewal->core->configuration->ca_file);
  log_notice("certificates_read", "file=%s note=\"for connections that are made from now on\"", path);
  streamer_client_trust_changed(renewal->core->streamers);
}

static void look_at_keys(gpointer data) {
  Renewal *renewal = data;
  use_keys(renewal->core, site_keys_look(renewal->core->keys));
  if (file_watch_look(renewal->trust))
    trust_anew(renewal);
  renewal->timer =
      timers_add(renewal->core->timers, FILE_WATCH_SECONDS * INSTANT_SECOND, look_at_keys, renewal);
}

Renewal *renewal_new(Core *core) {
  Renewal *renewal = g_new0(Renewal, 1);
  renewal->core = core;
  renewal->trust = file_watch_new((const char *const[]){core->configuration->ca_file}, 1);
  renewal->timer = timers_add(core->timers, FILE_WATCH_SECONDS * INSTANT_SECOND, look_at_keys, renewal);
  return renewal;
}

void renewal_free(Renewal *renewal) {
  if (!renewal)
    return;
  timer_cancel(renewal->timer);
  file_watch_free(renewal->trust);
  g_free(renewal);
}

void renewal_now(Renewal *renewal) {
  use_keys(renewal->core, site_keys_reload(renewal->core->keys));
  file_watch_take(renewal->trust);
  trust_anew(renewal);
}
