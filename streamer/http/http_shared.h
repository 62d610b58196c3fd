/* What requests and WebSockets know of their server. Nobody outside the room includes this. */
#pragma once
#include "streamer/http/http_peers.h"
#include "streamer/http/http_route.h"

struct lws;
struct lws_context;

typedef struct {
  const HttpRoute *routes; /* ended by a row without path */
  char *const *const *allowed_origins;
  gpointer data; /* for the handlers */
  guint unsent;  /* answers and messages that are not written yet */
  struct lws_context *context;
  HttpPeers *peers;
  void (*limited)(HttpLimited what, gpointer data); /* nullable */
  GQueue answers; /* of HttpRequest, each with a reference: to be written with the loop's next turn */
  guint answers_source;
} HttpShared;

/* The route of @path, and what follows it in *@rest; NULL when there is none. */
const HttpRoute *http_find_route(const HttpShared *shared, const char *path, const char **rest);
/* What Access-Control-Allow-Origin says to @origin; NULL: that page may not. */
const char *http_allow_origin(const HttpShared *shared, const char *origin);
/* Whether @wsi's address may ask now: 0, or the seconds after which it may. */
guint http_must_wait(HttpShared *shared, struct lws *wsi);
