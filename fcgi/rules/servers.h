/* servers.json: the list of streaming servers, as the operator wrote it (vitrina-servers.json(5)).
 *
 * Pure: reads text or a file, keeps no state. Any thread.
 */
#pragma once
#include <glib.h>

#define SERVERS_MAX 100000

typedef struct {
  char *name;        /* "server_name", or "server_name1" as the specification's sample spells it; unique */
  char *ip;          /* an address or a host name */
  gint64 port;       /* 1..65535 */
  char *url;         /* "url": the base URL that people use, absolute or relative to the site (nullable) */
  gboolean enabled;  /* "enabled", TRUE when it is not said: FALSE drains the server */
  gint64 generation; /* "generation" of its key, from 1 (key_ring.h); 1 when it is not said */
  char *rc_name;     /* "rc_info.rc_name" */
  char *info;        /* "rc_info.info" as JSON text (nullable) */
  char *text; /* the whole entry as compact JSON, with unknown fields, without the fields we add to it */
} Server;

void server_free(Server *server); /* NULL is allowed */

/* What the list says of a server, as its streamer is reached: "http://ip:port/" or "https://ip:port/".
 * (transfer full) */
char *server_control_url(const Server *server, gboolean tls);
/* The URL for people, ending in "/": what the list says, else the control URL. (transfer full) */
char *server_public_url(const Server *server, gboolean tls);

/* Reads a list: a (transfer full) array of Server, which it owns, in the order of the text; or NULL with an
 * error of SETTINGS_ERROR, one line that names @name, the line or field, and the rule. */
GPtrArray *servers_parse(const char *name, const char *text, gsize length, GError **error);

/* The same from a file. */
GPtrArray *servers_load(const char *path, GError **error);
