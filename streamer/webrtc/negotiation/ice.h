/* ICE of a peer's webrtcbin: which addresses and ports it uses, and which STUN and TURN servers. */
#pragma once
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/negotiation/sdp_fragment.h"
#include <gst/gst.h>

/* Prepares @webrtcbin, before it leaves the READY state. @servers: of IceServer, which STUN and TURN servers
 * it uses (nullable: none); URLs of other schemes are skipped, and of STUN servers it takes one. */
void ice_apply(GstElement *webrtcbin, const MediaSettings *settings, const GPtrArray *servers);

/* Restarts ICE (RFC 8445 section 9) of @webrtcbin, whose media are bundled: new credentials of both sides,
 * the candidates of this side as they are, with those of @public_addresses (public_candidates.h; nullable);
 * what the player then tries decides the path. DTLS and all above it go on, over the old path until there is
 * a new one. Any thread.
 *
 * Returns: the fragment for the player of @choice (transfer full), or NULL when there is no ICE to restart.
 */
char *ice_restart(GstElement *webrtcbin, const SdpChoice *choice, const SdpCredentials *remote,
                  char *const *public_addresses);
