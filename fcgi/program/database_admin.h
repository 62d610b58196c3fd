/* What an operator does with the database by the command line: vitrina-coordinator --migrate, --import,
 * --export. Blocking; each is one step that either is done whole or changes nothing, and says in one line
 * what it did.
 */
#pragma once
#include "fcgi/settings/configuration.h"

/* Makes the tables or brings them up to date. */
gboolean database_admin_migrate(const Configuration *configuration, GError **error);

/* Puts the servers of @servers_file and the reservations of plan_file, where there is one, into the database.
 * What is there of the same name or id is brought up to date; what else is there stays. */
gboolean database_admin_import(const Configuration *configuration, const char *servers_file, GError **error);

/* The reverse. Neither file may exist yet. */
gboolean database_admin_export(const Configuration *configuration, const char *servers_file, GError **error);
