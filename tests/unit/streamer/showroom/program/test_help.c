#include "streamer/showroom/draw/font.h"
#include "streamer/showroom/program/help.h"

#include <glib.h>
#include <string.h>

static void help_speaks_the_visitors_language(void) {
  g_assert_nonnull(strstr(help_text("ru"), "ОСМОТР"));
  g_assert_nonnull(strstr(help_text("de"), "UMSEHEN"));
  g_assert_nonnull(strstr(help_text("en"), "LOOK AROUND"));
  g_assert_cmpstr(help_text("RU-ru"), ==, help_text("ru"));
  g_assert_cmpstr(help_text("de-AT"), ==, help_text("de"));
}

static void others_get_english(void) {
  static const char *const others[] = {NULL, "", "kk", "r", "rus", "-ru", "den"};
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
    g_assert_cmpstr(help_text(others[i]), ==, help_text("en"));
}

/* Whether anything is lit in the picture of one letter. */
static gboolean is_painted(gunichar letter) {
  char text[7] = "";
  int width, height, lit = 0;
  g_unichar_to_utf8(letter, text);
  uint8_t *pixels = font_paint(text, &width, &height);
  for (int i = 0; i < 4 * width * height; i++)
    lit += pixels[i] != 0;
  free(pixels);
  return lit > 0;
}

static void every_letter_of_the_help_is_painted(void) {
  static const char *const languages[] = {"en", "ru", "de"};
  for (gsize i = 0; i < G_N_ELEMENTS(languages); i++)
    for (const char *at = help_text(languages[i]); *at != '\0'; at = g_utf8_next_char(at)) {
      gunichar letter = g_utf8_get_char(at);
      g_test_message("%s: U+%04X", languages[i], letter);
      g_assert_true(letter == ' ' || letter == '\n' || is_painted(letter));
    }
}

static void a_letter_is_a_column_however_many_bytes_it_has(void) {
  int width, height, as_wide, as_high;
  free(font_paint("ЖЁЯ\nA", &width, &height));
  free(font_paint("ABC\nA", &as_wide, &as_high));
  g_assert_cmpint(width, ==, as_wide);
  g_assert_cmpint(height, ==, as_high);
}

static void what_is_no_text_is_painted_as_spaces(void) {
  static const char *const odd[] = {"\xff", "A\xd0", "\xe2\x82\xac", "\x80\x80", "\xf0\x9f\x98\x80"};
  for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
    int width, height;
    free(font_paint(odd[i], &width, &height));
    g_assert_cmpint(width, >, 0);
  }
  g_assert_false(is_painted(0x20ac));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/showroom/help/language", help_speaks_the_visitors_language);
  g_test_add_func("/showroom/help/others", others_get_english);
  g_test_add_func("/showroom/font/letters", every_letter_of_the_help_is_painted);
  g_test_add_func("/showroom/font/columns", a_letter_is_a_column_however_many_bytes_it_has);
  g_test_add_func("/showroom/font/odd", what_is_no_text_is_painted_as_spaces);
  return g_test_run();
}
