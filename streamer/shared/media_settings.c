#include "streamer/shared/media_settings.h"

#include "streamer/shared/public_address.h"

#include <string.h>

#define AT(member) G_STRUCT_OFFSET(MediaSettings, member)

const Setting media_settings_table[] = {
    {"width", SETTING_INT, AT(width), 64, 7680, "pixels", "960",
     .help = "Width of the picture, to begin with where it fits the screen of who steers; even."},
    {"height", SETTING_INT, AT(height), 64, 4320, "pixels", "540", .help = "Height likewise; even."},
    {"resolution", SETTING_CHOICE, AT(resolution), 0, 0, NULL, "fit", "fit|fixed",
     .help = "The picture's size: fit, that of the screen of who steers, or fixed, width and height."},
    {"max_width", SETTING_INT, AT(max_width), 64, 7680, "pixels", "1920",
     .help = "Width of a picture that fits, at most."},
    {"max_height", SETTING_INT, AT(max_height), 64, 7680, "pixels", "1920",
     .help = "Height of a picture that fits, at most."},
    {"max_pixels", SETTING_INT, AT(max_pixels), 0, 33177600, "pixels", "0",
     .help =
         "Pixels of a picture that fits, at most; 0: 2,073,600 for an encoder on a GPU, 921,600 for one on "
         "the processor."},
    {"framerate", SETTING_INT, AT(framerate), 1, 120, "frames/s", "60",
     .help = "Most frames a second; a picture that stands still costs less."},
    {"bitrate_kbps", SETTING_INT, AT(bitrate_kbps), 100, 200000, "kbit/s", "6000",
     .help = "Bit rate to each viewer, at most."},
    {"bitrate_min_kbps", SETTING_INT, AT(bitrate_min_kbps), 50, 200000, "kbit/s", "100",
     .help =
         "Bit rate that is sent to any viewer, however weak the network; the picture gets smaller with it."},
    {"bitrate_start_kbps", SETTING_INT, AT(bitrate_start_kbps), 50, 200000, "kbit/s", "3000",
     .help = "Bit rate to begin with, before anything is known of a viewer's network."},
    {"adaptive", SETTING_BOOL, AT(adaptive), .fallback = "true",
     .help = "Let rate and size of the picture follow what each viewer's network carries."},
    {"codecs", SETTING_TEXTS, AT(codec_names), 0, 10, NULL, "H264|VP8",
     .help = "Codecs to use, the preferred first; the first that the viewer's browser has is taken."},
    {"h264_encoder", SETTING_TEXT, AT(encoders[MEDIA_CODEC_H264].element), 1, 2000, NULL,
     "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 vbv-buf-capacity=120 threads=1",
     .help = "GStreamer description of what makes H.264 of raw pictures; a host with a GPU names its own."},
    {"h264_bitrate_property", SETTING_TEXT, AT(encoders[MEDIA_CODEC_H264].bitrate_property), 0, 60, NULL,
     "bitrate", .help = "Property of it that takes the bit rate; empty: the description says all."},
    {"h264_bitrate_unit", SETTING_INT, AT(encoders[MEDIA_CODEC_H264].bitrate_unit), 1, 1000000, "bit/s",
     "1000", .help = "What one unit of that property means."},
    {"vp8_encoder", SETTING_TEXT, AT(encoders[MEDIA_CODEC_VP8].element), 1, 2000, NULL,
     "vp8enc deadline=1 cpu-used=16 end-usage=cbr lag-in-frames=0 error-resilient=partitions threads=1 "
     "keyframe-max-dist=100000 buffer-initial-size=100 buffer-optimal-size=120 buffer-size=150 undershoot=95 "
     "min-quantizer=4 max-quantizer=56",
     .help = "GStreamer description of what makes VP8 of raw pictures."},
    {"vp8_bitrate_property", SETTING_TEXT, AT(encoders[MEDIA_CODEC_VP8].bitrate_property), 0, 60, NULL,
     "target-bitrate", .help = "Property of it that takes the bit rate; empty: the description says all."},
    {"vp8_bitrate_unit", SETTING_INT, AT(encoders[MEDIA_CODEC_VP8].bitrate_unit), 1, 1000000, "bit/s", "1",
     .help = "What one unit of that property means."},
    {"sound", SETTING_BOOL, AT(sound), .fallback = "false", .help = "Send the application's sound (Opus)."},
    {"udp_port_min", SETTING_INT, AT(udp_port_min), 0, 65535, "port", "0",
     .help = "Least UDP port for media; 0: any."},
    {"udp_port_max", SETTING_INT, AT(udp_port_max), 0, 65535, "port", "0",
     .help = "Greatest UDP port for media; 0: any."},
    {"ice_addresses", SETTING_TEXTS, AT(ice_addresses), 0, 60, NULL, "",
     .help = "Local addresses at which viewers reach this host; empty: all of them."},
    {"public_addresses", SETTING_TEXTS, AT(public_addresses), 0, 100, NULL, "",
     .help = "Addresses that a 1:1 NAT gives this host, told to viewers beside its own: \"PUBLIC\", or "
             "\"PUBLIC/LOCAL\" for one of several."},
    {"ice_transport_policy", SETTING_CHOICE, AT(ice_transport_policy), 0, 0, NULL, "all", "all|relay",
     .help = "Paths to viewers: all, or through TURN servers alone, which hides this host's addresses."},
    {"playout_delay", SETTING_BOOL, AT(playout_delay), .fallback = "true",
     .help = "Ask players to show frames at once rather than evenly (playout-delay 0)."},
    {"pointer", SETTING_CHOICE, AT(pointer), 0, 0, NULL, "auto", "auto|absolute|relative",
     .help = "What the application takes of the mouse: its places, its moves alone, or (auto) what is seen "
             "of it."},
    {"mtu", SETTING_INT, AT(mtu), 500, 1400, "bytes", "1200", .help = "Size of an RTP packet at most."},
    {NULL},
};

static const char *const codec_names[MEDIA_CODECS] = {[MEDIA_CODEC_H264] = "H264", [MEDIA_CODEC_VP8] = "VP8"};

const char *media_codec_name(MediaCodec codec) {
  return codec_names[codec];
}

gboolean media_codec_find(const char *name, MediaCodec *codec) {
  for (MediaCodec i = 0; i < MEDIA_CODECS; i++) {
    if (g_ascii_strcasecmp(name, codec_names[i]) == 0) {
      *codec = i;
      return TRUE;
    }
  }
  return FALSE;
}

static const char *find_address_flaw(const MediaSettings *settings) {
  for (char **text = settings->ice_addresses; text && *text; text++) {
    g_autoptr(GInetAddress) address = address_parse(*text);
    if (!address)
      return "ice_addresses must be addresses, such as \"192.0.2.7\"";
  }
  for (char **text = settings->public_addresses; text && *text; text++)
    if (public_address_flaw(*text))
      return public_address_flaw(*text);
  return NULL;
}

static const char *find_flaw(const MediaSettings *settings) {
  MediaCodec codec;
  if (settings->width % 2 != 0 || settings->height % 2 != 0)
    return "width and height must be even";
  if (!settings->codec_names || !settings->codec_names[0])
    return "codecs must name one codec at least";
  for (char **name = settings->codec_names; *name; name++)
    if (!media_codec_find(*name, &codec))
      return "codecs knows H264 and VP8";
  if (settings->bitrate_min_kbps > settings->bitrate_kbps)
    return "bitrate_min_kbps must not be greater than bitrate_kbps";
  if ((settings->udp_port_min == 0) != (settings->udp_port_max == 0) ||
      settings->udp_port_min > settings->udp_port_max)
    return "udp_port_min and udp_port_max must be a range, or both 0";
  return find_address_flaw(settings);
}

gboolean media_settings_read(const char *name, const char *json, MediaSettings *settings, GError **error) {
  const char *text = json ? json : "{}";
  if (!settings_load_text(name, NULL, text, strlen(text), media_settings_table, settings, error))
    return FALSE;
  const char *flaw = find_flaw(settings);
  if (!flaw)
    return TRUE;
  g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, "%s: %s", name, flaw);
  media_settings_clear(settings);
  return FALSE;
}

gboolean media_settings_fit(const MediaSettings *settings) {
  return g_str_equal(settings->resolution, "fit");
}

MediaSize media_settings_display(const MediaSettings *settings) {
  MediaSize size = {(guint)settings->width, (guint)settings->height};
  if (media_settings_fit(settings)) {
    size.width = MAX(size.width, (guint)settings->max_width);
    size.height = MAX(size.height, (guint)settings->max_height);
  }
  return size;
}

void media_settings_clear(MediaSettings *settings) {
  settings_clear(media_settings_table, settings);
}
