/* Stages that are kept ready, so that a session need not wait for its application.
 *
 *   starting -> ready -> taken by a session, for good
 *       \---------\----> ending -> gone
 *
 * They may be whole, or bare, without an application (stage.h). They are made one after another, as many as
 * are wanted and as there is room for: a place is a session's, a standby's, or free. One that fails, or whose
 * application ends, is replaced; when that happens again and again, after ever longer pauses. Main thread.
 */
#pragma once
#include "common/metrics.h"
#include "streamer/stage/stage.h"
#include <glib.h>

typedef struct Standbys Standbys;

/* What the standbys ask of and tell to the set of sessions. */
typedef struct {
  const char *name; /* of one, for the log */
  guint refill_ms;  /* when one was taken: not to disturb the first moments of a session */
  /* Starts a stage that is kept (stage.h). (transfer full) or NULL with an error. */
  Stage *(*start)(const char *name, const StageEvents *events, gpointer stage_data, GError **error,
                  gpointer data);
  guint (*wanted)(gpointer data);
  guint (*room)(gpointer data);   /* places that no session has or waits for */
  void (*changed)(gpointer data); /* how many are ready */
  void (*gone)(gpointer data);    /* nothing is left of one: its place is free */
  void (*ready)(gpointer data);   /* one is (nullable) */
  /* One failed, by whose fault (nullable). */
  void (*failed)(StageFault fault, const char *reason, gpointer data);
  guint failures; /* what counts those (counts.h) */
} StandbysHooks;

/* The first ones are made with the first standbys_update(). */
Standbys *standbys_new(const StandbysHooks *hooks, gpointer data, Metrics *metrics);
void standbys_free(Standbys *standbys); /* kills what runs; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Standbys, standbys_free)

/* Makes and ends what has to be, after what is wanted or the room may have changed. */
void standbys_update(Standbys *standbys);

/* Makes the next one, if any, at once where @afresh, forgetting what failed before; else after the pause that
 * those failures ask for. */
void standbys_try(Standbys *standbys, gboolean afresh);

/* One that is ready, else one that is starting, for a session to take over (transfer full); NULL: none. The
 * next one is made a moment later. */
Stage *standbys_take(Standbys *standbys);
gboolean standbys_can_take(const Standbys *standbys);

/* Those that take a place, ending ones too. */
guint standbys_count(const Standbys *standbys);
guint standbys_count_ready(const Standbys *standbys);
/* Sets the gauge COUNTS_STANDBYS. */
void standbys_measure(const Standbys *standbys);

/* How long to wait after so many failures, 1 and up, in a row. */
guint standbys_pause_ms(guint failures);
