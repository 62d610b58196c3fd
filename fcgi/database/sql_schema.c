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
