#include "fcgi/verbs/verbs_servers.h"

#include "common/wire.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"

#define MAX_RANGE 1000

const Field verbs_get_servers_fields[] = {
    {"range", FIELD_TEXT, G_STRUCT_OFFSET(GetServers, range), .required = TRUE, .min = 3, .max = 32},
    {NULL},
};

/* A number at the start of @text, of at most nine digits; @rest is what follows it. */
static gboolean read_range_number(const char *text, guint *number, const char **rest) {
  guint digits = 0;
  *number = 0;
  for (; g_ascii_isdigit(*text) && digits < 9; text++, digits++)
    *number = *number * 10 + (guint)(*text - '0');
  *rest = text;
  return digits > 0;
}

gboolean verbs_read_range(const char *text, guint *first, guint *last, GError **error) {
  const char *rest;
  gboolean read = read_range_number(text, first, &rest) && *rest == '-' &&
                  read_range_number(rest + 1, last, &rest) && !*rest;
  if (!read || *last < *first) {
    wire_set_error(error, WIRE_BAD_REQUEST, "range",
                   "range: must be two numbers \"X-Y\", from 0, with Y not below X.");
    return FALSE;
  }
  if (*last - *first >= MAX_RANGE) {
    wire_set_error(error, WIRE_BAD_REQUEST, "range", "range: may have at most %d servers.", MAX_RANGE);
    return FALSE;
  }
  return TRUE;
}

void verbs_get_servers(gpointer data, gpointer arguments) {
  Request *request = data;
  const GetServers *asked = arguments;
  Fleet *fleet = request_get_core(request)->fleet;
  g_autoptr(GError) error = NULL;
  guint first, last;
  if (!verbs_read_range(asked->range, &first, &last, &error)) {
    request_refuse(request, error);
    return;
  }
  g_autoptr(GString) members = g_string_new("\"servers\":[");
  if (fleet_append_servers(fleet, members, first, last) == 0) {
    request_refuse_with(request, WIRE_SERVERS_NOT_FOUND, NULL, "There are no servers in this range.");
    return;
  }
  g_string_append_printf(members, "],\"total\":%u", fleet_count_servers(fleet));
  request_set_repeatable(request);
  request_answer(request, WIRE_SERVERS_FOUND, members->str);
}

void verbs_get_rcs(gpointer data, gpointer arguments) {
  Request *request = data;
  g_autoptr(GString) members = g_string_new("\"rcs\":[");
  fleet_append_rcs(request_get_core(request)->fleet, members);
  g_string_append_c(members, ']');
  request_set_repeatable(request);
  request_answer(request, WIRE_RCS_FOUND, members->str);
}
