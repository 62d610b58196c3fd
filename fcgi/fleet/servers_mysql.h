/* The list of servers in the database (table `servers`), for operators to change with any SQL client. Any
 * thread. */
#pragma once
#include "fcgi/database/sql.h"

/* What changes when somebody changes the table: a text (transfer full). Costs one pass over the short
 * columns. */
char *servers_mysql_mark(Sql *sql, GError **error);

/* The servers, in order, those that are not enabled among them: an array of Server, as servers_parse() gives
 * it (transfer full). NULL with an error of SQL_ERROR, or of SETTINGS_ERROR when a row breaks a rule: one
 * line that names it. */
GPtrArray *servers_mysql_read(Sql *sql, GError **error);

/* Puts servers (of Server) into the table, in their order, and what is there of the same name up to date.
 * Others stay. */
gboolean servers_mysql_write(Sql *sql, const GPtrArray *servers, GError **error);
