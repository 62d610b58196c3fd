/* Where the list of servers comes from: servers_file or the database, looked at every
 * time_between_updates_seconds and read when it has changed. What is broken or cannot be reached changes
 * nothing; the log says why. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"

typedef struct ServersSource ServersSource;

/* A file is read at once: (transfer full), or NULL with an error of SETTINGS_ERROR. A database is asked, for
 * as long as it takes. */
ServersSource *servers_source_open(Core *core, GError **error);
void servers_source_close(ServersSource *source); /* NULL is allowed */

/* Reads it now. */
void servers_source_reload(ServersSource *source);

/* Whether a list has been read. */
gboolean servers_source_is_loaded(const ServersSource *source);
