#include "streamer/webrtc/negotiation/sdp.h"

#include "streamer/webrtc/negotiation/playout_delay.h"
#include "streamer/webrtc/negotiation/public_candidates.h"
#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK(vitrina_sdp_error, sdp_error)

#define NO_PAYLOAD (-1)

static gboolean refuse_offer(GError **error, SdpError code, const char *message) {
  g_set_error_literal(error, SDP_ERROR, (int)code, message);
  return FALSE;
}

/* "97 VP8/90000" and such: the payload type at the front, and what follows it; NO_PAYLOAD if there is none.
 */
static gint split_payload(const char *value, const char **rest) {
  char *end;
  *rest = "";
  long payload = strtol(value, &end, 10);
  if (end == value || payload < 0 || payload > 127 || *end != ' ')
    return NO_PAYLOAD;
  *rest = end + 1;
  return (gint)payload;
}

/* The text that attribute @key has for @payload, or NULL. */
static const char *payload_attribute(const GstSDPMedia *media, const char *key, gint payload) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
    const char *rest;
    if (attribute->value && g_str_equal(attribute->key, key) &&
        split_payload(attribute->value, &rest) == payload)
      return rest;
  }
  return NULL;
}

/* The value of one parameter of an fmtp line, "a=1;b=2" (transfer full), or NULL. */
static char *format_parameter(const char *fmtp, const char *name) {
  g_auto(GStrv) parameters = g_strsplit(fmtp ? fmtp : "", ";", 0);
  for (char **parameter = parameters; *parameter; parameter++) {
    char *text = g_strstrip(*parameter);
    gsize length = strlen(name);
    if (g_ascii_strncasecmp(text, name, length) == 0 && text[length] == '=')
      return g_strdup(text + length + 1);
  }
  return NULL;
}

/* RFC 6184 section 8.1: constrained baseline is profile_idc 42 with constraint_set1, or 4d with set0 and 1;
 * without fragmentation units (packetization-mode=0) a picture does not fit its packets. */
static gboolean is_usable_h264(const char *fmtp) {
  g_autofree char *mode = format_parameter(fmtp, "packetization-mode");
  g_autofree char *profile = format_parameter(fmtp, "profile-level-id");
  if (!mode || !g_str_equal(mode, "1") || !profile || strlen(profile) != 6)
    return FALSE;
  char *end;
  gulong value = strtoul(profile, &end, 16);
  gulong idc = value >> 16, constraints = value >> 8 & 0xff;
  if (*end != '\0')
    return FALSE;
  return (idc == 0x42 && (constraints & 0x40)) || (idc == 0x4d && (constraints & 0xc0) == 0xc0);
}

static gboolean payload_is(const GstSDPMedia *media, gint payload, const char *encoding) {
  const char *map = payload_attribute(media, "rtpmap", payload);
  gsize length = strlen(encoding);
  return map && g_ascii_strncasecmp(map, encoding, length) == 0 && map[length] == '/';
}

static gint media_payload(const GstSDPMedia *media, guint index) {
  char *end;
  const char *format = gst_sdp_media_get_format(media, index);
  long payload = strtol(format, &end, 10);
  return *end == '\0' && end != format && payload >= 0 && payload <= 127 ? (gint)payload : NO_PAYLOAD;
}

/* The first payload type of @encoding that we can send. */
static gint find_payload(const GstSDPMedia *media, const char *encoding) {
  for (guint i = 0; i < gst_sdp_media_formats_len(media); i++) {
    gint payload = media_payload(media, i);
    if (payload == NO_PAYLOAD || !payload_is(media, payload, encoding))
      continue;
    if (!g_str_equal(encoding, "H264") || is_usable_h264(payload_attribute(media, "fmtp", payload)))
      return payload;
  }
  return NO_PAYLOAD;
}

/* The payload type that retransmits @payload (RFC 4588 section 8.1). */
static gint find_retransmission(const GstSDPMedia *media, gint payload) {
  for (guint i = 0; i < gst_sdp_media_formats_len(media); i++) {
    gint candidate = media_payload(media, i);
    if (candidate == NO_PAYLOAD || !payload_is(media, candidate, "rtx"))
      continue;
    g_autofree char *apt = format_parameter(payload_attribute(media, "fmtp", candidate), "apt");
    if (apt && g_ascii_strtoll(apt, NULL, 10) == payload)
      return candidate;
  }
  return NO_PAYLOAD;
}

static gboolean has_feedback(const GstSDPMedia *media, gint payload, const char *feedback) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
    const char *rest;
    if (attribute->value && g_str_equal(attribute->key, "rtcp-fb") &&
        split_payload(attribute->value, &rest) == payload && g_str_equal(rest, feedback))
      return TRUE;
  }
  return FALSE;
}

/* The id that the offer gives the header extension @uri (RFC 8285 section 5), one-byte range; 0: none. */
static guint find_extension(const GstSDPMedia *media, const char *uri) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
    char *end;
    if (!attribute->value || !g_str_equal(attribute->key, "extmap"))
      continue;
    gulong id = strtoul(attribute->value, &end, 10);
    if (*end == ' ' && id >= 1 && id <= 14 && g_str_equal(end + 1, uri))
      return (guint)id;
  }
  return 0;
}

static gboolean wants_to_receive(const GstSDPMedia *media) {
  return !gst_sdp_media_get_attribute_val(media, "sendonly") &&
         !gst_sdp_media_get_attribute_val(media, "inactive");
}

static gboolean is_kind(const GstSDPMedia *media, const char *kind) {
  return g_strcmp0(gst_sdp_media_get_media(media), kind) == 0;
}

/* Whether a medium says what a transport needs; with BUNDLE only the first one must (RFC 9429 5.2.1). */
static const char *find_transport_flaw(const GstSDPMessage *offer, const GstSDPMedia *media) {
  if (!gst_sdp_media_get_attribute_val(media, "ice-ufrag") ||
      !gst_sdp_media_get_attribute_val(media, "ice-pwd"))
    return "the offer has no ICE credentials";
  if (!gst_sdp_media_get_attribute_val(media, "fingerprint") &&
      !gst_sdp_message_get_attribute_val(offer, "fingerprint"))
    return "the offer has no fingerprint";
  if (!gst_sdp_media_get_attribute_val(media, "setup"))
    return "the offer has no DTLS role";
  return NULL;
}

/* Whether @mid stands in an earlier medium too. */
static gboolean is_repeated(const GstSDPMessage *offer, const char *mid, guint before) {
  for (guint i = 0; i < before; i++)
    if (g_str_equal(mid, gst_sdp_media_get_attribute_val(gst_sdp_message_get_media(offer, i), "mid")))
      return TRUE;
  return FALSE;
}

/* What the machinery behind us takes for granted, and what a session cannot do without. */
static const char *find_offer_flaw(const GstSDPMessage *offer) {
  guint count = gst_sdp_message_medias_len(offer);
  const char *group = gst_sdp_message_get_attribute_val(offer, "group");
  if (count == 0 || count > SDP_MAX_MEDIA)
    return "the offer has no media, or too many";
  if (!group || !g_str_has_prefix(group, "BUNDLE "))
    return "the offer does not bundle its media";
  g_auto(GStrv) bundled = g_strsplit(group + strlen("BUNDLE "), " ", SDP_MAX_MEDIA + 1);
  const char *flaw = "the offer's bundle is empty";
  for (guint i = 0; i < count; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media(offer, i);
    const char *mid = gst_sdp_media_get_attribute_val(media, "mid");
    if (!mid || !g_strv_contains((const char *const *)bundled, mid) || is_repeated(offer, mid, i))
      return "a medium of the offer has no mid of its own in its bundle";
    if (!is_kind(media, "audio") && !is_kind(media, "video") && !is_kind(media, "application"))
      return "the offer has an unknown kind of media";
    if (gst_sdp_media_formats_len(media) == 0 ||
        (!is_kind(media, "application") && media_payload(media, 0) == NO_PAYLOAD))
      return "a medium of the offer has no format";
    if (g_str_equal(mid, bundled[0]))
      flaw = find_transport_flaw(offer, media);
  }
  return flaw;
}

static gboolean choose_video(const GstSDPMessage *offer, char *const *codecs, SdpChoice *choice) {
  for (; *codecs; codecs++) {
    for (guint i = 0; i < gst_sdp_message_medias_len(offer); i++) {
      const GstSDPMedia *media = gst_sdp_message_get_media(offer, i);
      if (!is_kind(media, "video") || !wants_to_receive(media) || !media_codec_find(*codecs, &choice->codec))
        continue;
      gint payload = find_payload(media, media_codec_name(choice->codec));
      if (payload == NO_PAYLOAD)
        continue;
      choice->video_mline = i;
      choice->video_payload = payload;
      if (choice->codec == MEDIA_CODEC_H264)
        choice->profile_level_id =
            format_parameter(payload_attribute(media, "fmtp", payload), "profile-level-id");
      choice->retransmission =
          has_feedback(media, payload, "nack") && find_retransmission(media, payload) != NO_PAYLOAD;
      choice->transport_cc_id =
          has_feedback(media, payload, "transport-cc") ? find_extension(media, SDP_TRANSPORT_CC_URI) : 0;
      choice->playout_delay_id = find_extension(media, PLAYOUT_DELAY_URI);
      return TRUE;
    }
  }
  return FALSE;
}

static void choose_audio(const GstSDPMessage *offer, SdpChoice *choice) {
  for (guint i = 0; i < gst_sdp_message_medias_len(offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media(offer, i);
    if (!is_kind(media, "audio") || !wants_to_receive(media))
      continue;
    choice->audio_payload = find_payload(media, "opus");
    if (choice->audio_payload == NO_PAYLOAD)
      continue;
    choice->audio_mline = (gint)i;
    return;
  }
}

gboolean sdp_is_candidate(const char *value) {
  gsize length = strlen(value);
  if (length > 400)
    return FALSE;
  for (const char *c = value; *c; c++)
    if (!g_ascii_isprint(*c))
      return FALSE;
  g_auto(GStrv) words = g_strsplit(value, " ", 0);
  return g_strv_length(words) >= 8 && g_str_equal(words[6], "typ") && !g_str_has_suffix(words[4], ".local");
}

/* Whether an attribute of a stream stays in the offer as we take it: all that is not about payload types or
 * header extensions, and of those the ones that are about @payload, its @retransmission, and ours. */
static gboolean is_kept(const GstSDPAttribute *attribute, gint payload, gint retransmission) {
  static const char *const by_payload[] = {"rtpmap", "fmtp", "rtcp-fb", NULL};
  static const char *const feedbacks[] = {"nack", "nack pli", "ccm fir", "transport-cc", NULL};
  static const char *const dropped[] = {"extmap-allow-mixed", "ssrc",     "ssrc-group", "msid", "sendrecv",
                                        "sendonly",           "recvonly", "inactive",   "rid",  "simulcast",
                                        "end-of-candidates",  NULL};
  const char *value = attribute->value ? attribute->value : "";
  if (g_strv_contains(dropped, attribute->key))
    return FALSE;
  if (g_str_equal(attribute->key, "extmap")) {
    const char *uri = strchr(value, ' ');
    return uri && (g_str_equal(uri + 1, SDP_TRANSPORT_CC_URI) || g_str_equal(uri + 1, PLAYOUT_DELAY_URI));
  }
  if (g_str_equal(attribute->key, "candidate"))
    return sdp_is_candidate(value);
  if (!g_strv_contains(by_payload, attribute->key))
    return TRUE;
  const char *rest;
  gint about = split_payload(value, &rest);
  if (about == NO_PAYLOAD || (about != payload && about != retransmission))
    return FALSE;
  return !g_str_equal(attribute->key, "rtcp-fb") || g_strv_contains(feedbacks, rest);
}

static void cut_formats(GstSDPMedia *media, gint payload, gint retransmission) {
  for (guint i = gst_sdp_media_formats_len(media); i-- > 0;) {
    gint format = media_payload(media, i);
    if (format == NO_PAYLOAD || (format != payload && format != retransmission))
      gst_sdp_media_remove_format(media, i);
  }
}

static void cut_attributes(GstSDPMedia *media, gint payload, gint retransmission) {
  for (guint i = gst_sdp_media_attributes_len(media); i-- > 0;)
    if (!is_kept(gst_sdp_media_get_attribute(media, i), payload, retransmission))
      gst_sdp_media_remove_attribute(media, i);
}

/* Cuts the offer down to the choice. A stream that is not chosen keeps its first payload type, so that it has
 * a form, and is inactive. */
static void cut_offer(SdpChoice *choice) {
  for (guint i = 0; i < gst_sdp_message_medias_len(choice->offer); i++) {
    GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(choice->offer, i);
    if (is_kind(media, "application")) {
      cut_attributes(media, NO_PAYLOAD, NO_PAYLOAD);
      continue;
    }
    gboolean is_video = i == choice->video_mline, is_audio = (gint)i == choice->audio_mline;
    gint payload = is_video   ? choice->video_payload
                   : is_audio ? choice->audio_payload
                              : media_payload(media, 0);
    gint retransmission =
        is_video && choice->retransmission ? find_retransmission(media, payload) : NO_PAYLOAD;
    cut_formats(media, payload, retransmission);
    cut_attributes(media, payload, retransmission);
    gst_sdp_media_add_attribute(media, is_video || is_audio ? "recvonly" : "inactive", NULL);
  }
}

SdpChoice *sdp_choose(const char *text, char *const *codecs, gboolean sound, GError **error) {
  g_autoptr(SdpChoice) choice = g_new0(SdpChoice, 1);
  choice->audio_mline = -1;
  gsize length = strlen(text);
  if (length > SDP_MAX_BYTES || !g_str_has_prefix(text, "v=0")) {
    refuse_offer(error, SDP_ERROR_MALFORMED, "this is no SDP offer");
    return NULL;
  }
  gst_sdp_message_new(&choice->offer);
  const char *flaw =
      gst_sdp_message_parse_buffer((const guint8 *)text, (guint)length, choice->offer) == GST_SDP_OK
          ? find_offer_flaw(choice->offer)
          : "this is no SDP offer";
  if (flaw) {
    refuse_offer(error, SDP_ERROR_MALFORMED, flaw);
    return NULL;
  }
  if (!choose_video(choice->offer, codecs, choice)) {
    refuse_offer(error, SDP_ERROR_UNSUPPORTED, "the offer has no video that can be sent to it");
    return NULL;
  }
  if (sound)
    choose_audio(choice->offer, choice);
  cut_offer(choice);
  return g_steal_pointer(&choice);
}

void sdp_choice_free(SdpChoice *choice) {
  if (!choice)
    return;
  g_clear_pointer(&choice->offer, gst_sdp_message_free);
  g_free(choice->profile_level_id);
  g_free(choice);
}

static void add_profile(GstSDPMedia *media, gint payload, const char *profile_level_id) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    const GstSDPAttribute *old = gst_sdp_media_get_attribute(media, i);
    const char *rest;
    if (!old->value || !g_str_equal(old->key, "fmtp") || split_payload(old->value, &rest) != payload ||
        strstr(rest, "profile-level-id"))
      continue;
    g_autofree char *value = g_strdup_printf("%s;profile-level-id=%s", old->value, profile_level_id);
    GstSDPAttribute attribute;
    gst_sdp_attribute_set(&attribute, "fmtp", value);
    gst_sdp_media_replace_attribute(media, i, &attribute);
    return;
  }
}

/* RFC 8445 section 5.1.3: the STUN server may have told the same. */
static gboolean has_address(const GstSDPMedia *media, const char *candidate) {
  g_auto(GStrv) wanted = g_strsplit(candidate, " ", 7);
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
    if (!attribute->value || !g_str_equal(attribute->key, "candidate"))
      continue;
    g_auto(GStrv) words = g_strsplit(attribute->value, " ", 7);
    if (g_strv_length(words) > 5 && g_str_equal(words[4], wanted[4]) && g_str_equal(words[5], wanted[5]))
      return TRUE;
  }
  return FALSE;
}

static void add_public_candidates(GstSDPMedia *media, char *const *public_addresses) {
  guint count = gst_sdp_media_attributes_len(media);
  for (guint i = 0; i < count; i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute(media, i);
    if (!attribute->value || !g_str_equal(attribute->key, "candidate"))
      continue;
    g_auto(GStrv) candidates = public_candidates(public_addresses, attribute->value);
    for (char **candidate = candidates; *candidate; candidate++)
      if (!has_address(media, *candidate))
        gst_sdp_media_add_attribute(media, "candidate", *candidate);
  }
}

gboolean sdp_has_candidate(const GstSDPMessage *answer) {
  for (guint i = 0; i < gst_sdp_message_medias_len(answer); i++)
    if (gst_sdp_media_get_attribute_val(gst_sdp_message_get_media(answer, i), "candidate"))
      return TRUE;
  return FALSE;
}

char *sdp_write_answer(const SdpChoice *choice, const GstSDPMessage *answer, char *const *public_addresses) {
  GstSDPMessage *copy;
  gst_sdp_message_copy(answer, &copy);
  if (choice->profile_level_id && choice->video_mline < gst_sdp_message_medias_len(copy))
    add_profile((GstSDPMedia *)gst_sdp_message_get_media(copy, choice->video_mline), choice->video_payload,
                choice->profile_level_id);
  for (guint i = 0; i < gst_sdp_message_medias_len(copy); i++)
    add_public_candidates((GstSDPMedia *)gst_sdp_message_get_media(copy, i), public_addresses);
  char *text = gst_sdp_message_as_text(copy);
  gst_sdp_message_free(copy);
  return text;
}
