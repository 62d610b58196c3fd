/* What the parts of a stage share: stage.c has its order, stage_actors.c the application and the engine.
 * Nobody else includes this. Main thread. */
#pragma once
#include "streamer/process/process.h"
#include "streamer/stage/bounds.h"
#include "streamer/stage/display.h"
#include "streamer/stage/sound.h"
#include "streamer/stage/stage.h"

typedef enum {
  STAGE_SETTING_UP, /* waits for the servers, then for the engine's `ready` */
  STAGE_UP,
  STAGE_STOPPING, /* the application and the engine end */
  STAGE_STRIKING, /* the servers under them end, the directory goes */
} StageState;

struct Stage {
  StageState state;
  char session[STAGE_NAME_MAX + 1]; /* its processes refer to it */
  gboolean kept, bare;
  char *rc_name, *language, *directory, *cache_directory;
  const StreamerSettings *settings;
  Metrics *metrics;
  Cell *cell; /* NULL: isolation is "none" */
  char **environment;
  Display *display;
  Sound *sound; /* NULL without sound */
  gboolean display_ready, sound_ready;
  Process *app;
  Engine *engine;
  gint64 restarts, engine_restarts;
  Bounds *bounds;
  gboolean restarting; /* started again, its window is not there yet */
  gboolean failed, sweeping;
  guint window_source; /* the time that a window may take, or be silent */
  gint64 window_seconds;
  guint failed_source, engine_source;
  gboolean was_up;       /* `ready` was told, and nothing was added since */
  gboolean app_at_fault; /* else the host is */
  char *reason;
  StageEvents events;
  gpointer data;
};

/* Told from the main loop, once: what fails may be the start itself. @words: what it said last (nullable). */
void stage_fail(Stage *stage, const char *words, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether what ended, or has to be ended, may be started again; it was so often @restarts already. */
gboolean stage_may_restart(const Stage *stage, gint64 restarts);

/* From now on a window may take so long: start_timeout_seconds, or @seconds. */
void stage_expect_window(Stage *stage);
void stage_expect_window_within(Stage *stage, gint64 seconds);

/* Goes on with the end as far as what has ended allows. */
void stage_advance(Stage *stage);

/* Tells `ready`, of what there is to be. */
void stage_tell_ready(Stage *stage);

/* Starts the application; the stage fails when that cannot be. */
void stage_start_app(Stage *stage);

/* (transfer full), or NULL with an error. */
Engine *stage_run_engine(Stage *stage, GError **error);
