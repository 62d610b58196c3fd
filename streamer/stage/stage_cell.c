#include "streamer/stage/stage_cell.h"

#include "streamer/settings/cell_settings.h"

Cell *stage_cell_new(const StreamerSettings *settings, const char *directory, const char *registry,
                     GError **error) {
  g_auto(GStrv) app = cell_settings_app_paths(settings), engine = cell_settings_engine_paths(settings);
  g_auto(GStrv) own = cell_settings_own_paths(settings);
  char *shown[] = {(char *)registry, NULL};
  CellPlan plan = {
      .directory = directory,
      .app_shown = app,
      .engine_shown = engine,
      .shown = shown,
      .hidden = own,
      .app_has_network = g_str_equal(settings->cell_network, "host"),
      .app_processes = settings->cell_processes,
      .temporary_mb = settings->cell_disk_mb,
  };
  return cell_new(&plan, error);
}
