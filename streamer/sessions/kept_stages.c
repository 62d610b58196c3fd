#include "streamer/sessions/kept_stages.h"

#include "streamer/base/counts.h"
#include "streamer/check/check.h"
#include "streamer/stage/standby.h"

/* The picture of a session that took a standby begins meanwhile, or its application. */
#define STANDBY_REFILL_MS 1000
#define DISPLAY_REFILL_MS 3000

struct KeptStages {
  const StreamerSettings *settings;
  const char *cache_directory;
  Metrics *metrics;
  Standbys *standbys, *displays, *trials;
  KeptStagesHooks hooks;
  gpointer data;
};

/* ---- what the standbys ask ---- */

static Stage *start_kept(KeptStages *kept, gboolean bare, const char *name, const StageEvents *events,
                         gpointer stage_data, GError **error) {
  g_autofree char *directory = kept->hooks.directory(kept->data);
  StagePlan plan = {
      .session = name,
      .kept = TRUE,
      .bare = bare,
      .rc_name = kept->settings->rc_name,
      .directory = directory,
      .cache_directory = kept->cache_directory,
      .settings = kept->settings,
      .metrics = kept->metrics,
  };
  return stage_start(&plan, events, stage_data, error);
}

static Stage *start_standby(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                            gpointer data) {
  return start_kept(data, FALSE, name, events, stage_data, error);
}

static Stage *start_display(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                            gpointer data) {
  return start_kept(data, TRUE, name, events, stage_data, error);
}

/* As a session, for its application may be given {session}; nobody ever is in it. */
static Stage *start_trial(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                          gpointer data) {
  KeptStages *kept = data;
  if (!check_host_is_good(kept->settings, error))
    return NULL;
  g_autofree char *directory = kept->hooks.directory(kept->data);
  StagePlan plan = {
      .session = name,
      .rc_name = kept->hooks.rc_name(kept->data),
      .directory = directory,
      .cache_directory = kept->cache_directory,
      .settings = kept->settings,
      .metrics = kept->metrics,
  };
  return stage_start(&plan, events, stage_data, error);
}

static guint wanted_standbys(gpointer data) {
  return (guint)((const KeptStages *)data)->settings->standby_sessions;
}

static guint wanted_displays(gpointer data) {
  return (guint)((const KeptStages *)data)->settings->standby_displays;
}

static guint wanted_trials(gpointer data) {
  const KeptStages *kept = data;
  return kept->hooks.is_usable(kept->data) ? 0 : 1;
}

static guint room_for_standbys(gpointer data) {
  const KeptStages *kept = data;
  return kept->hooks.is_usable(kept->data) ? kept->hooks.room(kept->data) : 0;
}

static guint room_for_trials(gpointer data) {
  const KeptStages *kept = data;
  guint room = kept->hooks.room(kept->data);
  return room - MIN(room, standbys_count(kept->standbys));
}

/* For the starts that would get no standby. */
static guint room_for_displays(gpointer data) {
  const KeptStages *kept = data;
  guint room = room_for_standbys(data);
  return room - MIN(room, MAX(standbys_count(kept->standbys), wanted_standbys(data)));
}

static void on_standbys_changed(gpointer data) {
  KeptStages *kept = data;
  kept->hooks.changed(kept->data);
}

/* Displays and trials are no standbys, which alone are told of. */
static void on_displays_changed(gpointer data) {
}

static void on_standby_gone(gpointer data) {
  KeptStages *kept = data;
  kept->hooks.gone(kept->data);
}

static void on_kept_shown(gpointer data) {
  KeptStages *kept = data;
  kept->hooks.shown(kept->data);
}

static void on_kept_failed(StageFault fault, const char *reason, gpointer data) {
  KeptStages *kept = data;
  kept->hooks.failed(fault, reason, kept->data);
}

static const StandbysHooks standbys_hooks = {
    .name = "standby",
    .refill_ms = STANDBY_REFILL_MS,
    .start = start_standby,
    .wanted = wanted_standbys,
    .room = room_for_standbys,
    .changed = on_standbys_changed,
    .gone = on_standby_gone,
    .ready = on_kept_shown,
    .failed = on_kept_failed,
    .failures = COUNTS_STANDBY_FAILURES,
};
static const StandbysHooks displays_hooks = {
    .name = "display",
    .refill_ms = DISPLAY_REFILL_MS,
    .start = start_display,
    .wanted = wanted_displays,
    .room = room_for_displays,
    .changed = on_displays_changed,
    .gone = on_standby_gone,
    .failed = on_kept_failed,
    .failures = COUNTS_STANDBY_FAILURES,
};
static const StandbysHooks trials_hooks = {
    .name = "trial",
    .start = start_trial,
    .wanted = wanted_trials,
    .room = room_for_trials,
    .changed = on_displays_changed,
    .gone = on_standby_gone,
    .ready = on_kept_shown,
    .failed = on_kept_failed,
    .failures = COUNTS_TRIAL_FAILURES,
};

/* ---- all kinds ---- */

KeptStages *kept_stages_new(const StreamerSettings *settings, const char *cache_directory, Metrics *metrics,
                            const KeptStagesHooks *hooks, gpointer data) {
  KeptStages *kept = g_new0(KeptStages, 1);
  kept->settings = settings;
  kept->cache_directory = cache_directory;
  kept->metrics = metrics;
  kept->hooks = *hooks;
  kept->data = data;
  kept->standbys = standbys_new(&standbys_hooks, kept, metrics);
  kept->displays = standbys_new(&displays_hooks, kept, metrics);
  kept->trials = standbys_new(&trials_hooks, kept, metrics);
  return kept;
}

void kept_stages_free(KeptStages *kept) {
  if (!kept)
    return;
  standbys_free(kept->standbys);
  standbys_free(kept->displays);
  standbys_free(kept->trials);
  g_free(kept);
}

void kept_stages_update(KeptStages *kept) {
  standbys_update(kept->standbys);
  standbys_update(kept->displays);
  standbys_update(kept->trials);
}

void kept_stages_try(KeptStages *kept, gboolean afresh) {
  standbys_update(kept->standbys);
  standbys_update(kept->displays);
  standbys_try(kept->trials, afresh);
}

void kept_stages_update_displays(KeptStages *kept) {
  standbys_update(kept->displays);
}

Stage *kept_stages_take(KeptStages *kept) {
  Stage *standby = standbys_take(kept->standbys);
  return standby ? standby : standbys_take(kept->displays);
}

gboolean kept_stages_can_take_standby(const KeptStages *kept) {
  return standbys_can_take(kept->standbys);
}

guint kept_stages_count_standbys(const KeptStages *kept) {
  return standbys_count(kept->standbys) + standbys_count(kept->trials);
}

guint kept_stages_count_ready(const KeptStages *kept) {
  return standbys_count_ready(kept->standbys);
}

guint kept_stages_count(const KeptStages *kept) {
  return kept_stages_count_standbys(kept) + standbys_count(kept->displays);
}

void kept_stages_measure(const KeptStages *kept) {
  standbys_measure(kept->standbys);
}
