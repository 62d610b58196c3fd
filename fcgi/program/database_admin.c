#include "fcgi/program/database_admin.h"

#include "common/instant.h"
#include "common/settings.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/fleet/servers_mysql.h"
#include "fcgi/rules/servers.h"
#include "fcgi/store/mysql_changes.h"
#include "fcgi/store/mysql_rows.h"
#include "fcgi/store/record_load.h"
#include "fcgi/store/store_json.h"

#include <stdio.h>

static Sql *open_database(const Configuration *configuration, GError **error) {
  if (!configuration_has_database(configuration)) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "store.type: is \"json\"; there is no database to work on");
    return NULL;
  }
  const SqlAddress address = configuration_get_database(configuration);
  return sql_connect(&address, error);
}

gboolean database_admin_migrate(const Configuration *configuration, GError **error) {
  guint from, to;
  g_autoptr(Sql) sql = open_database(configuration, error);
  if (!sql || !sql_schema_migrate(sql, &from, &to, error))
    return FALSE;
  if (from == to)
    printf("The tables are up to date (version %u).\n", to);
  else
    printf("The tables were brought from version %u to version %u.\n", from, to);
  return TRUE;
}

/* ---- import ---- */

static LedgerRun run_of(const Configuration *configuration, const Reservation *it) {
  gint64 slot_us = configuration->slot_minutes * INSTANT_MINUTE;
  gint64 first = it->starts_at_us / slot_us, end = (it->ends_at_us + slot_us - 1) / slot_us;
  if (it->state == RESERVATION_ENDED)
    end = first;
  return (LedgerRun){first, (guint)MAX(end - first, 0)};
}

static gboolean import_reservations(Sql *sql, const Configuration *configuration, guint *count,
                                    GError **error) {
  const MysqlPlan plan = {"import", (guint)configuration->slot_minutes};
  g_autoptr(GPtrArray) found = store_json_read(configuration->plan_file, NULL, error);
  *count = found ? found->len : 0;
  for (guint i = 0; found && i < found->len; i++) {
    const Reservation *it = found->pdata[i];
    if (!mysql_change_import(sql, &plan, it, run_of(configuration, it), error))
      return FALSE;
  }
  return found != NULL;
}

static gboolean import_all(Sql *sql, const Configuration *configuration, const GPtrArray *servers,
                           guint *reservations, GError **error) {
  return sql_schema_check(sql, error) && sql_begin(sql, error) && servers_mysql_write(sql, servers, error) &&
         import_reservations(sql, configuration, reservations, error) && sql_commit(sql, error);
}

gboolean database_admin_import(const Configuration *configuration, const char *servers_file, GError **error) {
  guint reservations;
  g_autoptr(Sql) sql = open_database(configuration, error);
  g_autoptr(GPtrArray) servers = sql ? servers_load(servers_file, error) : NULL;
  if (!servers)
    return FALSE;
  if (!import_all(sql, configuration, servers, &reservations, error)) {
    sql_roll_back(sql);
    return FALSE;
  }
  printf("%u servers and %u reservations were imported.\n", servers->len, reservations);
  return TRUE;
}

/* ---- export ---- */

/* One that breaks a rule could not be read from the file again. */
static gboolean append_reservation(const SqlRow *row, gpointer data) {
  GPtrArray *texts = data;
  g_autoptr(GError) problem = NULL;
  g_autoptr(Reservation) it = mysql_row_read(row, &problem);
  if (it)
    g_ptr_array_add(texts, reservation_format(it));
  else
    printf("The reservation %s was left out: %s.\n", mysql_row_id(row), problem->message);
  return TRUE;
}

static gboolean write_list(const char *path, const GPtrArray *texts, GError **error) {
  g_autoptr(GString) list = g_string_new("[");
  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf(list, "%s\n%s", i ? "," : "", (const char *)texts->pdata[i]);
  g_string_append(list, "\n]\n");
  return g_file_set_contents_full(path, list->str, (gssize)list->len, G_FILE_SET_CONTENTS_DURABLE, 0600,
                                  error);
}

static gboolean is_new(const char *path, GError **error) {
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s: exists already and is left as it is", path);
  return FALSE;
}

gboolean database_admin_export(const Configuration *configuration, const char *servers_file, GError **error) {
  g_autoptr(Sql) sql = open_database(configuration, error);
  g_autofree char *journal = record_journal_path(configuration->plan_file);
  if (!sql || !is_new(servers_file, error) || !is_new(configuration->plan_file, error) ||
      !is_new(journal, error) || !sql_schema_check(sql, error))
    return FALSE;
  g_autoptr(GPtrArray) servers = servers_mysql_read(sql, error);
  g_autoptr(GPtrArray) texts = g_ptr_array_new(), reservations = g_ptr_array_new_with_free_func(g_free);
  if (!servers || !sql_run(sql, "SELECT " MYSQL_ROW_COLUMNS " FROM reservations ORDER BY created_at, id",
                           SQL_NO_VALUES, append_reservation, reservations, NULL, error))
    return FALSE;
  for (guint i = 0; i < servers->len; i++)
    g_ptr_array_add(texts, ((Server *)servers->pdata[i])->text);
  if (!write_list(servers_file, texts, error) || !write_list(configuration->plan_file, reservations, error))
    return FALSE;
  printf("%u servers were exported to %s, %u reservations to %s.\n", texts->len, servers_file,
         reservations->len, configuration->plan_file);
  return TRUE;
}
