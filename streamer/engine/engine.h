/* An engine gives a session its picture: it shows the application to people and brings their input to it.
 *
 * One interface, a kind for each way (the setting `engine`), a row each in engine.c. `capture` is a process
 * of its own, vitrina-webrtc, which captures the session's X display; people reach it by WHEP through the
 * streamer. Main thread.
 */
#pragma once
#include "common/metrics.h"
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct Engine Engine;

/* What an engine tells. No callback is called from within a function of this header. */
typedef struct {
  void (*ready)(gpointer data);                  /* a window is up, a viewer can come; once */
  void (*window)(gboolean there, gpointer data); /* later: the last window went or hangs, one came */
  void (*viewer_answered)(gint64 viewer, const char *sdp, const char *reason,
                          gpointer data); /* @sdp NULL: it cannot be, for @reason; it is gone */
  void (*viewer_restarted)(gint64 viewer, const char *fragment, const char *reason,
                           gpointer data); /* @fragment NULL: it cannot, for @reason, and goes on as it was */
  void (*viewer_connected)(gint64 viewer, gpointer data);
  void (*viewer_gone)(gint64 viewer, const char *reason, gpointer data);
  /* The controller did something; or (@steers FALSE) somebody else pressed what would be input. Now and then.
   */
  void (*input)(const char *user, gboolean steers, gpointer data);
  void (*ended)(gpointer data); /* all it had is gone, asked for or not; the last call */
} EngineEvents;

typedef struct {
  const char *session;      /* for the log; outlives the engine, and may change */
  const char *directory;    /* the session's */
  char *const *environment; /* with DISPLAY, XAUTHORITY and, with sound, PULSE_SERVER */
  const StreamerSettings *settings;
  Metrics *metrics; /* what it counts (counts.h); outlives the engine */
} EnginePlan;

/* What an engine says of its work now and then. */
typedef struct {
  gint64 captured, encoded; /* frames since its start */
  gint64 bitrate_kbps;      /* of all that is encoded, lately */
} EngineStats;

typedef struct {
  const char *name;      /* the setting's word */
  const char *wire_name; /* WIRE.md's: what WebRTC_connection_data is */
  void (*prepare)(const StreamerSettings *settings, char *const *environment); /* nullable */
  Engine *(*start)(const EnginePlan *plan, const EngineEvents *events, gpointer data, GError **error);
  void (*control)(Engine *engine, const char *user);
  void (*viewer_add)(Engine *engine, gint64 viewer, const char *user, const char *offer,
                     const char *ice_servers);
  void (*viewer_candidate)(Engine *engine, gint64 viewer, const char *fragment);
  void (*viewer_restart)(Engine *engine, gint64 viewer, const char *fragment);
  void (*viewer_remove)(Engine *engine, gint64 viewer);
  void (*stop)(Engine *engine, guint deadline_ms);
  const EngineStats *(*stats)(const Engine *engine);
  gboolean (*has_ended)(const Engine *engine);
  char *(*describe_end)(const Engine *engine);
  void (*free)(Engine *engine);
} EngineKind;

/* What every kind's own struct begins with. */
struct Engine {
  const EngineKind *kind;
};

/* The kind of this name; NULL when there is none. */
const EngineKind *engine_kind_find(const char *name);

/* Does, in the background, what would otherwise make the first session start slowly. @environment: as a
 * session's. */
void engine_prepare(const StreamerSettings *settings, char *const *environment);

/* Starts the engine of the setting's kind. (transfer full) or NULL with an error. */
Engine *engine_start(const EnginePlan *plan, const EngineEvents *events, gpointer data, GError **error);

/* @user may steer from now on; "": nobody. */
void engine_control(Engine *engine, const char *user);

/* A viewer with its player's SDP offer; viewer_answered follows. @viewer: 1 and up, never used twice.
 * @ice_servers: a JSON array, ice_server.h, with credentials for the engine. */
void engine_viewer_add(Engine *engine, gint64 viewer, const char *user, const char *offer,
                       const char *ice_servers);
/* @fragment: an application/trickle-ice-sdpfrag (RFC 8840). */
void engine_viewer_candidate(Engine *engine, gint64 viewer, const char *fragment);
/* Restarts ICE with the credentials and candidates of such a fragment; viewer_restarted follows. */
void engine_viewer_restart(Engine *engine, gint64 viewer, const char *fragment);
/* viewer_gone follows. */
void engine_viewer_remove(Engine *engine, gint64 viewer);

/* Ends it in order, by force after @deadline_ms; `ended` follows. */
void engine_stop(Engine *engine, guint deadline_ms);
/* The newest, zeros at first. Owned by the engine. */
const EngineStats *engine_stats(const Engine *engine);
gboolean engine_has_ended(const Engine *engine);
/* Why it ended, for the log (transfer full). */
char *engine_describe_end(const Engine *engine);

void engine_free(Engine *engine); /* kills what still runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* The kinds, each in its own file. */
extern const EngineKind engine_capture;
