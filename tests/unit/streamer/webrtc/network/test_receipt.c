/* What a player's RTCP says of what has come to it, in packets as browsers send them. */
#include "streamer/webrtc/network/receipt.h"

#include <gst/gst.h>

#define PICTURE 0x11223344

static void assert_says(gboolean is_received, const guint8 *bytes, gsize length) {
  g_autoptr(GstBuffer) rtcp = gst_buffer_new_memdup(bytes, length);
  g_assert_cmpint(receipt_says_received(rtcp, PICTURE), ==, is_received);
}

/* A header of @type, @words long behind its first, whose five bits are @count, and who sends it. */
#define HEADER(count, type, words) 0x80 | (count), (type), 0, (words), 0, 0, 0, 1
#define BLOCK(a, b, c, d) a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define FEEDBACK(a, b, c, d) a, b, c, d, 0, 1, 0, 0

static void a_block_of_the_picture_is_a_receipt(void) {
  static const guint8 report[] = {HEADER(1, 201, 7), BLOCK(0x11, 0x22, 0x33, 0x44)};
  static const guint8 second[] = {HEADER(2, 201, 13), BLOCK(9, 9, 9, 9), BLOCK(0x11, 0x22, 0x33, 0x44)};
  assert_says(TRUE, report, sizeof report);
  assert_says(TRUE, second, sizeof second);
}

static void the_sound_alone_is_none(void) {
  static const guint8 sound[] = {HEADER(1, 201, 7), BLOCK(9, 9, 9, 9)};
  static const guint8 nothing[] = {HEADER(0, 201, 1)};
  assert_says(FALSE, sound, sizeof sound);
  assert_says(FALSE, nothing, sizeof nothing);
}

static void feedback_of_the_transport_is_one_also_behind_a_report(void) {
  static const guint8 alone[] = {HEADER(15, 205, 3), FEEDBACK(0x11, 0x22, 0x33, 0x44)};
  static const guint8 behind[] = {HEADER(0, 201, 1), HEADER(1, 205, 3), FEEDBACK(0x11, 0x22, 0x33, 0x44)};
  assert_says(TRUE, alone, sizeof alone);
  assert_says(TRUE, behind, sizeof behind);
}

static void asking_for_a_picture_is_none(void) {
  static const guint8 pli[] = {HEADER(0, 201, 1), HEADER(1, 206, 2), 0x11, 0x22, 0x33, 0x44};
  assert_says(FALSE, pli, sizeof pli);
}

static void what_is_cut_says_nothing(void) {
  static const guint8 report[] = {HEADER(1, 201, 7), BLOCK(0x11, 0x22, 0x33, 0x44)};
  for (gsize length = 1; length < sizeof report; length++)
    assert_says(FALSE, report, length);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  gst_init(&argc, &argv);
  g_test_add_func("/receipt/a-block-of-the-picture-is-a-receipt", a_block_of_the_picture_is_a_receipt);
  g_test_add_func("/receipt/the-sound-alone-is-none", the_sound_alone_is_none);
  g_test_add_func("/receipt/feedback-of-the-transport-is-one-also-behind-a-report",
                  feedback_of_the_transport_is_one_also_behind_a_report);
  g_test_add_func("/receipt/asking-for-a-picture-is-none", asking_for_a_picture_is_none);
  g_test_add_func("/receipt/what-is-cut-says-nothing", what_is_cut_says_nothing);
  return g_test_run();
}
