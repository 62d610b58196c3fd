/* The cell of one stage, as the settings say. Main thread. */
#pragma once
#include "streamer/process/cell.h"
#include "streamer/settings/settings.h"
#include <glib.h>

/* A cell for the session in @directory. @registry: GStreamer's list of plugins, which is CELL_REGISTRY in
 * there (nullable). (transfer full), or NULL with an error (cell_new()). */
Cell *stage_cell_new(const StreamerSettings *settings, const char *directory, const char *registry,
                     GError **error);
