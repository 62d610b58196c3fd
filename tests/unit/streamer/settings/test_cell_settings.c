/* What of the host is shown in a cell, and what never is. */
#include "streamer/settings/cell_paths.h"
#include "streamer/settings/cell_settings.h"

#include <glib/gstdio.h>
#include <unistd.h>

static void what_a_cell_has_for_itself_cannot_be_shown(void) {
  static const struct {
    const char *path;
    gboolean can;
  } cases[] = {
      {"/opt/river", TRUE},   {"/srv", TRUE},   {"/home/a/river", TRUE},
      {"/tmp/river/", TRUE},  {"/", FALSE},     {"//", FALSE},
      {"/tmp", FALSE},        {"/tmp/", FALSE}, {"/home", FALSE},
      {"/etc/../etc", FALSE}, {"/proc", FALSE}, {"/var/tmp/", FALSE},
      {"river", FALSE},       {"", FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(cell_path_can_be_shown(cases[i].path), ==, cases[i].can);
}

/* A directory with a program in it, and a configuration that names that; NULL: none. */
typedef struct {
  char *directory, *program, *config;
  StreamerSettings *settings;
} House;

static void house_set_up(House *house, gconstpointer unused) {
  g_autoptr(GError) error = NULL;
  house->directory = g_dir_make_tmp("cell-XXXXXX", NULL);
  house->program = g_build_filename(house->directory, "app", NULL);
  house->config = g_build_filename(house->directory, "config.json", NULL);
  g_assert_true(g_file_set_contents_full(house->program, "", 0, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
  g_autofree char *text =
      g_strdup_printf("{\"app\":[\"%s\"],\"webrtc_program\":\"/usr/bin/env\","
                      "\"tls_certificate\":\"c\",\"tls_key\":\"k\",\"state_directory\":\"s\","
                      "\"cell\":{\"read_only\":[\"/srv/scenes/\"]}}",
                      house->program);
  g_assert_true(g_file_set_contents(house->config, text, -1, NULL));
  house->settings = streamer_settings_load(house->config, &error);
  g_assert_no_error(error);
}

static void house_tear_down(House *house, gconstpointer unused) {
  streamer_settings_free(house->settings);
  g_unlink(house->config);
  g_unlink(house->program);
  g_rmdir(house->directory);
  g_free(house->directory);
  g_free(house->program);
  g_free(house->config);
}

static void the_application_sees_its_directory_and_what_is_named(House *house, gconstpointer unused) {
  g_auto(GStrv) paths = cell_settings_app_paths(house->settings);
  const char *expected[] = {house->directory, "/srv/scenes", NULL};
  g_assert_cmpstrv(paths, expected);
}

static void a_program_that_is_a_link_is_shown_where_it_really_is(House *house, gconstpointer unused) {
  g_autofree char *elsewhere = g_dir_make_tmp("links-XXXXXX", NULL);
  g_autofree char *link = g_build_filename(elsewhere, "app", NULL);
  g_assert_cmpint(symlink(house->program, link), ==, 0);
  g_free(house->settings->app[0]);
  house->settings->app[0] = g_strdup(link);
  g_auto(GStrv) paths = cell_settings_app_paths(house->settings);
  const char *expected[] = {elsewhere, house->directory, "/srv/scenes", NULL};
  g_assert_cmpstrv(paths, expected);
  g_unlink(link);
  g_rmdir(elsewhere);
}

static void what_is_the_systems_is_not_shown_twice(House *house, gconstpointer unused) {
  g_auto(GStrv) paths = cell_settings_engine_paths(house->settings);
  g_assert_null(paths[0]);
}

static void every_path_that_is_named_is_the_streamers_own(House *house, gconstpointer unused) {
  static const char *const names[] = {"config.json", "vitrina.key", "c", "k", "s"};
  g_auto(GStrv) paths = cell_settings_own_paths(house->settings);
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(house->directory, names[i], NULL);
    g_assert_true(g_strv_contains((const char *const *)paths, path));
  }
  g_assert_cmpuint(g_strv_length(paths), ==, G_N_ELEMENTS(names));
}

static void add_in_house(const char *name, void (*func)(House *, gconstpointer)) {
  g_test_add(name, House, NULL, house_set_up, func, house_tear_down);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/cell-settings/what-a-cell-has-for-itself-cannot-be-shown",
                  what_a_cell_has_for_itself_cannot_be_shown);
  add_in_house("/cell-settings/the-application-sees-its-directory-and-what-is-named",
               the_application_sees_its_directory_and_what_is_named);
  add_in_house("/cell-settings/a-program-that-is-a-link-is-shown-where-it-really-is",
               a_program_that_is_a_link_is_shown_where_it_really_is);
  add_in_house("/cell-settings/what-is-the-systems-is-not-shown-twice",
               what_is_the_systems_is_not_shown_twice);
  add_in_house("/cell-settings/every-path-that-is-named-is-the-streamers-own",
               every_path_that_is_named_is_the_streamers_own);
  return g_test_run();
}
