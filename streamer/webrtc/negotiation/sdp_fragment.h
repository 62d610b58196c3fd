/* Fragments of session descriptions (application/trickle-ice-sdpfrag, RFC 8840 section 9): what a player says
 * of ICE after its offer, and what is said back. Pure, no network, any thread.
 */
#pragma once
#include "streamer/webrtc/negotiation/sdp.h"

/* One remote ICE candidate: the index of its m= line and the text "candidate:…". */
typedef struct {
  guint mline;
  char *text;
} SdpCandidate;

#define SDP_MAX_CANDIDATES 64

/* Reads @fragment's candidates (transfer full, SdpCandidate *), at most SDP_MAX_CANDIDATES, lines that are
 * none skipped. Those of a media section that @choice's offer does not have, or of another ICE generation
 * (a=ice-ufrag differs), are left out. */
GPtrArray *sdp_fragment_candidates(const SdpChoice *choice, const char *fragment);

/* What one side's ICE is known by (RFC 8839 section 5.4). */
typedef struct {
  char *ufrag, *password;
} SdpCredentials;

/* Frees what it holds and zeroes it. */
void sdp_credentials_clear(SdpCredentials *credentials);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SdpCredentials, sdp_credentials_clear)

/* Reads the credentials of an ICE restart, and makes them @choice's: candidates of the generation before are
 * left out from now on. FALSE with an SDP_ERROR when there are none, or not new ones, or not of the form that
 * RFC 8839 demands; then nothing changes. */
gboolean sdp_fragment_restart(SdpChoice *choice, const char *fragment, SdpCredentials *credentials,
                              GError **error);

/* The fragment (transfer full) that tells @local credentials and @candidates ("candidate:…",
 * NULL-terminated), all that there are, to the player of @choice. */
char *sdp_fragment_write(const SdpChoice *choice, const SdpCredentials *local, char *const *candidates);
