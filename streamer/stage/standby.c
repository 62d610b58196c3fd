#include "streamer/stage/standby.h"

#include "common/instant.h"
#include "common/log.h"
#include "streamer/base/counts.h"

#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 60000
/* One that stood so long before it failed did not fail for the reason that the one before did. */
#define STOOD_US (60 * INSTANT_SECOND)
#define NAME_SIZE 32

typedef struct {
  Standbys *standbys;
  char name[NAME_SIZE]; /* for the log, until a session takes it */
  Stage *stage;
  CountsStandby state;
  gint64 ready_us;
} Standby;

struct Standbys {
  StandbysHooks hooks;
  gpointer data;
  Metrics *metrics;
  GPtrArray *list; /* of Standby, the oldest first */
  guint64 made;
  guint failures;    /* in a row */
  guint wait_source; /* none is made before */
};

static guint count_standbys(const Standbys *standbys, CountsStandby state) {
  guint number = 0;
  for (guint i = 0; i < standbys->list->len; i++)
    number += ((const Standby *)standbys->list->pdata[i])->state == state;
  return number;
}

/* The oldest in @state, or NULL. */
static Standby *find_standby(const Standbys *standbys, CountsStandby state) {
  for (guint i = 0; i < standbys->list->len; i++)
    if (((Standby *)standbys->list->pdata[i])->state == state)
      return standbys->list->pdata[i];
  return NULL;
}

static void standby_end(Standby *standby) {
  if (standby->state == COUNTS_STANDBY_ENDING)
    return;
  standby->state = COUNTS_STANDBY_ENDING;
  stage_stop(standby->stage);
  standby->standbys->hooks.changed(standby->standbys->data);
}

/* ---- pauses ---- */

static gboolean on_standbys_waited(gpointer data) {
  Standbys *standbys = data;
  standbys->wait_source = 0;
  standbys_update(standbys);
  return G_SOURCE_REMOVE;
}

static void pause_for(Standbys *standbys, guint ms) {
  g_clear_handle_id(&standbys->wait_source, g_source_remove);
  standbys->wait_source = g_timeout_add(ms, on_standbys_waited, standbys);
}

guint standbys_pause_ms(guint failures) {
  guint pause_ms = PAUSE_MIN_MS;
  while (--failures > 0 && pause_ms < PAUSE_MAX_MS)
    pause_ms *= 2;
  return MIN(pause_ms, PAUSE_MAX_MS);
}

static void note_failure(Standbys *standbys, const char *name, StageFault fault, const char *reason) {
  guint pause_ms = standbys_pause_ms(++standbys->failures);
  g_autofree char *quoted = log_quote(reason);
  log_warning("standby_failed", "session=%s reason=%s next_in_ms=%u", name, quoted, pause_ms);
  metrics_add(standbys->metrics, standbys->hooks.failures, 1);
  pause_for(standbys, pause_ms);
  if (standbys->hooks.failed)
    standbys->hooks.failed(fault, reason, standbys->data);
}

void standbys_try(Standbys *standbys, gboolean afresh) {
  g_clear_handle_id(&standbys->wait_source, g_source_remove);
  if (afresh)
    standbys->failures = 0;
  if (standbys->failures)
    pause_for(standbys, standbys_pause_ms(standbys->failures));
  standbys_update(standbys);
}

/* ---- what their stages tell ---- */

static void on_standby_ready(gpointer data) {
  Standby *standby = data;
  standby->state = COUNTS_STANDBY_READY;
  standby->ready_us = g_get_monotonic_time();
  log_info("standby_ready", "session=%s", standby->name);
  Standbys *standbys = standby->standbys;
  standbys->hooks.changed(standbys->data);
  if (standbys->hooks.ready)
    standbys->hooks.ready(standbys->data);
  standbys_update(standbys);
}

static void on_standby_failed(const char *reason, gpointer data) {
  Standby *standby = data;
  Standbys *standbys = standby->standbys;
  if (standby->ready_us && g_get_monotonic_time() - standby->ready_us > STOOD_US)
    standbys->failures = 0;
  StageFault fault = stage_get_fault(standby->stage);
  standby_end(standby);
  note_failure(standbys, standby->name, fault, reason);
}

static void on_standby_stopped(gpointer data) {
  Standby *standby = data;
  Standbys *standbys = standby->standbys;
  log_info("standby_gone", "session=%s", standby->name);
  g_ptr_array_remove(standbys->list, standby);
  standbys->hooks.gone(standbys->data);
  standbys_update(standbys);
}

/* Nobody is in it whom the rest could be about. */
static const StageEvents stage_events = {
    .ready = on_standby_ready, .failed = on_standby_failed, .stopped = on_standby_stopped};

/* ---- making and ending ---- */

static void standby_free(gpointer data) {
  Standby *standby = data;
  stage_free(standby->stage);
  g_free(standby);
}

static void make_standby(Standbys *standbys) {
  g_autoptr(GError) error = NULL;
  Standby *standby = g_new0(Standby, 1);
  standby->standbys = standbys;
  g_snprintf(standby->name, sizeof standby->name, "%s-%" G_GUINT64_FORMAT, standbys->hooks.name,
             ++standbys->made);
  standby->stage = standbys->hooks.start(standby->name, &stage_events, standby, &error, standbys->data);
  if (!standby->stage) {
    note_failure(standbys, standby->name, STAGE_FAULT_HOST, error->message);
    standby_free(standby);
    return;
  }
  log_info("standby_starting", "session=%s", standby->name);
  g_ptr_array_add(standbys->list, standby);
}

void standbys_update(Standbys *standbys) {
  guint room = standbys->hooks.room(standbys->data);
  guint most = MIN(standbys->hooks.wanted(standbys->data), room);
  guint starting = count_standbys(standbys, COUNTS_STANDBY_STARTING),
        ready = count_standbys(standbys, COUNTS_STANDBY_READY);
  for (; starting + ready > most && starting > 0; starting--)
    standby_end(find_standby(standbys, COUNTS_STANDBY_STARTING));
  for (; starting + ready > most; ready--)
    standby_end(find_standby(standbys, COUNTS_STANDBY_READY));
  if (starting == 0 && ready < most && standbys->list->len < room && !standbys->wait_source)
    make_standby(standbys);
}

/* ---- taking ---- */

/* The oldest in @state whose failure is not on its way to us, or NULL. */
static Standby *find_sound(const Standbys *standbys, CountsStandby state) {
  for (guint i = 0; i < standbys->list->len; i++) {
    Standby *standby = standbys->list->pdata[i];
    if (standby->state == state && !stage_has_failed(standby->stage))
      return standby;
  }
  return NULL;
}

static Standby *find_best(const Standbys *standbys) {
  Standby *ready = find_sound(standbys, COUNTS_STANDBY_READY);
  return ready ? ready : find_sound(standbys, COUNTS_STANDBY_STARTING);
}

gboolean standbys_can_take(const Standbys *standbys) {
  return find_best(standbys) != NULL;
}

Stage *standbys_take(Standbys *standbys) {
  Standby *standby = find_best(standbys);
  if (!standby)
    return NULL;
  Stage *stage = g_steal_pointer(&standby->stage);
  log_info("standby_taken", "session=%s", standby->name);
  g_ptr_array_remove(standbys->list, standby);
  standbys->failures = 0;
  pause_for(standbys, standbys->hooks.refill_ms);
  standbys->hooks.changed(standbys->data);
  return stage;
}

/* ---- what there is ---- */

guint standbys_count(const Standbys *standbys) {
  return standbys->list->len;
}

guint standbys_count_ready(const Standbys *standbys) {
  return count_standbys(standbys, COUNTS_STANDBY_READY);
}

void standbys_measure(const Standbys *standbys) {
  for (guint state = COUNTS_STANDBY_STARTING; state <= COUNTS_STANDBY_ENDING; state++)
    metrics_set(standbys->metrics, COUNTS_STANDBYS, count_standbys(standbys, state), state);
}

Standbys *standbys_new(const StandbysHooks *hooks, gpointer data, Metrics *metrics) {
  Standbys *standbys = g_new0(Standbys, 1);
  standbys->hooks = *hooks;
  standbys->data = data;
  standbys->metrics = metrics;
  standbys->list = g_ptr_array_new_with_free_func(standby_free);
  return standbys;
}

void standbys_free(Standbys *standbys) {
  if (!standbys)
    return;
  g_clear_handle_id(&standbys->wait_source, g_source_remove);
  g_ptr_array_unref(standbys->list);
  g_free(standbys);
}
