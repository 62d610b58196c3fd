/* What is made of a player's offer, and of its candidates. */
#include "streamer/webrtc/negotiation/playout_delay.h"
#include "streamer/webrtc/negotiation/public_candidates.h"
#include "streamer/webrtc/negotiation/sdp_fragment.h"

#include <gst/gst.h>
#include <string.h>

#define HEAD                                                                                                 \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                                                      \
  "a=fingerprint:sha-256 AF:28:D3:B4:24:D7:3B:85:F8:BA:D4:7D:6D:57:55:27:E7:E2:DA:F0:13:20:6A:04:BE:91:FF:"  \
  "65:5B:5D:2E:6B\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\na=rtcp-mux\r\n"
#define BUNDLE "a=group:BUNDLE 0 1 2\r\n"
#define AUDIO                                                                                                \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n" ICE                                 \
  "a=sendrecv\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=ssrc:1 cname:x\r\n"
#define VIDEO                                                                                                \
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 106\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n" ICE             \
  "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"                                \
  "a=extmap:3 " SDP_TRANSPORT_CC_URI "\r\na=extmap:5 " PLAYOUT_DELAY_URI "\r\n"                              \
  "a=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"                    \
  "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"                                                  \
  "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                                                            \
  "a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;"                    \
  "profile-level-id=42e01f\r\n"                                                                              \
  "a=rtpmap:103 H264/90000\r\na=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;"                    \
  "profile-level-id=640032\r\n"                                                                              \
  "a=rtpmap:104 H264/90000\r\na=fmtp:104 level-asymmetry-allowed=1;packetization-mode=1;"                    \
  "profile-level-id=42e01f\r\na=rtcp-fb:104 nack\r\na=rtcp-fb:104 transport-cc\r\n"                          \
  "a=rtpmap:105 rtx/90000\r\na=fmtp:105 apt=104\r\na=rtpmap:106 AV1/90000\r\n"
#define DATA                                                                                                 \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n" ICE                  \
  "a=sctp-port:5000\r\n"
#define OFFER HEAD BUNDLE AUDIO VIDEO DATA

static char *h264_first[] = {"H264", "VP8", NULL};
static char *vp8_first[] = {"VP8", "H264", NULL};

static char *media_text(const SdpChoice *choice, guint index) {
  return gst_sdp_media_as_text(gst_sdp_message_get_media(choice->offer, index));
}

static void test_h264_of_the_usable_profile(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, &error);
  g_assert_no_error(error);
  g_assert_cmpint(choice->codec, ==, MEDIA_CODEC_H264);
  g_assert_cmpint(choice->video_payload, ==, 104);
  g_assert_cmpstr(choice->profile_level_id, ==, "42e01f");
  g_assert_cmpuint(choice->video_mline, ==, 1);
  g_assert_true(choice->retransmission);
  g_assert_cmpuint(choice->transport_cc_id, ==, 3);
  g_assert_cmpuint(choice->playout_delay_id, ==, 5);
}

static void test_preference_decides(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, vp8_first, FALSE, NULL);
  g_assert_cmpint(choice->codec, ==, MEDIA_CODEC_VP8);
  g_assert_cmpint(choice->video_payload, ==, 96);
  g_assert_null(choice->profile_level_id);
}

static void test_what_is_not_chosen_is_cut(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, vp8_first, FALSE, NULL);
  g_autofree char *video = media_text(choice, 1);
  g_assert_nonnull(strstr(video, "SAVPF 96 97\r\n"));
  g_assert_nonnull(strstr(video, "a=rtcp-fb:96 nack pli"));
  g_assert_nonnull(strstr(video, "a=fmtp:97 apt=96"));
  g_assert_nonnull(strstr(video, "a=recvonly"));
  g_assert_null(strstr(video, "H264"));
  g_assert_null(strstr(video, "AV1"));
  g_assert_null(strstr(video, "goog-remb"));
  g_assert_null(strstr(video, "abs-send-time"));
}

static void test_candidates_of_the_offer_stay_if_they_mean_something(void) {
  g_autofree char *offer = g_strconcat(
      OFFER, "a=candidate:1 1 udp 2113937151 192.0.2.7 40000 typ host generation 0\r\n",
      "a=candidate:2 1 udp 2113937151 25f22b52-74e2-40c9-ab96-86c23c3705f6.local 40001 typ host\r\n",
      "a=candidate:3 1 udp\r\na=end-of-candidates\r\n", NULL);
  g_autoptr(SdpChoice) choice = sdp_choose(offer, vp8_first, FALSE, NULL);
  g_autofree char *data = media_text(choice, 2);
  g_assert_nonnull(strstr(data, "192.0.2.7"));
  g_assert_nonnull(strstr(data, "a=sctp-port:5000"));
  g_assert_null(strstr(data, ".local"));
  g_assert_null(strstr(data, "candidate:3"));
}

static void test_sound_only_if_there_is_some(void) {
  g_autoptr(SdpChoice) silent = sdp_choose(OFFER, vp8_first, FALSE, NULL);
  g_autofree char *rejected = media_text(silent, 0);
  g_assert_cmpint(silent->audio_mline, ==, -1);
  g_assert_nonnull(strstr(rejected, "a=inactive"));
  g_assert_null(strstr(rejected, "a=sendrecv"));
  g_autoptr(SdpChoice) loud = sdp_choose(OFFER, vp8_first, TRUE, NULL);
  g_autofree char *audio = media_text(loud, 0);
  g_assert_cmpint(loud->audio_mline, ==, 0);
  g_assert_cmpint(loud->audio_payload, ==, 111);
  g_assert_nonnull(strstr(audio, "a=recvonly"));
  g_assert_null(strstr(audio, "PCMU"));
}

static void test_the_answer_names_the_profile(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  GstSDPMessage *answer;
  gst_sdp_message_new_from_text(HEAD AUDIO "m=video 9 UDP/TLS/RTP/SAVPF 104\r\n"
                                           "a=fmtp:104 packetization-mode=1\r\n",
                                &answer);
  g_autofree char *text = sdp_write_answer(choice, answer, NULL);
  g_assert_nonnull(strstr(text, "a=fmtp:104 packetization-mode=1;profile-level-id=42e01f\r\n"));
  gst_sdp_message_free(answer);
}

static void test_offers_that_are_refused(void) {
  static const struct {
    const char *text;
    SdpError code;
  } rows[] = {
      {"", SDP_ERROR_MALFORMED},
      {"hello", SDP_ERROR_MALFORMED},
      {"v=0\r\n", SDP_ERROR_MALFORMED},
      {HEAD, SDP_ERROR_MALFORMED},
      {HEAD VIDEO, SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE\r\n" VIDEO, SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE 7\r\n" VIDEO, SDP_ERROR_MALFORMED},
      {HEAD BUNDLE VIDEO VIDEO, SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n",
       SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF\r\na=mid:1\r\n" ICE, SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE 1\r\nm=text 9 RTP/AVP 96\r\na=mid:1\r\n" ICE, SDP_ERROR_MALFORMED},
      {HEAD "a=group:BUNDLE 2\r\n" DATA, SDP_ERROR_UNSUPPORTED},
      {HEAD "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\n" ICE
            "a=rtpmap:96 VP8/90000\r\n",
       SDP_ERROR_UNSUPPORTED},
      {HEAD "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" ICE
            "a=rtpmap:96 AV1/90000\r\n",
       SDP_ERROR_UNSUPPORTED},
      {HEAD "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 999999999999 x\r\na=mid:1\r\n" ICE
            "a=rtpmap:96\r\na=fmtp:\r\na=rtpmap\r\na=extmap:99 \r\n",
       SDP_ERROR_MALFORMED},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_test_message("row %zu", i);
    g_assert_null(sdp_choose(rows[i].text, h264_first, TRUE, &error));
    g_assert_error(error, SDP_ERROR, (int)rows[i].code);
  }
}

static void test_an_endless_offer_is_refused_unread(void) {
  g_autofree char *filler = g_strnfill(SDP_MAX_BYTES, 'a');
  g_autofree char *text = g_strconcat(OFFER, "a=", filler, "\r\n", NULL);
  g_autoptr(GError) error = NULL;
  g_assert_null(sdp_choose(text, h264_first, FALSE, &error));
  g_assert_error(error, SDP_ERROR, SDP_ERROR_MALFORMED);
}

#define CANDIDATE "candidate:1 1 UDP 2015363327 192.0.2.2 55921 typ host"

static void test_candidates_find_their_media(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(
      choice, "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:2\r\n"
              "a=" CANDIDATE "\r\na=end-of-candidates\r\na=mid:nobody\r\na=" CANDIDATE "\r\n");
  g_assert_cmpuint(candidates->len, ==, 1);
  const SdpCandidate *candidate = candidates->pdata[0];
  g_assert_cmpuint(candidate->mline, ==, 2);
  g_assert_cmpstr(candidate->text, ==, CANDIDATE);
}

static void test_candidates_that_are_none(void) {
  static const char *const fragments[] = {"",
                                          "a=candidate:",
                                          "a=candidate:1 1 UDP 1 192.0.2.2 55921",
                                          "a=candidate:1 1 UDP 1 192.0.2.2 55921 x host",
                                          "a=candidate:1 1 UDP 1 192.0.2.2\x01 55921 typ host",
                                          "a=candidate:1 1 UDP 1 0a.local 55921 typ host",
                                          ("a=ice-ufrag:other\r\na=" CANDIDATE)};
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(fragments); i++) {
    g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(choice, fragments[i]);
    g_assert_cmpuint(candidates->len, ==, 0);
  }
}

static void test_candidates_are_bounded(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < 2000; i++)
    g_string_append(text, "a=" CANDIDATE "\n");
  g_autoptr(GPtrArray) candidates = sdp_fragment_candidates(choice, text->str);
  g_assert_cmpuint(candidates->len, ==, SDP_MAX_CANDIDATES);
}

#define CREDENTIALS(ufrag) "a=ice-ufrag:" ufrag "\r\na=ice-pwd:0123456789abcdef/+ABCD\r\n"

static void test_a_restart_begins_another_generation(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  g_auto(SdpCredentials) credentials = {NULL};
  g_autoptr(GError) error = NULL;
  g_assert_true(sdp_fragment_restart(choice, CREDENTIALS("next"), &credentials, &error));
  g_assert_no_error(error);
  g_assert_cmpstr(credentials.ufrag, ==, "next");
  g_assert_cmpstr(credentials.password, ==, "0123456789abcdef/+ABCD");
  g_autoptr(GPtrArray) old = sdp_fragment_candidates(choice, "a=ice-ufrag:abcd\r\na=" CANDIDATE);
  g_assert_cmpuint(old->len, ==, 0);
  g_autoptr(GPtrArray) new = sdp_fragment_candidates(choice, CREDENTIALS("next") "a=" CANDIDATE);
  g_assert_cmpuint(new->len, ==, 1);
}

static void test_restarts_that_are_refused(void) {
  static const char *const fragments[] = {
      "",
      "a=ice-ufrag:next\r\n",
      CREDENTIALS("abcd"), /* the offer's own */
      CREDENTIALS("abc"),
      CREDENTIALS("ab cd"),
      "a=ice-ufrag:next\r\na=ice-pwd:short\r\n",
      "a=ice-ufrag:next\r\na=ice-pwd:0123456789abcdef,-ABCD\r\n",
  };
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(fragments); i++) {
    SdpCredentials credentials = {NULL};
    g_autoptr(GError) error = NULL;
    g_assert_false(sdp_fragment_restart(choice, fragments[i], &credentials, &error));
    g_assert_error(error, SDP_ERROR, SDP_ERROR_MALFORMED);
    g_assert_null(credentials.ufrag);
  }
  g_autoptr(GPtrArray) kept = sdp_fragment_candidates(choice, "a=ice-ufrag:abcd\r\na=" CANDIDATE);
  g_assert_cmpuint(kept->len, ==, 1);
}

static void test_our_fragment_is_in_the_first_section(void) {
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  const SdpCredentials local = {"ours", "secret"};
  char *candidates[] = {CANDIDATE, NULL};
  g_autofree char *fragment = sdp_fragment_write(choice, &local, candidates);
  const GstSDPMedia *first = gst_sdp_message_get_media(choice->offer, 0);
  g_autofree char *expected =
      g_strdup_printf("a=ice-ufrag:ours\r\na=ice-pwd:secret\r\nm=%s 9 %s 0\r\na=mid:%s\r\na=" CANDIDATE
                      "\r\na=end-of-candidates\r\n",
                      gst_sdp_media_get_media(first), gst_sdp_media_get_proto(first),
                      gst_sdp_media_get_attribute_val(first, "mid"));
  g_assert_cmpstr(fragment, ==, expected);
}

#define HOST "1 1 UDP 2015363327 10.0.0.2 40000 typ host"
#define OUTSIDE "1n0 1 UDP 1679819007 203.0.113.7 40000 typ srflx raddr 10.0.0.2 rport 40000"

static void test_public_candidates(void) {
  char *addresses[] = {"203.0.113.7", "2001:db8::7", NULL};
  static const struct {
    const char *candidate, *expected;
  } rows[] = {
      {"candidate:" HOST, "candidate:" OUTSIDE},
      {"candidate:4 1 UDP 2015364095 fd00::2 40000 typ host",
       "candidate:4n0 1 UDP 1679819775 2001:db8::7 40000 typ srflx raddr fd00::2 rport 40000"},
      {"candidate:1 1 UDP 2015363327 198.51.100.1 40000 typ host", ""},
      {"candidate:1 1 TCP 2015363327 10.0.0.2 9 typ host tcptype active", ""},
      {"candidate:1 1 UDP 505413887 10.0.0.2 40000 typ relay raddr 10.0.0.2 rport 1", ""},
      {"candidate:1 1 UDP", ""},
      {"", ""},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_auto(GStrv) found = public_candidates(addresses, rows[i].candidate);
    g_autofree char *joined = g_strjoinv("|", found);
    g_assert_cmpstr(joined, ==, rows[i].expected);
  }
}

static GstSDPMessage *answer_with(const char *candidates) {
  GstSDPMessage *answer;
  g_autofree char *text = g_strdup_printf("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
                                          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n%s",
                                          candidates);
  gst_sdp_message_new(&answer);
  g_assert_cmpint(gst_sdp_message_parse_buffer((const guint8 *)text, (guint)strlen(text), answer), ==,
                  GST_SDP_OK);
  return answer;
}

static void test_the_answer_tells_public_addresses_once(void) {
  char *addresses[] = {"203.0.113.7", NULL};
  g_autoptr(SdpChoice) choice = sdp_choose(OFFER, h264_first, FALSE, NULL);
  GstSDPMessage *plain = answer_with("a=candidate:" HOST "\r\n");
  g_autofree char *told = sdp_write_answer(choice, plain, addresses);
  g_assert_nonnull(strstr(told, "a=candidate:" HOST "\r\n"));
  g_assert_nonnull(strstr(told, "a=candidate:" OUTSIDE "\r\n"));
  GstSDPMessage *known =
      answer_with("a=candidate:" HOST "\r\na=candidate:2 1 UDP 1679819007 203.0.113.7 40000 typ srflx raddr "
                  "10.0.0.2 rport 40000\r\n");
  g_autofree char *once = sdp_write_answer(choice, known, addresses);
  g_assert_null(strstr(once, "1n0"));
  gst_sdp_message_free(plain);
  gst_sdp_message_free(known);
}

static void test_an_answer_may_lead_nowhere(void) {
  GstSDPMessage *none = answer_with("a=mid:0\r\n"), *one = answer_with("a=candidate:" HOST "\r\n");
  g_assert_false(sdp_has_candidate(none));
  g_assert_true(sdp_has_candidate(one));
  gst_sdp_message_free(none);
  gst_sdp_message_free(one);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sdp/h264-of-the-usable-profile", test_h264_of_the_usable_profile);
  g_test_add_func("/sdp/preference-decides", test_preference_decides);
  g_test_add_func("/sdp/what-is-not-chosen-is-cut", test_what_is_not_chosen_is_cut);
  g_test_add_func("/sdp/candidates-of-the-offer-stay-if-they-mean-something",
                  test_candidates_of_the_offer_stay_if_they_mean_something);
  g_test_add_func("/sdp/sound-only-if-there-is-some", test_sound_only_if_there_is_some);
  g_test_add_func("/sdp/the-answer-names-the-profile", test_the_answer_names_the_profile);
  g_test_add_func("/sdp/offers-that-are-refused", test_offers_that_are_refused);
  g_test_add_func("/sdp/an-endless-offer-is-refused-unread", test_an_endless_offer_is_refused_unread);
  g_test_add_func("/sdp/candidates-find-their-media", test_candidates_find_their_media);
  g_test_add_func("/sdp/candidates-that-are-none", test_candidates_that_are_none);
  g_test_add_func("/sdp/candidates-are-bounded", test_candidates_are_bounded);
  g_test_add_func("/sdp/a-restart-begins-another-generation", test_a_restart_begins_another_generation);
  g_test_add_func("/sdp/restarts-that-are-refused", test_restarts_that_are_refused);
  g_test_add_func("/sdp/our-fragment-is-in-the-first-section", test_our_fragment_is_in_the_first_section);
  g_test_add_func("/sdp/public-candidates", test_public_candidates);
  g_test_add_func("/sdp/the-answer-tells-public-addresses-once", test_the_answer_tells_public_addresses_once);
  g_test_add_func("/sdp/an-answer-may-lead-nowhere", test_an_answer_may_lead_nowhere);
  return g_test_run();
}
