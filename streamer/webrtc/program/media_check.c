#include "streamer/webrtc/program/media_check.h"

#include "streamer/shared/public_address.h"
#include "streamer/webrtc/picture/encoder.h"
#include "streamer/webrtc/program/warm_up.h"
#include "streamer/webrtc/sound/sound_capture.h"

#include <gst/gst.h>
#include <ifaddrs.h>
#include <netinet/in.h>

typedef struct {
  MediaCheckFunc say;
  gpointer data;
} MediaCheck;

static void say_of(const MediaCheck *check, const char *setting, const char *what) {
  g_autofree char *problem = g_strdup_printf("%s: %s", setting, what);
  check->say(problem, check->data);
}

/* ---- addresses ---- */

static GInetAddress *address_of(const struct sockaddr *address) {
  if (address && address->sa_family == AF_INET)
    return g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in *)address)->sin_addr,
                                         G_SOCKET_FAMILY_IPV4);
  if (address && address->sa_family == AF_INET6)
    return g_inet_address_new_from_bytes((const guint8 *)&((const struct sockaddr_in6 *)address)->sin6_addr,
                                         G_SOCKET_FAMILY_IPV6);
  return NULL;
}

/* Whether this host has @wanted. Where that cannot be found out it is believed. */
static gboolean is_local(GInetAddress *wanted) {
  struct ifaddrs *list;
  gboolean found = FALSE;
  if (getifaddrs(&list) != 0)
    return TRUE;
  for (struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
    g_autoptr(GInetAddress) address = address_of(at->ifa_addr);
    found = address && g_inet_address_equal(address, wanted);
  }
  freeifaddrs(list);
  return found;
}

static void check_local(const MediaCheck *check, const char *setting, GInetAddress *address) {
  if (!address || is_local(address))
    return;
  g_autofree char *text = g_inet_address_to_string(address);
  g_autofree char *what = g_strdup_printf("this host has no address %s", text);
  say_of(check, setting, what);
}

static void check_addresses(const MediaCheck *check, const MediaSettings *settings) {
  for (char **text = settings->ice_addresses; text && *text; text++) {
    g_autoptr(GInetAddress) address = address_parse(*text);
    check_local(check, "webrtc.ice_addresses", address);
  }
  for (char **text = settings->public_addresses; text && *text; text++) {
    g_autoptr(GInetAddress) address = public_address_local(*text);
    check_local(check, "webrtc.public_addresses", address);
  }
}

static void keep_first(const char *problem, gpointer data) {
  GError **first = data;
  if (!*first)
    *first = g_error_new_literal(SETTINGS_ERROR, SETTINGS_ERROR_CONTENT, problem);
}

gboolean media_check_addresses(const MediaSettings *settings, GError **error) {
  GError *first = NULL;
  const MediaCheck check = {keep_first, &first};
  check_addresses(&check, settings);
  if (!first)
    return TRUE;
  g_propagate_error(error, first);
  return FALSE;
}

/* ---- GStreamer ---- */

static void check_elements(const MediaCheck *check) {
  for (const char *const *name = warm_up_elements; *name; name++) {
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(*name);
    g_autofree char *what = g_strdup_printf("GStreamer has no element \"%s\"", *name);
    if (!factory)
      say_of(check, "webrtc_program", what);
  }
}

static void check_codecs(const MediaCheck *check, const MediaSettings *settings) {
  for (char **name = settings->codec_names; *name; name++) {
    MediaCodec codec;
    g_autoptr(GError) error = NULL;
    if (!media_codec_find(*name, &codec) || encoder_try(codec, settings, &error))
      continue;
    g_autofree char *word = g_ascii_strdown(media_codec_name(codec), -1);
    g_autofree char *setting = g_strdup_printf("webrtc.%s_encoder", word);
    say_of(check, setting, error->message);
  }
}

static void check_sound(const MediaCheck *check) {
  g_autoptr(GError) error = NULL;
  SoundCapture *sound = sound_capture_new(&error);
  if (sound)
    sound_capture_free(sound);
  else
    say_of(check, "webrtc.sound", error->message);
}

void media_check(const char *settings, MediaCheckFunc say, gpointer data) {
  const MediaCheck check = {say, data};
  g_autoptr(GError) error = NULL;
  MediaSettings media = {0};
  check_elements(&check);
  if (!media_settings_read("webrtc", settings, &media, &error)) {
    say(error->message, data);
    return;
  }
  check_addresses(&check, &media);
  check_codecs(&check, &media);
  if (media.sound)
    check_sound(&check);
  media_settings_clear(&media);
}
