#include "streamer/shared/ice_server.h"

#include "common/fields.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

/* A server as it stands in JSON: one URL is a text or a list of one. */
typedef struct {
  char *urls;
  char *username, *credential;
} IceServerEntry;

static const Field entry_fields[] = {
    {"urls", FIELD_RAW, G_STRUCT_OFFSET(IceServerEntry, urls), .required = TRUE, .max = 4096},
    {"username", FIELD_TEXT, G_STRUCT_OFFSET(IceServerEntry, username), .max = 512},
    {"credential", FIELD_TEXT, G_STRUCT_OFFSET(IceServerEntry, credential), .max = 512},
    {NULL},
};

static const Field server_fields[] = {
    {"urls", FIELD_TEXTS, G_STRUCT_OFFSET(IceServer, urls), .required = TRUE, .max = 1024},
    {"username", FIELD_TEXT, G_STRUCT_OFFSET(IceServer, username)},
    {"credential", FIELD_TEXT, G_STRUCT_OFFSET(IceServer, credential)},
    {NULL},
};

static void server_free(gpointer server) {
  fields_free(server_fields, server);
}

void ice_server_list_free(GPtrArray *list) {
  if (list)
    g_ptr_array_unref(list);
}

static IceServer *server_new(IceServerEntry *entry, GError **error) {
  g_autofree char *object =
      g_strdup_printf(entry->urls[0] == '[' ? "{\"urls\":%s}" : "{\"urls\":[%s]}", entry->urls);
  IceServer *server = g_new0(IceServer, 1);
  if (!fields_read_text(object, strlen(object), server_fields, server, error)) {
    server_free(server);
    return NULL;
  }
  server->username = g_steal_pointer(&entry->username);
  server->credential = g_steal_pointer(&entry->credential);
  return server;
}

GPtrArray *ice_server_list_parse(const char *json, GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(json, strlen(json), error);
  GPtrArray *entries = doc ? fields_read_array(doc, entry_fields, sizeof(IceServerEntry), error) : NULL;
  if (!entries)
    return NULL;
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(server_free);
  for (guint i = 0; i < entries->len && list; i++) {
    IceServer *server = NULL;
    if (list->len < ICE_SERVERS_MAX)
      server = server_new(entries->pdata[i], error);
    else
      fields_set_error(error, FIELDS_ERROR_RANGE, "urls", "more than %d servers", ICE_SERVERS_MAX);
    if (server)
      g_ptr_array_add(list, server);
    else
      g_clear_pointer(&list, g_ptr_array_unref);
  }
  fields_free_list(entry_fields, entries);
  return g_steal_pointer(&list);
}

char *ice_server_list_write(const GPtrArray *list) {
  GString *text = g_string_new("[");
  for (guint i = 0; i < list->len; i++) {
    g_autofree char *server = fields_write(server_fields, list->pdata[i]);
    g_string_append_printf(text, "%s%s", i ? "," : "", server);
  }
  g_string_append_c(text, ']');
  return g_string_free(text, FALSE);
}

gboolean ice_server_is_turn(const IceServer *server) {
  for (char **url = server->urls; url && *url; url++)
    if (g_str_has_prefix(*url, "turn:") || g_str_has_prefix(*url, "turns:"))
      return TRUE;
  return FALSE;
}

static char *sign(const char *secret, const char *username) {
  guint8 digest[EVP_MAX_MD_SIZE];
  guint length = 0;
  HMAC(EVP_sha1(), secret, (int)strlen(secret), (const guint8 *)username, strlen(username), digest, &length);
  return g_base64_encode(digest, length);
}

void ice_server_list_complete(GPtrArray *list, const char *secret, const char *user, gint64 expires_at_s) {
  for (guint i = 0; i < list->len; i++) {
    IceServer *server = list->pdata[i];
    if (server->credential || !ice_server_is_turn(server))
      continue;
    g_free(server->username);
    server->username = g_strdup_printf("%" G_GINT64_FORMAT ":%s", expires_at_s, user);
    server->credential = sign(secret, server->username);
  }
}
