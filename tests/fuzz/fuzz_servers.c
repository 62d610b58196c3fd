/* fcgi/rules/servers and the fleet: any bytes as servers.json. What is accepted is shown by GET_SERVERS as
 * JSON. */
#include "common/fields.h"
#include "fcgi/fleet/fleet.h"

#include <stdint.h>
#include <string.h>

static void on_changed(Rc *rc, gpointer data) {
}

static void on_server(FleetServer *server, gpointer data) {
}

static const FleetListener listener = {on_changed, on_server, on_server};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autoptr(GError) error = NULL;
  GPtrArray *servers = servers_parse("servers.json", (const char *)data, size, &error);
  if (!servers) {
    g_assert_null(strchr(error->message, '\n'));
    return 0;
  }
  Fleet *fleet = fleet_new(&listener, NULL);
  fleet_set_servers(fleet, servers);
  g_autoptr(GString) out = g_string_new("{\"servers\":[");
  fleet_append_servers(fleet, out, 0, 999);
  g_string_append(out, "],\"rcs\":[");
  fleet_append_rcs(fleet, out);
  g_string_append(out, "]}");
  /* What was read at the greatest depth stands deeper in the answer. */
  g_autoptr(FieldsDoc) doc = fields_parse(out->str, out->len, &error);
  if (!doc && !strstr(error->message, "deep"))
    g_error("%s: %s", error->message, out->str);
  fleet_free(fleet);
  return 0;
}
