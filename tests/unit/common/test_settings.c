/* Settings from a file: values, defaults, and one line of what is wrong. */
#include "common/settings.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  gint64 port;
  gboolean sound;
  char *name;
  char *kind;
  char *file;
  char **app;
  gint64 width;
  char *raw;
} Options;

static const Setting table[] = {
    {"port", SETTING_INT, G_STRUCT_OFFSET(Options, port), 1, 65535, .fallback = "80", .help = "The port."},
    {"sound", SETTING_BOOL, G_STRUCT_OFFSET(Options, sound), .fallback = "true", .help = "Sound."},
    {"name", SETTING_TEXT, G_STRUCT_OFFSET(Options, name), .required = TRUE, .min = 1, .help = "The name."},
    {"kind", SETTING_CHOICE, G_STRUCT_OFFSET(Options, kind), .choices = "one|two", .fallback = "one",
     .help = "Kind."},
    {"file", SETTING_PATH, G_STRUCT_OFFSET(Options, file), .fallback = "x.json", .help = "A file."},
    {"app", SETTING_TEXTS, G_STRUCT_OFFSET(Options, app), .fallback = "run|me", .help = "What to run."},
    {"webrtc.width", SETTING_INT, G_STRUCT_OFFSET(Options, width), 16, 7680, "pixels", "960",
     .help = "Width."},
    {"webrtc.raw", SETTING_RAW, G_STRUCT_OFFSET(Options, raw), .help = "Anything."},
    {NULL},
};

static char *load(const char *text, Options *options) {
  g_autoptr(GError) error = NULL;
  memset(options, 0, sizeof *options);
  if (settings_load_text("conf.json", "/etc/v", text, strlen(text), table, options, &error))
    return NULL;
  g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
  return g_strdup(error->message);
}

static void settings_take_values_and_defaults(void) {
  Options options;
  g_assert_null(load("{\"name\":\"n\",\"port\":\"333\",\"webrtc\":{\"width\":1280,\"raw\":[1]}}", &options));
  g_assert_cmpint(options.port, ==, 333);
  g_assert_true(options.sound);
  g_assert_cmpstr(options.kind, ==, "one");
  g_assert_cmpstr(options.file, ==, "/etc/v/x.json");
  g_assert_cmpstr(options.app[1], ==, "me");
  g_assert_cmpint(options.width, ==, 1280);
  g_assert_cmpstr(options.raw, ==, "[1]");
  settings_clear(table, &options);
  g_assert_null(options.app);
}

static void settings_say_what_is_wrong_in_one_line(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"{}", "conf.json: name: is missing"},
      {"{\"name\":\"\"}", "conf.json: name: must not be empty"},
      {"{\"name\":\"n\",\"port\":0}", "conf.json: port: must be 1 to 65535"},
      {"{\"name\":\"n\",\"prot\":1}", "conf.json: prot: is not a setting (did you mean \"port\"?)"},
      {"{\"name\":\"n\",\"kind\":\"three\"}", "conf.json: kind: must be one of one, two"},
      {"{\"name\":\"n\",\"webrtc\":{\"widht\":1}}",
       "conf.json: webrtc.widht: is not a setting (did you mean \"webrtc.width\"?)"},
      {"{\"name\":\"n\",\"webrtc\":3}", "conf.json: webrtc: must be an object"},
      {"{\"name\":\"n\",}", "conf.json: line 1, column 14: not JSON"},
      {"[]", "conf.json: must be an object"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    Options options;
    g_autofree char *message = load(cases[i].text, &options);
    g_assert_cmpstr(message, ==, cases[i].message);
    g_assert_null(options.name);
  }
}

static char *name_in(const char *directory, const char *name) {
  return g_build_filename(directory, name, NULL);
}

static void paths_are_absolute_once_loaded(void) {
  g_autofree char *directory = g_dir_make_tmp("settings-XXXXXX", NULL), *before = g_get_current_dir();
  g_autofree char *below = name_in(directory, "below"), *file = name_in(below, "conf.json");
  g_assert_cmpint(g_mkdir(below, 0700), ==, 0);
  g_assert_true(g_file_set_contents(file, "{\"name\":\"n\"}", -1, NULL));
  const struct {
    const char *from, *given;
  } ways[] = {{directory, "below/conf.json"}, {below, "conf.json"}, {below, "./conf.json"}, {"/", file}};
  for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
    Options options = {0};
    g_autofree char *wanted = name_in(below, "x.json");
    g_assert_cmpint(g_chdir(ways[i].from), ==, 0);
    g_assert_true(settings_load(ways[i].given, table, &options, NULL));
    g_assert_cmpstr(options.file, ==, wanted);
    settings_clear(table, &options);
  }
  g_assert_cmpint(g_chdir(before), ==, 0);
  g_unlink(file);
  g_rmdir(below);
  g_rmdir(directory);
}

static void settings_describe_every_row(void) {
  g_autofree char *text = settings_describe(table);
  for (const Setting *row = table; row->name; row++)
    g_assert_nonnull(strstr(text, row->name));
  g_assert_nonnull(strstr(text, "webrtc.width (number, 16-7680, pixels, default 960)"));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/settings/take-values-and-defaults", settings_take_values_and_defaults);
  g_test_add_func("/settings/say-what-is-wrong-in-one-line", settings_say_what_is_wrong_in_one_line);
  g_test_add_func("/settings/paths-are-absolute-once-loaded", paths_are_absolute_once_loaded);
  g_test_add_func("/settings/describe-every-row", settings_describe_every_row);
  return g_test_run();
}
