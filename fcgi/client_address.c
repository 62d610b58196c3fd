#include "fcgi/client_address.h"

#include "common/settings.h"

#include <gio/gio.h>
#include <string.h>

#define FORWARDED_MAX 2000

GPtrArray *client_address_networks(const char *name, char *const *texts, GError **error) {
  g_autoptr(GPtrArray) networks = g_ptr_array_new_with_free_func(g_object_unref);
  for (guint i = 0; texts && texts[i]; i++) {
    GInetAddressMask *network = g_inet_address_mask_new_from_string(texts[i], NULL);
    if (!network) {
      g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT,
                  "%s: trusted_proxies: \"%s\" is no address or network", name, texts[i]);
      return NULL;
    }
    g_ptr_array_add(networks, network);
  }
  return g_steal_pointer(&networks);
}

static gboolean is_trusted(const GPtrArray *trusted, const char *text) {
  g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
  for (guint i = 0; address && i < trusted->len; i++)
    if (g_inet_address_mask_matches(trusted->pdata[i], address))
      return TRUE;
  return FALSE;
}

static gboolean is_address(const char *text) {
  g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
  return address != NULL;
}

char *client_address(const char *remote, const char *forwarded, const GPtrArray *trusted) {
  if (!forwarded || trusted->len == 0 || strlen(forwarded) > FORWARDED_MAX || !is_trusted(trusted, remote))
    return g_strdup(remote);
  g_auto(GStrv) hops = g_strsplit(forwarded, ",", -1);
  const char *client = remote;
  for (guint i = g_strv_length(hops); i-- > 0;) {
    if (!is_address(g_strstrip(hops[i])))
      break;
    client = hops[i];
    if (!is_trusted(trusted, client))
      break;
  }
  return g_strdup(client);
}
