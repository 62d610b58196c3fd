/* STUN and TURN servers: their forms in JSON, and credentials as coturn checks them. */
#include "streamer/shared/ice_server.h"

static char *completed(const char *json) {
  g_autoptr(GError) error = NULL;
  GPtrArray *list = ice_server_list_parse(json, &error);
  g_assert_no_error(error);
  ice_server_list_complete(list, "north-by-northwest", "p1", 1795354928);
  char *text = ice_server_list_write(list);
  ice_server_list_free(list);
  return text;
}

/* printf 1795354928:p1 | openssl dgst -sha1 -hmac north-by-northwest -binary | base64 */
#define CREDENTIALS "\"username\":\"1795354928:p1\",\"credential\":\"oLaxJxc3ppKL8CnsIz6jCl5xhCY=\""

static void turn_servers_get_credentials(void) {
  static const struct {
    const char *given, *expected;
  } rows[] = {
      {"[]", "[]"},
      {"[{\"urls\":\"stun:a:1\"}]", "[{\"urls\":[\"stun:a:1\"]}]"},
      {"[{\"urls\":\"turn:a\"}]", "[{\"urls\":[\"turn:a\"]," CREDENTIALS "}]"},
      {"[{\"urls\":[\"stun:a\",\"turns:a\"],\"username\":\"u\"}]",
       "[{\"urls\":[\"stun:a\",\"turns:a\"]," CREDENTIALS "}]"},
      {"[{\"urls\":[\"turn:a\"],\"username\":\"u\",\"credential\":\"c\"},{\"urls\":[\"turn:b\"]}]",
       "[{\"urls\":[\"turn:a\"],\"username\":\"u\",\"credential\":\"c\"},{\"urls\":[\"turn:b\"]," CREDENTIALS
       "}]"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *text = completed(rows[i].given);
    g_assert_cmpstr(text, ==, rows[i].expected);
  }
}

static void what_is_no_list_is_refused(void) {
  static const char *const texts[] = {"",
                                      "{}",
                                      "[1]",
                                      "[{}]",
                                      "[{\"urls\":1}]",
                                      "[{\"urls\":[1]}]",
                                      "[{\"urls\":{}}]",
                                      "[{\"urls\":\"stun:a\",\"username\":7}]"};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(ice_server_list_parse(texts[i], &error));
    g_assert_nonnull(error);
  }
}

static void a_list_is_bounded(void) {
  g_autoptr(GString) text = g_string_new("[{\"urls\":\"stun:a\"}");
  for (guint i = 1; i < ICE_SERVERS_MAX; i++)
    g_string_append(text, ",{\"urls\":\"stun:a\"}");
  g_autofree char *full = g_strconcat(text->str, "]", NULL);
  g_autofree char *more = g_strconcat(text->str, ",{\"urls\":\"stun:a\"}]", NULL);
  GPtrArray *list = ice_server_list_parse(full, NULL);
  g_assert_cmpuint(list->len, ==, ICE_SERVERS_MAX);
  ice_server_list_free(list);
  g_assert_null(ice_server_list_parse(more, NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ice-server/turn-servers-get-credentials", turn_servers_get_credentials);
  g_test_add_func("/ice-server/what-is-no-list-is-refused", what_is_no_list_is_refused);
  g_test_add_func("/ice-server/a-list-is-bounded", a_list_is_bounded);
  return g_test_run();
}
