/* The tables of the database and their versions (conf/schema.sql, which is built in). Blocking; one thread at
 * a time.
 */
#pragma once
#include "fcgi/database/sql.h"

/* Whether the database has the tables that this program wants: SQL_ERROR_FAILED with a sentence for the
 * operator when it has older ones, newer ones or none. */
gboolean sql_schema_check(Sql *sql, GError **error);

/* Whether our user may do with each table what this program does; each thing that it may not is added to
 * @problems as one sentence (transfer full). Asks the database to do it to no row; nothing is changed. */
void sql_schema_check_rights(Sql *sql, GPtrArray *problems);

/* Brings the database up to date, from nothing if need be. May be repeated after it failed halfway, and
 * done by several at the same time. @from, @to: the versions. */
gboolean sql_schema_migrate(Sql *sql, guint *from, guint *to, GError **error);
