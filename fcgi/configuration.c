#include "fcgi/configuration.h"

#include "common/settings.h"

#define AT(member) G_STRUCT_OFFSET(Configuration, member)

static const Setting rows[] = {
    {"ip", SETTING_TEXT, AT(ip), .max = 253, .fallback = "127.0.0.1",
     .help = "The address where the web server reaches the FastCGI program, with port."},
    {"port", SETTING_INT, AT(port), 1, 65535, .help = "The TCP port of it; none when socket is given."},
    {"socket", SETTING_PATH, AT(socket), .max = 107,
     .help = "A Unix socket instead of ip and port, made with mode 0660."},
    {"time_between_updates_seconds", SETTING_INT, AT(time_between_updates_seconds), 1, 86400, "seconds", "30",
     .help = "How often the list of servers is looked at again."},
    {"servers_file", SETTING_PATH, AT(servers_file), .fallback = "servers.json",
     .help = "The list of servers."},
    {"key_file", SETTING_PATH, AT(key_file), .fallback = "vitrina.key",
     .help = "The key that the coordinator and the streamers share; made when missing."},
    {"code_digits", SETTING_INT, AT(code_digits), 4, 9, .fallback = "4",
     .help = "How many digits a session's code has."},
    {"session_minutes", SETTING_INT, AT(session_minutes), 1, 1440, "minutes", "60",
     .help = "How long a session lasts when the visitor does not say, and at most."},
    {"min_session_minutes", SETTING_INT, AT(min_session_minutes), 1, 1440, "minutes", "5",
     .help = "The shortest session that may be asked for."},
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
    {"streamer_threads", SETTING_INT, AT(streamer_threads), 1, 32, .fallback = "1",
     .help = "Threads that call streamers; one for each thousand streamers is right."},
    {"max_waiting", SETTING_INT, AT(max_waiting), 1, 1000000, .fallback = "15000",
     .help = "How many requests may wait at once; more are refused at once. Each takes a file descriptor."},
    {"log_level", SETTING_CHOICE, AT(log_level), .fallback = "notice",
     .choices = "error|warning|notice|info|debug",
     .help = "The least important lines that are logged; info has one for each request."},
    {NULL},
};

static gboolean check(const Configuration *configuration, const char *path, GError **error) {
  if (configuration->socket && configuration->port > 0) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: socket: cannot stand beside port", path);
    return FALSE;
  }
  if (configuration->min_session_minutes > configuration->session_minutes) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                "%s: min_session_minutes: must not be more than session_minutes", path);
    return FALSE;
  }
  return TRUE;
}

Configuration *configuration_load(const char *path, GError **error) {
  g_autoptr(Configuration) configuration = g_new0(Configuration, 1);
  if (!settings_load(path, rows, configuration, error) || !check(configuration, path, error))
    return NULL;
  return g_steal_pointer(&configuration);
}

void configuration_free(Configuration *configuration) {
  if (!configuration)
    return;
  settings_clear(rows, configuration);
  g_free(configuration);
}

char *configuration_describe(void) {
  return settings_describe(rows);
}
