#include "streamer/http/http_shared.h"

#include <libwebsockets.h>
#include <string.h>

const HttpRoute *http_find_route(const HttpShared *shared, const char *path, const char **rest) {
  path += *path == '/';
  for (const HttpRoute *route = shared->routes; route->path; route++) {
    gsize length = strlen(route->path);
    gboolean is_tree = route->path[length - 1] == '/';
    if (is_tree ? strncmp(path, route->path, length) == 0 : strcmp(path, route->path) == 0) {
      *rest = path + length;
      return route;
    }
  }
  return NULL;
}

const char *http_allow_origin(const HttpShared *shared, const char *origin) {
  char *const *allowed = *shared->allowed_origins;
  for (; origin && allowed && *allowed; allowed++)
    if (g_str_equal(*allowed, "*") || g_str_equal(*allowed, origin))
      return *allowed;
  return NULL;
}

guint http_must_wait(HttpShared *shared, struct lws *wsi) {
  HttpPeer *peer = lws_get_opaque_user_data(wsi);
  guint seconds = peer ? http_peers_take(shared->peers, peer, g_get_monotonic_time()) : 0;
  if (seconds && shared->limited)
    shared->limited(HTTP_LIMITED_REQUESTS, shared->data);
  return seconds;
}
