/* Instants as RFC 3339, and random values. */
#include "common/instant.h"
#include "common/random.h"

#include <string.h>

static void instants_follow_rfc3339(void) {
  gint64 at = 0;
  g_assert_true(instant_parse("2026-12-01T18:00:00+03:00", &at));
  g_autofree char *text = instant_format(at);
  g_assert_cmpstr(text, ==, "2026-12-01T15:00:00Z");
  static const char *const bad[] = {"2026-12-01",
                                    "2026-12-01 15:00:00Z",
                                    "2026-12-01T15:00Z",
                                    "20261201T150000Z",
                                    "2026-02-30T00:00:00Z",
                                    "1969-01-01T00:00:00Z",
                                    "2026-12-01T15:00:00Z\n",
                                    "2026-12-01T24:01:00Z",
                                    ""};
  for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
    g_assert_false(instant_parse(bad[i], &at));
}

static void random_codes_have_their_digits(void) {
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *code = random_code(4);
    g_assert_cmpuint(strlen(code), ==, 4);
    g_assert_cmpuint(strspn(code, "0123456789"), ==, 4);
    g_assert_cmpuint(random_below(3), <, 3);
  }
  g_autofree char *a = random_hex(16), *b = random_hex(16);
  g_assert_cmpuint(strlen(a), ==, 32);
  g_assert_cmpstr(a, !=, b);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/instant/follows-rfc3339", instants_follow_rfc3339);
  g_test_add_func("/random/codes-have-their-digits", random_codes_have_their_digits);
  return g_test_run();
}
