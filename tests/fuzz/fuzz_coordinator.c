/* The coordinator's verbs: any bytes as a request's body. Every request must be answered exactly once, with
 * one JSON object that has "msg", or wait; those who wait are answered in the end.
 */
#include "common/fields.h"
#include "common/log.h"
#include "fcgi/core.h"
#include "fcgi/events.h"
#include "fcgi/fleet.h"
#include "fcgi/request.h"
#include "fcgi/resources.h"

#include <stdint.h>
#include <string.h>

#define LIST                                                                                                 \
  "[{\"server_name\":\"a\",\"ip\":\"h\",\"port\":1,\"rc_info\":{\"rc_name\":\"R\"}},"                        \
  "{\"server_name\":\"b\",\"ip\":\"h\",\"port\":2,\"rc_info\":{\"rc_name\":\"S\"}}]"

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

static void on_changed(Rc *rc, gpointer data) {
}

static void on_server(FleetServer *server, gpointer data) {
}

static const FleetListener listener = {on_changed, on_server, on_server};

static Core *get_core(void) {
  static Core core;
  static Configuration configuration = {.max_waiting = 2, .session_minutes = 60, .min_session_minutes = 5};
  if (core.fleet)
    return &core;
  log_set_level(LOG_LEVEL_ERROR);
  core.configuration = &configuration;
  core.answers = answers_new();
  core.timers = timers_new(NULL);
  core.fleet = fleet_new(&listener, &core);
  core.events = events_new(&core);
  fleet_set_servers(core.fleet, servers_parse("list", LIST, strlen(LIST), NULL));
  /* Starts would need servers; they are refused before. */
  core.stopping = TRUE;
  return &core;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Core *core = get_core();
  answers_sent = 0;
  Request *request =
      request_new(&door, NULL, "POST", "/api", "192.0.2.1", g_strndup((const char *)data, size), size);
  resources_handle(core, request);
  events_answer_all(core->events);
  g_assert_cmpuint(answers_sent, ==, 1);
  return 0;
}
