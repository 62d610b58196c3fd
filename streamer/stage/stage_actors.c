#include "streamer/stage/stage_internal.h"

#include "common/log.h"
#include "streamer/base/counts.h"
#include "streamer/stage/environment.h"

#define APP_OOM_SCORE 1000 /* when memory runs out, it goes first */

/* ---- the application ---- */

static void on_app_ended(Process *process, gpointer data);

/* What the X server is called for @part. */
static const char *display_for(const Stage *stage, CellPart part) {
  return stage->cell ? cell_get_display(stage->cell, part) : display_get_name(stage->display);
}

/* (transfer full) */
static char **environment_for(const Stage *stage, CellPart part) {
  return g_environ_setenv(g_strdupv(stage->environment), "DISPLAY", display_for(stage, part), TRUE);
}

static Process *run_app(Stage *stage, GError **error) {
  StreamerAppValues values = {stage->kept ? NULL : stage->session, stage->rc_name,
                              display_for(stage, CELL_PART_APP), stage->language};
  g_auto(GStrv) arguments = streamer_settings_app(stage->settings, &values);
  g_auto(GStrv) environment =
      environment_add(environment_for(stage, CELL_PART_APP), stage->settings->app_environment);
  g_autofree char *home = g_build_filename(stage->directory, "home", NULL);
  ProcessPlan plan = {
      .name = "app",
      .session = stage->session,
      .arguments = arguments,
      .environment = environment,
      .directory = home,
      .channel_fd = -1,
      .launches = TRUE,
      .cell = stage->cell,
      .part = CELL_PART_APP,
      .oom_score = APP_OOM_SCORE,
  };
  return process_start(&plan, on_app_ended, stage, error);
}

void stage_start_app(Stage *stage) {
  g_autoptr(GError) error = NULL;
  stage->app = run_app(stage, &error);
  if (!stage->app)
    stage_fail(stage, NULL, "%s", error->message);
}

static void restart_app(Stage *stage) {
  stage->restarts++;
  stage->restarting = TRUE;
  g_clear_pointer(&stage->app, process_free);
  stage_start_app(stage);
  if (!stage->app)
    return;
  metrics_add(stage->metrics, COUNTS_APP_RESTARTS, 1);
  log_notice("app_restarted", "session=%s restarts=%" G_GINT64_FORMAT, stage->session, stage->restarts);
  stage_expect_window(stage);
}

static void on_app_ended(Process *process, gpointer data) {
  Stage *stage = data;
  if (stage->state >= STAGE_STOPPING) {
    stage_advance(stage);
    return;
  }
  g_autofree char *end = process_describe_end(process), *words = process_last_words(process);
  stage->app_at_fault = TRUE;
  if (stage->state == STAGE_SETTING_UP)
    stage_fail(stage, words, "the application %s before its window was up", end);
  else if (stage_may_restart(stage, stage->restarts))
    restart_app(stage);
  else
    stage_fail(stage, words, "the application %s", end);
}

/* ---- the engine ---- */

void stage_tell_ready(Stage *stage) {
  stage->was_up = TRUE;
  stage->events.ready(stage->data);
}

static void on_engine_window(EngineWindow window, gpointer data) {
  Stage *stage = data;
  if (stage->state != STAGE_UP || stage->failed)
    return;
  if (window == ENGINE_WINDOW_IS_GONE) { /* another may follow: a splash screen goes like this */
    stage_expect_window(stage);
    return;
  }
  if (window == ENGINE_WINDOW_IS_SILENT) { /* it may be loading */
    stage_expect_window_within(stage, stage->settings->hang_timeout_seconds);
    return;
  }
  g_clear_handle_id(&stage->window_source, g_source_remove);
  if (stage->restarting) {
    stage->restarting = FALSE;
    stage->events.restarted(stage->data);
  }
}

static void on_engine_ready(gpointer data) {
  Stage *stage = data;
  if (stage->state != STAGE_SETTING_UP || stage->failed) {
    on_engine_window(ENGINE_WINDOW_IS_SHOWN, stage); /* one that was started again */
    return;
  }
  stage->state = STAGE_UP;
  g_clear_handle_id(&stage->window_source, g_source_remove);
  stage_tell_ready(stage);
}

/* Outside of what the engine that has ended tells, since that one is freed here. */
static gboolean restart_engine(gpointer data) {
  Stage *stage = data;
  g_autoptr(GError) error = NULL;
  stage->engine_source = 0;
  Engine *engine = stage_run_engine(stage, &error);
  if (!engine) {
    stage_fail(stage, NULL, "%s", error->message);
    return G_SOURCE_REMOVE;
  }
  engine_free(stage->engine);
  stage->engine = engine;
  stage->engine_restarts++;
  metrics_add(stage->metrics, COUNTS_ENGINE_RESTARTS, 1);
  log_notice("engine_restarted", "session=%s restarts=%" G_GINT64_FORMAT, stage->session,
             stage->engine_restarts);
  stage_expect_window(stage);
  stage->events.engine_restarted(stage->data);
  return G_SOURCE_REMOVE;
}

static void on_engine_ended(gpointer data) {
  Stage *stage = data;
  if (stage->state >= STAGE_STOPPING) {
    stage_advance(stage);
    return;
  }
  g_autofree char *end = engine_describe_end(stage->engine);
  if (!stage_may_restart(stage, stage->engine_restarts)) {
    stage_fail(stage, NULL, "%s", end);
    return;
  }
  g_autofree char *quoted = log_quote(end);
  log_warning("engine_ended", "session=%s end=%s", stage->session, quoted);
  stage->engine_source = g_idle_add(restart_engine, stage);
}

static void on_engine_viewer_answered(gint64 viewer, const char *sdp, const char *reason, gpointer data) {
  Stage *stage = data;
  stage->events.viewer_answered(viewer, sdp, reason, stage->data);
}

static void on_engine_viewer_restarted(gint64 viewer, const char *fragment, const char *reason,
                                       gpointer data) {
  Stage *stage = data;
  stage->events.viewer_restarted(viewer, fragment, reason, stage->data);
}

static void on_engine_viewer_connected(gint64 viewer, gpointer data) {
  Stage *stage = data;
  stage->events.viewer_connected(viewer, stage->data);
}

static void on_engine_viewer_receives(gint64 viewer, gpointer data) {
  Stage *stage = data;
  stage->events.viewer_receives(viewer, stage->data);
}

static void on_engine_viewer_gone(gint64 viewer, const char *reason, gpointer data) {
  Stage *stage = data;
  stage->events.viewer_gone(viewer, reason, stage->data);
}

static void on_engine_input(const char *user, gboolean steers, gpointer data) {
  Stage *stage = data;
  stage->events.input(user, steers, stage->data);
}

static const EngineEvents engine_events = {
    .ready = on_engine_ready,
    .window = on_engine_window,
    .viewer_answered = on_engine_viewer_answered,
    .viewer_restarted = on_engine_viewer_restarted,
    .viewer_connected = on_engine_viewer_connected,
    .viewer_receives = on_engine_viewer_receives,
    .viewer_gone = on_engine_viewer_gone,
    .input = on_engine_input,
    .ended = on_engine_ended,
};

Engine *stage_run_engine(Stage *stage, GError **error) {
  g_auto(GStrv) environment = environment_for(stage, CELL_PART_ENGINE);
  EnginePlan plan = {stage->session,  stage->directory, environment,
                     stage->settings, stage->metrics,   stage->cell};
  return engine_start(&plan, &engine_events, stage, error);
}
