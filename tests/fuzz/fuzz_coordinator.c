/* The coordinator's verbs: any bytes as a request's body. Every request must be answered exactly once, with
 * one JSON object that has "msg", or wait; those who wait are answered in the end.
 */
#include "common/fields.h"
#include "common/log.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/verbs/resources.h"
#include "tests/unit/fcgi/core_fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIST                                                                                                 \
  "[{\"server_name\":\"a\",\"ip\":\"127.0.0.1\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}},"                \
  "{\"server_name\":\"b\",\"ip\":\"127.0.0.1\",\"port\":2,\"rc_info\":{\"rc_name\":\"S\"}}]"

static guint answers_sent;

static void on_send(Request *request, const Reply *reply) {
  const char *text = body_get_text(reply->body);
  g_autoptr(FieldsDoc) doc = fields_parse(text, strlen(text), NULL);
  if (!doc || fields_kind_at(doc, "msg") != 's')
    g_error("no answer: %s", text);
  body_unref(reply->body);
  answers_sent++;
}

static void on_watch(Request *request) {
}

static const Door door = {on_send, on_watch};

static CoreFixture fixture;

static void close_core(void) {
  core_fixture_close(&fixture);
}

static Core *get_core(void) {
  Core *core = &fixture.core;
  if (core->fleet)
    return core;
  log_set_level(LOG_LEVEL_ERROR);
  core_fixture_open(&fixture, "\"max_waiting\":2,\"session_minutes\":60,\"min_session_minutes\":5");
  atexit(close_core);
  fleet_set_servers(core->fleet, servers_parse("list", LIST, strlen(LIST), NULL));
  /* Starts would need servers; they are refused before. */
  core->stopping = TRUE;
  return core;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Core *core = get_core();
  answers_sent = 0;
  Request *request =
      request_new(&door, NULL, "POST", "/api", "192.0.2.1", g_strndup((const char *)data, size), size);
  resources_handle(core, request);
  events_answer_all(core->events);
  while (answers_sent == 0) /* a booking waits for the disk */
    g_main_context_iteration(NULL, TRUE);
  g_assert_cmpuint(answers_sent, ==, 1);
  return 0;
}
