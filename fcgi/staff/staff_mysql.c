#include "fcgi/staff/staff_mysql.h"

#include "common/instant.h"
#include "common/settings.h"

static SqlValue seconds_of(gint64 at_us) {
  return at_us ? SQL_INT(at_us / INSTANT_SECOND) : SQL_NULL;
}

static gboolean collect_ticket(const SqlRow *row, gpointer list) {
  StaffTicket *ticket = g_new0(StaffTicket, 1);
  ticket->id = g_strdup(sql_row_text(row, 0));
  ticket->kind = g_strdup(sql_row_text(row, 1));
  ticket->name = g_strdup(sql_row_text(row, 2));
  ticket->created_at_us = sql_row_int(row, 3) * INSTANT_SECOND;
  ticket->expires_at_us = sql_row_int(row, 4) * INSTANT_SECOND;
  ticket->revoked_at_us = sql_row_int(row, 5) * INSTANT_SECOND;
  g_ptr_array_add(list, ticket);
  return TRUE;
}

GPtrArray *staff_mysql_read(Sql *sql, GError **error) {
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)staff_ticket_free);
  if (!sql_run(sql,
               "SELECT id, kind, name, UNIX_TIMESTAMP(created_at), UNIX_TIMESTAMP(expires_at), "
               "UNIX_TIMESTAMP(revoked_at) FROM staff_tickets ORDER BY created_at, id LIMIT " G_STRINGIFY(
                   STAFF_LIST_MAX),
               SQL_NO_VALUES, collect_ticket, list, NULL, error))
    return NULL;
  return g_steal_pointer(&list);
}

static gboolean count_tickets(const SqlRow *row, gpointer count) {
  *(gint64 *)count = sql_row_int(row, 0);
  return FALSE;
}

gboolean staff_mysql_add(Sql *sql, const StaffTicket *ticket, GError **error) {
  gint64 count = 0;
  if (!sql_run(sql, "DELETE FROM staff_tickets WHERE expires_at <= NOW()", SQL_NO_VALUES, NULL, NULL, NULL,
               error) ||
      !sql_run(sql, "SELECT COUNT(*) FROM staff_tickets", SQL_NO_VALUES, count_tickets, &count, NULL, error))
    return FALSE;
  if (count >= STAFF_LIST_MAX) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "the table staff_tickets: has %d tickets already", STAFF_LIST_MAX);
    return FALSE;
  }
  return sql_run(sql,
                 "INSERT INTO staff_tickets (id, kind, name, created_at, expires_at) VALUES (?, ?, ?, "
                 "FROM_UNIXTIME(?), FROM_UNIXTIME(?))",
                 SQL_VALUES(SQL_TEXT(ticket->id), SQL_TEXT(ticket->kind), SQL_TEXT(ticket->name),
                            seconds_of(ticket->created_at_us), seconds_of(ticket->expires_at_us)),
                 NULL, NULL, NULL, error);
}

gboolean staff_mysql_revoke(Sql *sql, const char *id, gint64 now_us, GError **error) {
  gint64 count = 0;
  if (!sql_run(sql, "SELECT COUNT(*) FROM staff_tickets WHERE id = ?", SQL_VALUES(SQL_TEXT(id)),
               count_tickets, &count, NULL, error))
    return FALSE;
  if (count == 0) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "the table staff_tickets: has no ticket with this id");
    return FALSE;
  }
  return sql_run(sql,
                 "UPDATE staff_tickets SET revoked_at = FROM_UNIXTIME(?) WHERE id = ? AND revoked_at IS NULL",
                 SQL_VALUES(seconds_of(now_us), SQL_TEXT(id)), NULL, NULL, NULL, error);
}
