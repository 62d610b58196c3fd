/* Who takes which picture, and how large it is: the rules of allotment.h and picture_steps.h. */
#include "streamer/webrtc/picture/allotment.h"
#include "streamer/webrtc/picture/picture_steps.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
  Share shares[8];
  Share *pointers[8];
  guint count;
  gint64 now_us;
} Room;

static void room_init(Room *room, guint count) {
  *room = (Room){.count = count, .now_us = SECOND};
  for (guint i = 0; i < count; i++)
    room->pointers[i] = &room->shares[i];
}

static void set_kbps(Room *room, guint player, guint kbps) {
  room->shares[player].target_kbps = room->shares[player].send_kbps = kbps;
}

static Allotment pass(Room *room, gint64 time_us) {
  Allotment allotment;
  for (gint64 end_us = room->now_us + time_us; room->now_us <= end_us; room->now_us += SECOND / 20)
    allotment = allotment_make(room->pointers, room->count, room->now_us);
  return allotment;
}

static void test_one_player_has_its_rate(void) {
  static const guint rates[] = {6000, 200, 3000};
  Room room;
  room_init(&room, 1);
  for (guint i = 0; i < G_N_ELEMENTS(rates); i++) {
    set_kbps(&room, 0, rates[i]);
    Allotment allotment = pass(&room, 0);
    g_assert_cmpuint(allotment.target_kbps[LAYER_MAIN], ==, rates[i]);
    g_assert_cmpuint(allotment.players[LAYER_LOW], ==, 0);
  }
}

static void test_a_little_weaker_one_is_waited_for(void) {
  Room room;
  room_init(&room, 3);
  set_kbps(&room, 0, 6000);
  set_kbps(&room, 1, 5000);
  set_kbps(&room, 2, 3100);
  Allotment allotment = pass(&room, 10 * SECOND);
  g_assert_cmpuint(allotment.players[LAYER_MAIN], ==, 3);
  g_assert_cmpuint(allotment.target_kbps[LAYER_MAIN], ==, 3100);
}

static void test_one_bad_phone_spoils_nobodys_picture(void) {
  Room room;
  room_init(&room, 4);
  for (guint i = 0; i < 3; i++)
    set_kbps(&room, i, 6000);
  set_kbps(&room, 3, 800);
  Allotment allotment = pass(&room, 0);
  g_assert_cmpuint(allotment.target_kbps[LAYER_MAIN], ==, 6000);
  g_assert_cmpuint(allotment.players[LAYER_LOW], ==, 1);
  g_assert_cmpuint(allotment.target_kbps[LAYER_LOW], ==, 800);
  g_assert_cmpint(room.shares[3].layer, ==, LAYER_LOW);
}

static void test_a_worse_phone_does_not_spoil_the_low_picture(void) {
  Room room;
  room_init(&room, 3);
  set_kbps(&room, 0, 6000);
  set_kbps(&room, 1, 1500);
  set_kbps(&room, 2, 200);
  Allotment allotment = pass(&room, 0);
  g_assert_cmpuint(allotment.players[LAYER_LOW], ==, 2);
  g_assert_cmpuint(allotment.target_kbps[LAYER_LOW], ==, 1500);
}

static void test_who_recovers_comes_back_after_a_while(void) {
  Room room;
  room_init(&room, 2);
  set_kbps(&room, 0, 6000);
  set_kbps(&room, 1, 1000);
  pass(&room, 0);
  set_kbps(&room, 1, 4000);
  g_assert_cmpuint(pass(&room, SECOND).players[LAYER_LOW], ==, 1);
  g_assert_cmpuint(pass(&room, 4 * SECOND).players[LAYER_LOW], ==, 1);
  /* In between is not enough, and the wait begins anew. */
  set_kbps(&room, 1, 3500);
  pass(&room, SECOND);
  set_kbps(&room, 1, 5000);
  g_assert_cmpuint(pass(&room, 4 * SECOND).players[LAYER_LOW], ==, 1);
  Allotment allotment = pass(&room, 2 * SECOND);
  g_assert_cmpuint(allotment.players[LAYER_MAIN], ==, 2);
  g_assert_cmpuint(allotment.target_kbps[LAYER_MAIN], ==, 5000);
}

static void test_who_stays_behind_has_the_main_picture(void) {
  Room room;
  room_init(&room, 2);
  set_kbps(&room, 0, 1000);
  set_kbps(&room, 1, 6000);
  g_assert_cmpint((pass(&room, 0), room.shares[0].layer), ==, LAYER_LOW);
  room.count = 1;
  Allotment allotment = pass(&room, 0);
  g_assert_cmpuint(allotment.players[LAYER_MAIN], ==, 1);
  g_assert_cmpuint(allotment.target_kbps[LAYER_MAIN], ==, 1000);
}

static void test_one_that_drains_slows_its_own_layer_alone(void) {
  Room room;
  room_init(&room, 2);
  set_kbps(&room, 0, 6000);
  set_kbps(&room, 1, 1000);
  room.shares[1].send_kbps = 500;
  room.shares[1].congested = TRUE;
  Allotment allotment = pass(&room, 0);
  g_assert_cmpuint(allotment.send_kbps[LAYER_MAIN], ==, 6000);
  g_assert_false(allotment.congested[LAYER_MAIN]);
  g_assert_cmpuint(allotment.send_kbps[LAYER_LOW], ==, 500);
  g_assert_cmpuint(allotment.target_kbps[LAYER_LOW], ==, 1000);
  g_assert_true(allotment.congested[LAYER_LOW]);
}

/* ---- sizes ---- */

/* A picture whose size is looked at every twentieth of a second. */
typedef struct {
  PictureSize whole;
  MediaCodec codec;
  PictureSteps steps;
  gint64 now_us, rest_us;
  guint changes; /* of its size */
} Picture;

static Picture picture_of(guint width, guint height, guint framerate, MediaCodec codec) {
  return (Picture){
      .whole = {.width = width, .height = height, .framerate = framerate}, .codec = codec, .now_us = SECOND};
}

static void look(Picture *picture, guint kbps) {
  picture->now_us += SECOND / 20;
  if (picture_steps_update(&picture->steps, &picture->whole, picture->codec, kbps, picture->rest_us,
                           picture->now_us))
    picture->changes++;
}

static PictureSize size_of(const Picture *picture) {
  return picture_steps_size(picture->steps.step, &picture->whole);
}

/* It moves for so long; gives its width then. */
static guint move(Picture *picture, guint kbps, gint64 time_us) {
  picture->rest_us = 0;
  for (gint64 end_us = picture->now_us + time_us; picture->now_us < end_us;)
    look(picture, kbps);
  return size_of(picture).width;
}

static guint rest(Picture *picture, guint kbps, gint64 time_us) {
  for (gint64 end_us = picture->now_us + time_us; picture->now_us < end_us;) {
    picture->rest_us += SECOND / 20;
    look(picture, kbps);
  }
  return size_of(picture).width;
}

static void test_the_picture_gets_smaller_with_its_rate(void) {
  for (MediaCodec codec = 0; codec < MEDIA_CODECS; codec++) {
    Picture picture = picture_of(1280, 720, 60, codec);
    PictureSize before = {1280, 720, 60};
    g_assert_cmpuint(move(&picture, 8000, SECOND), ==, 1280);
    for (guint kbps = 8000; kbps >= 50; kbps -= 50) {
      look(&picture, kbps);
      PictureSize size = size_of(&picture);
      g_assert_cmpuint(size.width % 2 + size.height % 2, ==, 0);
      g_assert_cmpuint(size.width, <=, before.width);
      g_assert_cmpuint(size.framerate, <=, before.framerate);
      before = size;
    }
    g_assert_cmpuint(before.width, ==, 480);
    g_assert_cmpuint(before.framerate, ==, 30);
  }
}

static void test_vp8_gets_smaller_sooner(void) {
  Picture h264 = picture_of(1280, 720, 30, MEDIA_CODEC_H264),
          vp8 = picture_of(1280, 720, 30, MEDIA_CODEC_VP8);
  g_assert_cmpuint(move(&h264, 1200, SECOND), ==, 1280);
  g_assert_cmpuint(move(&vp8, 1200, SECOND), ==, 960);
}

/* A rate that goes up and down around a limit changes the size once, and only a good while of much more
 * changes it back. */
static void test_a_rate_around_a_limit_does_not_make_the_picture_jump(void) {
  Picture picture = picture_of(960, 540, 60, MEDIA_CODEC_H264);
  for (guint i = 0; i < 1000; i++)
    look(&picture, i % 2 ? 900 : 1000);
  g_assert_cmpuint(picture.changes, ==, 1);
  g_assert_cmpuint(move(&picture, 3000, 5 * SECOND / 2), ==, 720);
  g_assert_cmpuint(move(&picture, 3000, 5 * SECOND / 2), ==, 960);
  g_assert_cmpuint(picture.changes, ==, 2);
}

static void test_a_tiny_picture_stays_one(void) {
  Picture picture = picture_of(64, 64, 5, MEDIA_CODEC_VP8);
  move(&picture, 1, SECOND);
  PictureSize size = size_of(&picture);
  g_assert_cmpuint(size.width, ==, 64);
  g_assert_cmpuint(size.height, ==, 64);
  g_assert_cmpuint(size.framerate, ==, 5);
}

static void test_a_picture_at_rest_gets_whole_again(void) {
  Picture picture = picture_of(960, 540, 60, MEDIA_CODEC_H264);
  g_assert_cmpuint(move(&picture, 200, SECOND), ==, 480);
  /* It is not small any more before one can look at it, in one step, and stays so. */
  g_assert_cmpuint(rest(&picture, 200, SECOND / 2), ==, 480);
  g_assert_cmpuint(rest(&picture, 200, SECOND), ==, 960);
  g_assert_cmpuint(picture.changes, ==, 2);
  g_assert_cmpuint(rest(&picture, 200, 60 * SECOND), ==, 960);
  g_assert_cmpuint(picture.changes, ==, 2);
  /* And it is small soon after it moves. */
  g_assert_cmpuint(move(&picture, 200, SECOND * 3 / 10), ==, 480);
}

static void test_a_rate_for_nothing_does_not_make_it_whole(void) {
  Picture picture = picture_of(1920, 1080, 60, MEDIA_CODEC_VP8);
  g_assert_cmpuint(move(&picture, 400, SECOND), ==, 720);
  g_assert_cmpuint(rest(&picture, 400, 10 * SECOND), ==, 960);
}

/* A clock's hand, a cursor: what changes now and then leaves a picture whole. */
static void test_single_changes_do_not_make_it_jump(void) {
  static const gint64 periods_us[] = {SECOND / 4, SECOND, 3 * SECOND};
  for (guint i = 0; i < G_N_ELEMENTS(periods_us); i++) {
    Picture picture = picture_of(960, 540, 60, MEDIA_CODEC_H264);
    rest(&picture, 200, 2 * SECOND);
    for (guint change = 0; change < 20; change++) {
      picture.rest_us = 0;
      g_assert_cmpuint(rest(&picture, 200, periods_us[i]), ==, 960);
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/allotment/one-player-has-its-rate", test_one_player_has_its_rate);
  g_test_add_func("/allotment/a-little-weaker-one-is-waited-for", test_a_little_weaker_one_is_waited_for);
  g_test_add_func("/allotment/one-bad-phone-spoils-nobodys-picture",
                  test_one_bad_phone_spoils_nobodys_picture);
  g_test_add_func("/allotment/a-worse-phone-does-not-spoil-the-low-picture",
                  test_a_worse_phone_does_not_spoil_the_low_picture);
  g_test_add_func("/allotment/who-recovers-comes-back-after-a-while",
                  test_who_recovers_comes_back_after_a_while);
  g_test_add_func("/allotment/who-stays-behind-has-the-main-picture",
                  test_who_stays_behind_has_the_main_picture);
  g_test_add_func("/allotment/one-that-drains-slows-its-own-layer-alone",
                  test_one_that_drains_slows_its_own_layer_alone);
  g_test_add_func("/picture-steps/the-picture-gets-smaller-with-its-rate",
                  test_the_picture_gets_smaller_with_its_rate);
  g_test_add_func("/picture-steps/vp8-gets-smaller-sooner", test_vp8_gets_smaller_sooner);
  g_test_add_func("/picture-steps/a-rate-around-a-limit-does-not-make-the-picture-jump",
                  test_a_rate_around_a_limit_does_not_make_the_picture_jump);
  g_test_add_func("/picture-steps/a-tiny-picture-stays-one", test_a_tiny_picture_stays_one);
  g_test_add_func("/picture-steps/a-picture-at-rest-gets-whole-again",
                  test_a_picture_at_rest_gets_whole_again);
  g_test_add_func("/picture-steps/a-rate-for-nothing-does-not-make-it-whole",
                  test_a_rate_for_nothing_does_not_make_it_whole);
  g_test_add_func("/picture-steps/single-changes-do-not-make-it-jump",
                  test_single_changes_do_not_make_it_jump);
  return g_test_run();
}
