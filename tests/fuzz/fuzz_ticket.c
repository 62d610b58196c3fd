/* Tickets as strangers might send them. None is let in but ours: each input is tried as a whole ticket, as
 * the parts before a signature of ours, and as the claims of a ticket that our key did sign: another program
 * that has the key may write anything into them.
 */
#include "common/ticket.h"

#include <stdint.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"

/* RFC 7515 section 2 (transfer full) */
static char *base64url(gconstpointer bytes, gsize length) {
  char *text = g_base64_encode(bytes, length);
  g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_');
  text[strcspn(text, "=")] = '\0';
  return text;
}

/* (transfer full) */
static char *sign(const uint8_t *claims, size_t size) {
  static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
  g_autofree char *head = base64url(header, strlen(header)), *body = base64url(claims, size);
  g_autofree char *text = g_strconcat(head, ".", body, NULL);
  g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)KEY, strlen(KEY));
  g_hmac_update(hmac, (const guchar *)text, -1);
  guint8 digest[32];
  gsize length = sizeof digest;
  g_hmac_get_digest(hmac, digest, &length);
  g_autofree char *signature = base64url(digest, length);
  return g_strconcat(text, ".", signature, NULL);
}

/* What is let in must have all that its readers rely on. */
static void try_claims(const KeyRing *key, const uint8_t *claims, size_t size) {
  g_autofree char *text = sign(claims, size), *audience = ticket_read_audience(text);
  g_autoptr(Ticket) ticket = ticket_verify(key, text, NULL, NULL);
  g_assert_true(!ticket || !audience || strcmp(audience, ticket->audience) == 0);
  g_assert_true(!ticket || (ticket->audience && ticket->role && ticket->expires_at_us > 0));
  g_autoptr(GError) error = NULL;
  gboolean is_control = ticket_verify_control(key, text, "server", &error);
  g_assert_true(is_control == !error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static KeyRing *key;
  static char *ours;
  if (!key) {
    const Ticket ticket = {.audience = "server",
                           .session = "s",
                           .user = "u",
                           .role = "guest",
                           .expires_at_us = G_GINT64_CONSTANT(4000000000) * G_USEC_PER_SEC};
    key = key_ring_new(KEY, strlen(KEY));
    ours = ticket_sign(key, &ticket);
  }
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autoptr(Ticket) ticket = ticket_verify(key, text, NULL, &error);
  /* Signed texts with this key and other claims cannot be thought up; corpora have ours alone. */
  g_assert_true((ticket != NULL) == (error == NULL));
  /* Another body under our signature. */
  const char *signature = strrchr(ours, '.');
  g_autofree char *forged = g_strconcat(text, signature, NULL);
  g_autoptr(Ticket) taken = ticket_verify(key, forged, "server", NULL);
  g_autofree char *right = g_strndup(ours, (gsize)(signature - ours));
  g_assert_true(!taken || strcmp(text, right) == 0);
  try_claims(key, data, size);
  return 0;
}
