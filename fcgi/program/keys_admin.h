/* Keys for operators: `vitrina-coordinator --server-key NAME`. */
#pragma once
#include "fcgi/settings/configuration.h"

/* Prints what the streamer of this server has in its key_file to the standard output: a line for each key
 * that our key_file has, in its order. @generation: 1 to KEY_GENERATION_MAX; 0: the one that the list has. A
 * name that is not in the list is told to the standard error, and is of the first generation. FALSE with an
 * error of one line. */
gboolean keys_admin_print_server_key(const Configuration *configuration, const char *name, gint64 generation,
                                     GError **error);
