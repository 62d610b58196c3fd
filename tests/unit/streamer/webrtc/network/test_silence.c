/* How long a player has not answered: counted from the first packet that went out since it was heard. */
#include "streamer/webrtc/network/silence.h"

static void test_the_first_packet_counts(void) {
  Silence *silence = silence_new();
  gint64 now_us = g_get_monotonic_time();
  g_assert_cmpint(silence_unanswered_us(silence, now_us), ==, 0);
  silence_note_sent(silence, now_us + 100);
  silence_note_sent(silence, now_us + 200);
  g_assert_cmpint(silence_unanswered_us(silence, now_us + 1100), ==, 1000);
  silence_note_heard(silence, now_us + 1200);
  g_assert_cmpint(silence_unanswered_us(silence, now_us + 5000), ==, 0);
  g_assert_cmpint(silence_unheard_us(silence, now_us + 5200), ==, 4000);
  silence_note_sent(silence, now_us + 5200);
  g_assert_cmpint(silence_unanswered_us(silence, now_us + 5300), ==, 100);
  silence_unref(silence);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/silence/the-first-packet-counts", test_the_first_packet_counts);
  return g_test_run();
}
