#include "streamer/stage/stage_cell.h"

#include "streamer/settings/cell_settings.h"

#include <unistd.h>

/* Whoever looks at all plugins anew puts another list in this one's place, and a file that goes just then
 * cannot be shown: the session keeps the one that there is now. */
static void keep_registry(const char *directory, const char *registry) {
  g_autofree char *kept = g_build_filename(directory, CELL_HOST_REGISTRY, NULL), *text = NULL;
  gsize length;
  if (!registry || link(registry, kept) == 0)
    return;
  /* It lies on another disk, or is not there: then each program looks for itself. */
  if (g_file_get_contents(registry, &text, &length, NULL))
    g_file_set_contents_full(kept, text, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

Cell *stage_cell_new(const StreamerSettings *settings, const char *directory, const char *registry,
                     GError **error) {
  g_auto(GStrv) app = cell_settings_app_paths(settings), engine = cell_settings_engine_paths(settings);
  g_auto(GStrv) own = cell_settings_own_paths(settings);
  CellPlan plan = {
      .directory = directory,
      .app_shown = app,
      .engine_shown = engine,
      .hidden = own,
      .app_has_network = g_str_equal(settings->cell_network, "host"),
      .app_processes = settings->cell_processes,
      .temporary_mb = settings->cell_disk_mb,
  };
  keep_registry(directory, registry);
  return cell_new(&plan, error);
}
