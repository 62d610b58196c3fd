#include "streamer/settings/settings.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/language.h"
#include "common/secret_file.h"
#include "streamer/settings/cell_paths.h"
#include "streamer/shared/ice_server.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#define AT(member) G_STRUCT_OFFSET(StreamerSettings, member)

const Setting streamer_settings_table[] = {
    {"server_name", SETTING_TEXT, AT(server_name), 1, 200, NULL, "streamer",
     .help = "Name of this server, as in the coordinator's list; tickets are good for one name only."},
    {"rc_name", SETTING_TEXT, AT(rc_name), 0, 200, NULL, NULL,
     .help = "The residential complex that the application shows."},
    {"ip", SETTING_TEXT, AT(ip), 1, 64, NULL, "127.0.0.1", .help = "Address to listen on."},
    {"port", SETTING_INT, AT(port), 1, 65535, NULL, "8443", .help = "Port to listen on."},
    {"public_ip", SETTING_TEXT, AT(public_ip), 0, 255, NULL, NULL,
     .help = "Address or host name that people reach this server by, where it is not `ip`."},
    {"public_port", SETTING_INT, AT(public_port), 0, 65535, NULL, "0",
     .help = "Port that people reach this server by; 0: as `port`."},
    {"public_url", SETTING_TEXT, AT(public_url), 0, 1000, NULL, NULL,
     .help =
         "Base of the addresses given to people, ending in a slash; may be relative to the site whose web "
         "server passes it on."},
    {"tls_certificate", SETTING_PATH, AT(tls_certificate), 0, 4000, NULL, NULL,
     .help = "Certificate chain in PEM; with it the server speaks HTTPS only."},
    {"tls_key", SETTING_PATH, AT(tls_key), 0, 4000, NULL, NULL, .help = "Its private key in PEM."},
    {"key_file", SETTING_PATH, AT(key_file), 1, 4000, NULL, "vitrina.key",
     .help = "What `vitrina-coordinator --server-key` prints for this server: a key a line, each of which is "
             "accepted."},
    {"allowed_origins", SETTING_TEXTS, AT(allowed_origins), 0, 300, NULL, "*",
     .help = "Origins of the sites whose pages may use this server; \"*\": any (a ticket is needed anyway)."},
    {"limits.connections", SETTING_INT, AT(limits_connections), 0, 100000, "connections", "500",
     .help = "Connections that one address may have (of IPv6 one /64); 0: no limit."},
    {"limits.requests", SETTING_INT, AT(limits_requests), 0, 100000, "requests/s", "100",
     .help = "Requests a second that one address may make (of IPv6 one /64), on average; 0: no limit."},
    {"limits.requests_burst", SETTING_INT, AT(limits_requests_burst), 1, 1000000, "requests", "500",
     .help = "Of them, how many at once."},
    {"limits.exempt", SETTING_TEXTS, AT(limits_exempt), 0, 64, NULL, "127.0.0.0/8|::1",
     .help = "Networks that may have any number of both: web servers in front, and the coordinator."},
    {"session_limit", SETTING_INT, AT(session_limit), 0, 1000, "sessions", "1",
     .help = "Sessions that may run at the same time."},
    {"standby_sessions", SETTING_INT, AT(standby_sessions), 0, 1000, "sessions", "0",
     .help = "Sessions that are kept ready, as far as session_limit has room for them."},
    {"standby_displays", SETTING_INT, AT(standby_displays), 0, 1000, "displays", "1",
     .help = "X displays with engines that are kept ready for applications, as far as there is room."},
    {"session_users_limit", SETTING_INT, AT(session_users_limit), 0, 1000, "people", "0",
     .help = "People in one session; 0: no limit."},
    {"session_minutes", SETTING_INT, AT(session_minutes), 1, 10080, "minutes", "60",
     .help = "How long a session lasts when nobody said."},
    {"start_timeout_seconds", SETTING_INT, AT(start_timeout_seconds), 1, 600, "seconds", "15",
     .help = "Longest wait for the application's window."},
    {"hang_timeout_seconds", SETTING_INT, AT(hang_timeout_seconds), 1, 3600, "seconds", "120",
     .help = "How long a window that takes no events is left alone: it may be loading."},
    {"engine_timeout_seconds", SETTING_INT, AT(engine_timeout_seconds), 10, 3600, "seconds", "20",
     .help = "An engine that says nothing for this long hangs, and is started again."},
    {"join_seconds", SETTING_INT, AT(join_seconds), 1, 86400, "seconds", "60",
     .help = "A session that nobody joins ends after this."},
    {"reconnect_grace_seconds", SETTING_INT, AT(reconnect_grace_seconds), 1, 3600, "seconds", "20",
     .help = "How long a person whose connection broke is waited for."},
    {"alone_grace_seconds", SETTING_INT, AT(alone_grace_seconds), 0, 3600, "seconds", "180",
     .help = "The same where nobody else is there, as long as nobody waits for a server; at least "
             "reconnect_grace_seconds."},
    {"inactivity_seconds", SETTING_INT, AT(inactivity_seconds), 0, 86400, "seconds", "300",
     .help = "A session in which nobody does anything ends after this; 0: never."},
    {"inactivity_warning_seconds", SETTING_INT, AT(inactivity_warning_seconds), 1, 3600, "seconds", "30",
     .help = "How long before that people are warned; at most half of inactivity_seconds."},
    {"no_picture_seconds", SETTING_INT, AT(no_picture_seconds), 0, 86400, "seconds", "60",
     .help = "A session to whose people no picture gets through ends after this; 0: never."},
    {"stop_grace_seconds", SETTING_INT, AT(stop_grace_seconds), 0, 3600, "seconds", "10",
     .help = "How long people still have when the streamer is told to end."},
    {"control", SETTING_CHOICE, AT(control), 0, 0, NULL, "host", "host|free",
     .help = "Who steers: the host has control and grants it, or whoever touches the picture takes it."},
    {"control_idle_seconds", SETTING_INT, AT(control_idle_seconds), 0, 86400, "seconds", "120",
     .help = "Who has control and does nothing for this long gives it back; 0: never."},
    {"engine", SETTING_CHOICE, AT(engine), 0, 0, NULL, "capture", "capture",
     .help = "What brings the picture to people."},
    {"app", SETTING_TEXTS, AT(app), 0, 4000, NULL, NULL,
     .help =
         "Command line of the application, a text an argument; {session}, {rc_name}, {width}, {height} and "
         "{display} are filled in, and {language}.",
     .required = TRUE},
    {"language", SETTING_TEXT, AT(language), 2, LANGUAGE_MAX, NULL, "en",
     .help = "What {language} is where nobody has said which they read: of a standby, too."},
    {"app_environment", SETTING_TEXTS, AT(app_environment), 0, 4000, NULL, NULL,
     .help = "Variables for the application: \"NAME=value\", or \"NAME\" to pass on the streamer's own."},
    {"max_restarts", SETTING_INT, AT(max_restarts), 0, 100, "times", "2",
     .help = "How often the application is started again in a session when it ends by itself or hangs."},
    {"webrtc", SETTING_RAW, AT(webrtc_json), 0, 65536, NULL, "{}",
     .help = "Picture and sound: see the section on webrtc."},
    {"webrtc_program", SETTING_PATH, AT(webrtc_program), 1, 4000, NULL, VITRINA_LIBEXECDIR "/vitrina-webrtc",
     .help = "The program that captures and sends the picture."},
    {"ice_servers", SETTING_RAW, AT(ice_servers), 0, 16384, NULL, "[]",
     .help = "STUN and TURN servers: a list of RTCIceServer objects, given to people and the engine."},
    {"turn_secret_file", SETTING_PATH, AT(turn_secret_file), 1, 4000, NULL, NULL,
     .help =
         "The secret that the TURN servers have as static-auth-secret: those without a credential get one "
         "that is good for a time."},
    {"turn_credential_seconds", SETTING_INT, AT(turn_credential_seconds), 60, 604800, "seconds", "3600",
     .help = "How long such a credential is good; never less than the session lasts."},
    {"metrics_token_file", SETTING_PATH, AT(metrics_token_file), 1, 4000, NULL, NULL,
     .help = "The secret that whoever asks for metrics must show, as bearer: the first line of a file."},
    {"clock_steady_seconds", SETTING_INT, AT(clock_steady_seconds), 0, 3600, "seconds", "30",
     .help = "How long a clock that has jumped must be steady before it is believed; until then no session "
             "ends by it."},
    {"isolation", SETTING_CHOICE, AT(isolation), 0, 0, NULL, "cell", "cell|none",
     .help =
         "What a session's processes run in: a cell of their own, or none, with all that the streamer may."},
    {"cell.network", SETTING_CHOICE, AT(cell_network), 0, 0, NULL, "none", "none|host",
     .help = "What network the application has."},
    {"cell.app_directory", SETTING_PATH, AT(cell_app_directory), 0, 4000, NULL, NULL,
     .help = "The application's directory, which it sees read-only; not set: that of app's program."},
    {"cell.read_only", SETTING_TEXTS, AT(cell_read_only), 0, 4000, NULL, NULL,
     .help = "Further paths that the application sees, read-only."},
    {"cell.memory_mb", SETTING_INT, AT(cell_memory_mb), 0, 16777216, "MiB", "0",
     .help = "Memory that all processes of one session may take together; 0: nine tenths of the host's."},
    {"cell.processes", SETTING_INT, AT(cell_processes), 0, 1000000, "processes", "1000",
     .help = "Processes and threads that a session's application may have; 0: any number."},
    {"cell.disk_mb", SETTING_INT, AT(cell_disk_mb), 1, 1000000, "MB", "2048",
     .help = "Temporary space of a session's application, and as much again of shared memory."},
    {"state_directory", SETTING_PATH, AT(state_directory), 0, 80, NULL, NULL,
     .help = "Where the sessions' temporary directories are made."},
    {"log_level", SETTING_CHOICE, AT(log_level), 0, 0, NULL, "info", "error|warning|notice|info|debug",
     .help = "Least important lines to log."},
    {NULL},
};

/* What streamer_settings_apply() takes over at run time; the others need a restart. */
static const char *const live_settings[] = {
    "session_limit",
    "standby_sessions",
    "standby_displays",
    "session_users_limit",
    "session_minutes",
    "start_timeout_seconds",
    "hang_timeout_seconds",
    "engine_timeout_seconds",
    "join_seconds",
    "reconnect_grace_seconds",
    "alone_grace_seconds",
    "inactivity_seconds",
    "inactivity_warning_seconds",
    "no_picture_seconds",
    "stop_grace_seconds",
    "control",
    "control_idle_seconds",
    "max_restarts",
    "cell.memory_mb",
    "ice_servers",
    "turn_secret_file",
    "turn_credential_seconds",
    "metrics_token_file",
    "allowed_origins",
    "limits.connections",
    "limits.requests",
    "limits.requests_burst",
    "limits.exempt",
    "log_level",
    NULL,
};

static gboolean complain(GError **error, const char *path, const char *field, const char *rule) {
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s: %s", path, field, rule);
  return FALSE;
}

static gboolean check_environment(const char *path, char **environment, GError **error) {
  for (char **entry = environment; entry && *entry; entry++)
    if (!**entry || **entry == '=')
      return complain(error, path, "app_environment", "must be \"NAME=value\" or \"NAME\"");
  return TRUE;
}

static gboolean check_networks(const char *path, char *const *networks, GError **error) {
  for (; networks && *networks; networks++) {
    g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(*networks, NULL);
    if (!mask)
      return complain(error, path, "limits.exempt", "must be networks such as \"10.0.0.0/8\"");
  }
  return TRUE;
}

/* What a cell has for itself can be nobody's directory. */
static gboolean check_shown(const char *path, const StreamerSettings *settings, GError **error) {
  static const char rule[] = "must be absolute, and no directory that a cell has for itself";
  const char *directory = settings->cell_app_directory;
  if (directory && *directory && !cell_path_can_be_shown(directory))
    return complain(error, path, "cell.app_directory", rule);
  for (char **shown = settings->cell_read_only; shown && *shown; shown++)
    if (!cell_path_can_be_shown(*shown))
      return complain(error, path, "cell.read_only", rule);
  return TRUE;
}

/* What is started before anybody asks for it knows no more than the file does. */
static gboolean check_kept_app(const char *path, const StreamerSettings *settings, GError **error) {
  for (char **argument = settings->app; *argument; argument++) {
    if (strstr(*argument, "{session}"))
      return complain(error, path, "standby_sessions", "cannot be, since `app` is given {session}");
    if (strstr(*argument, "{rc_name}") && !settings->rc_name)
      return complain(error, path, "standby_sessions", "needs `rc_name`, since `app` is given {rc_name}");
  }
  return TRUE;
}

/* What a row of the table cannot say. */
static gboolean check(const char *path, const StreamerSettings *settings, GError **error) {
  if (!settings->app[0] || !settings->app[0][0])
    return complain(error, path, "app", "must name the program to run");
  if (!language_is_tag(settings->language))
    return complain(error, path, "language", "must be a language tag (BCP 47)");
  if (!settings->tls_certificate != !settings->tls_key)
    return complain(error, path, settings->tls_key ? "tls_certificate" : "tls_key",
                    "is needed: a certificate and its key go together");
  if (!check_networks(path, settings->limits_exempt, error))
    return FALSE;
  if (settings->public_url && !g_str_has_suffix(settings->public_url, "/"))
    return complain(error, path, "public_url", "must end in a slash");
  if (settings->standby_sessions > settings->session_limit)
    return complain(error, path, "standby_sessions", "must be at most session_limit");
  if (settings->standby_sessions && !check_kept_app(path, settings, error))
    return FALSE;
  return check_shown(path, settings, error) && check_environment(path, settings->app_environment, error);
}

/* The first line of a file that the settings name. @secret NULL: they name none. (transfer full) */
static gboolean load_secret(const char *path, const char *field, const char *file, char **secret,
                            GError **error) {
  g_autoptr(GError) cause = NULL;
  *secret = file ? secret_file_read_line(file, &cause) : NULL;
  return !cause || complain(error, path, field, cause->message);
}

gboolean streamer_settings_read_turn_secret(StreamerSettings *settings, gboolean *changed, GError **error) {
  char *fresh;
  if (!load_secret("the settings", "turn_secret_file", settings->turn_secret_file, &fresh, error))
    return FALSE;
  *changed = g_strcmp0(fresh, settings->turn_secret) != 0;
  g_free(settings->turn_secret);
  settings->turn_secret = fresh;
  return TRUE;
}

/* Browsers take no TURN server without a credential, and nothing else beside it. */
static gboolean check_ice_servers(const char *path, const StreamerSettings *settings, GError **error) {
  g_autoptr(GError) cause = NULL;
  GPtrArray *list = ice_server_list_parse(settings->ice_servers, &cause);
  if (!list)
    return complain(error, path, "ice_servers", cause->message);
  gboolean complete = TRUE;
  for (guint i = 0; i < list->len; i++) {
    const IceServer *server = list->pdata[i];
    if (ice_server_is_turn(server) && !settings->turn_secret && !(server->username && server->credential))
      complete = FALSE;
  }
  ice_server_list_free(list);
  return complete || complain(error, path, "ice_servers",
                              "a TURN server needs username and credential, or turn_secret_file");
}

/* A program that is named by a path is found from the file's directory, as all paths are. */
static void make_app_absolute(const char *path, StreamerSettings *settings) {
  char **program = &settings->app[0];
  if (!strchr(*program, '/') || g_path_is_absolute(*program))
    return;
  g_autofree char *given = *program, *directory = settings_directory(path);
  *program = g_build_filename(directory, given, NULL);
}

StreamerSettings *streamer_settings_load(const char *path, GError **error) {
  g_autoptr(StreamerSettings) settings = g_new0(StreamerSettings, 1);
  if (!settings_load(path, streamer_settings_table, settings, error) || !check(path, settings, error))
    return NULL;
  make_app_absolute(path, settings);
  if (!load_secret(path, "turn_secret_file", settings->turn_secret_file, &settings->turn_secret, error) ||
      !load_secret(path, "metrics_token_file", settings->metrics_token_file, &settings->metrics_token,
                   error) ||
      !check_ice_servers(path, settings, error))
    return NULL;
  g_autofree char *section = g_strconcat(path, ": webrtc", NULL);
  if (!media_settings_read(section, settings->webrtc_json, &settings->media, error))
    return NULL;
  settings->file = g_canonicalize_filename(path, NULL);
  return g_steal_pointer(&settings);
}

void streamer_settings_free(StreamerSettings *settings) {
  if (!settings)
    return;
  settings_clear(streamer_settings_table, settings);
  media_settings_clear(&settings->media);
  g_free(settings->turn_secret);
  g_free(settings->file);
  g_free(settings->metrics_token);
  g_free(settings);
}

/* ---- reading again ---- */

static gboolean texts_equal(char *const *a, char *const *b) {
  static char *const none[] = {NULL};
  return g_strv_equal((const char *const *)(a ? a : none), (const char *const *)(b ? b : none));
}

static gboolean row_equal(const Setting *row, const StreamerSettings *a, const StreamerSettings *b) {
  gconstpointer left = G_STRUCT_MEMBER_P(a, row->offset), right = G_STRUCT_MEMBER_P(b, row->offset);
  switch (row->type) {
  case SETTING_INT:
    return *(const gint64 *)left == *(const gint64 *)right;
  case SETTING_BOOL:
    return *(const gboolean *)left == *(const gboolean *)right;
  case SETTING_TEXTS:
    return texts_equal(*(char **const *)left, *(char **const *)right);
  default:
    return g_strcmp0(*(char *const *)left, *(char *const *)right) == 0;
  }
}

static void row_take(const Setting *row, StreamerSettings *to, const StreamerSettings *from) {
  gpointer left = G_STRUCT_MEMBER_P(to, row->offset);
  gconstpointer right = G_STRUCT_MEMBER_P(from, row->offset);
  switch (row->type) {
  case SETTING_INT:
    *(gint64 *)left = *(const gint64 *)right;
    break;
  case SETTING_BOOL:
    *(gboolean *)left = *(const gboolean *)right;
    break;
  case SETTING_TEXTS:
    g_strfreev(*(char ***)left);
    *(char ***)left = g_strdupv(*(char **const *)right);
    break;
  default:
    g_free(*(char **)left);
    *(char **)left = g_strdup(*(char *const *)right);
  }
}

char *streamer_settings_apply(StreamerSettings *settings, const StreamerSettings *fresh) {
  GString *waiting = g_string_new(NULL);
  for (const Setting *row = streamer_settings_table; row->name; row++) {
    if (row_equal(row, settings, fresh))
      continue;
    if (g_strv_contains(live_settings, row->name))
      row_take(row, settings, fresh);
    else
      g_string_append_printf(waiting, "%s%s", waiting->len ? "," : "", row->name);
  }
  /* The files may have others now. */
  g_free(settings->turn_secret);
  settings->turn_secret = g_strdup(fresh->turn_secret);
  g_free(settings->metrics_token);
  settings->metrics_token = g_strdup(fresh->metrics_token);
  return g_string_free(waiting, waiting->len == 0);
}

/* ---- derived ---- */

const char *streamer_settings_public_ip(const StreamerSettings *settings) {
  return settings->public_ip && *settings->public_ip ? settings->public_ip : settings->ip;
}

gint64 streamer_settings_public_port(const StreamerSettings *settings) {
  return settings->public_port ? settings->public_port : settings->port;
}

char *streamer_settings_public_base(const StreamerSettings *settings) {
  const char *url = settings->public_url, *ip = streamer_settings_public_ip(settings);
  if (url && *url)
    return g_strdup(url);
  gboolean is_v6 = strchr(ip, ':') != NULL;
  return g_strdup_printf("%s://%s%s%s:%" G_GINT64_FORMAT "/", settings->tls_certificate ? "https" : "http",
                         is_v6 ? "[" : "", ip, is_v6 ? "]" : "", streamer_settings_public_port(settings));
}

char *streamer_settings_ice_servers(const StreamerSettings *settings, const char *user, gint64 until_us) {
  if (!settings->turn_secret)
    return g_strdup(settings->ice_servers);
  gint64 until_s = until_us / G_USEC_PER_SEC + 1;
  gint64 least_s = instant_now_us() / G_USEC_PER_SEC + settings->turn_credential_seconds;
  GPtrArray *list = ice_server_list_parse(settings->ice_servers, NULL); /* checked when it was loaded */
  ice_server_list_complete(list, settings->turn_secret, user, MAX(until_s, least_s));
  char *servers = ice_server_list_write(list);
  ice_server_list_free(list);
  return servers;
}

char *streamer_settings_state_directory(const StreamerSettings *settings) {
  if (settings->state_directory && *settings->state_directory)
    return g_strdup(settings->state_directory);
  const char *given = g_getenv("RUNTIME_DIRECTORY"); /* systemd.exec(5) */
  if (given && *given && !strchr(given, ':'))
    return g_strdup(given);
  g_autofree char *name = g_strdup_printf("vitrina-%u", (guint)getuid());
  return g_build_filename(g_get_tmp_dir(), name, NULL);
}

static char *filled(const char *template, const char *const *names, const char *const *values) {
  GString *text = g_string_new(NULL);
  while (*template) {
    guint i = 0;
    while (names[i] && !g_str_has_prefix(template, names[i]))
      i++;
    if (names[i]) {
      g_string_append(text, values[i] ? values[i] : "");
      template += strlen(names[i]);
    } else {
      g_string_append_c(text, *template ++);
    }
  }
  return g_string_free(text, FALSE);
}

static const char *const placeholders[] = {"{session}", "{rc_name}",  "{display}", "{width}",
                                           "{height}",  "{language}", NULL};

gboolean streamer_settings_is_placeholder(const char *name) {
  return g_strv_contains(placeholders, name);
}

char **streamer_settings_app(const StreamerSettings *settings, const StreamerAppValues *values) {
  g_autofree char *width = g_strdup_printf("%" G_GINT64_FORMAT, settings->media.width);
  g_autofree char *height = g_strdup_printf("%" G_GINT64_FORMAT, settings->media.height);
  const char *language = values->language ? values->language : settings->language;
  const char *fill[] = {values->session, values->rc_name, values->display, width, height, language};
  guint count = g_strv_length(settings->app);
  char **arguments = g_new0(char *, count + 1);
  for (guint i = 0; i < count; i++)
    arguments[i] = filled(settings->app[i], placeholders, fill);
  return arguments;
}
