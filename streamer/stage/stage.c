#include "streamer/stage/stage_internal.h"

#include "common/log.h"
#include "streamer/base/counts.h"
#include "streamer/process/remains.h"
#include "streamer/settings/cell_settings.h"
#include "streamer/stage/environment.h"
#include "streamer/stage/stage_cell.h"
#include "streamer/stage/sweep.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

/* What a process is given to end in order. */
#define STOP_MS 3000
#define SERVER_STOP_MS 1000
#define HUNG_STOP_MS 500

/* ---- failing ---- */

static gboolean tell_failed(gpointer data) {
  Stage *stage = data;
  stage->failed_source = 0;
  stage->events.failed(stage->reason, stage->data);
  return G_SOURCE_REMOVE;
}

/* Memory ran out in the session's group, and all in it was killed: why whatever ends now does. (transfer
 * full) */
static char *tell_out_of_bounds(const Stage *stage) {
  metrics_add(stage->metrics, COUNTS_OUT_OF_BOUNDS, 1);
  log_warning("memory_exceeded", "session=%s by=cgroup", stage->session);
  return bounds_describe(stage->bounds);
}

void stage_fail(Stage *stage, const char *words, const char *format, ...) {
  va_list arguments;
  if (stage->failed || stage->state >= STAGE_STOPPING)
    return;
  va_start(arguments, format);
  stage->reason =
      bounds_ran_out(stage->bounds) ? tell_out_of_bounds(stage) : g_strdup_vprintf(format, arguments);
  va_end(arguments);
  stage->failed = TRUE;
  g_clear_handle_id(&stage->window_source, g_source_remove);
  stage->failed_source = g_idle_add(tell_failed, stage);
  g_autofree char *reason = log_quote(stage->reason), *quoted = log_quote(words);
  log_warning("stage_failed", "session=%s reason=%s last_words=%s", stage->session, reason, quoted);
}

gboolean stage_may_restart(const Stage *stage, gint64 restarts) {
  return stage->state == STAGE_UP && !stage->failed && !stage->kept &&
         restarts < stage->settings->max_restarts && !bounds_ran_out(stage->bounds);
}

static gboolean on_no_window(gpointer data) {
  Stage *stage = data;
  stage->window_source = 0;
  if (stage_may_restart(stage, stage->restarts)) {
    log_warning("app_hangs", "session=%s note=\"its window is gone, or takes no events\"", stage->session);
    process_stop(stage->app, HUNG_STOP_MS);
    return G_SOURCE_REMOVE;
  }
  g_autofree char *words = stage->app ? process_last_words(stage->app) : NULL;
  stage->app_at_fault = stage->app != NULL;
  stage_fail(stage, words, "%s within %" G_GINT64_FORMAT " seconds",
             stage->app ? "there was no picture of the application"
                        : "the servers under the application were not up",
             stage->window_seconds);
  return G_SOURCE_REMOVE;
}

/* What takes more than it may gets no time to end in. */
static void on_bounds_exceeded(const char *reason, gpointer data) {
  Stage *stage = data;
  if (stage->state >= STAGE_STOPPING || stage->failed)
    return;
  metrics_add(stage->metrics, COUNTS_OUT_OF_BOUNDS, 1);
  stage_fail(stage, NULL, "%s", reason);
  if (stage->app)
    process_stop(stage->app, 0);
}

void stage_expect_window_within(Stage *stage, gint64 seconds) {
  g_clear_handle_id(&stage->window_source, g_source_remove);
  stage->window_seconds = seconds;
  stage->window_source = g_timeout_add_seconds((guint)seconds, on_no_window, stage);
}

void stage_expect_window(Stage *stage) {
  stage_expect_window_within(stage, stage->settings->start_timeout_seconds);
}

/* ---- the servers under them ---- */

/* All servers are up: the engine first, since making its keys takes about as long as the application. */
static void open_curtain(Stage *stage) {
  g_autoptr(GError) error = NULL;
  stage->environment =
      g_environ_setenv(stage->environment, "XAUTHORITY", display_get_authority(stage->display), TRUE);
  if (stage->sound)
    stage->environment =
        g_environ_setenv(stage->environment, "PULSE_SERVER", sound_get_server(stage->sound), TRUE);
  stage->engine = stage_run_engine(stage, &error);
  if (!stage->engine) {
    stage_fail(stage, NULL, "%s", error->message);
  } else if (stage->bare) {
    g_clear_handle_id(&stage->window_source, g_source_remove);
    stage_tell_ready(stage);
  } else {
    stage_start_app(stage);
  }
}

static void server_ready(Stage *stage) {
  if (stage->state == STAGE_SETTING_UP && !stage->failed && stage->display_ready &&
      (stage->sound_ready || !stage->sound))
    open_curtain(stage);
}

static void on_display_ready(gpointer data) {
  Stage *stage = data;
  stage->display_ready = TRUE;
  server_ready(stage);
}

static void on_display_ended(gpointer data) {
  Stage *stage = data;
  if (stage->state >= STAGE_STOPPING) {
    stage_advance(stage);
    return;
  }
  g_autofree char *end = display_describe_end(stage->display);
  stage_fail(stage, NULL, "%s", end);
}

static void on_sound_ready(gpointer data) {
  Stage *stage = data;
  stage->sound_ready = TRUE;
  server_ready(stage);
}

static void on_sound_ended(gpointer data) {
  Stage *stage = data;
  if (stage->state >= STAGE_STOPPING) {
    stage_advance(stage);
    return;
  }
  g_autofree char *end = sound_describe_end(stage->sound);
  stage_fail(stage, NULL, "%s", end);
}

static gboolean start_servers(Stage *stage, GError **error) {
  static const DisplayEvents display_events = {on_display_ready, on_display_ended};
  static const SoundEvents sound_events = {on_sound_ready, on_sound_ended};
  MediaSize display = media_settings_display(&stage->settings->media);
  DisplayPlan plan = {stage->session, stage->directory, stage->environment,
                      display.width,  display.height,   stage->cell};
  stage->display = display_start(&plan, &display_events, stage, error);
  if (!stage->display)
    return FALSE;
  if (!stage->settings->media.sound)
    return TRUE;
  SoundPlan sound = {stage->session, stage->directory, stage->environment, stage->cell};
  stage->sound = sound_start(&sound, &sound_events, stage, error);
  return stage->sound != NULL;
}

/* ---- start and end ---- */

/* What is there before anything runs: places and names for it. */
static gboolean lay_out(Stage *stage, GError **error) {
  gboolean in_cell = cell_settings_wants_cell(stage->settings);
  stage->environment = environment_new(stage->directory, stage->cache_directory, in_cell);
  if (!in_cell)
    return environment_make_directories(stage->directory, error);
  const char *registry = g_environ_getenv(stage->environment, "GST_REGISTRY");
  stage->cell = stage_cell_new(stage->settings, stage->directory, registry, error);
  if (!stage->cell)
    return FALSE;
  stage->environment = g_environ_setenv(stage->environment, "GST_REGISTRY", CELL_REGISTRY, TRUE);
  cell_set_cgroup(stage->cell, bounds_get_cgroup(stage->bounds));
  return TRUE;
}

Stage *stage_start(const StagePlan *plan, const StageEvents *events, gpointer data, GError **error) {
  g_autoptr(Stage) stage = g_new0(Stage, 1);
  g_strlcpy(stage->session, plan->session, sizeof stage->session);
  stage->kept = plan->kept;
  stage->bare = plan->bare;
  stage->metrics = plan->metrics;
  stage->rc_name = g_strdup(plan->rc_name);
  stage->language = g_strdup(plan->language);
  stage->cache_directory = g_strdup(plan->cache_directory);
  stage->settings = plan->settings;
  stage->events = *events;
  stage->data = data;
  if (g_mkdir(plan->directory, 0700) != 0) {
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", plan->directory,
                g_strerror(errno));
    return NULL;
  }
  stage->directory = g_strdup(plan->directory);
  stage->bounds = bounds_new(stage->session, stage->settings, on_bounds_exceeded, stage);
  if (!lay_out(stage, error) || !start_servers(stage, error))
    return NULL;
  stage_expect_window(stage);
  return g_steal_pointer(&stage);
}

void stage_hand_over(Stage *stage, const char *session, const char *rc_name, const char *language,
                     const StageEvents *events, gpointer data) {
  gboolean lacks_app = stage->bare && stage->engine && stage->state == STAGE_SETTING_UP && !stage->failed;
  g_strlcpy(stage->session, session, sizeof stage->session);
  stage->kept = FALSE;
  g_free(stage->language);
  stage->language = g_strdup(language);
  if (stage->bare) {
    g_free(stage->rc_name);
    stage->rc_name = g_strdup(rc_name);
    stage->was_up = FALSE;
  }
  stage->bare = FALSE;
  stage->events = *events;
  stage->data = data;
  if (stage->state == STAGE_SETTING_UP && !stage->failed)
    stage_expect_window(stage);
  if (lacks_app)
    stage_start_app(stage);
}

gboolean stage_is_ready(const Stage *stage) {
  return stage->state == STAGE_UP;
}

gboolean stage_is_bare(const Stage *stage) {
  return stage->bare;
}

gboolean stage_has_failed(const Stage *stage) {
  return stage->failed;
}

const char *stage_get_failure(const Stage *stage) {
  return stage->reason;
}

StageFault stage_get_fault(const Stage *stage) {
  if (!stage->failed || stage->was_up)
    return STAGE_FAULT_NONE;
  return stage->app_at_fault ? STAGE_FAULT_APP : STAGE_FAULT_HOST;
}

Engine *stage_get_engine(const Stage *stage) {
  return stage->engine;
}

static void on_swept(gpointer data) {
  Stage *stage = data;
  g_clear_pointer(&stage->directory, g_free);
  stage->events.stopped(stage->data);
}

static void start_sweep(Stage *stage) {
  stage->sweeping = TRUE;
  sweep_start(stage->directory, bounds_take_cgroup(stage->bounds), on_swept, stage);
}

static gboolean actors_ended(const Stage *stage) {
  return (!stage->app || process_has_ended(stage->app)) &&
         (!stage->engine || engine_has_ended(stage->engine));
}

static gboolean servers_ended(const Stage *stage) {
  return display_has_ended(stage->display) && (!stage->sound || sound_has_ended(stage->sound));
}

void stage_advance(Stage *stage) {
  if (stage->state == STAGE_STOPPING && actors_ended(stage)) {
    stage->state = STAGE_STRIKING;
    display_stop(stage->display, SERVER_STOP_MS);
    if (stage->sound)
      sound_stop(stage->sound, SERVER_STOP_MS);
  }
  if (stage->state == STAGE_STRIKING && servers_ended(stage) && !stage->sweeping)
    start_sweep(stage);
}

void stage_stop(Stage *stage) {
  if (stage->state >= STAGE_STOPPING)
    return;
  stage->state = STAGE_STOPPING;
  g_clear_handle_id(&stage->window_source, g_source_remove);
  g_clear_handle_id(&stage->failed_source, g_source_remove);
  g_clear_handle_id(&stage->engine_source, g_source_remove);
  if (stage->app)
    process_stop(stage->app, STOP_MS);
  if (stage->engine)
    engine_stop(stage->engine, STOP_MS);
  stage_advance(stage);
}

void stage_free(Stage *stage) {
  if (!stage)
    return;
  g_clear_handle_id(&stage->window_source, g_source_remove);
  g_clear_handle_id(&stage->failed_source, g_source_remove);
  g_clear_handle_id(&stage->engine_source, g_source_remove);
  bounds_free(stage->bounds);
  engine_free(stage->engine);
  process_free(stage->app);
  display_free(stage->display);
  sound_free(stage->sound);
  if (stage->directory) {
    remains_kill(stage->directory);
    remains_remove_tree(stage->directory);
  }
  cell_free(stage->cell);
  g_strfreev(stage->environment);
  g_free(stage->rc_name);
  g_free(stage->language);
  g_free(stage->directory);
  g_free(stage->cache_directory);
  g_free(stage->reason);
  g_free(stage);
}
