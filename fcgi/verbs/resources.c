#include "fcgi/verbs/resources.h"

#include "common/bearer.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/servers_source.h"
#include "fcgi/session/planning.h"
#include "fcgi/verbs/scrape.h"
#include "fcgi/verbs/verbs.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *methods; /* for the Allow header: separated by ", " */
  void (*handle)(Request *request);
} Resource;

/* A database that cannot be reached any more is no reason to send visitors elsewhere: what was read stays in
 * force. */
const char *resources_get_health(const Core *core) {
  if (core->stopping)
    return "stopping";
  if (!plan_is_loaded(planning_get_plan(core->planning)))
    return "no_plan";
  return core->database && !servers_source_is_loaded(core->servers) ? "no_servers" : "ok";
}

/* Whether this coordinator should be sent visitors. */
static void handle_health(Request *request) {
  const Core *core = request_get_core(request);
  const char *status = resources_get_health(core);
  char *text =
      g_strdup_printf("{\"status\":\"%s\",\"servers\":%u,\"online\":%u,\"sessions\":%u,\"waiting\":%u,"
                      "\"sockets\":%u,\"uptime_seconds\":%" G_GINT64_FORMAT "}",
                      status, fleet_count_servers(core->fleet), fleet_count_online(core->fleet),
                      fleet_count_sessions(core->fleet), core->waiting, atomic_load(&core->sockets),
                      (g_get_monotonic_time() - core->started_us) / G_USEC_PER_SEC);
  request_answer_text(request, strcmp(status, "ok") == 0 ? 200 : 503, NULL, text);
}

static void handle_metrics(Request *request) {
  Core *core = request_get_core(request);
  const char *token = core->configuration->metrics_token;
  if (!token || bearer_shows(request_get_authorization(request), token))
    request_answer_text(request, 200, METRICS_CONTENT_TYPE, scrape_write(core));
  else
    request_refuse_bearer(request, "The metrics are shown to who has the token.");
}

static const Resource resources[] = {
    {"api", "POST", verbs_handle},
    {"health", "GET, HEAD", handle_health},
    {"metrics", "GET, HEAD", handle_metrics},
};

static gboolean is_allowed(const Resource *resource, const char *method) {
  g_auto(GStrv) methods = g_strsplit(resource->methods, ", ", -1);
  return g_strv_contains((const char *const *)methods, method);
}

void resources_handle(Core *core, Request *request) {
  const char *name = request_get_resource(request);
  request_set_core(request, core);
  for (guint i = 0; i < G_N_ELEMENTS(resources); i++) {
    const Resource *resource = &resources[i];
    if (strcmp(resource->name, name) != 0)
      continue;
    if (is_allowed(resource, request_get_method(request)))
      resource->handle(request);
    else
      request_refuse_method(request, resource->methods);
    return;
  }
  request_refuse_with(request, WIRE_NOT_FOUND, NULL, "There is nothing at this address.");
}
