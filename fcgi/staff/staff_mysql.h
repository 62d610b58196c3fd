/* The list of staff tickets (staff_list.h) as the table `staff_tickets`, which all coordinators share. On a
 * thread that has a connection.
 */
#pragma once
#include "fcgi/database/sql.h"
#include "fcgi/staff/staff_list.h"

/* All of them, as staff_list_read() (transfer full); NULL with SQL_ERROR. */
GPtrArray *staff_mysql_read(Sql *sql, GError **error);
/* In the caller's transaction; FALSE with SQL_ERROR, or SETTINGS_ERROR: it is full, there is no such ticket.
 */
gboolean staff_mysql_add(Sql *sql, const StaffTicket *ticket, GError **error);
gboolean staff_mysql_revoke(Sql *sql, const char *id, gint64 now_us, GError **error);
