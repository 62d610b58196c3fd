/* The settings of picture and sound: defaults, and the rules that the table cannot say. */
#include "streamer/shared/media_settings.h"

#include <string.h>

static void test_defaults(void) {
  MediaSettings settings = {0};
  g_autoptr(GError) error = NULL;
  g_assert_true(media_settings_read("config.json: webrtc", NULL, &settings, &error));
  g_assert_no_error(error);
  g_assert_cmpint(settings.width, ==, 960);
  g_assert_cmpint(settings.height, ==, 540);
  g_assert_cmpint(settings.framerate, ==, 60);
  g_assert_cmpstr(settings.codec_names[0], ==, "H264");
  g_assert_cmpstr(settings.codec_names[1], ==, "VP8");
  g_assert_true(g_str_has_prefix(settings.encoders[MEDIA_CODEC_H264].element, "x264enc "));
  g_assert_cmpstr(settings.encoders[MEDIA_CODEC_VP8].bitrate_property, ==, "target-bitrate");
  g_assert_cmpint(settings.encoders[MEDIA_CODEC_H264].bitrate_unit, ==, 1000);
  g_assert_false(settings.sound);
  g_assert_true(settings.playout_delay);
  g_assert_cmpstr(settings.pointer, ==, "auto");
  g_assert_true(settings.adaptive);
  media_settings_clear(&settings);
}

static void test_flaws_are_named(void) {
  static const struct {
    const char *json, *word;
  } rows[] = {
      {"{\"width\":961}", "even"},
      {"{\"codecs\":[\"H265\"]}", "codecs"},
      {"{\"codecs\":[]}", "codecs"},
      {"{\"udp_port_min\":5000}", "udp_port_min"},
      {"{\"framerate\":0}", "framerate"},
      {"{\"bitrate_kbps\":500,\"bitrate_min_kbps\":600}", "bitrate_min_kbps"},
      {"{\"udp_port_min\":9,\"udp_port_max\":8}", "udp_port_min"},
      {"{\"widht\":960}", "widht"},
      {"{\"sound\":1}", "sound"},
      {"{\"ice_addresses\":[\"eth0\"]}", "ice_addresses"},
      {"{\"public_addresses\":[\"here\"]}", "public_addresses"},
      {"{\"public_addresses\":[\"203.0.113.7/\"]}", "public_addresses"},
      {"{\"public_addresses\":[\"203.0.113.7/fd00::1\"]}", "family"},
      {"{\"public_addresses\":[\"0.0.0.0\"]}", "public_addresses"},
      {"[]", "webrtc"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    MediaSettings settings = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(media_settings_read("config.json: webrtc", rows[i].json, &settings, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, rows[i].word));
    g_assert_null(settings.codec_names);
  }
}

static void test_codec_names_know_no_case(void) {
  MediaCodec codec;
  g_assert_true(media_codec_find("vp8", &codec));
  g_assert_cmpint(codec, ==, MEDIA_CODEC_VP8);
  g_assert_false(media_codec_find("VP80", &codec));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/media-settings/defaults", test_defaults);
  g_test_add_func("/media-settings/flaws-are-named", test_flaws_are_named);
  g_test_add_func("/media-settings/codec-names-know-no-case", test_codec_names_know_no_case);
  return g_test_run();
}
