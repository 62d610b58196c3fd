/* What WHEP reads of requests. */
#include "streamer/doors/whep.h"

static void a_content_type_is_compared_as_one(void) {
  g_assert_true(whep_is_type("application/sdp", "application/sdp"));
  g_assert_true(whep_is_type("Application/SDP", "application/sdp"));
  g_assert_true(whep_is_type("application/sdp; charset=utf-8", "application/sdp"));
  g_assert_true(whep_is_type("application/sdp ;x", "application/sdp"));
  g_assert_false(whep_is_type("application/sdpx", "application/sdp"));
  g_assert_false(whep_is_type("application/sd", "application/sdp"));
  g_assert_false(whep_is_type("text/plain; application/sdp", "application/sdp"));
  g_assert_false(whep_is_type("", "application/sdp"));
  g_assert_false(whep_is_type(NULL, "application/sdp"));
}

static void a_path_is_a_session_or_a_resource(void) {
  static const struct {
    const char *rest, *session, *resource;
  } cases[] = {
      {"s1", "s1", NULL},  {"s1/r", "s1", "r"}, {"", NULL, NULL},       {"/", NULL, NULL},
      {"s1/", NULL, NULL}, {"/r", NULL, NULL},  {"s1/r/x", NULL, NULL}, {"s1/r/", NULL, NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *session = NULL, *resource = NULL;
    g_assert_true(whep_split(cases[i].rest, &session, &resource) == (cases[i].session != NULL));
    g_assert_cmpstr(session, ==, cases[i].session);
    g_assert_cmpstr(resource, ==, cases[i].resource);
  }
}

static void a_tag_is_found_in_a_list(void) {
  g_assert_true(whep_matches("\"1\"", "\"1\""));
  g_assert_true(whep_matches("\"2\", \"1\"", "\"1\""));
  g_assert_false(whep_matches("\"11\"", "\"1\""));
  g_assert_false(whep_matches("W/\"1\"", "\"1\""));
  g_assert_false(whep_matches("", "\"1\""));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/whep/a-content-type-is-compared-as-one", a_content_type_is_compared_as_one);
  g_test_add_func("/whep/a-path-is-a-session-or-a-resource", a_path_is_a_session_or_a_resource);
  g_test_add_func("/whep/a-tag-is-found-in-a-list", a_tag_is_found_in_a_list);
  return g_test_run();
}
