/* What a kind of engine is (its functions are those of engine.h, which says what they do), and what an engine
 * is given and tells. Main thread. */
#pragma once
#include "common/metrics.h"
#include "streamer/process/cell.h"
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct Engine Engine;

/* How it stands with the application's window. */
typedef enum {
  ENGINE_WINDOW_IS_GONE,
  ENGINE_WINDOW_IS_SILENT, /* it is there, and its program takes no events */
  ENGINE_WINDOW_IS_SHOWN,
} EngineWindow;

/* What an engine tells. No callback is called from within a function of engine.h. */
typedef struct {
  void (*ready)(gpointer data);                       /* a window is up, a viewer can come; once */
  void (*window)(EngineWindow window, gpointer data); /* later: it is another state */
  void (*viewer_answered)(gint64 viewer, const char *sdp, const char *reason,
                          gpointer data); /* @sdp NULL: it cannot be, for @reason; it is gone */
  void (*viewer_restarted)(gint64 viewer, const char *fragment, const char *reason,
                           gpointer data); /* @fragment NULL: it cannot, for @reason, and goes on as it was */
  void (*viewer_connected)(gint64 viewer, gpointer data);
  void (*viewer_receives)(gint64 viewer, gpointer data); /* the picture comes to its player; once */
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
  const Cell *cell; /* what it runs in (nullable); outlives the engine */
} EnginePlan;

/* What an engine says of its work now and then. */
typedef struct {
  gint64 captured, encoded; /* frames since its start */
  gint64 bitrate_kbps;      /* of all that is encoded, lately */
} EngineStats;

/* What was found: each of @problems is "SETTING: what is wrong"; none: nothing. NULL-terminated, owned by the
 * caller. */
typedef void (*EngineCheckedFunc)(char *const *problems, gpointer data);

/* One way to bring a picture to people; engine.c calls it. */
typedef struct {
  const char *name;      /* the setting's word */
  const char *wire_name; /* `engine` of vitrina-protocol(7): what WebRTC_connection_data is */
  void (*check)(const StreamerSettings *settings, char *const *environment, EngineCheckedFunc func,
                gpointer data);
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
