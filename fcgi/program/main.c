/* vitrina-coordinator: reads its files, puts the core and its threads together, runs, and ends in order. */
#include "config.h"

#include "common/descriptor_limit.h"
#include "common/file_watch.h"
#include "common/instant.h"
#include "common/log.h"
#include "common/log_limit.h"
#include "common/program_clock.h"
#include "common/secret_file.h"
#include "common/settings.h"
#include "common/supervisor.h"
#include "fcgi/base/holder.h"
#include "fcgi/core/core.h"
#include "fcgi/database/sql.h"
#include "fcgi/door/door_fcgi.h"
#include "fcgi/door/door_websocket.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/servers_source.h"
#include "fcgi/fleet/streamer_client.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/line/lines.h"
#include "fcgi/plan/plan.h"
#include "fcgi/program/cgi.h"
#include "fcgi/program/check.h"
#include "fcgi/program/database_admin.h"
#include "fcgi/program/keys_admin.h"
#include "fcgi/program/staff_admin.h"
#include "fcgi/program/wiring.h"
#include "fcgi/session/knocks.h"
#include "fcgi/session/planning.h"
#include "fcgi/session/starts.h"
#include "fcgi/settings/configuration.h"
#include "fcgi/store/record_load.h"
#include "fcgi/store/store_json.h"
#include "fcgi/verbs/resources.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long an orderly end waits for answers to be written and for streamers to be told, and how often it
 * looks. */
#define END_PATIENCE_US (1500 * 1000)
#define LOOK_US (10 * 1000)
/* Where others go on serving the site: so long the web server's connections are waited for, which it gives up
 * when it has not used them for a second (conf/nginx.conf.in); */
#define IDLE_PATIENCE_US (2000 * 1000)
/* and so long we learn what there is before it sends us anybody. */
#define LEARN_PATIENCE_US (3000 * 1000)
/* How often it is looked whether a database has told us all, once the doors are open. */
#define READY_LOOK_US (100 * 1000)

typedef struct {
  char *config;
  gboolean check;
  gboolean fold;
  gboolean migrate;
  char *import, *export; /* nullable */
  char *ticket, *name;   /* of staff (nullable) */
  int days;
  char *server_key; /* nullable */
  gint64 generation;
  gboolean tickets;
  char *revoke; /* nullable */
  gboolean version;
} Options;

static void clear_options(Options *options) {
  g_free(options->config);
  g_free(options->import);
  g_free(options->export);
  g_free(options->ticket);
  g_free(options->name);
  g_free(options->revoke);
  g_free(options->server_key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, clear_options)

typedef struct {
  Core core;
  GMainLoop *loop;
  DoorFcgi *door;                          /* NULL: not open yet */
  DoorWebsocket *websockets;               /* nullable */
  const char *door_name, *websockets_name; /* for the log, once they are open */
  ServersSource *servers;
  GError *error;      /* why the doors could not be opened (nullable) */
  gint64 stopping_us; /* since when; 0: not yet */
  gint64 ending_us;   /* since when nothing is begun any more; 0: not yet */
  gboolean barred;
  gboolean is_ready; /* list and plan are read, and the log says so */
} Program;

/* ---- options and files ---- */

static gboolean parse_options(int argc, char **argv, Options *options, GError **error) {
  const GOptionEntry entries[] = {
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config, "The configuration (configuration.json)",
       "FILE"},
      {"check", 0, 0, G_OPTION_ARG_NONE, &options->check,
       "Look at files and database, say what is wrong, and exit", NULL},
      {"fold", 0, 0, G_OPTION_ARG_NONE, &options->fold,
       "Put the journal of plan_file into it, while no coordinator runs, and exit", NULL},
      {"migrate", 0, 0, G_OPTION_ARG_NONE, &options->migrate,
       "Make the tables in the database, or bring them up to date, and exit", NULL},
      {"import", 0, 0, G_OPTION_ARG_FILENAME, &options->import,
       "Put the servers of FILE and the reservations of plan_file into the database, and exit", "FILE"},
      {"export", 0, 0, G_OPTION_ARG_FILENAME, &options->export,
       "Write the database's servers to FILE and its reservations to plan_file, and exit", "FILE"},
      {"ticket", 0, 0, G_OPTION_ARG_STRING, &options->ticket,
       "Make a ticket for staff (operator), print it, and exit", "KIND"},
      {"name", 0, 0, G_OPTION_ARG_STRING, &options->name, "Whose ticket it is, for the list and the log",
       "NAME"},
      {"days", 0, 0, G_OPTION_ARG_INT, &options->days, "How long it is good (90)", "DAYS"},
      {"server-key", 0, 0, G_OPTION_ARG_STRING, &options->server_key,
       "Print what the streamer of this server has in its key_file, and exit", "NAME"},
      {"generation", 0, 0, G_OPTION_ARG_INT64, &options->generation,
       "Of that key, where it is not to be the list's", "N"},
      {"tickets", 0, 0, G_OPTION_ARG_NONE, &options->tickets, "List the tickets of staff and exit", NULL},
      {"revoke", 0, 0, G_OPTION_ARG_STRING, &options->revoke,
       "The ticket of staff with this id is not good any more; exit", "ID"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL},
      G_OPTION_ENTRY_NULL};
  g_autoptr(GOptionContext) context = g_option_context_new("- links a site with its streaming servers");
  g_autofree char *settings = configuration_describe();
  g_autofree char *description = g_strdup_printf("Settings in FILE:\n%s", settings);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_set_description(context, description);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return FALSE;
  if (!options->version && !options->config) {
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--config FILE is missing");
    return FALSE;
  }
  return TRUE;
}

/* ---- the end ---- */

static gboolean is_done(const Program *program) {
  gint64 now_us = g_get_monotonic_time();
  if (program->ending_us && now_us - program->ending_us > END_PATIENCE_US)
    return TRUE;
  if (!program->barred || door_fcgi_count_busy(program->door) > 0 ||
      door_websocket_count_busy(program->websockets) > 0 ||
      streamer_client_count_calls(program->core.streamers) > 0)
    return FALSE;
  return !program->core.database || door_fcgi_count_connections(program->door) == 0 ||
         now_us - program->stopping_us > IDLE_PATIENCE_US;
}

static void end_starts(Program *program) {
  program->ending_us = g_get_monotonic_time();
  program->core.ending = TRUE;
  starts_answer_all(program->core.starts);
}

static void look_whether_done(gpointer data) {
  Program *program = data;
  const Core *core = &program->core;
  gint64 stopping_for_us = g_get_monotonic_time() - program->stopping_us;
  if (!program->barred && stopping_for_us > LISTENER_LAST_US) {
    door_fcgi_bar_entrance(program->door);
    door_websocket_bar_entrance(program->websockets);
    program->barred = TRUE;
  }
  if (!program->ending_us && stopping_for_us > core->configuration->drain_seconds * G_USEC_PER_SEC)
    end_starts(program);
  if (is_done(program))
    g_main_loop_quit(program->loop);
  else
    timers_add(core->timers, LOOK_US, look_whether_done, program);
}

static gboolean on_end_signal(gpointer data) {
  Program *program = data;
  Core *core = &program->core;
  if (program->stopping_us || !program->door) { /* asked a second time, or nobody is there yet: at once */
    g_main_loop_quit(program->loop);
    return G_SOURCE_CONTINUE;
  }
  log_notice("stopping", "waiting=%u", core->waiting);
  supervisor_stopping();
  program->stopping_us = g_get_monotonic_time();
  core->stopping = TRUE;
  door_fcgi_close_entrance(program->door);
  door_websocket_close_entrance(program->websockets);
  events_answer_all(core->events);
  lines_answer_all(core->lines);
  knocks_answer_all(core->knocks);
  if (!core->database)
    end_starts(program);
  look_whether_done(program);
  return G_SOURCE_CONTINUE;
}

static void tell_supervisor_ready(const Program *program) {
  supervisor_ready("Serves %u servers", fleet_count_servers(program->core.fleet));
}

/* ---- what is read again ---- */

static void use_keys(const Program *program, gboolean changed) {
  if (changed)
    holders_set_keys(program->core.holders, site_keys_get_bookings(program->core.keys));
}

static void look_at_keys(gpointer data) {
  Program *program = data;
  use_keys(program, site_keys_look(program->core.keys));
  timers_add(program->core.timers, FILE_WATCH_SECONDS * INSTANT_SECOND, look_at_keys, program);
}

/* A database is only asked; the list comes when it answers. */
static gboolean on_reload_signal(gpointer data) {
  Program *program = data;
  if (program->is_ready)
    supervisor_reloading("the list of servers and the keys");
  use_keys(program, site_keys_reload(program->core.keys));
  servers_source_reload(program->servers);
  if (program->is_ready)
    tell_supervisor_ready(program);
  return G_SOURCE_CONTINUE;
}

/* ---- putting together ---- */

/* Threads made between the two take no signals: they come to the main thread. */
static void block_signals(sigset_t *old) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, old);
}

/* Broken files stay broken; a socket or a file that another coordinator uses may be free a moment later. */
static gboolean is_taken(const Program *program, const GError *error) {
  return program->servers || g_error_matches(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED);
}

/* Says so once list and plan are read, which with a database may be long after the doors are open. */
static void look_whether_ready(gpointer data) {
  Program *program = data;
  Core *core = &program->core;
  if (core->stopping)
    return;
  if (strcmp(resources_get_health(core), "ok") != 0) {
    timers_add(core->timers, READY_LOOK_US, look_whether_ready, program);
    return;
  }
  program->is_ready = TRUE;
  log_notice("ready", "door=%s websockets=%s servers=%u", program->door_name, program->websockets_name,
             fleet_count_servers(core->fleet));
  tell_supervisor_ready(program);
}

static gboolean open_doors(Program *program, GError **error) {
  Core *core = &program->core;
  const Configuration *configuration = core->configuration;
  gboolean has_websockets = listener_has_websockets(configuration);
  Listener *websockets = has_websockets ? listener_open_websockets(configuration, error) : NULL;
  Listener *listener = websockets || !has_websockets ? listener_open(configuration, error) : NULL;
  if (!listener) {
    listener_close(websockets);
    return FALSE;
  }
  program->websockets = websockets ? door_websocket_new(core, websockets, error) : NULL;
  if (websockets && !program->websockets) {
    listener_close(listener);
    return FALSE;
  }
  program->door = door_fcgi_new(core, listener);
  program->door_name = listener_get_name(listener);
  program->websockets_name = websockets ? listener_get_name(websockets) : "none";
  log_notice("listening", "door=%s websockets=%s", program->door_name, program->websockets_name);
  return TRUE;
}

/* Whether somebody who comes now is served as well as by a coordinator that has run for long. */
static gboolean knows_all(const Core *core) {
  return plan_is_loaded(planning_get_plan(core->planning)) && servers_source_is_loaded(core->servers) &&
         watches_count_unknown(core->watches) == 0;
}

/* At once with files; with a database when it has told us all, or when that takes too long. */
static void open_when_known(gpointer data) {
  Program *program = data;
  const Core *core = &program->core;
  sigset_t old;
  gboolean is_late = g_get_monotonic_time() - core->started_us > LEARN_PATIENCE_US;
  if (core->database && !is_late && !knows_all(core)) {
    timers_add(core->timers, LOOK_US, open_when_known, program);
    return;
  }
  block_signals(&old);
  if (open_doors(program, &program->error))
    look_whether_ready(program);
  else
    g_main_loop_quit(program->loop);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* The exit status. */
static int serve_until_end(Program *program) {
  if (program->servers) {
    supervisor_status(program->core.database ? "Waits for the database" : "Opens its doors");
    supervisor_feed_watchdog();
    open_when_known(program);
    if (!program->error)
      g_main_loop_run(program->loop);
  }
  if (program->error) {
    log_error("not_started", "reason=\"%s\"", program->error->message);
    return is_taken(program, program->error) ? EXIT_FAILURE : SETTINGS_EXIT_STATUS;
  }
  log_notice("stopped", NULL);
  return EXIT_SUCCESS;
}

static int run_coordinator(const Configuration *configuration, SiteKeys *keys) {
  Program program = {.loop = g_main_loop_new(NULL, FALSE)};
  guint sources[] = {g_unix_signal_add(SIGTERM, on_end_signal, &program),
                     g_unix_signal_add(SIGINT, on_end_signal, &program),
                     g_unix_signal_add(SIGHUP, on_reload_signal, &program)};
  sigset_t old;
  signal(SIGPIPE, SIG_IGN);
  door_fcgi_prepare();
  descriptor_limit_raise();
  block_signals(&old);
  program_clock_begin((guint)configuration->clock_steady_seconds);
  if (wiring_open(&program.core, configuration, keys, &program.error))
    program.servers = servers_source_open(&program.core, &program.error);
  if (program.servers)
    look_at_keys(&program);
  program.core.servers = program.servers;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  int status = serve_until_end(&program);
  for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
    g_source_remove(sources[i]);
  program_clock_end();
  planning_stop(program.core.planning);
  door_websocket_free(program.websockets);
  door_fcgi_free(program.door);
  servers_source_close(program.servers);
  wiring_close(&program.core);
  g_main_loop_unref(program.loop);
  g_clear_error(&program.error);
  return status;
}

static gboolean administer_database(const Configuration *configuration, const Options *options,
                                    GError **error) {
  sql_library_open();
  gboolean done = (!options->migrate || database_admin_migrate(configuration, error)) &&
                  (!options->import || database_admin_import(configuration, options->import, error)) &&
                  (!options->export || database_admin_export(configuration, options->export, error));
  sql_library_close();
  return done;
}

/* The exit status. */
static int check_configuration(const Configuration *configuration) {
  sql_library_open();
  gboolean good = check_all(configuration);
  sql_library_close();
  return good ? EXIT_SUCCESS : SETTINGS_EXIT_STATUS;
}

static gboolean administer_staff(const Configuration *configuration, const Options *options, GError **error) {
  sql_library_open();
  gboolean done = (!options->ticket ||
                   staff_admin_make(configuration, options->ticket, options->name, options->days, error)) &&
                  (!options->revoke || staff_admin_revoke(configuration, options->revoke, error)) &&
                  (!options->tickets || staff_admin_list(configuration, error));
  sql_library_close();
  return done;
}

static gboolean print_server_key(const Configuration *configuration, const Options *options, GError **error) {
  sql_library_open();
  gboolean done = keys_admin_print_server_key(configuration, options->server_key, options->generation, error);
  sql_library_close();
  return done;
}

static gboolean fold_plan(const Configuration *configuration, GError **error) {
  guint count;
  if (configuration_has_database(configuration)) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "store.type: is \"mysql\"; there is no plan_file to work on");
    return FALSE;
  }
  if (!store_json_fold(configuration->plan_file, &count, error))
    return FALSE;
  printf("%u reservations are in %s.\n", count, configuration->plan_file);
  return TRUE;
}

static int complain(const GError *error, int status) {
  fprintf(stderr, "vitrina-coordinator: %s\n", error->message);
  return status;
}

int main(int argc, char **argv) {
  if (cgi_is_asked())
    return cgi_answer();
  g_autoptr(GError) error = NULL;
  g_auto(Options) options = {NULL};
  if (!parse_options(argc, argv, &options, &error)) {
    fprintf(stderr, "vitrina-coordinator: %s\n", error->message);
    return EXIT_FAILURE;
  }
  if (options.version) {
    puts("vitrina-coordinator " PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  g_autoptr(Configuration) configuration = configuration_load(options.config, &error);
  if (!configuration)
    return complain(error, SETTINGS_EXIT_STATUS);
  if (options.migrate || options.import || options.export)
    return administer_database(configuration, &options, &error) ? EXIT_SUCCESS
                                                                : complain(error, EXIT_FAILURE);
  if (options.ticket || options.tickets || options.revoke)
    return administer_staff(configuration, &options, &error) ? EXIT_SUCCESS : complain(error, EXIT_FAILURE);
  if (options.server_key)
    return print_server_key(configuration, &options, &error) ? EXIT_SUCCESS : complain(error, EXIT_FAILURE);
  if (options.fold)
    return fold_plan(configuration, &error)
               ? EXIT_SUCCESS
               : complain(error, g_error_matches(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT)
                                     ? SETTINGS_EXIT_STATUS
                                     : EXIT_FAILURE);
  if (options.check)
    return check_configuration(configuration);
  if (!check_before_start(configuration, &error))
    return complain(error, SETTINGS_EXIT_STATUS);
  log_open("vitrina-coordinator", configuration_get_log_level(configuration));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  sql_library_open();
  secret_file_warn(configuration->store_password_file);
  secret_file_warn(configuration->metrics_token_file);
  g_autoptr(SiteKeys) keys = site_keys_open(configuration, SITE_KEYS_MAKE, &error);
  if (!keys) {
    log_error("not_started", "reason=\"%s\"", error->message);
    return SETTINGS_EXIT_STATUS;
  }
  int status = run_coordinator(configuration, keys);
  sql_library_close();
  curl_global_cleanup();
  log_limit_tell_all();
  log_close();
  return status;
}
