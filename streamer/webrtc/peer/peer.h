/* One viewer: a WebRTC connection to a player, with a pipeline of its own that comes and goes without
 * touching the others.
 *
 * All functions belong to the main thread, and all events come on it, in this order: answered, connected,
 * ended; ended may come at any time, once, and is the last. A viewer that ended has given up everything
 * shared; its own remains are taken down on another thread, since that may take its time.
 */
#pragma once
#include "streamer/shared/media_settings.h"
#include "streamer/webrtc/input/steering.h"
#include "streamer/webrtc/negotiation/ice.h"
#include "streamer/webrtc/negotiation/sdp.h"
#include "streamer/webrtc/network/path.h"
#include "streamer/webrtc/picture/allotment.h"
#include "streamer/webrtc/picture/encoder.h"
#include "streamer/webrtc/sound/sound.h"

typedef struct Viewer Viewer;

typedef struct {
  void (*answered)(gint64 id, const char *sdp, gpointer data);
  void (*connected)(gint64 id, gpointer data);
  /* Of viewer_restart(), from within it: the fragment for the player, or NULL and why not. */
  void (*restarted)(gint64 id, const char *fragment, const char *reason, gpointer data);
  /* @reason: one word: closed, removed, silent, ice_failed, failed. The viewer is freed after this. */
  void (*ended)(gint64 id, gboolean was_answered, const char *reason, gpointer data);
} ViewerEvents;

/* What all viewers of the session share; must outlive them. */
typedef struct {
  const MediaSettings *settings;
  const ViewerEvents *events;
  gpointer data;
} ViewerHost;

/* Begins to answer the offer of @choice (transfer full). @ice_servers: of IceServer (nullable). @encoder: of
 * the chosen codec; @sound (nullable). Takes @seat (transfer full). NULL with an error when the pipeline
 * cannot be made. */
Viewer *viewer_new(gint64 id, SdpChoice *choice, const ViewerHost *host, const GPtrArray *ice_servers,
                   Encoder *encoder, Sound *sound, SteeringSeat *seat, GError **error);

/* The player's candidates, as RFC 8840 writes them. */
void viewer_add_candidates(Viewer *viewer, const char *fragment);

/* The player's network changed: ICE begins anew with the credentials and candidates of @fragment, everything
 * else goes on. Where that cannot be, the viewer stays as it is. */
void viewer_restart(Viewer *viewer, const char *fragment);

/* Once a second: ends it if it has been silent for too long or does not get on. */
void viewer_check(Viewer *viewer, gint64 now_us);

/* How its network stands; FALSE while nothing flows. Twenty times a second. */
gboolean viewer_report(Viewer *viewer, CongestionReport *report);

/* The codec of its picture. */
MediaCodec viewer_codec(Viewer *viewer);

/* Its place among the others; layers.h's to use. */
Share *viewer_share(Viewer *viewer);

/* From now on it takes the frames of @encoder, of its codec. */
void viewer_take(Viewer *viewer, Encoder *encoder);

/* Ends it: the event `ended` comes before this returns, and @viewer is gone. */
void viewer_end(Viewer *viewer, const char *reason);

/* Waits until what is left of ended viewers is gone. Once, at the very end. */
void viewer_wait_for_remains(void);
