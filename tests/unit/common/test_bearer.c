/* A secret that is shown as a bearer's. */
#include "common/bearer.h"

static void only_the_whole_secret_is_good(void) {
  static const struct {
    const char *header;
    gboolean good;
  } cases[] = {
      {"Bearer a-long-secret", TRUE},
      {"bearer  a-long-secret", TRUE},
      {NULL, FALSE},
      {"", FALSE},
      {"Bearer ", FALSE},
      {"a-long-secret", FALSE},
      {"Basic a-long-secret", FALSE},
      {"Bearer a-long-secre", FALSE},
      {"Bearer a-long-secret1", FALSE},
      {"Bearer a-long-secret ", FALSE},
      {"Bearer A-long-secret", FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_test_message("%s", cases[i].header ? cases[i].header : "no header");
    g_assert_cmpint(bearer_shows(cases[i].header, "a-long-secret"), ==, cases[i].good);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/bearer/only-the-whole-secret-is-good", only_the_whole_secret_is_good);
  return g_test_run();
}
