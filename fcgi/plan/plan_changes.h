/* Changes on their way to the store, and what becomes of them. For the plan's own files; nobody else includes
 * this. The core's thread.
 */
#pragma once
#include "fcgi/plan/plan_entries.h"

#define PLAN_RETRY_US (5 * INSTANT_SECOND) /* between tries to write facts that could not be written */
#define PLAN_FULL_REASON "All places are taken at this time."
#define PLAN_GONE_REASON "There is no such booking or session any more."
#define PLAN_NO_CODES_REASON "There are too few free codes left; try again later."
#define PLAN_NO_EXTENSION_REASON "The place is needed by somebody else then."

/* A change on its way to the store. */
typedef struct {
  Plan *plan; /* NULL: it was closed meanwhile */
  StoreChangeKind kind;
  char *id;    /* NULL: STORE_ASK */
  guint slots; /* STORE_EXTEND: how many were added */
  guint tries; /* STORE_NEW, STORE_INVITE: codes that were somebody else's */
  gboolean is_door;
  char *door_before; /* STORE_INVITE of a door alone: what it was (nullable) */
  char *proof;       /* STORE_ASK: the wish's (nullable) */
  PlanWaiter waiter;
  WireMessage refusal; /* STORE_ASK: what is said unless it was done before, about what, and why */
  const char *field;   /* (static, nullable) */
  char *reason;
} PlanChange;

/* Sends the entry as it now is to the store. @slots: of STORE_EXTEND. */
void plan_write(Plan *plan, PlanEntry *entry, StoreChangeKind kind, guint slots, PlanWaiter waiter);
/* The same for what is so in any case; nobody waits for it. */
void plan_write_fact(Plan *plan, PlanEntry *entry);

/* Writes the entry's code, generation and door, or, while that is being done, writes them again then. */
void plan_write_invitation(Plan *plan, PlanEntry *entry);
/* The same when its door alone, which was @before (nullable), is another; else it is as it was again. Not
 * while entry->inviting. */
void plan_write_door(Plan *plan, PlanEntry *entry, const char *before, const PlanWaiter *waiter);

/* What a new one in this state is refused with when there is no place for it. */
WireMessage plan_full_word(ReservationState state);
/* Refuses what is not promised, once the store has said that it was not promised before. @field: static
 * (nullable). */
void plan_refuse_wish(Plan *plan, const PlanWish *wish, WireMessage refusal, const char *field,
                      const char *reason, const PlanWaiter *waiter);
