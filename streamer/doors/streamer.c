#include "streamer/doors/streamer.h"

#include <string.h>

const char *streamer_public_ip(const Streamer *streamer) {
  const char *public_ip = streamer->settings->public_ip;
  return public_ip && *public_ip ? public_ip : streamer->settings->ip;
}

gint64 streamer_public_port(const Streamer *streamer) {
  return streamer->settings->public_port ? streamer->settings->public_port : streamer->settings->port;
}

char *streamer_public_base(const Streamer *streamer) {
  const char *url = streamer->settings->public_url, *ip = streamer_public_ip(streamer);
  if (url && *url)
    return g_strdup(url);
  gboolean is_v6 = strchr(ip, ':') != NULL;
  return g_strdup_printf("%s://%s%s%s:%" G_GINT64_FORMAT "/",
                         streamer->settings->tls_certificate ? "https" : "http", is_v6 ? "[" : "", ip,
                         is_v6 ? "]" : "", streamer_public_port(streamer));
}
