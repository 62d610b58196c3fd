#include "streamer/settings/cell_settings.h"

#include "streamer/settings/cell_paths.h"

#include <stdlib.h>

gboolean cell_settings_wants_cell(const StreamerSettings *settings) {
  return g_str_equal(settings->isolation, "cell");
}

/* @path (transfer full) may be NULL. */
static void add_path(GPtrArray *paths, char *path) {
  if (path)
    g_ptr_array_add(paths, path);
}

/* Where @program is, and where it really is: it may be a link. */
static void add_program(GPtrArray *paths, const char *program) {
  g_autofree char *found = g_find_program_in_path(program);
  char *real = found ? realpath(found, NULL) : NULL; /* (free()) */
  add_path(paths, cell_path_of_program(program));
  if (real && !g_str_equal(real, found))
    add_path(paths, cell_path_of_program(real));
  free(real);
}

static char **end_paths(GPtrArray *paths) {
  g_ptr_array_add(paths, NULL);
  return (char **)g_ptr_array_free(paths, FALSE);
}

char **cell_settings_app_paths(const StreamerSettings *settings) {
  const char *directory = settings->cell_app_directory;
  GPtrArray *paths = g_ptr_array_new();
  if (directory && *directory)
    add_path(paths, cell_path_plain(directory));
  else
    add_program(paths, settings->app[0]);
  for (char **shown = settings->cell_read_only; shown && *shown; shown++)
    add_path(paths, cell_path_plain(*shown));
  return end_paths(paths);
}

char **cell_settings_engine_paths(const StreamerSettings *settings) {
  GPtrArray *paths = g_ptr_array_new();
  add_program(paths, settings->webrtc_program);
  return end_paths(paths);
}

char **cell_settings_own_paths(const StreamerSettings *settings) {
  static const char *const shown[] = {"webrtc_program", "cell.app_directory", NULL};
  GPtrArray *paths = g_ptr_array_new();
  for (const Setting *row = streamer_settings_table; row->name; row++) {
    const char *path = row->type == SETTING_PATH ? G_STRUCT_MEMBER(char *, settings, row->offset) : NULL;
    if (path && *path && !g_strv_contains(shown, row->name))
      add_path(paths, cell_path_plain(path));
  }
  add_path(paths, g_strdup(settings->file));
  return end_paths(paths);
}
