#include "common/bearer.h"

#include "common/ticket.h"

#include <openssl/crypto.h>
#include <string.h>

gboolean bearer_shows(const char *header, const char *secret) {
  const char *shown = ticket_from_header(header);
  if (!shown)
    return FALSE;
  /* Of one length, whatever was shown. */
  g_autofree char *ours = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
  g_autofree char *theirs = g_compute_checksum_for_string(G_CHECKSUM_SHA256, shown, -1);
  return CRYPTO_memcmp(ours, theirs, strlen(ours)) == 0;
}
