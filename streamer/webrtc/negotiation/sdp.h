/* Reads a player's offer (RFC 8866, RFC 9429 JSEP) and decides what of it we do: pure, no network, any
 * thread.
 *
 * The result carries an offer that has been cut down to just that: one payload type of the chosen codec (and
 * its retransmission), the header extensions that we write, every other stream inactive. What answers it can
 * then only answer what we mean, whatever else the player offered.
 */
#pragma once
#include "streamer/shared/media_settings.h"
#include <gst/sdp/sdp.h>

/* An offer is some kilobytes; what is longer than this is refused unread. */
#define SDP_MAX_BYTES (64 * 1024)
#define SDP_MAX_MEDIA 8

#define SDP_TRANSPORT_CC_URI "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

typedef struct {
  GstSDPMessage *offer; /* the offer, cut down */
  MediaCodec codec;
  guint video_mline; /* index of its m= line */
  gint video_payload;
  char *profile_level_id;  /* of H.264 as offered, "42e01f"; else NULL */
  gboolean retransmission; /* the player takes NACKs' answers as RFC 4588 */
  guint transport_cc_id;   /* RTP header extension ids; 0: not offered */
  guint playout_delay_id;
  gint audio_mline; /* -1: no sound to this player */
  gint audio_payload;
} SdpChoice;

#define SDP_ERROR (sdp_error_quark())
typedef enum {
  SDP_ERROR_MALFORMED,   /* no SDP, or without what WebRTC demands */
  SDP_ERROR_UNSUPPORTED, /* sound, but nothing in it that we can send */
} SdpError;
GQuark sdp_error_quark(void);

/* Chooses from @text. @codecs: NULL-terminated names in order of preference, the first that is offered is
 * taken; @sound: whether there is sound to send. Returns: (transfer full), or NULL with an SDP_ERROR whose
 * message is fit for a person. */
SdpChoice *sdp_choose(const char *text, char *const *codecs, gboolean sound, GError **error);
void sdp_choice_free(SdpChoice *choice); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdpChoice, sdp_choice_free)

/* The text (transfer full) of what webrtcbin answered to the choice's offer, with what it leaves out: the
 * H.264 profile, without which RFC 6184 section 8.2.2 makes it the plain baseline profile, and the candidates
 * of @public_addresses (public_candidates.h; nullable). */
char *sdp_write_answer(const SdpChoice *choice, const GstSDPMessage *answer, char *const *public_addresses);

/* Whether @answer tells an address to come to. */
gboolean sdp_has_candidate(const GstSDPMessage *answer);

/* Whether @value, which follows "candidate:" in an attribute, is a candidate of use (RFC 8839 section 5.1):
 * printable text of a candidate's form and length. Names of multicast DNS, behind which browsers hide their
 * addresses, mean nothing outside their network; such a browser is found by the checks that it sends itself.
 */
gboolean sdp_is_candidate(const char *value);
