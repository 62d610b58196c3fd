#include "fcgi/settings/configuration.h"

#include "common/secret_file.h"
#include "common/settings.h"

#define AT(member) G_STRUCT_OFFSET(Configuration, member)

/* The two rows of a class of verbs. */
#define RATE(class, name, rate, size, what)                                                                  \
  {"limits." name "_per_minute",                                                                             \
   SETTING_INT,                                                                                              \
   AT(rates[class].per_minute),                                                                              \
   0,                                                                                                        \
   1000000,                                                                                                  \
   .fallback = rate,                                                                                         \
   .help = what " that a client may ask in a minute for long; 0: no limit."},                                \
  {                                                                                                          \
    "limits." name "_burst", SETTING_INT, AT(rates[class].burst), 1, 1000000,                                \
        .fallback = size, .help = "How many of these at once."                                               \
  }

static const Setting rows[] = {
    {"ip", SETTING_TEXT, AT(ip), .max = 253, .fallback = "127.0.0.1",
     .help = "The address where the web server reaches the FastCGI program, with port."},
    {"port", SETTING_INT, AT(port), 1, 65535, .help = "The TCP port of it; none when socket is given."},
    {"socket", SETTING_PATH, AT(socket), .max = 107,
     .help = "A Unix socket instead of ip and port, made with mode 0660."},
    {"websocket_ip", SETTING_TEXT, AT(websocket_ip), .max = 253, .fallback = "127.0.0.1",
     .help = "The address where the web server reaches the WebSocket door, with websocket_port."},
    {"websocket_port", SETTING_INT, AT(websocket_port), 1, 65535,
     .help = "The TCP port of it; without it and websocket_socket there is no WebSocket."},
    {"websocket_socket", SETTING_PATH, AT(websocket_socket), .max = 107,
     .help = "A Unix socket instead of websocket_ip and websocket_port, made with mode 0660."},
    {"max_websockets", SETTING_INT, AT(max_websockets), 1, 1000000, .fallback = "15000",
     .help = "How many WebSockets may be open at once; who comes then polls. Each takes a file descriptor."},
    {"websocket_ping_seconds", SETTING_INT, AT(websocket_ping_seconds), 1, 30, "seconds", "25",
     .help = "How long a WebSocket may be silent before it is asked for a sign of life."},
    {"allowed_origins", SETTING_TEXTS, AT(allowed_origins), .max = 300,
     .help =
         "Origins (\"https://partner.example\") of pages elsewhere that may ask, by POST and by WebSocket; "
         "\"*\": all. The site's own pages always may."},
    {"time_between_updates_seconds", SETTING_INT, AT(time_between_updates_seconds), 1, 86400, "seconds", "30",
     .help = "How often the list of servers is looked at again."},
    {"servers_file", SETTING_PATH, AT(servers_file), .fallback = "servers.json",
     .help = "The list of servers."},
    {"key_file", SETTING_PATH, AT(key_file), .fallback = "vitrina.key",
     .help = "The master key, or several, a line each: the first signs, all are good; made when missing."},
    {"bookings_key_file", SETTING_PATH, AT(bookings_key_file),
     .help =
         "The key of bookings, invitations and hashed addresses; made when missing. Without it bookings.key "
         "beside key_file."},
    {"metrics_token_file", SETTING_PATH, AT(metrics_token_file),
     .help = "The secret that whoever asks for metrics must show, as bearer: the first line of a file."},
    {"drain_seconds", SETTING_INT, AT(drain_seconds), 0, 300, "seconds", "20",
     .help = "How long an end waits for what it has begun, sessions that start up above all, where other "
             "coordinators serve the site meanwhile (store.type mysql)."},
    {"coordinators", SETTING_INT, AT(coordinators), 1, 64, .fallback = "1",
     .help =
         "How many coordinators serve the site: each takes its part of the wrong codes that a day may have."},
    {"code_digits", SETTING_INT, AT(code_digits), 4, 9, .fallback = "4",
     .help = "How many digits a session's code has."},
    {"session_minutes", SETTING_INT, AT(session_minutes), 1, 1440, "minutes", "60",
     .help = "How long a session lasts when the visitor does not say, and at most."},
    {"min_session_minutes", SETTING_INT, AT(min_session_minutes), 1, 1440, "minutes", "5",
     .help = "The shortest session that may be asked for."},
    {"plan_file", SETTING_PATH, AT(plan_file), .min = 1, .fallback = "sessions_planned.json",
     .help = "Where bookings and running sessions are kept; one coordinator alone may use it."},
    {"staff_file", SETTING_PATH, AT(staff_file), .min = 1, .fallback = "staff_tickets.json",
     .help = "Which staff tickets were made, and revoked (--ticket, --revoke)."},
    {"slot_minutes", SETTING_INT, AT(slot_minutes), 1, 60, "minutes", "5",
     .help = "The grain of the plan: sessions take whole slots. Not to be changed while bookings are open."},
    {"horizon_days", SETTING_INT, AT(horizon_days), 1, 366, "days", "60",
     .help = "How far ahead sessions can be booked."},
    {"booking_step_minutes", SETTING_INT, AT(booking_step_minutes), 1, 1440, "minutes", "15",
     .help = "The starts that are offered on a day are this far apart."},
    {"no_show_minutes", SETTING_INT, AT(no_show_minutes), 1, 1440, "minutes", "15",
     .help = "A booking that nobody came for is given up after this."},
    {"history_days", SETTING_INT, AT(history_days), 0, 3650, "days", "30",
     .help = "How long sessions that are over stay in plan_file."},
    {"extension_minutes", SETTING_INT, AT(extension_minutes), 1, 1440, "minutes", "30",
     .help = "How much longer a session is offered to last, if nobody needs the place."},
    {"extension_notice_minutes", SETTING_INT, AT(extension_notice_minutes), 1, 60, "minutes", "5",
     .help = "How long before the end it is offered."},
    {"time_zone", SETTING_TEXT, AT(time_zone), .min = 1, .max = 100, .fallback = "UTC",
     .help = "IANA name of the zone of dates and times in requests that name none: \"Europe/Moscow\"."},
    {"rcs", SETTING_RAW, AT(rcs), .max = 1024 * 1024,
     .help = "Other rules for single complexes: {\"NAME\": {\"session_minutes\": 30, "
             "\"min_session_minutes\": 10, "
             "\"booking_step_minutes\": 30, \"time_zone\": \"Asia/Vladivostok\"}}."},
    {"trusted_proxies", SETTING_TEXTS, AT(trusted_proxies), .max = 64,
     .help = "Addresses or networks of proxies before the web server whose X-Forwarded-For is believed."},
    RATE(RATE_READ, "read", "6000", "1000", "Questions (GET_SERVERS, GET_RCS, GET_AVAILABILITY)"),
    RATE(RATE_POLL, "poll", "12000", "3000", "Polls for events"),
    RATE(RATE_START, "start", "600", "200", "Starts of sessions"),
    RATE(RATE_PLAN, "plan", "120", "100", "Bookings, cancellings and extensions"),
    RATE(RATE_CODE, "code", "600", "200", "Codes, right or wrong,"),
    RATE(RATE_REPORT, "report", "30", "30", "Reports of pages"),
    RATE(RATE_BAD, "bad", "300", "100", "Requests in a wrong form"),
    {"limits.held", SETTING_INT, AT(limits_held), 0, 1000000, .fallback = "1500",
     .help = "How many requests that wait and WebSockets a client may have at once; 0: no limit."},
    {"limits.bookings", SETTING_INT, AT(limits_bookings), 0, 1000000, .fallback = "200",
     .help = "How many bookings that have not ended a client may have; 0: no limit."},
    {"limits.sessions", SETTING_INT, AT(limits_sessions), 0, 1000000, .fallback = "100",
     .help = "How many sessions that a client booked or started may run; 0: no limit."},
    {"limits.places", SETTING_INT, AT(limits_places), 0, 1000000, .fallback = "100",
     .help = "How many places in waiting lines a client may have; 0: no limit."},
    {"limits.neighbours", SETTING_INT, AT(limits_neighbours), 0, 1000, .fallback = "8",
     .help = "The addresses of an IPv4 /24 or IPv6 /48 together may have so many times as much as one; 0: no "
             "limit."},
    {"limits.exempt", SETTING_TEXTS, AT(limits_exempt), .max = 64, .fallback = "127.0.0.0/8|::1",
     .help = "Addresses or networks that these limits do not hold for."},
    {"call_timeout_seconds", SETTING_INT, AT(call_timeout_seconds), 1, 60, "seconds", "5",
     .help = "How long a streamer may take for a plain answer."},
    {"start_timeout_seconds", SETTING_INT, AT(start_timeout_seconds), 1, 60, "seconds", "20",
     .help = "How long a streamer may take to start a session before the next one is asked."},
    {"status_wait_seconds", SETTING_INT, AT(status_wait_seconds), 1, 30, "seconds", "3",
     .help = "How long a streamer holds back its status while nothing changes; a streamer that is dead is "
             "offline 1.5 seconds after that at the latest."},
    {"streamer_tls", SETTING_BOOL, AT(streamer_tls), .fallback = "false",
     .help = "Whether streamers are called by HTTPS, and people sent to them so."},
    {"ca_file", SETTING_PATH, AT(ca_file),
     .help = "Certificates to trust in streamers; without it the system's."},
    {"threads", SETTING_INT, AT(threads), 1, 64, .fallback = "2",
     .help = "Threads that read requests from the web server."},
    {"finisher_threads", SETTING_INT, AT(finisher_threads), 1, 64, .fallback = "2",
     .help = "Threads that write answers which were waited for."},
    {"streamer_threads", SETTING_INT, AT(streamer_threads), 1, 64, .fallback = "16",
     .help = "At most so many threads call streamers; there is one for each thousand of them."},
    {"max_waiting", SETTING_INT, AT(max_waiting), 1, 1000000, .fallback = "15000",
     .help = "How many requests may wait at once; more are refused at once. Each takes a file descriptor."},
    {"line_limit", SETTING_INT, AT(line_limit), 1, 100000, "people", "500",
     .help = "How many people may stand in the waiting line of one complex."},
    {"place_seconds", SETTING_INT, AT(place_seconds), 5, 600, "seconds", "30",
     .help = "How long a place in the line is kept for somebody who does not ask again."},
    {"offer_seconds", SETTING_INT, AT(offer_seconds), 1, 120, "seconds", "10",
     .help =
         "How long a free server is held for somebody whose turn has come and who does not ask just then."},
    {"max_wait_seconds", SETTING_INT, AT(max_wait_seconds), 1, 60, "seconds", "60",
     .help =
         "The longest that a request may wait for events or in a line; 25 behind Apache, which does not tell "
         "when a client has gone."},
    {"knock_seconds", SETTING_INT, AT(knock_seconds), 5, 60, "seconds", "25",
     .help = "How long somebody who knocks at a session's door waits to be let in, and whoever types a wrong "
             "code as well when too many were wrong; max_wait_seconds at most."},
    {"clock_steady_seconds", SETTING_INT, AT(clock_steady_seconds), 0, 3600, "seconds", "30",
     .help = "How long a clock that has jumped must be steady before it is believed; until then nothing is "
             "ended by it."},
    {"store.type", SETTING_CHOICE, AT(store_type), .fallback = "json", .choices = "json|mysql",
     .help =
         "Where the list of servers and the plan are: in servers_file and plan_file, or in a database that "
         "several coordinators share."},
    {"store.host", SETTING_TEXT, AT(store_host), .min = 1, .max = 253, .fallback = "127.0.0.1",
     .help = "The database server."},
    {"store.nodes", SETTING_TEXTS, AT(store_nodes), .max = 260,
     .help =
         "Instead of store.host the nodes of a cluster, \"NAME\" or \"NAME:PORT\" each: the first one that "
         "works is asked, and when it does no longer, the next."},
    {"store.port", SETTING_INT, AT(store_port), 1, 65535, .fallback = "3306", .help = "Its port."},
    {"store.socket", SETTING_PATH, AT(store_socket), .max = 107,
     .help = "The Unix socket of a database server on this machine, instead of store.host."},
    {"store.database", SETTING_TEXT, AT(store_database), .min = 1, .max = 64, .fallback = "vitrina",
     .help = "The name of the database."},
    {"store.user", SETTING_TEXT, AT(store_user), .min = 1, .max = 128, .fallback = "vitrina",
     .help = "Who we are there."},
    {"store.password_file", SETTING_PATH, AT(store_password_file),
     .help = "A file with that user's password alone; none: without a password."},
    {"store.tls", SETTING_BOOL, AT(store_tls), .fallback = "true",
     .help = "Whether the way to store.host is encrypted and its certificate verified."},
    {"store.ca_file", SETTING_PATH, AT(store_ca_file),
     .help = "Certificates to trust in the database server; without it the system's."},
    {"store.connections", SETTING_INT, AT(store_connections), 1, 64, .fallback = "8",
     .help = "Connections to the database, each with a thread."},
    {"store.connect_timeout_seconds", SETTING_INT, AT(store_connect_timeout_seconds), 1, 60, "seconds", "3",
     .help = "How long connecting to the database may take."},
    {"store.answer_timeout_seconds", SETTING_INT, AT(store_answer_timeout_seconds), 1, 60, "seconds", "10",
     .help = "How long the database may be silent while it answers."},
    {"log_level", SETTING_CHOICE, AT(log_level), .fallback = "notice",
     .choices = "error|warning|notice|info|debug", .help = "The least important lines that are logged."},
    {"access_log", SETTING_BOOL, AT(access_log), .fallback = "false",
     .help = "Whether each request has a line in the log, whatever log_level says."},
    {NULL},
};

static gboolean check_settings(const Configuration *configuration, const char *path, GError **error) {
  if (configuration->socket && configuration->port > 0) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: socket: cannot stand beside port", path);
    return FALSE;
  }
  if (configuration->websocket_socket && configuration->websocket_port > 0) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "%s: websocket_socket: cannot stand beside websocket_port", path);
    return FALSE;
  }
  if (configuration->min_session_minutes > configuration->session_minutes) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "%s: min_session_minutes: must not be more than session_minutes", path);
    return FALSE;
  }
  return TRUE;
}

static gboolean check_nodes(const Configuration *configuration, const char *path, GError **error) {
  g_autoptr(GError) problem = NULL;
  for (guint i = 0; configuration->store_nodes && configuration->store_nodes[i]; i++)
    if (!sql_address_check_node(configuration->store_nodes[i], &problem)) {
      g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: store.nodes[%u]: %s", path, i,
                  problem->message);
      return FALSE;
    }
  return TRUE;
}

static gboolean read_password(Configuration *configuration, const char *path, GError **error) {
  g_autoptr(GError) problem = NULL;
  if (!configuration_has_database(configuration) || !configuration->store_password_file)
    return TRUE;
  if (g_file_get_contents(configuration->store_password_file, &configuration->store_password, NULL,
                          &problem)) {
    g_strchomp(configuration->store_password);
    return TRUE;
  }
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: store.password_file: %s", path,
              problem->message);
  return FALSE;
}

static gboolean read_metrics_token(Configuration *configuration, const char *path, GError **error) {
  g_autoptr(GError) problem = NULL;
  if (!configuration->metrics_token_file)
    return TRUE;
  configuration->metrics_token = secret_file_read_line(configuration->metrics_token_file, &problem);
  if (!configuration->metrics_token)
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: metrics_token_file: %s", path,
                problem->message);
  return configuration->metrics_token != NULL;
}

/* What is made of the settings once they are read. */
static gboolean finish_settings(Configuration *configuration, const char *path, GError **error) {
  g_autofree char *key_directory = g_path_get_dirname(configuration->key_file);
  if (!configuration->bookings_key_file)
    configuration->bookings_key_file = g_build_filename(key_directory, "bookings.key", NULL);
  const RcRules general = {configuration->session_minutes, configuration->min_session_minutes,
                           configuration->booking_step_minutes, configuration->time_zone, NULL};
  configuration->rc_rules = rc_rules_new(path, &general, configuration->rcs, error);
  if (!configuration->rc_rules)
    return FALSE;
  configuration->proxy_networks =
      client_networks_new(path, "trusted_proxies", configuration->trusted_proxies, error);
  if (!configuration->proxy_networks)
    return FALSE;
  configuration->exempt_networks =
      client_networks_new(path, "limits.exempt", configuration->limits_exempt, error);
  return configuration->exempt_networks && check_nodes(configuration, path, error) &&
         read_password(configuration, path, error) && read_metrics_token(configuration, path, error);
}

Configuration *configuration_load(const char *path, GError **error) {
  g_autoptr(Configuration) configuration = g_new0(Configuration, 1);
  if (!settings_load(path, rows, configuration, error) || !check_settings(configuration, path, error) ||
      !finish_settings(configuration, path, error))
    return NULL;
  return g_steal_pointer(&configuration);
}

void configuration_free(Configuration *configuration) {
  if (!configuration)
    return;
  rc_rules_free(configuration->rc_rules);
  client_networks_free(configuration->proxy_networks);
  client_networks_free(configuration->exempt_networks);
  g_free(configuration->store_password);
  g_free(configuration->metrics_token);
  settings_clear(rows, configuration);
  g_free(configuration);
}

gboolean configuration_has_database(const Configuration *configuration) {
  return g_str_equal(configuration->store_type, "mysql");
}

static gboolean has_nodes(const Configuration *configuration) {
  return configuration->store_nodes && configuration->store_nodes[0];
}

SqlAddress configuration_get_database(const Configuration *configuration) {
  return (SqlAddress){
      .host = configuration->store_host,
      .port = (guint)configuration->store_port,
      .nodes = has_nodes(configuration) ? (const char *const *)configuration->store_nodes : NULL,
      .socket = configuration->store_socket,
      .database = configuration->store_database,
      .user = configuration->store_user,
      .password = configuration->store_password,
      .tls = configuration->store_tls,
      .ca_file = configuration->store_ca_file,
      .connect_timeout_seconds = (guint)configuration->store_connect_timeout_seconds,
      .answer_timeout_seconds = (guint)configuration->store_answer_timeout_seconds,
  };
}

LogLevel configuration_get_log_level(const Configuration *configuration) {
  static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_strcmp0(configuration->log_level, names[i]) == 0)
      return LOG_LEVEL_ERROR + i;
  return LOG_LEVEL_NOTICE;
}

char *configuration_describe(void) {
  return settings_describe(rows);
}
