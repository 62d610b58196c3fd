/* Codes: unique, evenly drawn, found, released, rested, and refused when too many are in use. */
#include "fcgi/rules/codes.h"

#include <string.h>

static int somebody, somebody_else;

static void test_codes_in_use_are_unique_and_found(void) {
  g_autoptr(Codes) codes = codes_new(4);
  g_autoptr(GPtrArray) drawn = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < 1000; i++) {
    char *code = codes_draw(codes, GUINT_TO_POINTER(i + 1), 0);
    g_assert_cmpuint(strlen(code), ==, 4);
    g_ptr_array_add(drawn, code);
  }
  /* had one been drawn twice, the first owner would be gone */
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint(GPOINTER_TO_UINT(codes_find(codes, g_ptr_array_index(drawn, i))), ==, i + 1);
  g_assert_cmpuint(codes_live(codes), ==, 1000);
  g_assert_cmpfloat(codes_chance(codes, "0000"), ==, 0.1);
}

static void test_every_length_can_be_drawn(void) {
  for (guint digits = CODES_DIGITS_MIN; digits <= CODES_DIGITS_MAX; digits++) {
    g_autoptr(Codes) codes = codes_new(digits);
    for (int i = 0; i < 20; i++) {
      g_autofree char *code = codes_draw(codes, &somebody, 0);
      g_assert_cmpuint(strlen(code), ==, digits);
      g_assert_true(codes_find(codes, code) == &somebody);
    }
  }
}

/* 200,000 draws into 100 classes by the first two digits: the sum of squared deviations follows chi-square
 * with 99 degrees of freedom, which is above 230 less than once in 10^11 runs. */
static void test_draws_are_even(void) {
  enum { DRAWS = 200000, CLASSES = 100 };
  g_autoptr(Codes) codes = codes_new(6);
  guint counts[CLASSES] = {0};
  gint64 now_us = 0;
  for (guint i = 0; i < DRAWS; i++, now_us += CODES_REST_US) {
    g_autofree char *code = codes_draw(codes, &somebody, now_us);
    counts[(code[0] - '0') * 10 + code[1] - '0']++;
    codes_release(codes, code, now_us);
  }
  double expected = (double)DRAWS / CLASSES, chi_square = 0;
  for (guint i = 0; i < CLASSES; i++)
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
  g_assert_cmpfloat(chi_square, <, 230);
}

static void test_half_in_use_is_exhausted_until_one_is_released(void) {
  g_autoptr(Codes) codes = codes_new(4);
  g_autofree char *last = NULL;
  for (guint i = 0; i < 5000; i++) {
    g_free(last);
    last = codes_draw(codes, &somebody, 0);
    g_assert_nonnull(last);
    g_assert_true(codes_are_dense(codes) == (i >= 50));
  }
  g_assert_null(codes_draw(codes, &somebody, 0));
  codes_release(codes, last, 0);
  g_autofree char *next = codes_draw(codes, &somebody, 0);
  g_assert_nonnull(next);
  g_assert_cmpstr(next, !=, last);
  g_assert_null(codes_draw(codes, &somebody, 0));
}

static void test_a_released_code_rests(void) {
  g_autoptr(Codes) codes = codes_new(4);
  g_autoptr(GHashTable) released = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 2000; i++) {
    char *code = codes_draw(codes, &somebody, 0);
    codes_release(codes, code, 0);
    g_assert_null(codes_find(codes, code));
    g_hash_table_add(released, code);
  }
  g_assert_cmpuint(g_hash_table_size(released), ==, 2000);
  guint again = 0;
  for (guint i = 0; i < 2000; i++) {
    g_autofree char *code = codes_draw(codes, &somebody, CODES_REST_US - 1);
    again += g_hash_table_contains(released, code);
  }
  g_assert_cmpuint(again, ==, 0);
  /* rested: 3,000 draws of the 8,000 others miss all 2,000 once in 10^400 runs */
  for (guint i = 0; i < 3000; i++) {
    g_autofree char *code = codes_draw(codes, &somebody, CODES_REST_US);
    again += g_hash_table_contains(released, code);
  }
  g_assert_cmpuint(again, >, 0);
}

/* However many are released within a day. */
static void test_those_that_rest_have_a_maximum(void) {
  static const struct { guint digits, most; } cases[] = {{4, 2500}, {5, 25000}, {6, 250000}, {9, 250000}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(Codes) codes = codes_new(cases[i].digits);
    for (guint n = 0; n < cases[i].most + 100; n++) {
      g_autofree char *code = codes_draw(codes, &somebody, 0);
      codes_release(codes, code, 0);
    }
    g_assert_cmpuint(codes_resting(codes), ==, cases[i].most);
    g_assert_cmpuint(codes_live(codes), ==, 0);
  }
}

/* One that was claimed while it rested rests anew when it is released again. */
static void test_rest_counts_from_the_last_release(void) {
  g_autoptr(Codes) codes = codes_new(4);
  g_autoptr(GHashTable) released = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 1000; i++) {
    g_autofree char *code = g_strdup_printf("%04u", i);
    g_assert_true(codes_claim(codes, code, &somebody));
    codes_release(codes, code, 0);
    g_assert_true(codes_claim(codes, code, &somebody));
    codes_release(codes, code, CODES_REST_US / 2);
    g_hash_table_add(released, g_steal_pointer(&code));
  }
  for (guint i = 0; i < 4000; i++) {
    g_autofree char *code = codes_draw(codes, &somebody, CODES_REST_US);
    g_assert_false(g_hash_table_contains(released, code));
  }
}

static void test_booking_in_a_circle_uses_nothing_up(void) {
  g_autoptr(Codes) codes = codes_new(4);
  for (guint i = 0; i < 4999; i++)
    g_free(codes_draw(codes, &somebody, 0));
  for (guint i = 0; i < 30000; i++) {
    g_autofree char *code = codes_draw(codes, &somebody_else, 0);
    g_assert_nonnull(code);
    codes_release(codes, code, 0);
  }
  g_assert_cmpuint(codes_live(codes), ==, 4999);
}

static void test_stored_codes_are_claimed_once_whatever_their_length(void) {
  g_autoptr(Codes) codes = codes_new(6);
  g_assert_true(codes_claim(codes, "0012", &somebody));
  g_assert_true(codes_claim(codes, "000012", &somebody_else));
  g_assert_false(codes_claim(codes, "0012", &somebody_else));
  g_assert_true(codes_find(codes, "0012") == &somebody);
  g_assert_true(codes_find(codes, "000012") == &somebody_else);
  g_assert_cmpfloat(codes_chance(codes, "9999"), ==, 1e-4);
  g_assert_cmpfloat(codes_chance(codes, "999999"), ==, 1e-6);
  codes_release(codes, "0012", 0);
  g_assert_null(codes_find(codes, "0012"));
  g_assert_cmpfloat(codes_chance(codes, "9999"), ==, 0);
  codes_release(codes, "0012", 0);
  g_assert_true(codes_claim(codes, "0012", &somebody));
  g_assert_cmpuint(codes_live(codes), ==, 2);
}

static void test_what_is_no_code_is_nobodys(void) {
  g_autoptr(Codes) codes = codes_new(4);
  g_assert_true(codes_claim(codes, "0012", &somebody));
  static const char *const wrong[] = {"",
                                      "12",
                                      "012",
                                      "00012",
                                      "0012 ",
                                      " 0012",
                                      "+012",
                                      "0x12",
                                      "001２",
                                      "-012",
                                      "00120000000000000000000000"};
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_null(codes_find(codes, wrong[i]));
    codes_release(codes, wrong[i], 0);
  }
  g_assert_false(codes_claim(codes, "12", &somebody));
  g_assert_false(codes_claim(codes, "1234567890", &somebody));
  g_assert_cmpuint(codes_live(codes), ==, 1);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/codes/in-use-are-unique-and-found", test_codes_in_use_are_unique_and_found);
  g_test_add_func("/codes/every-length-can-be-drawn", test_every_length_can_be_drawn);
  g_test_add_func("/codes/draws-are-even", test_draws_are_even);
  g_test_add_func("/codes/half-in-use-is-exhausted-until-one-is-released",
                  test_half_in_use_is_exhausted_until_one_is_released);
  g_test_add_func("/codes/a-released-code-rests", test_a_released_code_rests);
  g_test_add_func("/codes/those-that-rest-have-a-maximum", test_those_that_rest_have_a_maximum);
  g_test_add_func("/codes/rest-counts-from-the-last-release", test_rest_counts_from_the_last_release);
  g_test_add_func("/codes/booking-in-a-circle-uses-nothing-up", test_booking_in_a_circle_uses_nothing_up);
  g_test_add_func("/codes/stored-codes-are-claimed-once-whatever-their-length",
                  test_stored_codes_are_claimed_once_whatever_their_length);
  g_test_add_func("/codes/what-is-no-code-is-nobodys", test_what_is_no_code_is_nobodys);
  return g_test_run();
}
