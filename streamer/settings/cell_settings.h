/* What the settings mean for a cell (streamer/process/cell.h): what is shown in it, and what never is. Lists
 * end with NULL and have absolute paths (transfer full). Any thread. */
#pragma once
#include "streamer/settings/settings.h"
#include <glib.h>

/* FALSE: `isolation` is "none". */
gboolean cell_settings_wants_cell(const StreamerSettings *settings);

/* What the application sees besides the system: its directory and cell.read_only. */
char **cell_settings_app_paths(const StreamerSettings *settings);
/* What the engine does: where its program is. */
char **cell_settings_engine_paths(const StreamerSettings *settings);

/* Every file and directory that the settings name, and their own file: what no session is to read. Programs
 * and what is to be shown excepted. */
char **cell_settings_own_paths(const StreamerSettings *settings);
