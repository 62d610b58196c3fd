/* What --check looks at, without changing anything. One thread, before anything else of the program runs. */
#pragma once
#include "fcgi/settings/configuration.h"

/* Looks at all that a start needs, and prints each problem on a line of its own to stderr. What a coordinator
 * can start with, such as a key that others may read, is told as a warning. FALSE when there is any other
 * problem. sql_library_open() first. */
gboolean check_all(const Configuration *configuration);

/* The same of the files alone that a start reads, and not the plan, which opening it says as well: FALSE with
 * the first problem, an error of SETTINGS_ERROR or another one with one line. */
gboolean check_before_start(const Configuration *configuration, GError **error);
