/* What the plan holds, and what can happen to one entry of it: the ground that plan_changes.c,
 * plan_list.c, plan_promises.c and plan.c stand on. Nobody else includes this. The core's thread.
 */
#pragma once
#include "common/instant.h"
#include "common/wire.h"
#include "fcgi/plan/plan_index.h"
#include "fcgi/plan/plan_types.h"
#include "fcgi/rules/codes.h"
#include "fcgi/store/store.h"

#define PLAN_DAY_US (24 * 60 * INSTANT_MINUTE)
#define PLAN_NO_SHOW "no_show" /* why it ended: nobody came */
#define PLAN_INVITING_REASON "The invitation is just being renewed; ask the same again in a moment."
#define PLAN_STOPPING_REASON "The coordinator is stopping; try again in a moment."

struct Plan {
  PlanRules rules;
  Store *store;
  PlanIndex *index;
  Codes *codes;
  Held *held;
  GHashTable *ledgers;   /* rc_name -> Ledger */
  GHashTable *under_way; /* set of PlanChange */
  gint64 now_us;         /* of the last call: the ledgers' present (plan_clock.h) */
  gboolean doubtful;     /* what only time brings about is not done */
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

/* The RC's ledger, made when there is none, with the past forgotten. */
Ledger *plan_ledger_of(Plan *plan, const char *rc_name);
/* Instants of a plan are whole seconds: that is what its file keeps. */
gint64 plan_whole_second(gint64 at_us);
/* When plan_tick() has to look at the reservation; @noticed: its end was told of. */
gint64 plan_due_of(const Plan *plan, const Reservation *reservation, gboolean noticed);
void plan_set_due(Plan *plan, PlanEntry *entry);

/* Takes the places of a reservation (transfer full) that was promised before, whether they are there or not.
 */
PlanEntry *plan_hold(Plan *plan, Reservation *reservation);
/* The entry of one that another coordinator has promised; held from now on, if it was not known. */
PlanEntry *plan_know(Plan *plan, const Reservation *other);
/* The entry is in another state, or runs elsewhere; FALSE: it was so already. Nothing is written. */
gboolean plan_set_state(Plan *plan, PlanEntry *entry, ReservationState state, const char *server_name);
/* It counts as what it is now for whose it is; of one that is over that is forgotten. To be called whenever
 * there is a new entry or its state is another. */
void plan_count_held(Plan *plan, PlanEntry *entry);
/* Whether its place is none of those that the capacity counts (PlanListener). */
gboolean plan_has_own_place(const Plan *plan, const PlanEntry *entry);
/* It lasts until @ends_at_us, whether the place is free or not. FALSE, with nothing changed: that is too long
 * for a run. */
gboolean plan_prolong(Plan *plan, PlanEntry *entry, gint64 ends_at_us);
/* It is over: its places from now on and its code are free. */
void plan_end_entry(Plan *plan, PlanEntry *entry, const char *reason);
/* Another code than it has, which is free from here on. FALSE: there are none left, and nothing has changed.
 */
gboolean plan_draw_code(Plan *plan, Reservation *reservation);
/* What the store has of how one comes into it is so here, too. FALSE: it was. */
gboolean plan_take_invitation(Plan *plan, PlanEntry *entry, const Reservation *stored);
/* Its code is free; one that is somebody else's by now stays theirs. */
void plan_release_code(Plan *plan, const Reservation *reservation);

/* Answers one who waits with the entry as it is, or with a refusal about @field (nullable). */
void plan_tell(PlanEntry *entry, const PlanWaiter *waiter);
/* Answers one who asks for the entry once more, by its request id and with this @proof: the entry as it is,
 * unless it is over, or somebody else's. */
void plan_tell_repeated(PlanEntry *entry, const char *proof, const PlanWaiter *waiter);
void plan_refuse(const PlanWaiter *waiter, WireMessage message, const char *field, const char *reason);
