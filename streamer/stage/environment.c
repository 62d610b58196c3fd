#include "streamer/stage/environment.h"

#include "streamer/process/cell.h"
#include "streamer/process/remains.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static const char *const passed_names[] = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", NULL};
static const char *const passed_prefixes[] = {"GST_",  "LIBGL_",  "MESA_",  "GALLIUM_", "LP_",    "__GL",
                                              "__EGL", "NVIDIA_", "CUDA_",  "VK_",      "LIBVA_", "VDPAU_",
                                              "ASAN_", "LSAN_",   "UBSAN_", "TSAN_",    NULL};
/* What lies in a session's directory, or in a cell. */
static const struct {
  const char *variable, *name, *in_cell;
} places[] = {
    {"HOME", "home", CELL_HOME}, {"TMPDIR", "tmp", CELL_TEMPORARY}, {"XDG_RUNTIME_DIR", "run", CELL_RUNTIME}};

/* What is the same for every session and slow to make: the list of GStreamer's plugins, compiled shaders. */
static const struct {
  const char *variable, *name;
  gboolean in_cell;
} caches[] = {{"GST_REGISTRY", "gstreamer-registry.bin", TRUE},
              {"MESA_SHADER_CACHE_DIR", "shaders", FALSE},
              {"__GL_SHADER_DISK_CACHE_PATH", "shaders", FALSE}};

static gboolean is_passed(const char *name) {
  if (g_strv_contains(passed_names, name))
    return TRUE;
  for (const char *const *prefix = passed_prefixes; *prefix; prefix++)
    if (g_str_has_prefix(name, *prefix))
      return TRUE;
  return FALSE;
}

char **environment_new(const char *directory, const char *cache_directory, gboolean in_cell) {
  char **environment = g_environ_setenv(NULL, "PATH", "/usr/local/bin:/usr/bin:/bin", TRUE);
  g_auto(GStrv) names = g_listenv();
  for (char **name = names; *name; name++)
    if (is_passed(*name))
      environment = g_environ_setenv(environment, *name, g_getenv(*name), TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
    g_autofree char *path = g_build_filename(directory, places[i].name, NULL);
    environment = g_environ_setenv(environment, places[i].variable, in_cell ? places[i].in_cell : path, TRUE);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(caches); i++) {
    g_autofree char *path = g_build_filename(cache_directory, caches[i].name, NULL);
    if (!in_cell || caches[i].in_cell)
      environment = g_environ_setenv(environment, caches[i].variable, path, FALSE);
  }
  return g_environ_setenv(environment, REMAINS_VARIABLE, directory, TRUE);
}

gboolean environment_make_directories(const char *directory, GError **error) {
  for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
    g_autofree char *path = g_build_filename(directory, places[i].name, NULL);
    if (g_mkdir(path, 0700) == 0)
      continue;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
    return FALSE;
  }
  return TRUE;
}

char **environment_add(char **environment, char *const *entries) {
  for (; entries && *entries; entries++) {
    const char *equals = strchr(*entries, '=');
    g_autofree char *name = equals ? g_strndup(*entries, (gsize)(equals - *entries)) : g_strdup(*entries);
    const char *value = equals ? equals + 1 : g_getenv(name);
    if (value)
      environment = g_environ_setenv(environment, name, value, TRUE);
  }
  return environment;
}
