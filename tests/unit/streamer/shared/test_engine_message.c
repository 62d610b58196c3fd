/* What streamer and engine say to each other: every message there and back, and what is no message. */
#include "streamer/shared/engine_message.h"

#include <string.h>

static EngineMessage *parse(const char *line, GError **error) {
  return engine_message_parse(line, strlen(line), error);
}

static void test_every_type_survives_the_wire(void) {
  for (EngineMessageType type = 0; type < ENGINE_MESSAGE_TYPES; type++) {
    const EngineMessage sent = {.type = type,
                                .viewer = 7,
                                .user = "u\"1",
                                .sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n",
                                .reason = "closed",
                                .settings = "{\"width\":640}",
                                .ice_servers = "[]"};
    g_autofree char *line = engine_message_format(&sent);
    g_autoptr(GError) error = NULL;
    g_autoptr(EngineMessage) got = parse(line, &error);
    g_assert_no_error(error);
    g_assert_null(strchr(line, '\n'));
    g_assert_cmpint(got->type, ==, type);
    g_assert_cmpint(got->viewer, ==, 7);
    g_assert_cmpstr(got->user, ==, sent.user);
    g_assert_cmpstr(got->sdp, ==, sent.sdp);
    g_assert_cmpstr(got->reason, ==, sent.reason);
    g_assert_cmpstr(got->settings, ==, sent.settings);
    g_assert_cmpstr(got->ice_servers, ==, "[]");
  }
}

static void test_members_that_are_not_there_are_not_sent(void) {
  g_autofree char *line = engine_message_format(&(EngineMessage){.type = ENGINE_READY});
  g_assert_cmpstr(line, ==, "{\"msg\":\"ready\"}");
}

static void test_control_of_nobody(void) {
  g_autoptr(EngineMessage) named = parse("{\"msg\":\"control\",\"user\":\"\"}", NULL);
  g_autoptr(EngineMessage) bare = parse("{\"msg\":\"control\"}", NULL);
  g_assert_cmpint(named->type, ==, ENGINE_CONTROL);
  g_assert_cmpint(bare->type, ==, ENGINE_CONTROL);
  g_assert_null(bare->user);
}

static void test_what_is_no_message(void) {
  static const struct {
    const char *line;
    EngineMessageError code;
  } rows[] = {
      {"", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"hello", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"[]", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":1}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"dance\"}", ENGINE_MESSAGE_ERROR_UNKNOWN},
      {"{\"msg\":\"configure\"}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"viewer_add\",\"viewer\":1}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"viewer_add\",\"sdp\":\"v=0\"}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"viewer_remove\",\"viewer\":-1}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"viewer_remove\",\"viewer\":1e300}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"failed\"}", ENGINE_MESSAGE_ERROR_SYNTAX},
      {"{\"msg\":\"stop\"} {}", ENGINE_MESSAGE_ERROR_SYNTAX},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(rows[i].line, &error));
    g_assert_error(error, ENGINE_MESSAGE_ERROR, (int)rows[i].code);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/engine-message/every-type-survives-the-wire", test_every_type_survives_the_wire);
  g_test_add_func("/engine-message/members-that-are-not-there-are-not-sent",
                  test_members_that_are_not_there_are_not_sent);
  g_test_add_func("/engine-message/control-of-nobody", test_control_of_nobody);
  g_test_add_func("/engine-message/what-is-no-message", test_what_is_no_message);
  return g_test_run();
}
