#include "fcgi/program/keys_admin.h"

#include "common/key_ring.h"
#include "common/settings.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/fleet/servers_mysql.h"
#include "fcgi/rules/limits.h"
#include "fcgi/rules/servers.h"

#include <stdio.h>
#include <string.h>

static GPtrArray *read_servers(const Configuration *configuration, GError **error) {
  if (!configuration_has_database(configuration))
    return servers_load(configuration->servers_file, error);
  const SqlAddress address = configuration_get_database(configuration);
  g_autoptr(Sql) sql = sql_connect(&address, error);
  return sql && sql_schema_check(sql, error) ? servers_mysql_read(sql, error) : NULL;
}

/* 0 with an error when the list cannot be read. */
static gint64 find_generation(const Configuration *configuration, const char *name, GError **error) {
  g_autoptr(GPtrArray) servers = read_servers(configuration, error);
  for (guint i = 0; servers && i < servers->len; i++) {
    const Server *server = servers->pdata[i];
    if (strcmp(server->name, name) == 0)
      return server->generation;
  }
  if (!servers)
    return 0;
  fprintf(stderr, "vitrina-coordinator: warning: no server in the list has this name yet\n");
  return 1;
}

gboolean keys_admin_print_server_key(const Configuration *configuration, const char *name, gint64 generation,
                                     GError **error) {
  if (!*name || strlen(name) > LIMIT_SERVER_NAME_BYTES || !g_utf8_validate(name, -1, NULL)) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "--server-key: must be a server's name");
    return FALSE;
  }
  if (generation < 0 || generation > KEY_GENERATION_MAX) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "--generation: must be from 1 to %d",
                KEY_GENERATION_MAX);
    return FALSE;
  }
  g_autoptr(KeyRing) master = key_ring_load(configuration->key_file, error);
  if (master && generation == 0)
    generation = find_generation(configuration, name, error);
  if (!master || generation == 0)
    return FALSE;
  g_autoptr(KeyRing) keys = key_ring_derive_server(master, name, generation);
  for (guint i = 0; i < key_ring_count(keys); i++) {
    gsize length;
    const guint8 *key = key_ring_get(keys, i, &length);
    printf("%.*s\n", (int)length, (const char *)key);
  }
  return TRUE;
}
