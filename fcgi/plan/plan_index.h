/* The reservations that the plan holds in memory: found by id, by the client's request id, and by
 * what is due next. The core's thread.
 */
#pragma once
#include "fcgi/rules/held.h"
#include "fcgi/rules/ledger.h"
#include "fcgi/rules/reservation.h"

/* Plain data; the reservation's id and request id must not change while it is in the index. */
typedef struct {
  Reservation *reservation;
  LedgerRun run;       /* the slots that it holds; count 0: none */
  gboolean stored;     /* it is in the store: somebody may have been told */
  gboolean cancelling; /* its cancellation is on its way to the store */
  gboolean claiming;   /* its beginning is */
  gboolean inviting;   /* its code, generation and door are, */
  gboolean uninvited;  /* or are to be written again: what is stored is older */
  gboolean apart;      /* it holds no slots from now on: its server takes no others (plan_set_apart()) */
  gboolean noticed;    /* its end was told of */
  gboolean dirty;      /* what is stored is older than what is here: write it again */
  HeldThing *held;     /* as whose it counts (nullable) */
  guint pending;       /* changes on their way to the store */
  GArray *waiters;     /* who asked for it before it was stored: the plan's own (nullable) */
  gint64 due_us;       /* when plan_tick() has to look at it again */
  GSequenceIter *place;
} PlanEntry;

typedef struct PlanIndex PlanIndex;

PlanIndex *plan_index_new(void);        /* (transfer full) */
void plan_index_free(PlanIndex *index); /* and its entries; NULL is allowed */

/* A new entry for @reservation (transfer full), due at @due_us; an older one of the same id goes. Of two with
 * one request id the newer is found by it. (transfer none) */
PlanEntry *plan_index_add(PlanIndex *index, Reservation *reservation, gint64 due_us);
/* Takes it out and frees it with its reservation. */
void plan_index_remove(PlanIndex *index, PlanEntry *entry);
void plan_index_set_due(PlanIndex *index, PlanEntry *entry, gint64 due_us);

PlanEntry *plan_index_find(const PlanIndex *index, const char *id);              /* nullable */
PlanEntry *plan_index_find_request(const PlanIndex *index, const char *request); /* nullable */

/* The entry that is due first, or NULL when there is none. */
PlanEntry *plan_index_first_due(const PlanIndex *index);
/* Calls @func for every entry, in no order. */
void plan_index_for_each(const PlanIndex *index, void (*func)(PlanEntry *entry, gpointer data),
                         gpointer data);
