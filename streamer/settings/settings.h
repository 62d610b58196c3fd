/* config.json: what the operator says about this streamer. streamer_settings_table in settings.c is the
 * manual: a row a setting, with its limits, default and a sentence. */
#pragma once
#include "common/settings.h"
#include "streamer/shared/media_settings.h"

typedef struct {
  char *file; /* where they were read from, absolute */
  char *server_name;
  char *rc_name; /* nullable */
  char *ip;
  gint64 port;
  char *public_ip; /* nullable: as ip */
  gint64 public_port;
  char *public_url; /* nullable: made of public_ip and public_port */
  char *tls_certificate, *tls_key;
  char *key_file;
  char **allowed_origins;
  gint64 limits_connections, limits_requests, limits_requests_burst;
  char **limits_exempt;
  gint64 session_limit, standby_sessions, standby_displays, session_users_limit, session_minutes;
  gint64 start_timeout_seconds, hang_timeout_seconds, engine_timeout_seconds;
  gint64 join_seconds, reconnect_grace_seconds, alone_grace_seconds;
  gint64 inactivity_seconds, inactivity_warning_seconds, no_picture_seconds, stop_grace_seconds;
  char *control;
  gint64 control_idle_seconds;
  gint64 clock_steady_seconds;
  char *engine;
  char **app;
  char **app_environment;
  char *language;
  gint64 max_restarts;
  gint64 cell_memory_mb; /* 0: nine tenths of the host's */
  char *webrtc_json;
  char *webrtc_program;
  char *ice_servers;
  char *turn_secret_file; /* nullable */
  gint64 turn_credential_seconds;
  char *isolation;
  char *cell_network;
  char *cell_app_directory; /* nullable: where app[0] is (cell_settings.h) */
  char **cell_read_only;
  gint64 cell_processes, cell_disk_mb;
  char *metrics_token_file; /* nullable */
  char *state_directory;
  char *log_level;

  MediaSettings media; /* read from webrtc_json */
  char *turn_secret;   /* read from turn_secret_file (nullable) */
  char *metrics_token; /* read from metrics_token_file (nullable) */
} StreamerSettings;

extern const Setting streamer_settings_table[];

/* Reads and checks @path. NULL with a one-line error when it breaks a rule. (transfer full) */
StreamerSettings *streamer_settings_load(const char *path, GError **error);
void streamer_settings_free(StreamerSettings *settings); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StreamerSettings, streamer_settings_free)

/* Takes over from @fresh what may change while sessions run: limits, times, origins, ICE servers, the log's
 * level. Returns the names of settings that differ and need a restart, separated by commas, or NULL.
 * (transfer full) */
char *streamer_settings_apply(StreamerSettings *settings, const StreamerSettings *fresh);

/* Reads turn_secret_file again: *@changed when it has another secret now. FALSE with an error when it cannot
 * be used; what was before stays then. */
gboolean streamer_settings_read_turn_secret(StreamerSettings *settings, gboolean *changed, GError **error);

/* The address and port that people reach this server by. */
const char *streamer_settings_public_ip(const StreamerSettings *settings);
gint64 streamer_settings_public_port(const StreamerSettings *settings);
/* The base of the addresses given to people, ending in a slash (transfer full). */
char *streamer_settings_public_base(const StreamerSettings *settings);

/* The setting ice_servers as @user is given it (transfer full): where there is a secret, TURN servers without
 * a credential get one that is good until @until_us (wall clock) at least. */
char *streamer_settings_ice_servers(const StreamerSettings *settings, const char *user, gint64 until_us);

/* Where the streamer keeps its sessions' directories (transfer full): state_directory, or what systemd or the
 * login gives, or a directory of this user below the temporary one. */
char *streamer_settings_state_directory(const StreamerSettings *settings);

/* The app's command line with {session}, {rc_name}, {width}, {height}, {display} and {language} filled in; a
 * placeholder whose value is NULL becomes nothing, but for {language}: the setting's. NULL-terminated
 * (transfer full). */
typedef struct {
  const char *session, *rc_name, *display, *language;
} StreamerAppValues;
char **streamer_settings_app(const StreamerSettings *settings, const StreamerAppValues *values);

/* Whether @name is one of them: "{width}". */
gboolean streamer_settings_is_placeholder(const char *name);
