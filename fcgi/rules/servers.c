#include "fcgi/rules/servers.h"

#include "common/fields.h"
#include "common/key_ring.h"
#include "common/settings.h"
#include "fcgi/rules/limits.h"

#include <string.h>

static const Field server_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(Server, name), .required = TRUE, .also = "server_name1",
     LIMIT_SERVER_NAME},
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(Server, ip), .required = TRUE, .min = 1, .max = 253},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(Server, port), .required = TRUE, .min = 1, .max = 65535},
    {"url", FIELD_TEXT, G_STRUCT_OFFSET(Server, url), .min = 1, .max = 1000},
    {"generation", FIELD_INT, G_STRUCT_OFFSET(Server, generation), .min = 1, .max = KEY_GENERATION_MAX},
    {"enabled", FIELD_BOOL, G_STRUCT_OFFSET(Server, enabled), .absent = TRUE},
    {"rc_info.rc_name", FIELD_TEXT, G_STRUCT_OFFSET(Server, rc_name), .required = TRUE, LIMIT_RC_NAME},
    {"rc_info.info", FIELD_RAW, G_STRUCT_OFFSET(Server, info), .max = 32 * 1024},
    {NULL},
};

/* What answers add to an entry: a field of that name in the file would stand there twice. */
static const char *const added_fields[] = {
    "state", "sessions", "session_limit", "complaint", "clock_difference_seconds", NULL};

void server_free(Server *server) {
  if (!server)
    return;
  g_free(server->text);
  fields_free(server_fields, server);
}

static gboolean is_ipv6(const char *ip) {
  return strchr(ip, ':') != NULL;
}

char *server_control_url(const Server *server, gboolean tls) {
  const char *scheme = tls ? "https" : "http";
  return g_strdup_printf(is_ipv6(server->ip) ? "%s://[%s]:%d/" : "%s://%s:%d/", scheme, server->ip,
                         (int)server->port);
}

char *server_public_url(const Server *server, gboolean tls) {
  if (!server->url)
    return server_control_url(server, tls);
  return g_strconcat(server->url, g_str_has_suffix(server->url, "/") ? NULL : "/", NULL);
}

static gboolean is_host(const char *ip) {
  if (is_ipv6(ip))
    return g_hostname_is_ip_address(ip);
  return ip[strspn(ip, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == 0;
}

/* Absolute ones over HTTP only; in relative ones nothing that a browser takes for a scheme. */
static gboolean is_url(const char *url) {
  for (const char *p = url; *p; p++)
    if (*p <= ' ' || *p == 0x7f)
      return FALSE;
  if (g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://"))
    return TRUE;
  return !g_str_has_prefix(url, "//") && strcspn(url, ":") >= strcspn(url, "/");
}

static gboolean check_server(const Server *server, guint index, GHashTable *names, GError **error) {
  g_autofree char *field = NULL;
  if (!is_host(server->ip)) {
    field = g_strdup_printf("[%u].ip", index);
    fields_set_error(error, FIELDS_ERROR_RANGE, field, "must be an IP address or a host name");
    return FALSE;
  }
  if (server->url && !is_url(server->url)) {
    field = g_strdup_printf("[%u].url", index);
    fields_set_error(error, FIELDS_ERROR_RANGE, field, "must be an http or https URL, or a relative one");
    return FALSE;
  }
  if (server->info && *server->info != '{') {
    field = g_strdup_printf("[%u].rc_info.info", index);
    fields_set_error(error, FIELDS_ERROR_TYPE, field, "must be an object");
    return FALSE;
  }
  if (!g_hash_table_add(names, server->name)) {
    field = g_strdup_printf("[%u].server_name", index);
    fields_set_error(error, FIELDS_ERROR_RANGE, field, "\"%s\" stands there twice; names must differ",
                     server->name);
    return FALSE;
  }
  return TRUE;
}

static gboolean check_servers(GPtrArray *servers, GError **error) {
  g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
  if (servers->len > SERVERS_MAX) {
    fields_set_error(error, FIELDS_ERROR_RANGE, NULL, "there may be at most %d servers", SERVERS_MAX);
    return FALSE;
  }
  for (guint i = 0; i < servers->len; i++)
    if (!check_server(servers->pdata[i], i, names, error))
      return FALSE;
  return TRUE;
}

static GPtrArray *read_list(const char *text, gsize length, GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  if (!doc)
    return NULL;
  GPtrArray *servers = fields_read_array(doc, server_fields, sizeof(Server), error);
  if (!servers)
    return NULL;
  if (!check_servers(servers, error)) {
    fields_free_list(server_fields, servers);
    return NULL;
  }
  g_autoptr(GPtrArray) texts = fields_array_texts(doc, error);
  for (guint i = 0; i < servers->len; i++) {
    Server *server = servers->pdata[i];
    server->generation = MAX(server->generation, 1);
    server->text = fields_without(texts->pdata[i], added_fields);
  }
  g_ptr_array_set_free_func(servers, (GDestroyNotify)server_free);
  return servers;
}

GPtrArray *servers_parse(const char *name, const char *text, gsize length, GError **error) {
  g_autoptr(GError) inner = NULL;
  GPtrArray *servers = read_list(text, length, &inner);
  if (!servers)
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s", name, inner->message);
  return servers;
}

GPtrArray *servers_load(const char *path, GError **error) {
  g_autofree char *text = NULL;
  g_autoptr(GError) inner = NULL;
  gsize length;
  if (!g_file_get_contents(path, &text, &length, &inner)) {
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FILE, "%s", inner->message);
    return NULL;
  }
  return servers_parse(path, text, length, error);
}
