/* One peer connection of WebRTC, to a player; the streamer calls it a viewer. It has a pipeline of its own
 * that comes and goes without touching the others.
 *
 * All functions belong to the main thread, and all events come on it, in this order: answered, connected,
 * receives, ended; ended may come at any time, once, and is the last. A peer that ended has given up
 * everything shared; its own remains are taken down on another thread, since that may take its time.
 */
#pragma once
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/negotiation/sdp.h"
#include "streamer/webrtc/network/path.h"
#include "streamer/webrtc/picture/allotment.h"
#include "streamer/webrtc/picture/encoder.h"
#include "streamer/webrtc/sound/sound_capture.h"

typedef struct Peer Peer;

typedef struct {
  void (*answered)(gint64 id, const char *sdp, gpointer data);
  void (*connected)(gint64 id, gpointer data);
  /* Its data channel is open: peer_say() works from now on. At most once, and not before `answered`. */
  void (*opened)(gint64 id, gpointer data);
  /* The player says by RTCP that the picture comes to it; once. */
  void (*receives)(gint64 id, gpointer data);
  /* Of peer_restart(), from within it: the fragment for the player, or NULL and why not. */
  void (*restarted)(gint64 id, const char *fragment, const char *reason, gpointer data);
  /* @reason: one word: closed, removed, silent, ice_failed, encoder_failed, no_candidates, failed. The peer
   * is freed after this. */
  void (*ended)(gint64 id, gboolean was_answered, const char *reason, gpointer data);
} PeerEvents;

/* What all peers of the session share; must outlive them. */
typedef struct {
  const MediaSettings *settings;
  const PeerEvents *events;
  gpointer data;
} PeerContext;

/* Begins to answer the offer of @choice (transfer full). @ice_servers: of IceServer (nullable). @encoder: of
 * the chosen codec; @sound (nullable). Takes @seat (transfer full). NULL with an error when the pipeline
 * cannot be made. */
Peer *peer_new(gint64 id, SdpChoice *choice, const PeerContext *context, const GPtrArray *ice_servers,
               Encoder *encoder, SoundCapture *sound, SteeringSeat *seat, GError **error);

/* The player's candidates, as RFC 8840 writes them. */
void peer_add_candidates(Peer *peer, const char *fragment);

/* The player's network changed: ICE begins anew with the credentials and candidates of @fragment, everything
 * else goes on. Where that cannot be, the peer stays as it is. */
void peer_restart(Peer *peer, const char *fragment);

/* Once a second: ends it if it has been silent for too long or does not get on. */
void peer_check(Peer *peer, gint64 now_us);

/* Twenty times a second: what its player holds is let go while the player is not heard (steering.h). Returns
 * whether a frame is to be sent, so that it has something to answer. */
gboolean peer_watch_silence(Peer *peer, gint64 now_us);

/* How its network stands; FALSE while nothing flows. Twenty times a second. */
gboolean peer_report(Peer *peer, CongestionReport *report);

/* The codec of its picture. */
MediaCodec peer_codec(Peer *peer);

/* Tells its player something: @text, a JSON object of vitrina-protocol(7), "Input". It is not told where the
 * player has no data channel, and where it has not taken what it was told before. */
void peer_say(Peer *peer, const char *text);

/* Its place among the others; layers.h's to use. */
Share *peer_share(Peer *peer);

/* From now on it takes the frames of @encoder, of its codec. */
void peer_take(Peer *peer, Encoder *encoder);

/* Ends it: the event `ended` comes before this returns, and @peer is gone. */
void peer_end(Peer *peer, const char *reason);

/* Waits until what is left of ended peers is gone. Once, at the very end. */
void peer_wait_for_remains(void);
