#include "fcgi/base/holder.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define KEY_BYTES 16

struct Holders {
  EVP_CIPHER_CTX *cipher;
  const ClientNetworks *exempt;
};

void holders_set_keys(Holders *holders, const KeyRing *keys) {
  g_autofree char *secret = key_ring_secret(keys, "holder", "");
  guint8 bytes[KEY_BYTES];
  for (guint i = 0; i < KEY_BYTES; i++)
    bytes[i] = (guint8)(g_ascii_xdigit_value(secret[2 * i]) << 4 | g_ascii_xdigit_value(secret[2 * i + 1]));
  if (EVP_EncryptInit_ex(holders->cipher, EVP_aes_128_ecb(), NULL, bytes, NULL) != 1)
    g_error("no AES");
  OPENSSL_cleanse(bytes, sizeof bytes);
}

Holders *holders_new(const KeyRing *keys, const ClientNetworks *exempt) {
  Holders *holders = g_new0(Holders, 1);
  holders->exempt = exempt;
  holders->cipher = EVP_CIPHER_CTX_new();
  if (!holders->cipher)
    g_error("no AES");
  holders_set_keys(holders, keys);
  return holders;
}

void holders_free(Holders *holders) {
  if (!holders)
    return;
  EVP_CIPHER_CTX_free(holders->cipher);
  g_free(holders);
}

/* @bytes tells clients from networks, for no address has as many of both. */
static guint64 make_number(const Holders *holders, const ClientPrefix *client, gsize bytes) {
  const guint64 block[2] = {client_address_number(client, bytes), bytes};
  guint64 made[2] = {0};
  int length = sizeof made;
  if (EVP_EncryptUpdate(holders->cipher, (guint8 *)made, &length, (const guint8 *)block, sizeof block) != 1)
    g_error("AES fails");
  return GUINT64_FROM_BE(made[0]);
}

Holder holders_find(const Holders *holders, const char *address) {
  ClientPrefix client = client_address_read(address);
  if (client_address_is_unknown(&client) || client_networks_have(holders->exempt, &client))
    return (Holder){FALSE};
  return (Holder){TRUE, make_number(holders, &client, client.client_bytes),
                  make_number(holders, &client, client.network_bytes)};
}

char *holder_format(guint64 number) {
  return g_strdup_printf("%016" G_GINT64_MODIFIER "x", number);
}

static gboolean parse_number(const char *text, guint64 *number) {
  return text && strlen(text) == HOLDER_DIGITS &&
         g_ascii_string_to_unsigned(text, 16, 0, G_MAXUINT64, number, NULL);
}

Holder holder_parse(const char *client, const char *network) {
  Holder holder = {TRUE};
  return parse_number(client, &holder.client) && parse_number(network, &holder.network) ? holder
                                                                                        : (Holder){FALSE};
}
