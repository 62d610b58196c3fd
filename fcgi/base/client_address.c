#include "fcgi/base/client_address.h"

#include "common/settings.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <string.h>

#define FORWARDED_MAX 2000
#define MAPPED_BITS 96

static const guint8 mapped_prefix[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

typedef struct {
  guint8 bytes[16];
  guint bits;
} Network;

struct ClientNetworks {
  guint count;
  Network list[];
};

/* ---- addresses ---- */

/* 4 and 16 bytes alike as 16. */
static void map_address(guint8 mapped[16], const guint8 *bytes, gsize size) {
  if (size == 4)
    memcpy(mapped, mapped_prefix, sizeof mapped_prefix);
  memcpy(mapped + 16 - size, bytes, size);
}

/* FALSE when @text is no address; a zone ("%eth0") is passed over. */
static gboolean read_bytes(const char *text, guint8 mapped[16]) {
  char plain[INET6_ADDRSTRLEN];
  gsize length = strcspn(text, "%");
  guint8 bytes[16];
  if (length >= sizeof plain)
    return FALSE;
  memcpy(plain, text, length);
  plain[length] = 0;
  gboolean is_ipv6 = memchr(plain, ':', length) != NULL;
  if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, plain, bytes) != 1)
    return FALSE;
  map_address(mapped, bytes, is_ipv6 ? 16 : 4);
  return TRUE;
}

ClientPrefix client_address_read(const char *text) {
  static const guint8 unknown[4];
  ClientPrefix address;
  if (!read_bytes(text, address.bytes))
    map_address(address.bytes, unknown, sizeof unknown);
  gboolean is_ipv4 = memcmp(address.bytes, mapped_prefix, sizeof mapped_prefix) == 0;
  address.client_bytes = is_ipv4 ? 16 : 8;
  address.network_bytes = is_ipv4 ? 15 : 6;
  return address;
}

gboolean client_address_is_unknown(const ClientPrefix *client) {
  static const guint8 unknown[4];
  return client->client_bytes == sizeof client->bytes &&
         memcmp(client->bytes + MAPPED_BITS / 8, unknown, sizeof unknown) == 0;
}

guint64 client_address_number(const ClientPrefix *client, gsize bytes) {
  guint8 part[8] = {0};
  gsize from = client->client_bytes == sizeof client->bytes ? 8 : 0;
  memcpy(part, client->bytes + from, bytes - from);
  guint64 number;
  memcpy(&number, part, sizeof number);
  return GUINT64_FROM_BE(number);
}

/* ---- networks ---- */

static gboolean read_network(const char *text, Network *network) {
  g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(text, NULL);
  if (!mask)
    return FALSE;
  GInetAddress *address = g_inet_address_mask_get_address(mask);
  gsize size = g_inet_address_get_native_size(address);
  map_address(network->bytes, g_inet_address_to_bytes(address), size);
  network->bits = g_inet_address_mask_get_length(mask) + (size == 4 ? MAPPED_BITS : 0);
  return TRUE;
}

ClientNetworks *client_networks_new(const char *name, const char *setting, char *const *texts,
                                    GError **error) {
  guint count = texts ? g_strv_length((char **)texts) : 0;
  ClientNetworks *networks = g_malloc0(sizeof(ClientNetworks) + count * sizeof(Network));
  for (; networks->count < count; networks->count++)
    if (!read_network(texts[networks->count], &networks->list[networks->count])) {
      g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s: \"%s\" is no address or network",
                  name, setting, texts[networks->count]);
      g_free(networks);
      return NULL;
    }
  return networks;
}

void client_networks_free(ClientNetworks *networks) {
  g_free(networks);
}

static gboolean is_in(const guint8 address[16], const Network *network) {
  guint bytes = network->bits / 8, bits = network->bits % 8;
  if (memcmp(address, network->bytes, bytes) != 0)
    return FALSE;
  return bits == 0 || (address[bytes] ^ network->bytes[bytes]) >> (8 - bits) == 0;
}

static gboolean is_in_one(const guint8 address[16], const ClientNetworks *networks) {
  for (guint i = 0; i < networks->count; i++)
    if (is_in(address, &networks->list[i]))
      return TRUE;
  return FALSE;
}

gboolean client_networks_have(const ClientNetworks *networks, const ClientPrefix *address) {
  return is_in_one(address->bytes, networks);
}

/* ---- proxies ---- */

char *client_address(const char *remote, const char *forwarded, const ClientNetworks *trusted) {
  guint8 address[16];
  if (!forwarded || trusted->count == 0 || strlen(forwarded) > FORWARDED_MAX ||
      !read_bytes(remote, address) || !is_in_one(address, trusted))
    return g_strdup(remote);
  g_auto(GStrv) hops = g_strsplit(forwarded, ",", -1);
  const char *client = remote;
  for (guint i = g_strv_length(hops); i-- > 0;) {
    if (!read_bytes(g_strstrip(hops[i]), address))
      break;
    client = hops[i];
    if (!is_in_one(address, trusted))
      break;
  }
  return g_strdup(client);
}

char *client_address_of_chain(const char *peer, const char *chain, const ClientNetworks *trusted) {
  const char *comma = chain ? strrchr(chain, ',') : NULL;
  g_autofree char *remote = g_strstrip(g_strdup(comma ? comma + 1 : chain ? chain : peer));
  g_autofree char *before = comma ? g_strndup(chain, (gsize)(comma - chain)) : NULL;
  guint8 address[16];
  return client_address(read_bytes(remote, address) ? remote : peer, before, trusted);
}
