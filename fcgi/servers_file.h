/* The file of servers, read again when it changes. The core's thread. */
#pragma once
#include "fcgi/core.h"

typedef struct ServersFile ServersFile;

/* Reads the file into the core's fleet and from then on looks at it again every time_between_updates_seconds.
 * Returns (transfer full), or NULL with an error of SETTINGS_ERROR. */
ServersFile *servers_file_open(Core *core, GError **error);
void servers_file_close(ServersFile *file); /* NULL is allowed */

/* Reads it now. If it is broken, the last good list stays, and one line in the log says why. */
void servers_file_reload(ServersFile *file);
