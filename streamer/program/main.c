/* vitrina-streamer: the daemon on each host that shows applications. */
#include "config.h"

#include "common/bearer.h"
#include "common/descriptor_limit.h"
#include "common/log.h"
#include "common/log_limit.h"
#include "common/process_metrics.h"
#include "common/program_clock.h"
#include "common/secret_file.h"
#include "common/supervisor.h"
#include "common/wire.h"
#include "streamer/base/counts.h"
#include "streamer/doors/call.h"
#include "streamer/doors/control.h"
#include "streamer/doors/people.h"
#include "streamer/doors/streamer.h"
#include "streamer/doors/whep.h"
#include "streamer/engine/engine.h"
#include "streamer/http/http.h"
#include "streamer/http/http_request.h"
#include "streamer/process/cgroup.h"
#include "streamer/process/keeper.h"
#include "streamer/process/remains.h"
#include "streamer/program/renewal.h"
#include "streamer/program/try_out.h"
#include "streamer/sessions/sessions.h"
#include "streamer/sessions/sessions_status.h"
#include "streamer/settings/cell_settings.h"
#include "streamer/settings/settings.h"
#include "streamer/shared/media_settings.h"
#include "streamer/stage/bounds.h"
#include "streamer/stage/environment.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What people are still told when the streamer ends may take this long to reach them. */
#define FLUSH_MS 500
#define FLUSH_STEP_MS 5
#define CGROUPS_ROOT "/sys/fs/cgroup"

typedef struct {
  char *config;
  gboolean check, version;
} Options;

typedef struct {
  Streamer streamer;
  const char *config;
  char *state_directory, *directory;
  int lock_fd;
  Cgroups *cgroups; /* nullable */
  char *flaw;       /* the first that was found of what may be mended while it runs (nullable) */
  Keeper *keeper;
  Http *http;
  Renewal *renewal;
  GMainLoop *loop;
  gboolean stopping;
  gint64 flush_by_us;
} Program;

/* ---- health ---- */

/* No session's id or code: a web server in front may pass this on to anybody. */
static void handle_health(HttpRequest *request, gpointer data) {
  const Streamer *streamer = data;
  g_autofree char *health = sessions_health(streamer->sessions);
  http_request_answer(request, 200, "application/json", health);
}

/* ---- metrics ---- */

/* An application may be let at this machine's loopback. */
static gboolean may_see_metrics(HttpRequest *request, const StreamerSettings *settings) {
  g_autoptr(GError) error = NULL;
  if (!settings->metrics_token ||
      bearer_shows(http_request_header(request, HTTP_AUTHORIZATION), settings->metrics_token))
    return TRUE;
  wire_set_error(&error, WIRE_NOT_AUTHORIZED, NULL, "The metrics are shown to who has the token.");
  call_refuse_request(request, 0, error);
  return FALSE;
}

static void handle_metrics(HttpRequest *request, gpointer data) {
  const Streamer *streamer = data;
  if (!may_see_metrics(request, streamer->settings))
    return;
  metrics_set(streamer->metrics, COUNTS_CERTIFICATE_SECONDS, http_certificate_seconds(streamer->http));
  sessions_measure(streamer->sessions);
  g_autofree char *ours = metrics_write(streamer->metrics), *process = process_metrics_write();
  g_autofree char *clock = program_clock_write_metrics();
  g_autofree char *all = g_strconcat(ours, clock, process, NULL);
  http_request_answer(request, 200, METRICS_CONTENT_TYPE, all);
}

static const HttpRoute routes[] = {
    {.path = "control", .methods = "POST", .handle = control_handle},
    {.path = "session",
     .methods = "POST",
     .for_pages = TRUE,
     .handle = people_handle,
     .sockets = &people_sockets},
    {.path = "whep/", .methods = "POST PATCH DELETE", .for_pages = TRUE, .handle = whep_handle},
    {.path = "health", .methods = "GET HEAD", .local_only = TRUE, .handle = handle_health},
    {.path = "metrics", .methods = "GET HEAD", .local_only = TRUE, .handle = handle_metrics},
    {NULL},
};

/* ---- signals ---- */

static gboolean on_flushed(gpointer data) {
  Program *program = data;
  if (http_has_output(program->http) && g_get_monotonic_time() < program->flush_by_us)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit(program->loop);
  return G_SOURCE_REMOVE;
}

static void on_all_gone(gpointer data) {
  Program *program = data;
  http_stop_listening(program->http);
  program->flush_by_us = g_get_monotonic_time() + FLUSH_MS * 1000;
  g_timeout_add(FLUSH_STEP_MS, on_flushed, program);
}

/* People in a session have a moment to come to an end, in which those whose connection breaks may come back.
 * Who says it twice does not want to wait: tear_down() kills what is left. */
static gboolean on_stop(gpointer data) {
  Program *program = data;
  if (program->stopping) {
    log_notice("stopping_at_once", NULL);
    g_main_loop_quit(program->loop);
    return G_SOURCE_CONTINUE;
  }
  program->stopping = TRUE;
  guint grace_seconds = (guint)program->streamer.settings->stop_grace_seconds;
  log_notice("stopping", "grace_seconds=%u", grace_seconds);
  supervisor_stopping();
  sessions_stop(program->streamer.sessions, grace_seconds, on_all_gone, program);
  return G_SOURCE_CONTINUE;
}

static void set_log_level(const StreamerSettings *settings) {
  static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_str_equal(names[i], settings->log_level))
      log_set_level(LOG_LEVEL_ERROR + i);
}

static void limit_addresses(Program *program) {
  const StreamerSettings *settings = program->streamer.settings;
  http_limit_addresses(program->http,
                       &(HttpLimits){.connections = (guint)settings->limits_connections,
                                     .requests_per_second = (guint)settings->limits_requests,
                                     .requests_at_once = (guint)settings->limits_requests_burst,
                                     .exempt = settings->limits_exempt});
}

static void on_limited(HttpLimited what, gpointer data) {
  const Streamer *streamer = data;
  metrics_add(streamer->metrics, COUNTS_LIMITED, 1,
              what == HTTP_LIMITED_REQUESTS ? COUNTS_LIMITED_REQUESTS : COUNTS_LIMITED_CONNECTIONS);
}

static void tell_supervisor_ready(const Program *program) {
  supervisor_ready("Listens on %s port %" G_GINT64_FORMAT, program->streamer.settings->ip,
                   program->streamer.settings->port);
}

static void read_again(Program *program) {
  g_autoptr(GError) error = NULL;
  g_autoptr(StreamerSettings) fresh = streamer_settings_load(program->config, &error);
  if (!fresh) {
    log_error("reload_failed", "error=\"%s\"", error->message);
    return;
  }
  g_autofree char *waiting = streamer_settings_apply(program->streamer.settings, fresh);
  set_log_level(program->streamer.settings);
  limit_addresses(program);
  sessions_settings_changed(program->streamer.sessions);
  log_notice("reloaded", "needs_restart=%s", waiting ? waiting : "-");
}

static gboolean on_reload(gpointer data) {
  Program *program = data;
  if (program->stopping) {
    read_again(program);
    renewal_now(program->renewal);
    return G_SOURCE_CONTINUE;
  }
  supervisor_reloading("the configuration, keys and certificate");
  read_again(program);
  renewal_now(program->renewal);
  tell_supervisor_ready(program);
  return G_SOURCE_CONTINUE;
}

/* ---- setting up ---- */

/* TRUE: go on. Else *@status is the exit status. */
static gboolean read_options(int argc, char **argv, Options *options, int *status) {
  g_autofree char *settings = settings_describe(streamer_settings_table);
  g_autofree char *media = settings_describe(media_settings_table);
  g_autofree char *summary =
      g_strdup_printf("Settings of the file (JSON):\n%s\nIn its object \"webrtc\":\n%s", settings, media);
  GOptionEntry entries[] = {
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config, "Read settings from FILE", "FILE"},
      {"check", 0, 0, G_OPTION_ARG_NONE, &options->check, "Try what can be tried, say what is wrong, exit",
       NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
      {NULL},
  };
  g_autoptr(GOptionContext) context = g_option_context_new("- run sessions of an application");
  g_autoptr(GError) error = NULL;
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_description(context, summary);
  gboolean parsed = g_option_context_parse(context, &argc, &argv, &error);
  if (parsed && options->version) {
    puts("vitrina-streamer " PACKAGE_VERSION);
    *status = EXIT_SUCCESS;
    return FALSE;
  }
  if (parsed && options->config && argc == 1)
    return TRUE;
  fprintf(stderr, "vitrina-streamer: %s\n",
          !parsed    ? error->message
          : argc > 1 ? "unexpected argument"
                     : "--config FILE is needed (see --help)");
  g_clear_pointer(&options->config, g_free);
  *status = 64; /* EX_USAGE */
  return FALSE;
}

static gboolean load(Program *program, GError **error) {
  Streamer *streamer = &program->streamer;
  streamer->settings = streamer_settings_load(program->config, error);
  if (!streamer->settings)
    return FALSE;
  streamer->keys = key_ring_load(streamer->settings->key_file, error);
  return streamer->keys != NULL;
}

/* What the kernel bounds by user (RLIMIT_NPROC) does not bind root, and without groups nothing else does. */
static void warn_of_root(const Program *program) {
  const StreamerSettings *settings = program->streamer.settings;
  if (getuid() == 0 && !program->cgroups && cell_settings_wants_cell(settings) && settings->cell_processes)
    log_warning("processes_unbounded", "setting=cell.processes reason=\"the streamer runs as root\"");
}

/* Before anything is started: nobody else may be in the streamer's own group. */
static void claim_cgroups(Program *program) {
  g_autoptr(GError) cause = NULL;
  program->cgroups = cgroups_claim(CGROUPS_ROOT, &cause);
  if (program->cgroups)
    log_info("cgroups_claimed", NULL);
  else
    log_info("no_cgroups", "reason=\"%s\"", cause->message);
  bounds_use_cgroups(program->cgroups);
  warn_of_root(program);
}

/* A trial will show whether it matters: there may be another codec. */
static void on_engine_checked(char *const *problems, gpointer sessions) {
  for (char *const *problem = problems; *problem; problem++) {
    g_autofree char *quoted = log_quote(*problem);
    log_warning("check_failed", "problem=%s", quoted);
  }
  if (*problems)
    sessions_set_unusable(sessions, *problems);
}

static gboolean set_up(Program *program, GError **error) {
  Streamer *streamer = &program->streamer;
  secret_file_warn(streamer->settings->key_file);
  secret_file_warn(streamer->settings->turn_secret_file);
  secret_file_warn(streamer->settings->metrics_token_file);
  program->state_directory = streamer_settings_state_directory(streamer->settings);
  program->directory = remains_claim(program->state_directory, &program->lock_fd, error);
  if (!program->directory)
    return FALSE;
  guint dead = remains_clear_dead(program->state_directory);
  if (dead)
    log_notice("remains_cleared", "streamers=%u", dead);
  claim_cgroups(program);
  program->keeper = keeper_start(program->directory, error);
  if (!program->keeper)
    return FALSE;
  streamer->metrics = metrics_new(counts_table);
  streamer->sessions =
      sessions_new(streamer->settings, program->directory, program->state_directory, streamer->metrics);
  HttpPlan plan = {
      .ip = streamer->settings->ip,
      .port = (guint16)streamer->settings->port,
      .tls_certificate = streamer->settings->tls_certificate,
      .tls_key = streamer->settings->tls_key,
      .routes = routes,
      .allowed_origins = (char *const *const *)&streamer->settings->allowed_origins,
      .data = streamer,
      .limited = on_limited,
  };
  streamer->http = program->http = http_new(&plan, error);
  if (!program->http)
    return FALSE;
  program->renewal = renewal_new(streamer, program->http);
  limit_addresses(program);
  remains_note_port(program->lock_fd, plan.port);
  sessions_settings_changed(streamer->sessions);
  if (program->flaw)
    sessions_set_unusable(streamer->sessions, program->flaw);
  g_auto(GStrv) environment = environment_new(program->directory, program->state_directory, FALSE);
  engine_check(streamer->settings, environment, on_engine_checked, streamer->sessions);
  return TRUE;
}

static void tear_down(Program *program) {
  renewal_free(program->renewal);
  http_free(program->http);
  sessions_free(program->streamer.sessions);
  metrics_free(program->streamer.metrics);
  if (program->directory)
    remains_clear(program->directory);
  keeper_free(program->keeper);
  cgroups_free(program->cgroups);
  key_ring_free(program->streamer.keys);
  streamer_settings_free(program->streamer.settings);
  if (program->loop)
    g_main_loop_unref(program->loop);
  g_free(program->directory);
  g_free(program->state_directory);
  g_free(program->flaw);
}

static void run_program(Program *program) {
  program->loop = g_main_loop_new(NULL, FALSE);
  program_clock_begin((guint)program->streamer.settings->clock_steady_seconds);
  g_unix_signal_add(SIGTERM, on_stop, program);
  g_unix_signal_add(SIGINT, on_stop, program);
  g_unix_signal_add(SIGHUP, on_reload, program);
  log_notice("listening", "ip=%s port=%" G_GINT64_FORMAT " server_name=%s", program->streamer.settings->ip,
             program->streamer.settings->port, program->streamer.settings->server_name);
  supervisor_feed_watchdog();
  tell_supervisor_ready(program);
  g_main_loop_run(program->loop);
  program_clock_end();
  log_notice("stopped", NULL);
}

int main(int argc, char **argv) {
  Options options = {NULL};
  Program program = {.lock_fd = -1};
  g_autoptr(GError) error = NULL;
  int status = EXIT_FAILURE;
  if (argc == 3 && strcmp(argv[1], "--keeper") == 0)
    return keeper_run(argv[2]);
  if (!read_options(argc, argv, &options, &status))
    return status;
  g_autofree char *config = options.config;
  program.config = config;
  signal(SIGPIPE, SIG_IGN);
  log_open("vitrina-streamer", LOG_LEVEL_INFO);
  gboolean loaded = load(&program, &error);
  if (options.check && program.streamer.settings) {
    status = try_out(program.config, program.streamer.settings, error);
  } else if (!loaded) {
    fprintf(stderr, "vitrina-streamer: %s\n", error->message);
    status = SETTINGS_EXIT_STATUS;
  } else if (!try_out_at_start(program.config, program.streamer.settings, &program.flaw)) {
    status = SETTINGS_EXIT_STATUS;
  } else {
    set_log_level(program.streamer.settings);
    descriptor_limit_raise();
    if (set_up(&program, &error)) {
      run_program(&program);
      status = EXIT_SUCCESS;
    } else {
      log_error("start_failed", "error=\"%s\"", error->message);
    }
  }
  tear_down(&program);
  log_limit_tell_all();
  return status;
}
