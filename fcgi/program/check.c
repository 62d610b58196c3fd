#include "fcgi/program/check.h"

#include "common/key_ring.h"
#include "common/secret_file.h"
#include "common/settings.h"
#include "fcgi/database/sql_schema.h"
#include "fcgi/door/listener.h"
#include "fcgi/rules/servers.h"
#include "fcgi/staff/staff_list.h"
#include "fcgi/store/store_json.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* ---- one thing each: FALSE with an error of one line ---- */

static gboolean check_key_file(const char *path, GError **error) {
  if (!g_file_test(path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_autoptr(KeyRing) keys = key_ring_load(path, error);
  return keys != NULL;
}

static gboolean check_key(const Configuration *configuration, GError **error) {
  return check_key_file(configuration->key_file, error);
}

static gboolean check_bookings_key(const Configuration *configuration, GError **error) {
  return check_key_file(configuration->bookings_key_file, error);
}

static gboolean check_servers(const Configuration *configuration, GError **error) {
  if (configuration_has_database(configuration))
    return TRUE;
  g_autoptr(GPtrArray) servers = servers_load(configuration->servers_file, error);
  return servers != NULL;
}

static gboolean check_staff(const Configuration *configuration, GError **error) {
  if (configuration_has_database(configuration))
    return TRUE;
  g_autoptr(GPtrArray) tickets = staff_list_read(configuration->staff_file, error);
  return tickets != NULL;
}

static gboolean check_plan(const Configuration *configuration, GError **error) {
  g_autofree char *note = NULL;
  if (configuration_has_database(configuration))
    return TRUE;
  if (!store_json_check(configuration->plan_file, &note, error))
    return FALSE;
  if (note)
    printf("vitrina-coordinator: %s\n", note);
  return TRUE;
}

/* Whether we may make files beside @path. */
static gboolean check_directory(const char *path, const char *setting, GError **error) {
  g_autofree char *directory = g_path_get_dirname(path);
  if (access(directory, W_OK | X_OK) == 0)
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s: %s: its directory cannot be written: %s", path,
              setting, g_strerror(errno));
  return FALSE;
}

static gboolean check_plan_directory(const Configuration *configuration, GError **error) {
  return configuration_has_database(configuration) ||
         check_directory(configuration->plan_file, "plan_file", error);
}

static gboolean check_key_directory(const Configuration *configuration, GError **error) {
  return g_file_test(configuration->key_file, G_FILE_TEST_EXISTS) ||
         check_directory(configuration->key_file, "key_file", error);
}

/* Beside a key_file that is there, a start does without. */
static gboolean check_bookings_key_directory(const Configuration *configuration, GError **error) {
  g_autofree char *own = g_path_get_dirname(configuration->bookings_key_file);
  g_autofree char *keys = g_path_get_dirname(configuration->key_file);
  return g_file_test(configuration->bookings_key_file, G_FILE_TEST_EXISTS) ||
         g_file_test(configuration->key_file, G_FILE_TEST_EXISTS) || g_str_equal(own, keys) ||
         check_directory(configuration->bookings_key_file, "bookings_key_file", error);
}

static gboolean (*const checks[])(const Configuration *, GError **) = {
    listener_check, check_key,   check_key_directory, check_bookings_key,   check_bookings_key_directory,
    check_servers,  check_staff, check_plan,          check_plan_directory,
};

gboolean check_before_start(const Configuration *configuration, GError **error) {
  return listener_check(configuration, error) && check_key(configuration, error) &&
         check_bookings_key(configuration, error) && check_servers(configuration, error) &&
         check_staff(configuration, error);
}

/* ---- all of it ---- */

static void print_problem(const char *where, const char *problem) {
  fprintf(stderr, "vitrina-coordinator: %s%s\n", where, problem);
}

/* What a start does not mind, and somebody should. */
static void warn_of_secret(const char *path) {
  g_autofree char *problem = path ? secret_file_complain(path) : NULL;
  if (problem)
    fprintf(stderr, "vitrina-coordinator: warning: %s: %s\n", path, problem);
}

static void warn_of_bookings_key(const Configuration *configuration) {
  g_autoptr(GError) error = NULL;
  if (g_file_test(configuration->key_file, G_FILE_TEST_EXISTS) &&
      !g_file_test(configuration->bookings_key_file, G_FILE_TEST_EXISTS) &&
      !check_directory(configuration->bookings_key_file, "bookings_key_file", &error))
    fprintf(stderr, "vitrina-coordinator: warning: %s\n", error->message);
}

/* Whether it can be reached, has our tables, and lets us do with them what we have to. */
static gboolean check_database(const Configuration *configuration) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
  if (!configuration_has_database(configuration))
    return TRUE;
  const SqlAddress address = configuration_get_database(configuration);
  g_autoptr(Sql) sql = sql_connect(&address, &error);
  if (!sql || !sql_schema_check(sql, &error))
    g_ptr_array_add(problems, g_strdup(error->message));
  else
    sql_schema_check_rights(sql, problems);
  for (guint i = 0; i < problems->len; i++)
    print_problem("store: ", problems->pdata[i]);
  return problems->len == 0;
}

gboolean check_all(const Configuration *configuration) {
  gboolean good = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
    g_autoptr(GError) error = NULL;
    if (checks[i](configuration, &error))
      continue;
    print_problem("", error->message);
    good = FALSE;
  }
  warn_of_secret(configuration->key_file);
  warn_of_secret(configuration->bookings_key_file);
  warn_of_secret(configuration->store_password_file);
  warn_of_bookings_key(configuration);
  return check_database(configuration) && good;
}
