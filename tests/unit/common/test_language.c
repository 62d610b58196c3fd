#include "common/language.h"

static void tags_are_taken(void) {
  static const char *const tags[] = {"ru",  "EN",    "kk", "pt-BR", "zh-Hant-TW", "de-DE-u-co-phonebk",
                                     "gsw", "es-419"};
  for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
    g_test_message("%s", tags[i]);
    g_assert_true(language_is_tag(tags[i]));
  }
}

/* What would be an option, a path, or two arguments is none either. */
static void all_else_is_not(void) {
  static const char *const others[] = {"",
                                       "r",
                                       "-",
                                       "-ru",
                                       "ru-",
                                       "ru--RU",
                                       "ru_RU",
                                       "ru RU",
                                       "--night",
                                       "r2d",
                                       "ru/..",
                                       "ru;q=0.9",
                                       "\xd1\x80\xd1\x83",
                                       "abcdefghi",
                                       "ru-abcdefghi",
                                       "ru\n",
                                       "de-DE-u-co-phonebk-x-private-enough-1"};
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    g_test_message("%s", others[i]);
    g_assert_false(language_is_tag(others[i]));
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/language/tags", tags_are_taken);
  g_test_add_func("/language/others", all_else_is_not);
  return g_test_run();
}
