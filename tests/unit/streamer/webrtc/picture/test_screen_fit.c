/* How large the picture is for a screen: the rules of screen_fit.h. */
#include "streamer/webrtc/picture/screen_fit.h"

#define SECOND G_USEC_PER_SEC

static const ScreenLimits limits = {.max_width = 1920, .max_height = 1920, .max_pixels = 921600};

static void assert_place(guint width, guint height, guint fit_width, guint fit_height) {
  MediaSize size = screen_fit_place((MediaSize){width, height}, &limits);
  g_assert_cmpuint(size.width, ==, fit_width);
  g_assert_cmpuint(size.height, ==, fit_height);
}

static void test_a_place_that_can_be_had_is_taken_as_it_is(void) {
  assert_place(1280, 720, 1280, 720);
  assert_place(720, 1280, 720, 1280);
  assert_place(961, 541, 960, 540);
}

static void test_a_larger_one_keeps_its_shape(void) {
  assert_place(3840, 2160, 1280, 720);
  assert_place(1170, 2532, 652, 1412);
  assert_place(2532, 1170, 1412, 652);
  const ScreenLimits narrow = {.max_width = 640, .max_height = 1920, .max_pixels = 2073600};
  MediaSize size = screen_fit_place((MediaSize){1280, 720}, &narrow);
  g_assert_cmpuint(size.width, ==, 640);
  g_assert_cmpuint(size.height, ==, 360);
}

static void test_a_small_one_is_not_blurred(void) {
  assert_place(320, 180, 640, 360);
  assert_place(180, 320, 360, 640);
  assert_place(640, 360, 640, 360);
}

static void test_a_place_that_is_a_line_is_not_filled(void) {
  MediaSize size = screen_fit_place((MediaSize){100000, 1}, &limits);
  g_assert_cmpuint(size.width, <=, 3 * size.height + 2);
  size = screen_fit_place((MediaSize){1, 100000}, &limits);
  g_assert_cmpuint(size.height, <=, 3 * size.width + 2);
}

/* All places of screens that there are, and all limits that the settings allow. */
static void test_whatever_the_place_is_the_limits_hold(void) {
  static const guint sides[] = {1, 2, 17, 390, 844, 1920, 7680, 100000};
  static const ScreenLimits all[] = {
      {64, 64, 4096}, {64, 7680, 33177600}, {1920, 1920, 1}, {1920, 1920, 921600}};
  for (guint i = 0; i < G_N_ELEMENTS(all); i++)
    for (guint w = 0; w < G_N_ELEMENTS(sides); w++)
      for (guint h = 0; h < G_N_ELEMENTS(sides); h++) {
        MediaSize size = screen_fit_place((MediaSize){sides[w], sides[h]}, &all[i]);
        g_assert_cmpuint(size.width % 2 + size.height % 2, ==, 0);
        g_assert_cmpuint(MIN(size.width, size.height), >=, 16);
        g_assert_cmpuint(size.width, <=, all[i].max_width);
        g_assert_cmpuint(size.height, <=, all[i].max_height);
        g_assert_cmpuint(size.width * size.height, <=, MAX(all[i].max_pixels, 64 * 16));
      }
}

static void test_a_window_is_never_made_larger(void) {
  MediaSize size = screen_fit_window((MediaSize){401, 201}, &limits);
  g_assert_cmpuint(size.width, ==, 400);
  g_assert_cmpuint(size.height, ==, 200);
  size = screen_fit_window((MediaSize){1920, 1920}, &limits);
  g_assert_cmpuint(size.width, ==, 960);
  g_assert_cmpuint(size.height, ==, 960);
}

static void test_a_processor_gets_fewer_pixels_unless_they_are_set(void) {
  MediaSettings settings = {0};
  g_assert_true(media_settings_read("webrtc", "{}", &settings, NULL));
  g_assert_cmpuint(screen_fit_limits(&settings, FALSE).max_pixels, ==, 921600);
  g_assert_cmpuint(screen_fit_limits(&settings, TRUE).max_pixels, ==, 2073600);
  media_settings_clear(&settings);
  g_assert_true(media_settings_read("webrtc", "{\"max_pixels\":500000}", &settings, NULL));
  g_assert_cmpuint(screen_fit_limits(&settings, FALSE).max_pixels, ==, 960 * 540);
  settings.max_pixels = 1500000;
  g_assert_cmpuint(screen_fit_limits(&settings, FALSE).max_pixels, ==, 1500000);
  media_settings_clear(&settings);
}

static void test_it_follows_at_leisure(void) {
  ScreenFit fit = {.wanted = {960, 540}, .given = {960, 540}};
  MediaSize size;
  gint64 now_us = 100 * SECOND;
  g_assert_false(screen_fit_take(&fit, now_us, &size));
  screen_fit_want(&fit, (MediaSize){720, 1280});
  g_assert_true(screen_fit_take(&fit, now_us, &size));
  g_assert_cmpuint(size.height, ==, 1280);
  screen_fit_want(&fit, (MediaSize){1280, 720});
  screen_fit_want(&fit, (MediaSize){1000, 700});
  g_assert_false(screen_fit_take(&fit, now_us + 2 * SECOND - 1, &size));
  g_assert_true(screen_fit_take(&fit, now_us + 2 * SECOND, &size));
  g_assert_cmpuint(size.width, ==, 1000);
  screen_fit_want(&fit, (MediaSize){1000, 700});
  g_assert_false(screen_fit_take(&fit, now_us + 9 * SECOND, &size));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/screen-fit/a-place-that-can-be-had-is-taken-as-it-is",
                  test_a_place_that_can_be_had_is_taken_as_it_is);
  g_test_add_func("/screen-fit/a-larger-one-keeps-its-shape", test_a_larger_one_keeps_its_shape);
  g_test_add_func("/screen-fit/a-small-one-is-not-blurred", test_a_small_one_is_not_blurred);
  g_test_add_func("/screen-fit/a-place-that-is-a-line-is-not-filled",
                  test_a_place_that_is_a_line_is_not_filled);
  g_test_add_func("/screen-fit/whatever-the-place-is-the-limits-hold",
                  test_whatever_the_place_is_the_limits_hold);
  g_test_add_func("/screen-fit/a-window-is-never-made-larger", test_a_window_is_never_made_larger);
  g_test_add_func("/screen-fit/a-processor-gets-fewer-pixels-unless-they-are-set",
                  test_a_processor_gets_fewer_pixels_unless_they_are_set);
  g_test_add_func("/screen-fit/it-follows-at-leisure", test_it_follows_at_leisure);
  return g_test_run();
}
