/* Which spare key types which character, and from when on. */
#include "streamer/webrtc/screen/spare_keys.h"

#define NOW_US ((gint64)1000 * G_USEC_PER_SEC)

static SpareKey take(SpareKeys *keys, gunichar character, gint64 now_us) {
  SpareKey key = {0};
  g_assert_true(spare_keys_take(keys, character, now_us, &key));
  return key;
}

static void test_who_has_none_types_nothing(void) {
  SpareKeys *keys = spare_keys_new();
  SpareKey key;
  g_assert_false(spare_keys_take(keys, 'x', NOW_US, &key));
  spare_keys_free(keys);
}

static void test_a_key_keeps_its_character(void) {
  SpareKeys *keys = spare_keys_new();
  spare_keys_add(keys, 93, 0);
  spare_keys_add(keys, 97, 0);
  SpareKey first = take(keys, 0x43f, NOW_US), second = take(keys, 0x440, NOW_US);
  g_assert_true(first.is_new && second.is_new);
  g_assert_cmpuint(first.keycode, !=, second.keycode);
  SpareKey again = take(keys, 0x43f, NOW_US);
  g_assert_false(again.is_new);
  g_assert_cmpuint(again.keycode, ==, first.keycode);
  g_assert_cmpint(again.at_us, ==, NOW_US);
  spare_keys_free(keys);
}

static void test_what_another_engine_has_made_of_it_is_used(void) {
  SpareKeys *keys = spare_keys_new();
  spare_keys_add(keys, 93, 0x43f);
  spare_keys_add(keys, 97, 0);
  g_assert_cmpuint(take(keys, 0x440, NOW_US).keycode, ==, 97);
  SpareKey kept = take(keys, 0x43f, NOW_US);
  g_assert_cmpuint(kept.keycode, ==, 93);
  g_assert_false(kept.is_new);
  spare_keys_free(keys);
}

static void test_the_longest_unused_goes_first_and_not_too_soon(void) {
  SpareKeys *keys = spare_keys_new();
  spare_keys_add(keys, 93, 0);
  spare_keys_add(keys, 97, 0);
  take(keys, 'a', NOW_US);
  take(keys, 'b', NOW_US + 10);
  take(keys, 'a', NOW_US + 20);
  SpareKey third = take(keys, 'c', NOW_US + 30);
  g_assert_cmpuint(third.keycode, ==, 97);
  g_assert_cmpint(third.at_us, ==, NOW_US + 10 + SPARE_KEYS_SETTLE_US);
  gint64 later_us = NOW_US + 10 * SPARE_KEYS_SETTLE_US;
  SpareKey fourth = take(keys, 'd', later_us);
  g_assert_cmpuint(fourth.keycode, ==, 93);
  g_assert_cmpint(fourth.at_us, ==, later_us);
  spare_keys_free(keys);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/spare-keys/who-has-none-types-nothing", test_who_has_none_types_nothing);
  g_test_add_func("/spare-keys/a-key-keeps-its-character", test_a_key_keeps_its_character);
  g_test_add_func("/spare-keys/what-another-engine-has-made-of-it-is-used",
                  test_what_another_engine_has_made_of_it_is_used);
  g_test_add_func("/spare-keys/the-longest-unused-goes-first-and-not-too-soon",
                  test_the_longest_unused_goes_first_and_not_too_soon);
  return g_test_run();
}
