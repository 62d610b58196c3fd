#include "tests/unit/fcgi/core_fixture.h"

#include "fcgi/program/wiring.h"

#include <glib/gstdio.h>

void core_fixture_open(CoreFixture *fixture, const char *settings) {
  g_autoptr(GError) error = NULL;
  fixture->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(fixture->directory, "configuration.json", NULL);
  g_autofree char *text = g_strdup_printf("{%s}", settings ? settings : "");
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  fixture->configuration = configuration_load(path, &error);
  g_assert_no_error(error);
  fixture->keys = site_keys_new(key_ring_new("0123456789abcdef0123456789abcdef", 32),
                                key_ring_new("fedcba9876543210fedcba9876543210", 32));
  wiring_open(&fixture->core, fixture->configuration, fixture->keys, &error);
  g_assert_no_error(error);
}

void core_fixture_close(CoreFixture *fixture) {
  static const char *const names[] = {"configuration.json", "sessions_planned.json",
                                      "sessions_planned.journal", "sessions_planned.json.lock"};
  wiring_close(&fixture->core);
  configuration_free(fixture->configuration);
  site_keys_free(fixture->keys);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(fixture->directory, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(fixture->directory);
  g_free(fixture->directory);
}
