/* fcgi/rules/servers. */
#include "common/settings.h"
#include "fcgi/rules/servers.h"

#include <string.h>

static GPtrArray *parse(const char *text, GError **error) {
  return servers_parse("servers.json", text, strlen(text), error);
}

static void sample_of_the_specification_is_read(void) {
  g_autoptr(GPtrArray) servers = parse(
      "[{\"server_name1\":\"One\",\"ip\":\"0.0.0.1\",\"port\":\"1111\",\"rc_info\":{\"rc_name\":\"SomeRC\","
      "\"info\":{\"deskription\":[{\"en\":\"x\"},{\"ru\":\"й\"}]}}}]",
      NULL);
  g_assert_nonnull(servers);
  g_assert_cmpuint(servers->len, ==, 1);
  const Server *server = servers->pdata[0];
  g_assert_cmpstr(server->name, ==, "One");
  g_assert_cmpint(server->port, ==, 1111);
  g_assert_cmpstr(server->rc_name, ==, "SomeRC");
  g_assert_cmpstr(server->info, ==, "{\"deskription\":[{\"en\":\"x\"},{\"ru\":\"й\"}]}");
}

static void entries_are_kept_as_they_were_written(void) {
  const char *entry = "{\"server_name\":\"a\",\"ip\":\"h.example\",\"port\":80,\"floor\":[1,null],"
                      "\"rc_info\":{\"rc_name\":\"R\",\"more\":true}}";
  g_autofree char *text = g_strdup_printf("[%s]", entry);
  g_autoptr(GPtrArray) servers = parse(text, NULL);
  g_assert_cmpstr(((Server *)servers->pdata[0])->text, ==, entry);
  g_autoptr(GPtrArray) with_ours =
      parse("[{\"server_name\":\"a\",\"state\":\"free\",\"sessions\":9,\"ip\":\"1.1.1.1\",\"port\":80,"
            "\"rc_info\":{\"rc_name\":\"R\"}}]",
            NULL);
  g_assert_null(strstr(((Server *)with_ours->pdata[0])->text, "sessions"));
}

static void servers_are_enabled_unless_it_is_said(void) {
  static const struct {
    const char *said;
    gboolean enabled;
  } cases[] = {
      {"", TRUE}, {"\"enabled\":true,", TRUE}, {"\"enabled\":false,", FALSE}, {"\"enabled\":null,", TRUE}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf(
        "[{%s\"server_name\":\"a\",\"ip\":\"h\",\"port\":80,\"rc_info\":{\"rc_name\":\"R\"}}]",
        cases[i].said);
    g_autoptr(GPtrArray) servers = parse(text, NULL);
    g_assert_cmpint(((Server *)servers->pdata[0])->enabled, ==, cases[i].enabled);
  }
}

static void servers_have_the_first_key_unless_it_is_said(void) {
  static const struct {
    const char *said;
    gint64 generation; /* 0: refused */
  } cases[] = {{"", 1},
               {"\"generation\":1,", 1},
               {"\"generation\":1000000,", 1000000},
               {"\"generation\":0,", 0},
               {"\"generation\":1000001,", 0},
               {"\"generation\":\"2\",", 0}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf(
        "[{%s\"server_name\":\"a\",\"ip\":\"h\",\"port\":80,\"rc_info\":{\"rc_name\":\"R\"}}]",
        cases[i].said);
    g_autoptr(GPtrArray) servers = parse(text, NULL);
    g_assert_cmpint(servers ? ((Server *)servers->pdata[0])->generation : 0, ==, cases[i].generation);
  }
}

static void urls_follow_from_the_entry(void) {
  Server v4 = {.ip = (char *)"10.0.0.1", .port = 7101};
  Server v6 = {.ip = (char *)"fd00::1", .port = 7101, .url = (char *)"streamer/a"};
  g_autofree char *control4 = server_control_url(&v4, FALSE), *control6 = server_control_url(&v6, TRUE);
  g_autofree char *public4 = server_public_url(&v4, TRUE), *public6 = server_public_url(&v6, FALSE);
  g_assert_cmpstr(control4, ==, "http://10.0.0.1:7101/");
  g_assert_cmpstr(control6, ==, "https://[fd00::1]:7101/");
  g_assert_cmpstr(public4, ==, "https://10.0.0.1:7101/");
  g_assert_cmpstr(public6, ==, "streamer/a/");
}

static void broken_lists_are_refused_by_place_and_rule(void) {
#define ENTRY(name, ip, port, more)                                                                          \
  "{\"server_name\":\"" name "\",\"ip\":\"" ip "\",\"port\":" port ",\"rc_info\":{\"rc_name\":\"R\"}" more "}"
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "*line 1*"},
      {"{}", "*array*"},
      {"[1]", "*[0]*object*"},
      {"[" ENTRY("a", "1.2.3.4", "0", "") "]", "*[0].port*"},
      {"[" ENTRY("a", "1.2.3.4", "65536", "") "]", "*[0].port*"},
      {"[" ENTRY("", "1.2.3.4", "1", "") "]", "*[0].server_name*"},
      {"[" ENTRY("a", "1.2.3.4/x", "1", "") "]", "*[0].ip*"},
      {"[" ENTRY("a", ":::", "1", "") "]", "*[0].ip*"},
      {"[" ENTRY("a", "h", "1", "") "," ENTRY("a", "h", "2", "") "]", "*[1].server_name*twice*"},
      {"[" ENTRY("a", "h", "1", ",\"url\":\"javascript:x\"") "]", "*[0].url*"},
      {"[" ENTRY("a", "h", "1", ",\"url\":\"//other/\"") "]", "*[0].url*"},
      {"[" ENTRY("a", "h", "1", ",\"url\":\"a b\"") "]", "*[0].url*"},
      {"[{\"server_name\":\"a\",\"ip\":\"h\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\",\"info\":[]}}]",
       "*[0].rc_info.info*"},
      {"[{\"server_name\":\"a\",\"ip\":\"h\",\"port\":1}]", "*[0].rc_info.rc_name*"},
  };
#undef ENTRY
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(cases[i].text, &error));
    g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT);
    g_assert_true(g_str_has_prefix(error->message, "servers.json: "));
    if (!g_pattern_match_simple(cases[i].message, error->message))
      g_error("\"%s\" does not match %s", error->message, cases[i].message);
    g_assert_null(strchr(error->message, '\n'));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/servers/sample-of-the-specification-is-read", sample_of_the_specification_is_read);
  g_test_add_func("/servers/entries-are-kept-as-they-were-written", entries_are_kept_as_they_were_written);
  g_test_add_func("/servers/are-enabled-unless-it-is-said", servers_are_enabled_unless_it_is_said);
  g_test_add_func("/servers/have-the-first-key-unless-it-is-said",
                  servers_have_the_first_key_unless_it_is_said);
  g_test_add_func("/servers/urls-follow-from-the-entry", urls_follow_from_the_entry);
  g_test_add_func("/servers/broken-lists-are-refused-by-place-and-rule",
                  broken_lists_are_refused_by_place_and_rule);
  return g_test_run();
}
