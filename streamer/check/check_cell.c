#include "streamer/check/check_internal.h"
#include "streamer/process/cell.h"
#include "streamer/settings/cell_settings.h"

/* To run sessions as they are has to be asked for: nothing beside the settings makes up for a cell. */
void check_cell(const StreamerSettings *settings, GPtrArray *problems) {
  g_autoptr(GError) cause = NULL;
  if (cell_settings_wants_cell(settings) && !cell_probe(&cause))
    check_complain(problems, FALSE, "isolation",
                   "no cell can be made here: %s; \"none\" runs sessions without one", cause->message);
}
