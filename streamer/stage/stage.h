/* A stage: all that runs and lies on disk for one session.
 *
 *   directory -> display (and sound) -> application and engine, side by side -> ready
 *
 * A fresh directory, X server, application and engine every time, so that no session sees another's state.
 * An application that ends by itself is started again, `max_restarts` times, with viewers staying connected,
 * and so is one whose window stays away for start_timeout_seconds or is silent for hang_timeout_seconds. An
 * engine that ends is started again as often, counted apart; its viewers are gone with it. The end of
 * anything else is the stage's failure. A stage may be kept until a session takes it over; while it is kept,
 * the end of its application or engine is its failure too. A kept one may be bare: all but the application,
 * which is started when a session takes it over. stage_stop() ends the application and the engine, then the
 * servers under them, then whatever else carries the session's mark, and removes the directory. Main thread.
 */
#pragma once
#include "common/metrics.h"
#include "streamer/engine/engine.h"
#include "streamer/settings/settings.h"
#include <glib.h>

#define STAGE_NAME_MAX 64

typedef struct Stage Stage;

/* Whose fault it is that a stage failed while it was set up. */
typedef enum {
  STAGE_FAULT_NONE, /* it did not fail, or was up before: that says nothing about the next one */
  STAGE_FAULT_HOST, /* a program is missing, or what is under the application does not run: so it will be
                       again */
  STAGE_FAULT_APP,  /* the application ended, or showed no window in its time */
} StageFault;

/* What a stage tells. No callback is called from within a function of this header. Those of viewers and input
 * may be NULL as long as it is kept, `restarted` and `engine_restarted`. */
typedef struct {
  void (*ready)(gpointer data);     /* once; of a bare one: it lacks the application alone */
  void (*restarted)(gpointer data); /* the application was started again and shows a window */
  /* The engine was started again: stage_get_engine() is another, which knows no viewer and no controller. */
  void (*engine_restarted)(gpointer data);
  /* It will show nothing (any more): to be stopped. Once; @reason is a clause for people: "the application
   * ended with status 3 before its window was up". */
  void (*failed)(const char *reason, gpointer data);
  void (*stopped)(gpointer data); /* nothing is left; after stage_stop() alone; the last call */
  void (*viewer_answered)(gint64 viewer, const char *sdp, const char *reason, gpointer data);
  void (*viewer_restarted)(gint64 viewer, const char *fragment, const char *reason, gpointer data);
  void (*viewer_connected)(gint64 viewer, gpointer data);
  void (*viewer_receives)(gint64 viewer, gpointer data);
  void (*viewer_gone)(gint64 viewer, const char *reason, gpointer data);
  void (*input)(const char *user, gboolean steers, gpointer data);
} StageEvents;

typedef struct {
  const char *session;              /* for the log; of at most STAGE_NAME_MAX bytes */
  gboolean kept;                    /* not a session's yet: it has no {session} */
  gboolean bare;                    /* and no application yet */
  const char *rc_name, *language;   /* nullable */
  const char *directory;            /* to be made */
  const char *cache_directory;      /* outlives sessions: what programs would otherwise find out every time */
  const StreamerSettings *settings; /* outlives the stage, like: */
  Metrics *metrics;                 /* what it counts (counts.h) */
} StagePlan;

/* Begins to set up. (transfer full) or NULL with an error when not even that is possible: the host's fault.
 */
Stage *stage_start(const StagePlan *plan, const StageEvents *events, gpointer data, GError **error);

/* Makes a kept stage that of a session, whose name the log has from now on and who is told what happens. The
 * application of a bare one gets @rc_name (nullable), and `ready` is told of it; @language (nullable) any
 * that is started from now on. */
void stage_hand_over(Stage *stage, const char *session, const char *rc_name, const char *language,
                     const StageEvents *events, gpointer data);

/* `ready` was told, of all of it. */
gboolean stage_is_ready(const Stage *stage);
gboolean stage_is_bare(const Stage *stage);
/* `failed` was told, or is about to be. */
gboolean stage_has_failed(const Stage *stage);
/* Why, a clause; NULL: it did not. Owned by the stage. */
const char *stage_get_failure(const Stage *stage);
StageFault stage_get_fault(const Stage *stage);

/* The engine, for viewers and control; NULL until it runs. Owned by the stage. */
Engine *stage_get_engine(const Stage *stage);

/* Ends everything; `stopped` follows, always from the main loop. Further calls do nothing. */
void stage_stop(Stage *stage);

void stage_free(Stage *stage); /* kills what still runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)
