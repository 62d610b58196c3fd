#include "streamer/webrtc/program/media_check.h"

#include "streamer/shared/public_address.h"
#include "streamer/webrtc/picture/encoder.h"
#include <ifaddrs.h>
#include <netinet/in.h>

static GInetAddress *address_of(const struct sockaddr *address) {
  if (address && address->sa_family == AF_INET)
    return g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in *)address)->sin_addr,
                                         G_SOCKET_FAMILY_IPV4);
  if (address && address->sa_family == AF_INET6)
    return g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in6 *)address)->sin6_addr,
                                         G_SOCKET_FAMILY_IPV6);
  return NULL;
}

/* Whether this host has @wanted. Where that cannot be found out it is believed. */
static gboolean is_local(GInetAddress *wanted) {
  struct ifaddrs *list;
  gboolean found = FALSE;
  if (getifaddrs(&list) != 0)
    return TRUE;
  for (struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
    g_autoptr(GInetAddress) address = address_of(at->ifa_addr);
    found = address && g_inet_address_equal(address, wanted);
  }
  freeifaddrs(list);
  return found;
}

static void check_local(const char *setting, GInetAddress *address, GPtrArray *problems) {
  if (!address || is_local(address))
    return;
  g_autofree char *text = g_inet_address_to_string(address);
  g_ptr_array_add(problems, g_strdup_printf("%s: this host has no address %s", setting, text));
}

static void check_addresses(const MediaSettings *settings, GPtrArray *problems) {
  for (char **text = settings->ice_addresses; text && *text; text++) {
    g_autoptr(GInetAddress) address = address_parse(*text);
    check_local("ice_addresses", address, problems);
  }
  for (char **text = settings->public_addresses; text && *text; text++) {
    g_autoptr(GInetAddress) address = public_address_local(*text);
    check_local("public_addresses", address, problems);
  }
}

gboolean media_check_addresses(const MediaSettings *settings, GError **error) {
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
  check_addresses(settings, problems);
  if (problems->len > 0)
    g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s", (const char *)problems->pdata[0]);
  return problems->len == 0;
}

void media_check(const MediaSettings *settings, GPtrArray *problems) {
  check_addresses(settings, problems);
  for (char **name = settings->codec_names; *name; name++) {
    g_autoptr(GError) error = NULL;
    MediaCodec codec;
    if (media_codec_find(*name, &codec) && !encoder_check(codec, settings, &error))
      g_ptr_array_add(problems, g_strdup_printf("the encoder for %s: %s", *name, error->message));
  }
}
