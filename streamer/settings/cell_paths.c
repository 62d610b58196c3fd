#include "streamer/settings/cell_paths.h"

#include <string.h>

static const char *const system_directories[] = {"/usr",   "/bin",    "/sbin", "/lib", "/lib32",
                                                 "/lib64", "/libx32", "/opt",  NULL};
static const char *const private_directories[] = {"/",    "/tmp",  "/var", "/var/tmp", "/run",  "/home",
                                                  "/dev", "/proc", "/sys", "/etc",     "/root", NULL};

/* Two slashes at the beginning would stay (POSIX gives them a meaning that Linux does not). */
char *cell_path_plain(const char *path) {
  while (path[0] == '/' && path[1] == '/')
    path++;
  return g_canonicalize_filename(path, NULL);
}

gboolean cell_path_can_be_shown(const char *path) {
  g_autofree char *plain = cell_path_plain(path);
  return g_path_is_absolute(path) && !g_strv_contains(private_directories, plain);
}

static gboolean path_is_the_systems(const char *path) {
  for (const char *const *directory = system_directories; *directory; directory++)
    if (g_str_has_prefix(path, *directory) && path[strlen(*directory)] == '/')
      return TRUE;
  return FALSE;
}

char *cell_path_of_program(const char *program) {
  g_autofree char *found = g_find_program_in_path(program);
  g_autofree char *path = found ? cell_path_plain(found) : NULL;
  if (!path || path_is_the_systems(path))
    return NULL;
  g_autofree char *directory = g_path_get_dirname(path);
  return cell_path_can_be_shown(directory) ? g_steal_pointer(&directory) : g_steal_pointer(&path);
}
