#include "streamer/engine/engine.h"

#include "streamer/engine/engine_capture.h"

static const EngineKind *const kinds[] = {&engine_capture};

const EngineKind *engine_kind_find(const char *name) {
  for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kinds[i]->name, name))
      return kinds[i];
  return NULL;
}

void engine_check(const StreamerSettings *settings, char *const *environment, EngineCheckedFunc func,
                  gpointer data) {
  const EngineKind *kind = engine_kind_find(settings->engine);
  g_return_if_fail(kind);
  kind->check(settings, environment, func, data);
}

Engine *engine_start(const EnginePlan *plan, const EngineEvents *events, gpointer data, GError **error) {
  const EngineKind *kind = engine_kind_find(plan->settings->engine);
  g_return_val_if_fail(kind, NULL);
  return kind->start(plan, events, data, error);
}

void engine_control(Engine *engine, const char *user) {
  engine->kind->control(engine, user);
}

void engine_viewer_add(Engine *engine, gint64 viewer, const char *user, const char *offer,
                       const char *ice_servers) {
  engine->kind->viewer_add(engine, viewer, user, offer, ice_servers);
}

void engine_viewer_candidate(Engine *engine, gint64 viewer, const char *fragment) {
  engine->kind->viewer_candidate(engine, viewer, fragment);
}

void engine_viewer_restart(Engine *engine, gint64 viewer, const char *fragment) {
  engine->kind->viewer_restart(engine, viewer, fragment);
}

void engine_viewer_remove(Engine *engine, gint64 viewer) {
  engine->kind->viewer_remove(engine, viewer);
}

void engine_stop(Engine *engine, guint deadline_ms) {
  engine->kind->stop(engine, deadline_ms);
}

const EngineStats *engine_stats(const Engine *engine) {
  return engine->kind->stats(engine);
}

gboolean engine_has_ended(const Engine *engine) {
  return engine->kind->has_ended(engine);
}

char *engine_describe_end(const Engine *engine) {
  return engine->kind->describe_end(engine);
}

void engine_free(Engine *engine) {
  if (engine)
    engine->kind->free(engine);
}
