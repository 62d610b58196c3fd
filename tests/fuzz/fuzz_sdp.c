/* Whatever a player offers, it is a choice that holds together or an error. After a NUL or the last "=frag="
 * line the rest is taken for an sdpfrag. */
#include "streamer/webrtc/negotiation/sdp_fragment.h"

#include <string.h>

#define FRAGMENT "\n=frag=\n"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void check(const SdpChoice *choice) {
  guint count = gst_sdp_message_medias_len(choice->offer);
  g_assert_cmpuint(count, <=, SDP_MAX_MEDIA);
  g_assert_cmpuint(choice->video_mline, <, count);
  g_assert_cmpint(choice->audio_mline, <, (gint)count);
  g_assert_cmpint(choice->video_payload, >=, 0);
  g_assert_cmpint(choice->video_payload, <=, 127);
  char *public_addresses[] = {"203.0.113.7", "2001:db8::7", NULL};
  g_autofree char *text = sdp_write_answer(choice, choice->offer, public_addresses);
  g_assert_nonnull(text);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
  static char *codecs[] = {"H264", "VP8", NULL};
  g_autofree char *offer = g_strndup((const char *)data, size);
  char *fragment = strstr(offer, FRAGMENT);
  if (fragment) {
    *fragment = '\0';
    fragment += strlen(FRAGMENT);
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(SdpChoice) choice = sdp_choose(offer, codecs, TRUE, &error);
  g_assert_true((choice == NULL) == (error != NULL));
  if (!choice)
    return 0;
  check(choice);
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(choice, fragment ? fragment : "");
  g_assert_cmpuint(candidates->len, <=, SDP_MAX_CANDIDATES);
  g_auto(SdpCredentials) credentials = {NULL};
  if (sdp_fragment_restart(choice, fragment ? fragment : "", &credentials, NULL)) {
    char *none[] = {NULL};
    g_autofree char *answer = sdp_fragment_write(choice, &credentials, none);
    g_assert_nonnull(answer);
  }
  return 0;
}
