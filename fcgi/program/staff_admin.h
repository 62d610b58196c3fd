/* What an operator does to staff tickets from the command line: each opens the list (a file, or the
 * database), does one thing, tells of it, and returns FALSE with an error for people when it could not. */
#pragma once
#include "fcgi/settings/configuration.h"

/* Makes a ticket of @kind for @name (nullable), good for @days (0: as long as usual), and prints it to the
 * standard output alone: its id goes to the standard error. */
gboolean staff_admin_make(const Configuration *configuration, const char *kind, const char *name, gint64 days,
                          GError **error);
/* Prints a line for each: id, kind, until when, its state, the name. */
gboolean staff_admin_list(const Configuration *configuration, GError **error);
/* The ticket with @id is not good any more. */
gboolean staff_admin_revoke(const Configuration *configuration, const char *id, GError **error);
