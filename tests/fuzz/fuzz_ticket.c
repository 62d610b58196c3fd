/* Tickets as strangers might send them. None is let in but ours: each input is tried as a whole ticket, and
 * as the parts before the signature with which our key has nothing to do.
 */
#include "common/ticket.h"

#include <stdint.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static TicketKey *key;
  static char *ours;
  if (!key) {
    const Ticket ticket = {.audience = "server",
                           .session = "s",
                           .user = "u",
                           .role = "guest",
                           .expires_at_us = G_GINT64_CONSTANT(4000000000) * G_USEC_PER_SEC};
    key = ticket_key_new(KEY, strlen(KEY));
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
  return 0;
}
