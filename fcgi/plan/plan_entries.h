/* What plan.c and plan_changes.c share: plan_changes.c makes promises and follows what the store says of
 * them; plan.c keeps what is known, does what is due, answers questions. Nobody else includes this.
 */
#pragma once
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan.h"
#include "fcgi/plan/plan_index.h"
#include "fcgi/rules/codes.h"

#define PLAN_DAY_US (24 * 60 * INSTANT_MINUTE)
#define PLAN_RETRY_US (5 * INSTANT_SECOND) /* between tries to write facts that could not be written */
#define PLAN_NOT_LOADED_REASON "The plan of sessions cannot be reached; try again in a moment."
#define PLAN_STOPPING_REASON "The coordinator is stopping; try again in a moment."

struct Plan {
  PlanRules rules;
  Store *store;
  PlanIndex *index;
  Codes *codes;
  GHashTable *ledgers;   /* rc_name -> Ledger */
  GHashTable *under_way; /* set of PlanChange */
  gint64 now_us;         /* of the last call: the ledgers' present */
  PlanListener listener;
  gpointer listener_data;
  GPtrArray *found_running; /* of Reservation: to be adopted when the store has told what it has */
  gboolean loaded;          /* the store has told what it has */
  gboolean stopping;        /* no more promises */
  guint not_written;        /* changes that failed since one was written */
};

/* Who waits for an answer; done may be NULL. */
typedef struct {
  PlanDone done;
  gpointer user_data;
} PlanWaiter;

/* A change on its way to the store. */
typedef struct {
  Plan *plan; /* NULL: it was closed meanwhile */
  StoreChangeKind kind;
  char *id;    /* NULL: STORE_ASK */
  guint slots; /* STORE_EXTEND: how many were added */
  guint tries; /* STORE_NEW: codes that were somebody else's */
  PlanWaiter waiter;
  WireMessage refusal; /* STORE_ASK: what is said unless it was done before, and why */
  const char *reason;
} PlanChange;

/* The RC's ledger, made when there is none, with the past forgotten. */
Ledger *plan_ledger_of(Plan *plan, const char *rc_name);
/* Instants of a plan are whole seconds: that is what its file keeps. */
gint64 plan_whole_second(gint64 at_us);
void plan_refuse(const PlanWaiter *waiter, WireMessage message, const char *field, const char *reason);
/* When plan_tick() has to look at the reservation; @noticed: its end was told of. */
gint64 plan_due_of(const Plan *plan, const Reservation *reservation, gboolean noticed);
void plan_set_due(Plan *plan, PlanEntry *entry);
/* Sends the entry as it now is to the store; nobody waits for it. */
void plan_write_fact(Plan *plan, PlanEntry *entry);
/* The entry is in another state, or runs elsewhere; FALSE: it was so already. Nothing is written. */
gboolean plan_set_state(Plan *plan, PlanEntry *entry, ReservationState state, const char *server_name);
/* Takes the places of a reservation (transfer full) that was promised before, whether they are there or not.
 */
PlanEntry *plan_hold(Plan *plan, Reservation *reservation);
/* It is over: its places from now on and its code are free. */
void plan_end_entry(Plan *plan, PlanEntry *entry, const char *reason);
