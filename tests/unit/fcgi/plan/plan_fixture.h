/* What tests of the plan stand on: one with a store of its own, and a wait for its answers. */
#pragma once
#include "common/instant.h"
#include "fcgi/plan/plan.h"
#include "fcgi/store/store_mysql.h"
#include <glib.h>

#define RC "River"
#define NOW (1796137200 * INSTANT_SECOND) /* 2026-12-01T15:00:00Z: on a slot's start */
#define MINUTES(n) ((n)*INSTANT_MINUTE)

typedef struct {
  gboolean is_mysql; /* else the store is a file */
  char *directory, *path;
  Mailbox *home;
  Timers *timers;
  SqlPool *pool; /* of mysql */
  Plan *plan;
  guint answers;
  Reservation *last; /* what the last answer gave */
  int refusal;       /* its code, -1: none */
} PlanFixture;
typedef void (*PlanFixtureFunc)(PlanFixture *f, gconstpointer data);

extern const PlanRules plan_fixture_rules;

/* Starts a database, where there is one; then tests are added, and run (the exit status). */
void plan_fixture_begin(int *argc, char ***argv);
/* A test for both stores; for the file alone, where it is of what is on disk. */
void plan_fixture_add(const char *name, PlanFixtureFunc test);
void plan_fixture_add_json(const char *name, PlanFixtureFunc test);
int plan_fixture_run(void);

/* The plan as a coordinator finds it that starts at @now_us: of one place. */
void plan_fixture_open(PlanFixture *f, gint64 now_us);
/* A coordinator that ended and started again at @now_us. */
void plan_fixture_reopen(PlanFixture *f, gint64 now_us);
/* How many reservations it holds, ended ones included. */
guint plan_fixture_count(const Plan *plan);
/* A PlanFunc, for a PlanFixture. */
void plan_fixture_answered(const Reservation *reservation, const GError *error, gpointer user_data);
/* Until there were so many in all. */
void plan_fixture_wait_for(PlanFixture *f, guint answers);
/* Each waits for the answer: its refusal, -1: none. */
int plan_fixture_book(PlanFixture *f, gint64 starts_at_us, gint64 wanted_us, gint64 now_us);
int plan_fixture_walk_in(PlanFixture *f, gint64 wanted_us, gint64 min_us, gint64 now_us);
/* Places in use at @at_us. */
guint32 plan_fixture_used(PlanFixture *f, gint64 at_us);
