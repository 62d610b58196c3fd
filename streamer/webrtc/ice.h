/* ICE of a viewer's webrtcbin: which addresses and ports it uses, and which STUN and TURN servers. */
#pragma once
#include "streamer/media_settings.h"
#include "streamer/webrtc/sdp_fragment.h"
#include <gst/gst.h>

/* A list of ICE servers as WebRTC's RTCIceServer has it, read once a session. */
typedef struct IceServers IceServers;

/* Reads @json, an array of {"urls": "…" or ["…"], "username", "credential"}; NULL means none. Returns:
 * (transfer full), or NULL with an error. URLs of unknown schemes are skipped. */
IceServers *ice_servers_new(const char *json, GError **error);
void ice_servers_free(IceServers *servers); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IceServers, ice_servers_free)

/* Prepares @webrtcbin, before it leaves the READY state. */
void ice_apply(GstElement *webrtcbin, const MediaSettings *settings, const IceServers *servers);

/* Restarts ICE (RFC 8445 section 9) of @webrtcbin, whose media are bundled: new credentials of both sides,
 * the candidates of this side as they are; what the player then tries decides the path. DTLS and all above it
 * go on, over the old path until there is a new one. Any thread.
 *
 * Returns: the fragment for the player of @choice (transfer full), or NULL when there is no ICE to restart.
 */
char *ice_restart(GstElement *webrtcbin, const SdpChoice *choice, const SdpCredentials *remote);
