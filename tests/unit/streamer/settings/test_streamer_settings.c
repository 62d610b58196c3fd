/* config.json. */
#include "streamer/settings/settings.h"

#include <glib/gstdio.h>
#include <string.h>

/* Loads settings from @text. (transfer full) or NULL with an error. */
static StreamerSettings *load(const char *text, GError **error) {
  g_autofree char *directory = g_dir_make_tmp("settings-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(directory, "config.json", NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  StreamerSettings *settings = streamer_settings_load(path, error);
  g_unlink(path);
  g_rmdir(directory);
  return settings;
}

static StreamerSettings *load_good(const char *text) {
  g_autoptr(GError) error = NULL;
  StreamerSettings *settings = load(text, &error);
  g_assert_no_error(error);
  return settings;
}

static void a_command_line_is_enough(void) {
  g_autoptr(StreamerSettings) settings = load_good("{\"app\":[\"a\"]}");
  g_assert_cmpstr(settings->engine, ==, "capture");
  g_assert_cmpint(settings->session_limit, ==, 1);
  g_assert_cmpint(settings->start_timeout_seconds, ==, 15);
  g_assert_cmpint(settings->media.width, ==, 960);
  g_assert_true(g_str_has_suffix(settings->key_file, "/vitrina.key"));
}

static void a_program_is_found_from_the_files_directory(void) {
  g_autoptr(StreamerSettings) by_path = load_good("{\"app\":[\"bin/a\",\"b/c\"]}"),
                              by_name = load_good("{\"app\":[\"a\"]}");
  g_autofree char *directory = g_path_get_dirname(by_path->key_file);
  g_autofree char *wanted = g_build_filename(directory, "bin/a", NULL);
  g_assert_cmpstr(by_path->app[0], ==, wanted);
  g_assert_cmpstr(by_path->app[1], ==, "b/c");
  g_assert_cmpstr(by_name->app[0], ==, "a");
}

static void the_specifications_strings_are_read(void) {
  g_autoptr(StreamerSettings) settings =
      load_good("{\"ip\":\"0.0.0.1\",\"port\":\"1111\",\"session_limit\":\"4\",\"app\":[\"a\"]}");
  g_assert_cmpint(settings->port, ==, 1111);
  g_assert_cmpint(settings->session_limit, ==, 4);
}

static void what_breaks_a_rule_is_named(void) {
  static const struct {
    const char *text, *named;
  } cases[] = {
      {"{}", "app"},
      {"{\"app\":[]}", "app"},
      {"{\"app\":[\"\"]}", "app"},
      {"{\"app\":\"a\"}", "app"},
      {"{\"app\":[\"a\"],\"sesion_limit\":1}", "session_limit"},
      {"{\"app\":[\"a\"],\"session_limit\":-1}", "session_limit"},
      {"{\"app\":[\"a\"],\"port\":70000}", "port"},
      {"{\"app\":[\"a\"],\"limits\":{\"connections\":-1}}", "limits.connections"},
      {"{\"app\":[\"a\"],\"limits\":{\"exempt\":[\"localhost\"]}}", "limits.exempt"},
      {"{\"app\":[\"a\"],\"language\":\"--night\"}", "language: must be a language tag"},
      {"{\"app\":[\"a\"],\"engine\":\"command\"}", "engine: must be one of capture"},
      {"{\"app\":[\"a\"],\"tls_certificate\":\"c.pem\"}", "tls_key"},
      {"{\"app\":[\"a\"],\"tls_key\":\"k.pem\"}", "tls_certificate"},
      {"{\"app\":[\"a\"],\"isolation\":\"some\"}", "isolation: must be one of cell"},
      {"{\"app\":[\"a\"],\"cell\":{\"app_directory\":\"/tmp\"}}", "cell.app_directory"},
      {"{\"app\":[\"a\"],\"cell\":{\"read_only\":[\"scenes\"]}}", "cell.read_only"},
      {"{\"app\":[\"a\"],\"public_url\":\"https://x.example\"}", "public_url"},
      {"{\"app\":[\"a\"],\"ice_servers\":{}}", "ice_servers"},
      {"{\"app\":[\"a\"],\"ice_servers\":[{}]}", "ice_servers"},
      {"{\"app\":[\"a\"],\"ice_servers\":[{\"urls\":[\"stun:a\",\"turn:a\"]}]}", "ice_servers"},
      {"{\"app\":[\"a\"],\"turn_secret_file\":\"/nonexistent\"}", "turn_secret_file"},
      {"{\"app\":[\"a\"],\"app_environment\":[\"=x\"]}", "app_environment"},
      {"{\"app\":[\"a\"],\"webrtc\":{\"width\":1}}", "webrtc: width"},
      {"{\"app\":[\"a\"],\"webrtc\":{\"widht\":960}}", "width"},
      {"{\"app\":[\"a\"]", "line"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(StreamerSettings) settings = load(cases[i].text, &error);
    g_assert_null(settings);
    g_assert_true(error->domain == SETTINGS_ERROR);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, cases[i].named));
    g_assert_null(strchr(error->message, '\n'));
  }
}

static void placeholders_are_filled_in(void) {
  g_autoptr(StreamerSettings) settings = load_good(
      "{\"app\":[\"/bin/app\",\"{session}\",\"-{width}x{height}-\",\"{rc_name}{rc_name}\",\"{display}\","
      "\"{other}{\",\"$HOME;{session\",\"{language}\"]}");
  StreamerAppValues values = {.session = "s{width}", .rc_name = "River Quarter", .language = "ru"};
  g_auto(GStrv) arguments = streamer_settings_app(settings, &values);
  g_autofree char *joined = g_strjoinv("|", arguments);
  g_assert_cmpstr(joined, ==,
                  "/bin/app|s{width}|-960x540-|River QuarterRiver Quarter||{other}{|$HOME;{session|ru");
}

static void an_app_without_a_visitor_speaks_the_settings_language(void) {
  g_autoptr(StreamerSettings) usual = load_good("{\"app\":[\"a\",\"{language}\"]}");
  g_autoptr(StreamerSettings) own = load_good("{\"app\":[\"a\",\"{language}\"],\"language\":\"pt-BR\"}");
  StreamerAppValues values = {.session = NULL};
  g_auto(GStrv) in_usual = streamer_settings_app(usual, &values),
                in_own = streamer_settings_app(own, &values);
  g_assert_cmpstr(in_usual[1], ==, "en");
  g_assert_cmpstr(in_own[1], ==, "pt-BR");
}

static void only_live_settings_change(void) {
  g_autoptr(StreamerSettings) settings = load_good("{\"app\":[\"a\"],\"key_file\":\"/k\"}");
  g_autoptr(StreamerSettings) fresh =
      load_good("{\"app\":[\"a\",\"b\"],\"key_file\":\"/k\",\"session_limit\":5,\"port\":9,"
                "\"allowed_origins\":[\"https://a.example\"],\"ice_servers\":[{\"urls\":\"stun:a\"}]}");
  g_autofree char *waiting = streamer_settings_apply(settings, fresh);
  g_assert_cmpstr(waiting, ==, "port,app");
  g_assert_cmpint(settings->session_limit, ==, 5);
  g_assert_cmpint(settings->port, ==, 8443);
  g_assert_cmpstr(settings->allowed_origins[0], ==, "https://a.example");
  g_assert_cmpstr(settings->ice_servers, ==, "[{\"urls\":\"stun:a\"}]");
  g_autoptr(StreamerSettings) same = load_good("{\"app\":[\"a\"],\"key_file\":\"/k\",\"session_limit\":6}");
  g_assert_null(streamer_settings_apply(settings, same));
}

static void people_are_given_the_public_base(void) {
  static const struct {
    const char *text, *base;
  } cases[] = {
      {"{\"app\":[\"a\"],\"ip\":\"10.0.0.1\",\"port\":1111}", "http://10.0.0.1:1111/"},
      {"{\"app\":[\"a\"],\"ip\":\"::1\"}", "http://[::1]:8443/"},
      {"{\"app\":[\"a\"],\"public_ip\":\"x.example\",\"public_port\":5}", "http://x.example:5/"},
      {"{\"app\":[\"a\"],\"tls_certificate\":\"c\",\"tls_key\":\"k\"}", "https://127.0.0.1:8443/"},
      {"{\"app\":[\"a\"],\"public_url\":\"streamer/1/\"}", "streamer/1/"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(StreamerSettings) settings = load_good(cases[i].text);
    g_autofree char *base = streamer_settings_public_base(settings);
    g_assert_cmpstr(base, ==, cases[i].base);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/streamer-settings/a-command-line-is-enough", a_command_line_is_enough);
  g_test_add_func("/streamer-settings/a-program-is-found-from-the-files-directory",
                  a_program_is_found_from_the_files_directory);
  g_test_add_func("/streamer-settings/the-specifications-strings-are-read",
                  the_specifications_strings_are_read);
  g_test_add_func("/streamer-settings/what-breaks-a-rule-is-named", what_breaks_a_rule_is_named);
  g_test_add_func("/streamer-settings/placeholders-are-filled-in", placeholders_are_filled_in);
  g_test_add_func("/streamer-settings/language", an_app_without_a_visitor_speaks_the_settings_language);
  g_test_add_func("/streamer-settings/only-live-settings-change", only_live_settings_change);
  g_test_add_func("/streamer-settings/people-are-given-the-public-base", people_are_given_the_public_base);
  return g_test_run();
}
