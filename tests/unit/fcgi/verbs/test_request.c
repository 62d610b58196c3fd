/* fcgi/verbs, with fcgi/core/request and fcgi/events below them, through a door of the test's own. */
#include "common/log.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/verbs/resources.h"
#include "fcgi/verbs/verbs_servers.h"
#include "tests/unit/fcgi/core_fixture.h"

#include <string.h>

/* What the test's door has seen of one request. */
typedef struct {
  guint sent, watched;
  guint status;
  guint retry_after_seconds;
  const char *allow;
  char *text;
} Seen;

static void on_send(Request *request, const Reply *reply) {
  Seen *seen = request_get_connection(request);
  seen->sent++;
  seen->status = reply->status;
  seen->retry_after_seconds = reply->retry_after_seconds;
  seen->allow = reply->allow;
  g_free(seen->text);
  seen->text = g_strdup(body_get_text(reply->body));
  body_unref(reply->body);
}

static void on_watch(Request *request) {
  ((Seen *)request_get_connection(request))->watched++;
}

static const Door door = {on_send, on_watch};

typedef CoreFixture Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  core_fixture_open(fixture, "\"max_waiting\":2,\"session_minutes\":60,\"min_session_minutes\":5");
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  g_assert_cmpuint(fixture->core.waiting, ==, 0);
  core_fixture_close(fixture);
}

static Request *ask_at(Fixture *fixture, Seen *seen, const char *method, const char *target,
                       const char *text) {
  Request *request =
      request_new(&door, seen, method, target, "192.0.2.1", g_strdup(text), text ? strlen(text) : 0);
  resources_handle(&fixture->core, request);
  return request;
}

static Request *ask(Fixture *fixture, Seen *seen, const char *text) {
  return ask_at(fixture, seen, "POST", "/api", text);
}

static void set_list(Fixture *fixture, const char *text) {
  fleet_set_servers(fixture->core.fleet, servers_parse("list", text, strlen(text), NULL));
}

#define ONE_SERVER "[{\"server_name\":\"a\",\"ip\":\"127.0.0.1\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}}]"

static void path_and_method_decide(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *method, *target;
    guint status;
    const char *allow;
  } cases[] = {
      {"POST", "/api", 200, NULL},    {"POST", "/a/b/api?x=/health", 200, NULL},
      {"GET", "/api", 405, "POST"},   {"GET", "/x/health", 200, NULL},
      {"HEAD", "/health", 200, NULL}, {"POST", "/health", 405, "GET, HEAD"},
      {"GET", "/", 404, NULL},        {"GET", "", 404, NULL},
      {"POST", "/api/", 404, NULL},   {"", "/api", 405, "POST"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    Seen seen = {0};
    ask_at(fixture, &seen, cases[i].method, cases[i].target, "{\"verb\":\"GET_RCS\"}");
    g_assert_cmpuint(seen.sent, ==, 1);
    g_assert_cmpuint(seen.status, ==, cases[i].status);
    g_assert_cmpstr(seen.allow, ==, cases[i].allow);
    g_free(seen.text);
  }
}

static void every_request_is_answered_once(Fixture *fixture, gconstpointer data) {
  static const char *const texts[] = {
      NULL,
      "",
      "{}",
      "{\"verb\":\"NONE\"}",
      "{\"verb\":\"GET_RCS\"}",
      "{\"verb\":\"GET_SERVERS\"}",
      "{\"verb\":\"GET_SERVERS\",\"range\":\"0-1\"}",
      "{\"verb\":\"GET_SERVERS\",\"range\":\"1-0\"}",
      "{\"verb\":\"START_SESSION\",\"rc_name\":\"none\"}",
      "{\"verb\":\"CONNECT_SESSION_WITH_CODE\",\"code\":\"1234\"}",
      "{\"verb\":\"CONNECT_SESSION_WITH_CODE\",\"code\":\"12x4\"}",
      "{\"verb\":\"POLL_EVENTS\"}",
      "{\"verb\":\"POLL_EVENTS\",\"cursor\":\"x\",\"wait_seconds\":60}",
  };
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
    Seen seen = {0};
    ask(fixture, &seen, texts[i]);
    g_assert_cmpuint(seen.sent, ==, 1);
    g_assert_cmpuint(seen.watched, ==, 0);
    g_assert_true(g_str_has_prefix(seen.text, "{\"msg\":\""));
    g_free(seen.text);
  }
}

static void answers_are_ready_until_the_fleet_changes(Fixture *fixture, gconstpointer data) {
  const char *text = "{\"verb\":\"GET_SERVERS\",\"range\":\"0-9\"}";
  Seen seen = {0};
  AnswerKind kind;
  set_list(fixture, ONE_SERVER);
  g_assert_null(answers_find(fixture->core.answers, text, &kind));
  ask(fixture, &seen, text);
  g_autoptr(Body) ready = answers_find(fixture->core.answers, text, &kind);
  g_assert_cmpstr(body_get_text(ready), ==, seen.text);
  g_assert_cmpstr(kind.verb->name, ==, "GET_SERVERS");
  set_list(fixture, "[]");
  g_assert_null(answers_find(fixture->core.answers, text, &kind));
  ask(fixture, &seen, text);
  g_assert_cmpuint(seen.status, ==, 404);
  g_assert_null(answers_find(fixture->core.answers, text, &kind));
  g_free(seen.text);
}

static void id_is_echoed_also_on_refusals(Fixture *fixture, gconstpointer data) {
  Seen seen = {0};
  ask(fixture, &seen, "{\"id\":\"q\\\"1\",\"verb\":\"POLL_EVENTS\"}");
  g_assert_true(g_str_has_suffix(seen.text, ",\"id\":\"q\\\"1\"}"));
  ask(fixture, &seen, "{\"id\":5,\"verb\":\"NONE\"}");
  g_assert_true(g_str_has_suffix(seen.text, ",\"id\":5}"));
  g_free(seen.text);
}

static void our_own_errors_are_told_by_number_only(Fixture *fixture, gconstpointer data) {
  Seen seen = {0};
  Request *request = request_new(&door, &seen, "POST", "/api", NULL, g_strdup(""), 0);
  g_autofree char *id = g_strdup(request_get_id(request));
  g_autoptr(GError) error = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOSPC, "/secret/path is full");
  request_set_core(request, &fixture->core);
  request_refuse(request, error);
  g_assert_cmpuint(seen.status, ==, 500);
  g_assert_nonnull(strstr(seen.text, "\"msg\":\"INTERNAL_ERROR\""));
  g_assert_nonnull(strstr(seen.text, id));
  g_assert_null(strstr(seen.text, "secret"));
  g_free(seen.text);
}

#define POLL "{\"verb\":\"POLL_EVENTS\",\"wait_seconds\":60}"

static void run_until_sent(const Seen *seen) {
  while (!seen->sent)
    g_main_context_iteration(NULL, TRUE);
}

static void waiting_polls_get_the_event(Fixture *fixture, gconstpointer data) {
  Seen first = {0}, second = {0};
  ask(fixture, &first, POLL);
  ask(fixture, &second, POLL);
  g_assert_cmpuint(first.watched, ==, 1);
  g_assert_cmpuint(fixture->core.waiting, ==, 2);
  set_list(fixture, ONE_SERVER);
  run_until_sent(&first);
  g_assert_cmpuint(first.sent, ==, 1);
  g_assert_cmpuint(second.sent, ==, 1);
  g_assert_cmpstr(first.text, ==, second.text);
  g_assert_nonnull(strstr(first.text, "{\"msg\":\"SERVERS_CHANGED\",\"rcs\":[{\"rc_name\":\"R\",\"capacity\":"
                                      "1,\"free\":0,\"reachable\":0}]}"));
  g_free(first.text);
  g_free(second.text);
}

static void gone_clients_are_forgotten(Fixture *fixture, gconstpointer data) {
  Seen gone = {0}, stays = {0};
  Request *request = ask(fixture, &gone, POLL);
  ask(fixture, &stays, POLL);
  request_gone(request);
  g_assert_cmpuint(fixture->core.waiting, ==, 1);
  set_list(fixture, ONE_SERVER);
  run_until_sent(&stays);
  g_assert_cmpuint(gone.sent, ==, 0);
  g_free(stays.text);
}

static void too_many_waiting_are_refused(Fixture *fixture, gconstpointer data) {
  Seen seen[3] = {{0}};
  for (guint i = 0; i < 3; i++)
    ask(fixture, &seen[i], POLL);
  g_assert_cmpuint(seen[2].status, ==, 429);
  g_assert_cmpuint(seen[2].retry_after_seconds, >, 0);
  events_answer_all(fixture->core.events);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpuint(seen[i].sent, ==, 1);
    g_free(seen[i].text);
  }
}

/* The cursor of an answer to POLL_EVENTS (transfer full). */
static char *cursor_of(const char *text) {
  const char *cursor = strstr(text, "\"cursor\":\"") + strlen("\"cursor\":\"");
  return g_strndup(cursor, strcspn(cursor, "\""));
}

static void cursor_skips_what_was_read(Fixture *fixture, gconstpointer data) {
  Seen seen = {0};
  ask(fixture, &seen, "{\"verb\":\"POLL_EVENTS\"}");
  g_autofree char *before = cursor_of(seen.text);
  seen.sent = 0;
  ask(fixture, &seen, POLL);
  set_list(fixture, ONE_SERVER);
  run_until_sent(&seen);
  g_autofree char *after = cursor_of(seen.text);
  g_autofree char *from_before = g_strdup_printf("{\"verb\":\"POLL_EVENTS\",\"cursor\":\"%s\"}", before);
  g_autofree char *from_after = g_strdup_printf("{\"verb\":\"POLL_EVENTS\",\"cursor\":\"%s\"}", after);
  ask(fixture, &seen, from_before);
  g_assert_nonnull(strstr(seen.text, "SERVERS_CHANGED"));
  ask(fixture, &seen, from_after);
  g_assert_nonnull(strstr(seen.text, "\"events\":[]"));
  g_free(seen.text);
}

static void ranges_include_both_ends(void) {
  static const struct {
    const char *text;
    guint first, last;
  } good[] = {
      {"0-0", 0, 0}, {"0-19", 0, 19}, {"007-08", 7, 8}, {"999999000-999999999", 999999000, 999999999}};
  static const char *const bad[] = {"",      "-",    "1-",   "-1",           "1",    "2-1", "0-1000", " 0-1",
                                    "0-1\n", "0 -1", "+0-1", "0000000000-1", "0-1-2"};
  guint first, last;
  for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
    g_assert_true(verbs_read_range(good[i].text, &first, &last, NULL));
    g_assert_cmpuint(first, ==, good[i].first);
    g_assert_cmpuint(last, ==, good[i].last);
  }
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_false(verbs_read_range(bad[i], &first, &last, &error));
    g_assert_error(error, WIRE_ERROR, WIRE_BAD_REQUEST);
    g_assert_cmpstr(wire_error_get_field(error), ==, "range");
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  log_set_level(LOG_LEVEL_WARNING);
#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)
  ADD("/request/path-and-method-decide", path_and_method_decide);
  ADD("/request/every-one-is-answered-once", every_request_is_answered_once);
  ADD("/request/answers-are-ready-until-the-fleet-changes", answers_are_ready_until_the_fleet_changes);
  ADD("/request/id-is-echoed-also-on-refusals", id_is_echoed_also_on_refusals);
  ADD("/request/our-own-errors-are-told-by-number-only", our_own_errors_are_told_by_number_only);
  ADD("/events/waiting-polls-get-the-event", waiting_polls_get_the_event);
  ADD("/events/gone-clients-are-forgotten", gone_clients_are_forgotten);
  ADD("/events/too-many-waiting-are-refused", too_many_waiting_are_refused);
  ADD("/events/cursor-skips-what-was-read", cursor_skips_what_was_read);
#undef ADD
  g_test_add_func("/verbs/ranges-include-both-ends", ranges_include_both_ends);
  return g_test_run();
}
