#include "config.h"

#include "fcgi/program/cgi.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/base/rate_limit.h"
#include "fcgi/core/core.h"
#include "fcgi/database/sql.h"
#include "fcgi/door/cgi_header.h"
#include "fcgi/door/cgi_request.h"
#include "fcgi/fleet/servers_source.h"
#include "fcgi/fleet/streamer_client.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/program/wiring.h"
#include "fcgi/session/planning.h"
#include "fcgi/store/record_load.h"
#include "fcgi/verbs/resources.h"
#include "fcgi/verbs/verbs.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTALLED_CONFIGURATION VITRINA_SYSCONFDIR "/configuration.json"
/* A web server that does not go on sending the body for this long is given up. */
#define BODY_PATIENCE_MS 10000
#define LOCK_LOOK_US (20 * G_TIME_SPAN_MILLISECOND)
#define LOCK_RETRY_SECONDS 5
/* How long streamers are told, after the answer, of what came to nothing. */
#define END_PATIENCE_US (INSTANT_SECOND * 3 / 2)

typedef struct {
  Core core;
  Request *request;         /* NULL: answered */
  const char *allow_origin; /* of pages_allow_origin() (nullable) */
  gboolean is_late;         /* what was waited for has not come in time */
} Cgi;

gboolean cgi_is_asked(void) {
  return g_getenv("GATEWAY_INTERFACE") && g_getenv("REQUEST_METHOD");
}

/* ---- the request ---- */

/* The body (transfer full); NULL when it is too large. */
static char *read_cgi_body(gsize *length) {
  const char *length_text = g_getenv("CONTENT_LENGTH");
  guint64 announced = 0;
  g_ascii_string_to_unsigned(length_text ? length_text : "", 10, 0, G_MAXUINT64, &announced, NULL);
  *length = 0;
  if (announced > WIRE_MAX_BODY)
    return NULL;
  char *text = g_malloc0(announced + 1);
  while (*length < announced) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, BODY_PATIENCE_MS) <= 0)
      break;
    gssize n = read(STDIN_FILENO, text + *length, announced - *length);
    if (n <= 0)
      break;
    *length += (gsize)n;
  }
  return text;
}

static void write_output(const char *bytes, gsize length) {
  while (length > 0) {
    gssize n = write(STDOUT_FILENO, bytes, length);
    if (n < 0 && errno != EINTR)
      return; /* nobody reads it any more */
    bytes += MAX(n, 0);
    length -= (gsize)MAX(n, 0);
  }
}

/* Tells the web server that the answer is whole, whatever we still have to do. */
static void end_output(void) {
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0)
    dup2(null, STDOUT_FILENO);
  close(null >= 0 ? null : STDOUT_FILENO);
}

static void on_cgi_send(Request *request, const Reply *reply) {
  Cgi *cgi = request_get_connection(request);
  char header[CGI_HEADER_MAX];
  int length = cgi_header_format(reply, request_get_id(request), cgi->allow_origin, header, sizeof header);
  write_output(header, (gsize)length);
  write_output(body_get_text(reply->body), body_get_length(reply->body));
  body_unref(reply->body);
  end_output();
  cgi->request = NULL;
}

static void on_cgi_watch(Request *request) {
}

static const Door door_cgi = {on_cgi_send, on_cgi_watch};

static const char *variable_of_process(gconstpointer source, const char *name) {
  return g_getenv(name);
}

static Request *make_cgi_request(Cgi *cgi, const ClientNetworks *proxies) {
  gsize length;
  char *text = read_cgi_body(&length);
  return cgi_request_new(&door_cgi, cgi, variable_of_process, NULL, proxies, text, length);
}

/* Answers what a page in a browser may not ask, or asks first. */
static gboolean answer_page(Cgi *cgi, const Configuration *configuration) {
  const PageHeaders page = cgi_request_read_page(variable_of_process, NULL);
  Reply reply;
  cgi->allow_origin = pages_allow_origin(configuration, &page);
  if (!pages_answer(configuration, NULL, cgi->request, &page, &reply))
    return FALSE;
  Request *request = cgi->request;
  on_cgi_send(request, &reply);
  request_free(request);
  return TRUE;
}

/* ---- the core ---- */

static void on_cgi_late(gpointer data) {
  ((Cgi *)data)->is_late = TRUE;
}

/* Changes the plan only what may. */
static CoreMode mode_for(const Request *request) {
  const Verb *verb = request_get_verb(request);
  return verb && rate_class_changes(verb->class) ? CORE_CHANGES : CORE_LOOKS;
}

/* Opens the core, when the plan is not open elsewhere, or waits until it is not. */
static gboolean open_core(Cgi *cgi, const Configuration *configuration, SiteKeys *keys, GError **error) {
  gint64 until_us = g_get_monotonic_time() + configuration->call_timeout_seconds * INSTANT_SECOND;
  CoreMode mode = mode_for(cgi->request);
  for (;;) {
    g_autoptr(GError) problem = NULL;
    cgi->core = (Core){.mode = mode};
    if (wiring_open(&cgi->core, configuration, keys, &problem))
      return TRUE;
    wiring_close(&cgi->core);
    cgi->core = (Core){.mode = mode};
    if (!g_error_matches(problem, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED) ||
        g_get_monotonic_time() > until_us) {
      g_propagate_error(error, g_steal_pointer(&problem));
      return FALSE;
    }
    g_usleep(LOCK_LOOK_US);
  }
}

static void learn_statuses(Cgi *cgi) {
  Core *core = &cgi->core;
  gint64 patience_us = core->configuration->call_timeout_seconds * INSTANT_SECOND;
  Timer *timer = timers_add(core->timers, patience_us, on_cgi_late, cgi);
  while (watches_count_unknown(core->watches) > 0 && !cgi->is_late)
    g_main_context_iteration(NULL, TRUE);
  if (!cgi->is_late)
    timer_cancel(timer);
  planning_catch_up(core->planning);
}

static void finish_calls(Cgi *cgi) {
  Core *core = &cgi->core;
  cgi->is_late = FALSE;
  core->stopping = core->ending = TRUE;
  timers_add(core->timers, END_PATIENCE_US, on_cgi_late, cgi);
  while (streamer_client_count_calls(core->streamers) > 0 && !cgi->is_late)
    g_main_context_iteration(NULL, TRUE);
}

static void handle_request(Cgi *cgi) {
  learn_statuses(cgi);
  resources_handle(&cgi->core, cgi->request);
  while (cgi->request)
    g_main_context_iteration(NULL, TRUE);
  finish_calls(cgi);
}

/* ---- refusals ---- */

/* The core could not be opened. */
static void refuse_unopened(Cgi *cgi, const GError *error) {
  g_autoptr(GError) locked = NULL;
  if (!g_error_matches(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED)) {
    request_refuse(cgi->request, error);
    return;
  }
  wire_set_error(&locked, WIRE_STORE_UNAVAILABLE, NULL,
                 "Another coordinator has the plan of sessions open; try again in a moment.");
  log_warning("plan_is_open_elsewhere", "request=%s", request_get_id(cgi->request));
  request_refuse_until(cgi->request, locked, LOCK_RETRY_SECONDS, NULL);
}

/* Files are read when the core is open; a database is asked meanwhile. What has not come in time is not
 * there. */
static void wait_for_database(Cgi *cgi) {
  const Configuration *configuration = cgi->core.configuration;
  if (!cgi->core.database)
    return;
  gint64 patience_us = configuration->store_connect_timeout_seconds * INSTANT_SECOND;
  Timer *timer = timers_add(cgi->core.timers, patience_us, on_cgi_late, cgi);
  while (!cgi->is_late && !(plan_is_loaded(planning_get_plan(cgi->core.planning)) &&
                            servers_source_is_loaded(cgi->core.servers)))
    g_main_context_iteration(NULL, TRUE);
  if (!cgi->is_late)
    timer_cancel(timer);
  cgi->is_late = FALSE;
}

/* Without a configuration there is no request either, but the web server wants an answer. */
static int cgi_fail(const GError *error) {
  static const char answer[] =
      "Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n\r\n"
      "{\"msg\":\"INTERNAL_ERROR\",\"reason\":\"Something went wrong on the server.\"}";
  g_autofree char *reason = log_quote(error->message);
  log_error("not_started", "reason=%s", reason);
  write_output(answer, sizeof answer - 1);
  return EXIT_FAILURE;
}

static void answer_request(const Configuration *configuration, SiteKeys *keys) {
  Cgi cgi = {.core.mode = CORE_LOOKS};
  g_autoptr(GError) error = NULL;
  cgi.request = make_cgi_request(&cgi, configuration->proxy_networks);
  if (answer_page(&cgi, configuration))
    return;
  if (strcmp(request_get_resource(cgi.request), "api") == 0)
    verbs_read(cgi.request);
  if (request_get_error(cgi.request)) {
    request_refuse(cgi.request, request_get_error(cgi.request));
    return;
  }
  if (!open_core(&cgi, configuration, keys, &error)) {
    refuse_unopened(&cgi, error);
    return;
  }
  ServersSource *servers = servers_source_open(&cgi.core, &error);
  cgi.core.servers = servers;
  if (servers)
    wait_for_database(&cgi);
  if (servers)
    handle_request(&cgi);
  else
    request_refuse(cgi.request, error);
  planning_stop(cgi.core.planning);
  servers_source_close(servers);
  wiring_close(&cgi.core);
}

int cgi_answer(void) {
  const char *path = g_getenv("VITRINA_CONFIG") ? g_getenv("VITRINA_CONFIG") : INSTALLED_CONFIGURATION;
  g_autoptr(GError) error = NULL;
  signal(SIGPIPE, SIG_IGN);
  log_open("vitrina-coordinator", LOG_LEVEL_WARNING);
  g_autoptr(Configuration) configuration = configuration_load(path, &error);
  g_autoptr(SiteKeys) keys = configuration ? site_keys_open(configuration, SITE_KEYS_READ, &error) : NULL;
  if (!keys)
    return cgi_fail(error);
  /* What a process has to say of its own beginning is news of a coordinator, not of each request. */
  log_set_level(MIN(configuration_get_log_level(configuration), LOG_LEVEL_WARNING));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  sql_library_open();
  answer_request(configuration, keys);
  sql_library_close();
  curl_global_cleanup();
  log_close();
  return EXIT_SUCCESS;
}
