#include "common/random.h"

#include <openssl/rand.h>

static void fill(guchar *bytes, gsize length) {
  if (RAND_bytes(bytes, (int)length) != 1)
    g_error("the random generator failed");
}

char *random_hex(gsize bytes) {
  g_autofree guchar *raw = g_malloc(bytes);
  fill(raw, bytes);
  GString *text = g_string_sized_new(2 * bytes);
  for (gsize i = 0; i < bytes; i++)
    g_string_append_printf(text, "%02x", raw[i]);
  return g_string_free(text, FALSE);
}

guint32 random_below(guint32 bound) {
  g_return_val_if_fail(bound > 0, 0);
  /* Values of the last, incomplete run of @bound are drawn again: a remainder alone would favour small
   * numbers. */
  guint32 limit = G_MAXUINT32 - (G_MAXUINT32 % bound + 1) % bound;
  guint32 value;
  do
    fill((guchar *)&value, sizeof value);
  while (value > limit);
  return value % bound;
}

char *random_code(guint digits) {
  g_return_val_if_fail(digits >= 1 && digits <= 9, NULL);
  guint32 bound = 1;
  for (guint i = 0; i < digits; i++)
    bound *= 10;
  return g_strdup_printf("%0*u", (int)digits, random_below(bound));
}
