#include "fcgi/door/pages.h"

#include "fcgi/base/metering.h"
#include "fcgi/door/origin.h"

#include <string.h>

#define JSON_TYPE "application/json"

/* The Fetch standard, section "CORS-preflight request". */
#define PREFLIGHT_HEADERS                                                                                    \
  "Access-Control-Allow-Methods: POST\r\nAccess-Control-Allow-Headers: Content-Type\r\n"                     \
  "Access-Control-Max-Age: 600\r\n"

static OriginKind look_at_page(const Configuration *configuration, const PageHeaders *page) {
  return origin_look(page->origin, page->host, page->forwarded_host, configuration->allowed_origins);
}

const char *pages_allow_origin(const Configuration *configuration, const PageHeaders *page) {
  if (look_at_page(configuration, page) != ORIGIN_ALLOWED)
    return NULL;
  /* What "*" lets in may be anything, and is not repeated. */
  return g_strv_contains((const char *const *)configuration->allowed_origins, "*") ? "*" : page->origin;
}

/* Parameters ("; charset=utf-8") do not matter (RFC 9110 section 8.3.1). */
static gboolean is_json(const char *type) {
  gsize length = strlen(JSON_TYPE);
  return type && g_ascii_strncasecmp(type, JSON_TYPE, length) == 0 &&
         (type[length] == 0 || strchr("; \t", type[length]));
}

static Reply refuse_page(Metering *metering, Request *request, const PageHeaders *page, const char *reason) {
  g_autoptr(GError) error = NULL;
  origin_tell_refused("http", page->origin);
  metering_origin_refused(metering, METERING_BY_HTTP);
  wire_set_error(&error, WIRE_FORBIDDEN, NULL, "%s", reason);
  return request_make_refusal(request, error, 0, NULL);
}

static Reply answer_preflight(void) {
  return (Reply){.status = 204,
                 .message = WIRE_N_MESSAGES,
                 .body = body_new(g_strdup("")),
                 .more_headers = PREFLIGHT_HEADERS};
}

gboolean pages_answer(const Configuration *configuration, Metering *metering, Request *request,
                      const PageHeaders *page, Reply *reply) {
  const char *method = request_get_method(request);
  gboolean is_post = strcmp(method, "POST") == 0;
  gboolean is_preflight = strcmp(method, "OPTIONS") == 0 && page->preflight_method && *page->preflight_method;
  if (!page->origin || !*page->origin || (!is_post && !is_preflight) ||
      strcmp(request_get_resource(request), "api") != 0)
    return FALSE;
  if (look_at_page(configuration, page) == ORIGIN_FOREIGN)
    *reply = refuse_page(metering, request, page, "Pages of this origin may not connect.");
  else if (is_preflight)
    *reply = answer_preflight();
  else if (!is_json(page->content_type))
    *reply = refuse_page(metering, request, page,
                         "From a page a request must have the content type " JSON_TYPE ".");
  else
    return FALSE;
  request_note(request, reply, metering);
  return TRUE;
}
