/* configuration.json: the coordinator's settings (vitrina-coordinator(8)), a row each in configuration.c.
 * Plain data; read once at start.
 */
#pragma once
#include "common/log.h"
#include "fcgi/base/client_address.h"
#include "fcgi/base/rate_limit.h"
#include "fcgi/base/sql_address.h"
#include "fcgi/rules/rc_rules.h"

typedef struct {
  char *ip;               /* where the FastCGI door listens, with port */
  gint64 port;            /* 0: not by TCP */
  char *socket;           /* or here (nullable) */
  char *websocket_ip;     /* where the WebSocket door listens, with websocket_port */
  gint64 websocket_port;  /* 0: not by TCP */
  char *websocket_socket; /* or here (nullable) */
  gint64 max_websockets;
  gint64 websocket_ping_seconds;
  char **allowed_origins; /* nullable */
  gint64 time_between_updates_seconds;
  char *servers_file;
  char *key_file, *bookings_key_file;
  char *metrics_token_file; /* nullable */
  gint64 code_digits;
  gint64 drain_seconds;
  gint64 coordinators;
  gint64 session_minutes;
  gint64 min_session_minutes;
  gint64 call_timeout_seconds;
  gint64 start_timeout_seconds;
  gint64 status_wait_seconds;
  gboolean streamer_tls;
  char *ca_file; /* nullable */
  gint64 threads;
  gint64 finisher_threads;
  gint64 streamer_threads;
  gint64 max_waiting;
  gint64 max_wait_seconds;
  gint64 knock_seconds;
  gint64 clock_steady_seconds;
  gint64 line_limit;
  gint64 place_seconds;
  gint64 offer_seconds;
  char *log_level;
  gboolean access_log;
  char *plan_file;
  char *staff_file;
  gint64 slot_minutes;
  gint64 horizon_days;
  gint64 booking_step_minutes;
  gint64 no_show_minutes;
  gint64 history_days;
  gint64 extension_minutes;
  gint64 extension_notice_minutes;
  char *time_zone;
  char *rcs; /* JSON (nullable) */
  char **trusted_proxies;
  Rate rates[RATE_N_CLASSES];
  gint64 limits_held;
  gint64 limits_bookings, limits_sessions, limits_places;
  gint64 limits_neighbours;
  char **limits_exempt;
  char *store_type;   /* "json" or "mysql" */
  char **store_nodes; /* nullable */
  char *store_host, *store_socket, *store_database, *store_user;
  char *store_password_file, *store_ca_file; /* nullable */
  gint64 store_port, store_connections, store_connect_timeout_seconds, store_answer_timeout_seconds;
  gboolean store_tls;
  char *store_password;            /* made of store_password_file (nullable) */
  char *metrics_token;             /* made of metrics_token_file (nullable) */
  RcRulesTable *rc_rules;          /* made of the above */
  ClientNetworks *proxy_networks;  /* made of trusted_proxies */
  ClientNetworks *exempt_networks; /* made of limits_exempt */
} Configuration;

/* Reads @path; returns (transfer full), or NULL with an error of SETTINGS_ERROR. */
Configuration *configuration_load(const char *path, GError **error);
void configuration_free(Configuration *configuration); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Configuration, configuration_free)

/* Whether the list of servers and the plan are in a database, and where that is: the texts are
 * @configuration's. */
gboolean configuration_has_database(const Configuration *configuration);
SqlAddress configuration_get_database(const Configuration *configuration);

LogLevel configuration_get_log_level(const Configuration *configuration);

/* The settings as text for --help (transfer full). */
char *configuration_describe(void);
