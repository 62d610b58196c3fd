#include "fcgi/fleet/servers_mysql.h"

#include "common/fields.h"
#include "common/settings.h"
#include "fcgi/rules/servers.h"

#include <string.h>

/* What the columns say of an entry, whatever it was imported with. */
static const char *const columns_of_entry[] = {"ip", "port", "url", "enabled", "generation", "rc_info", NULL};
static const char *const columns_of_rc_info[] = {"rc_name", "info", NULL};

typedef struct {
  char *ip, *url, *rc_name, *info;
  gint64 port, generation;
  gboolean enabled;
} Imported;

static const Field imported_fields[] = {
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(Imported, ip)},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(Imported, port)},
    {"url", FIELD_TEXT, G_STRUCT_OFFSET(Imported, url)},
    {"enabled", FIELD_BOOL, G_STRUCT_OFFSET(Imported, enabled), .absent = TRUE},
    {"generation", FIELD_INT, G_STRUCT_OFFSET(Imported, generation)},
    {"rc_info.rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Imported, rc_name)},
    {"rc_info.info", FIELD_RAW, G_STRUCT_OFFSET(Imported, info)},
    {NULL},
};

/* ---- reading ---- */

enum { NAME, IP, PORT, URL, RC_NAME, INFO, ENTRY, ENABLED, GENERATION };
#define COLUMNS "server_name, ip, port, url, rc_name, info, entry, enabled, generation"

/* An operator's change of a column goes before what was imported. */
static gboolean is_as_imported(const SqlRow *row, const Imported *entry) {
  return g_strcmp0(entry->ip, sql_row_text(row, IP)) == 0 && entry->port == sql_row_int(row, PORT) &&
         entry->enabled == (sql_row_int(row, ENABLED) != 0) &&
         entry->generation == sql_row_int(row, GENERATION) &&
         g_strcmp0(entry->url, sql_row_text(row, URL)) == 0 &&
         g_strcmp0(entry->rc_name, sql_row_text(row, RC_NAME)) == 0 &&
         g_strcmp0(entry->info, sql_row_text(row, INFO)) == 0;
}

static void append_text(GString *members, const char *name, const char *text) {
  g_string_append_printf(members, "%s\"%s\":", members->len ? "," : "", name);
  fields_append_quoted(members, text);
}

static void append_rc_info(GString *members, const SqlRow *row, const FieldsDoc *imported) {
  g_autoptr(GString) own = g_string_new(NULL);
  g_autofree char *read = imported ? fields_text_at(imported, "rc_info") : NULL;
  g_autofree char *rest = read ? fields_without(read, columns_of_rc_info) : NULL;
  append_text(own, "rc_name", sql_row_text(row, RC_NAME));
  if (sql_row_text(row, INFO))
    g_string_append_printf(own, ",\"info\":%s", sql_row_text(row, INFO));
  g_string_append(members, ",\"rc_info\":");
  fields_append_object(members, rest ? rest : "{}", own->str);
}

/* The entry, as servers.json would have it. */
static void append_entry(GString *out, const SqlRow *row) {
  const char *entry = sql_row_text(row, ENTRY);
  g_autoptr(FieldsDoc) imported = entry ? fields_parse(entry, strlen(entry), NULL) : NULL;
  Imported read = {.generation = 1};
  if (imported && fields_read(imported, imported_fields, &read, NULL) && is_as_imported(row, &read)) {
    g_string_append(out, entry);
    fields_clear(imported_fields, &read);
    return;
  }
  fields_clear(imported_fields, &read);
  g_autofree char *rest = imported ? fields_without(entry, columns_of_entry) : NULL;
  g_autoptr(GString) members = g_string_new(NULL);
  if (!rest)
    append_text(members, "server_name", sql_row_text(row, NAME));
  append_text(members, "ip", sql_row_text(row, IP));
  append_text(members, "port", sql_row_text(row, PORT));
  if (sql_row_text(row, URL))
    append_text(members, "url", sql_row_text(row, URL));
  if (sql_row_int(row, ENABLED) == 0)
    g_string_append(members, ",\"enabled\":false");
  if (sql_row_int(row, GENERATION) != 1)
    g_string_append_printf(members, ",\"generation\":%" G_GINT64_FORMAT, sql_row_int(row, GENERATION));
  append_rc_info(members, row, imported);
  fields_append_object(out, rest ? rest : "{}", members->str);
}

typedef struct {
  GString *list;
  GError *error; /* a row that would break the whole */
} Collection;

/* What somebody typed into the column. */
static gboolean check_info(const SqlRow *row, GError **error) {
  g_autoptr(GError) problem = NULL;
  const char *info = sql_row_text(row, INFO);
  g_autoptr(FieldsDoc) doc = info ? fields_parse(info, strlen(info), &problem) : NULL;
  if (!info || doc)
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "the table servers: %s: info: %s",
              sql_row_text(row, NAME), problem->message);
  return FALSE;
}

static gboolean collect_server(const SqlRow *row, gpointer data) {
  Collection *collection = data;
  if (!check_info(row, &collection->error))
    return FALSE;
  if (collection->list->len > 1)
    g_string_append(collection->list, ",\n");
  append_entry(collection->list, row);
  return TRUE;
}

GPtrArray *servers_mysql_read(Sql *sql, GError **error) {
  g_autoptr(GString) list = g_string_new("[");
  Collection collection = {list, NULL};
  if (!sql_run(sql, "SELECT " COLUMNS " FROM servers ORDER BY position, server_name", SQL_NO_VALUES,
               collect_server, &collection, NULL, error))
    return NULL;
  if (collection.error) {
    g_propagate_error(error, collection.error);
    return NULL;
  }
  g_string_append(list, "]");
  return servers_parse("the table servers", list->str, list->len, error);
}

static gboolean keep_mark(const SqlRow *row, gpointer data) {
  *(char **)data = g_strdup(sql_row_text(row, 0));
  return FALSE;
}

char *servers_mysql_mark(Sql *sql, GError **error) {
  char *mark = NULL;
  if (!sql_run(
          sql,
          "SELECT CONCAT_WS(' ', COUNT(*), MAX(changed_at), SUM(CRC32(CONCAT_WS(' ', server_name, enabled, "
          "position, ip, port, url, rc_name, generation)))) FROM servers",
          SQL_NO_VALUES, keep_mark, &mark, NULL, error))
    return NULL;
  return mark;
}

/* ---- writing ---- */

static gboolean write_one(Sql *sql, const Server *server, guint position, GError **error) {
  return sql_run(sql,
                 "INSERT INTO servers (" COLUMNS ", position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON "
                 "DUPLICATE KEY UPDATE ip = VALUES(ip), port = VALUES(port), url = VALUES(url), rc_name = "
                 "VALUES(rc_name), info = VALUES(info), entry = VALUES(entry), position = VALUES(position), "
                 "enabled = VALUES(enabled), generation = VALUES(generation)",
                 SQL_VALUES(SQL_TEXT(server->name), SQL_TEXT(server->ip), SQL_INT(server->port),
                            SQL_TEXT(server->url), SQL_TEXT(server->rc_name), SQL_TEXT(server->info),
                            SQL_TEXT(server->text), SQL_INT(server->enabled), SQL_INT(server->generation),
                            SQL_INT(position)),
                 NULL, NULL, NULL, error);
}

gboolean servers_mysql_write(Sql *sql, const GPtrArray *servers, GError **error) {
  for (guint i = 0; i < servers->len; i++)
    if (!write_one(sql, servers->pdata[i], i, error))
      return FALSE;
  return TRUE;
}
