/* fcgi/rules/control and the fleet: any bytes as a streamer's answer. */
#include "fcgi/fleet/fleet.h"

#include <stdint.h>
#include <string.h>

#define LIST "[{\"server_name\":\"a\",\"ip\":\"h\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}}]"

static FleetServer *the_server;

static void on_changed(Rc *rc, gpointer data) {
  if (rc)
    g_assert_cmpint(rc->free, >=, 0);
}

static void on_added(FleetServer *server, gpointer data) {
  the_server = server;
}

static void on_removed(FleetServer *server, gpointer data) {
}

static const FleetListener listener = {on_changed, on_added, on_removed};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autoptr(ControlAnswer) answer = control_answer_read((const char *)data, size, NULL);
  if (!answer || answer->message != WIRE_STATUS)
    return 0;
  Fleet *fleet = fleet_new(&listener, NULL);
  fleet_set_servers(fleet, servers_parse("list", LIST, strlen(LIST), NULL));
  fleet_server_take(the_server, "s1", "1111", 0);
  fleet_server_asking(the_server);
  fleet_server_set_status(the_server, &answer->status);
  fleet_server_confirm(the_server, "s1", 0);
  fleet_server_asking(the_server);
  fleet_server_set_status(the_server, &answer->status);
  g_assert_cmpuint(fleet_count_sessions(fleet), <=, answer->status.sessions->len);
  fleet_free(fleet);
  return 0;
}
