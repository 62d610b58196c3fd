#include "streamer/webrtc/negotiation/sdp_fragment.h"

#include <string.h>

#define MAX_LINES 1000

static void candidate_free(gpointer data) {
  SdpCandidate *candidate = data;
  g_free(candidate->text);
  g_free(candidate);
}

static gint find_mid(const SdpChoice *choice, const char *mid) {
  for (guint i = 0; i < gst_sdp_message_medias_len(choice->offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media(choice->offer, i);
    if (g_strcmp0(gst_sdp_media_get_attribute_val(media, "mid"), mid) == 0)
      return (gint)i;
  }
  return -1;
}

static gboolean is_our_generation(const SdpChoice *choice, const char *ufrag) {
  for (guint i = 0; i < gst_sdp_message_medias_len(choice->offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media(choice->offer, i);
    if (g_strcmp0(gst_sdp_media_get_attribute_val(media, "ice-ufrag"), ufrag) == 0)
      return TRUE;
  }
  return FALSE;
}

GPtrArray *sdp_fragment_candidates(const SdpChoice *choice, const char *fragment) {
  GPtrArray *candidates = g_ptr_array_new_with_free_func(candidate_free);
  g_auto(GStrv) lines = g_strsplit(fragment, "\n", MAX_LINES);
  gint mline = 0;
  gboolean current = TRUE;
  for (char **at = lines; *at && candidates->len < SDP_MAX_CANDIDATES; at++) {
    const char *line = g_strchomp(*at);
    if (g_str_has_prefix(line, "a=ice-ufrag:"))
      current = is_our_generation(choice, line + strlen("a=ice-ufrag:"));
    else if (g_str_has_prefix(line, "a=mid:"))
      mline = find_mid(choice, line + strlen("a=mid:"));
    else if (g_str_has_prefix(line, "a=candidate:") && current && mline >= 0 &&
             sdp_is_candidate(line + strlen("a=candidate:"))) {
      SdpCandidate *candidate = g_new(SdpCandidate, 1);
      *candidate = (SdpCandidate){.mline = (guint)mline, .text = g_strdup(line + 2)};
      g_ptr_array_add(candidates, candidate);
    }
  }
  return candidates;
}

/* ---- ICE restarts ---- */

void sdp_credentials_clear(SdpCredentials *credentials) {
  g_clear_pointer(&credentials->ufrag, g_free);
  g_clear_pointer(&credentials->password, g_free);
}

/* RFC 8839 section 5.4: ice-chars, a user name fragment of 4 to 256, a password of 22 to 256. */
static gboolean is_ice_text(const char *text, gsize least) {
  gsize length = text ? strlen(text) : 0;
  if (length < least || length > 256)
    return FALSE;
  for (; *text; text++)
    if (!g_ascii_isalnum(*text) && *text != '+' && *text != '/')
      return FALSE;
  return TRUE;
}

/* The first line that begins with @start, without it (transfer full), or NULL. */
static char *find_value(char *const *lines, const char *start) {
  for (; *lines; lines++)
    if (g_str_has_prefix(*lines, start))
      return g_strchomp(g_strdup(*lines + strlen(start)));
  return NULL;
}

static void replace_attribute(GstSDPMedia *media, const char *key, const char *value) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
    if (!g_str_equal(gst_sdp_media_get_attribute(media, i)->key, key))
      continue;
    GstSDPAttribute attribute;
    gst_sdp_attribute_set(&attribute, key, value);
    gst_sdp_media_replace_attribute(media, i, &attribute);
  }
}

gboolean sdp_fragment_restart(SdpChoice *choice, const char *fragment, SdpCredentials *credentials,
                              GError **error) {
  g_auto(GStrv) lines = g_strsplit(fragment, "\n", MAX_LINES);
  g_auto(SdpCredentials) read = {find_value(lines, "a=ice-ufrag:"), find_value(lines, "a=ice-pwd:")};
  const char *flaw = !is_ice_text(read.ufrag, 4) || !is_ice_text(read.password, 22)
                         ? "the fragment has no ICE credentials of the right form"
                     : is_our_generation(choice, read.ufrag) ? "these ICE credentials are in use already"
                                                             : NULL;
  if (flaw) {
    g_set_error_literal(error, SDP_ERROR, SDP_ERROR_MALFORMED, flaw);
    return FALSE;
  }
  for (guint i = 0; i < gst_sdp_message_medias_len(choice->offer); i++) {
    GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(choice->offer, i);
    replace_attribute(media, "ice-ufrag", read.ufrag);
    replace_attribute(media, "ice-pwd", read.password);
  }
  *credentials = read;
  read = (SdpCredentials){NULL};
  return TRUE;
}

char *sdp_fragment_write(const SdpChoice *choice, const SdpCredentials *local, char *const *candidates) {
  /* All media are bundled: the first section speaks for them (RFC 8840 section 9). */
  const GstSDPMedia *media = gst_sdp_message_get_media(choice->offer, 0);
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", local->ufrag, local->password);
  g_string_append_printf(text, "m=%s 9 %s 0\r\na=mid:%s\r\n", gst_sdp_media_get_media(media),
                         gst_sdp_media_get_proto(media), gst_sdp_media_get_attribute_val(media, "mid"));
  for (; *candidates; candidates++)
    g_string_append_printf(text, "a=%s\r\n", *candidates);
  g_string_append(text, "a=end-of-candidates\r\n");
  return g_string_free(text, FALSE);
}
