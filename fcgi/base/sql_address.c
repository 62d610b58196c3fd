#include "fcgi/base/sql_address.h"

#include <gio/gio.h>

gboolean sql_address_check_node(const char *node, GError **error) {
  g_autoptr(GSocketConnectable) where = g_network_address_parse(node, SQL_ADDRESS_PORT, error);
  if (!where || *g_network_address_get_hostname(G_NETWORK_ADDRESS(where)))
    return where != NULL;
  g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "has no name");
  return FALSE;
}

guint sql_address_count_nodes(const SqlAddress *address) {
  return address->socket || !address->nodes ? 1 : g_strv_length((char **)address->nodes);
}
