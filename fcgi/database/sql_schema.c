#include "fcgi/database/sql_schema.h"

#include <string.h>

#define VERSION_MARK "\n-- version "

static const char schema[] =
#include "fcgi/database/schema_text.h"
    ;

/* The part of the schema that makes the next version, and its number; NULL after the last. */
static const char *next_part(const char *from, guint *version) {
  const char *mark = strstr(from, VERSION_MARK);
  if (mark)
    *version = (guint)g_ascii_strtoull(mark + strlen(VERSION_MARK), NULL, 10);
  return mark ? mark + 1 : NULL;
}

static guint newest_version(void) {
  guint version = 0;
  for (const char *part = schema; (part = next_part(part, &version));)
    ;
  return version;
}

static gboolean read_schema_number(const SqlRow *row, gpointer data) {
  *(guint *)data = (guint)sql_row_int(row, 0);
  return FALSE;
}

/* 0: there are none of our tables. */
static gboolean read_version(Sql *sql, guint *version, GError **error) {
  guint tables = 0;
  *version = 0;
  return sql_run(sql,
                 "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
                 "table_name = 'vitrina_schema'",
                 SQL_NO_VALUES, read_schema_number, &tables, NULL, error) &&
         (tables == 0 || sql_run(sql, "SELECT MAX(version) FROM vitrina_schema", SQL_NO_VALUES,
                                 read_schema_number, version, NULL, error));
}

gboolean sql_schema_check(Sql *sql, GError **error) {
  guint version;
  if (!read_version(sql, &version, error))
    return FALSE;
  if (version == newest_version())
    return TRUE;
  if (version < newest_version())
    g_set_error(error, SQL_ERROR, SQL_ERROR_FAILED,
                "the database has version %u of the tables and version %u is needed: run vitrina-coordinator "
                "--migrate",
                version, newest_version());
  else
    g_set_error(error, SQL_ERROR, SQL_ERROR_FAILED,
                "the database has version %u of the tables, which is newer than this program's %u", version,
                newest_version());
  return FALSE;
}

gboolean sql_schema_migrate(Sql *sql, guint *from, guint *to, GError **error) {
  if (!read_version(sql, from, error))
    return FALSE;
  *to = *from;
  guint version;
  for (const char *part = schema; (part = next_part(part, &version));) {
    guint following;
    const char *end = next_part(part, &following);
    g_autofree char *script = end ? g_strndup(part, (gsize)(end - part)) : g_strdup(part);
    if (version <= *from)
      continue;
    if (!sql_run_script(sql, script, error) ||
        !sql_run(sql, "INSERT IGNORE INTO vitrina_schema (version, applied_at) VALUES (?, NOW())",
                 SQL_VALUES(SQL_INT(version)), NULL, NULL, NULL, error))
      return FALSE;
    *to = version;
  }
  return TRUE;
}

/* ---- rights ---- */

#define TABLE_MARK "CREATE TABLE IF NOT EXISTS "

/* Runs @statement (transfer full), which is made to do nothing. */
static void try_nothing(Sql *sql, GPtrArray *problems, char *statement) {
  g_autoptr(GError) error = NULL;
  g_autofree char *owned = statement;
  if (!sql_run(sql, owned, SQL_NO_VALUES, NULL, NULL, NULL, &error))
    g_ptr_array_add(problems, g_strdup(error->message));
}

/* What is only read by coordinators needs no other right: operators and --migrate write it. */
static gboolean is_only_read(const char *table) {
  return strcmp(table, "vitrina_schema") == 0 || strcmp(table, "servers") == 0;
}

static void check_table_rights(Sql *sql, const char *table, const char *column, GPtrArray *problems) {
  try_nothing(sql, problems, g_strdup_printf("SELECT %s FROM %s WHERE 1 = 0", column, table));
  if (is_only_read(table))
    return;
  try_nothing(sql, problems, g_strdup_printf("INSERT INTO %s SELECT * FROM %s WHERE 1 = 0", table, table));
  try_nothing(sql, problems, g_strdup_printf("UPDATE %s SET %s = %s WHERE 1 = 0", table, column, column));
  try_nothing(sql, problems, g_strdup_printf("DELETE FROM %s WHERE 1 = 0", table));
}

void sql_schema_check_rights(Sql *sql, GPtrArray *problems) {
  for (const char *at = schema; (at = strstr(at, TABLE_MARK));) {
    at += strlen(TABLE_MARK);
    g_auto(GStrv) words = g_strsplit_set(at, " (\n", 8);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; words[i] && names->len < 2; i++)
      if (*words[i])
        g_ptr_array_add(names, words[i]);
    check_table_rights(sql, names->pdata[0], names->pdata[1], problems);
  }
}
