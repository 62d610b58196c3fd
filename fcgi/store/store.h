/* Where the plan's reservations are kept for good: one interface, a kind for each way.
 *
 * The plan asks for changes and is answered later, at home, when they are there for good or cannot be. A kind
 * that is shared with other coordinators (a database) decides what may be taken, and tells what they changed;
 * one of our own (a file) keeps what it is given. The core's thread.
 */
#pragma once
#include "fcgi/rules/ledger.h"
#include "fcgi/rules/reservation.h"

typedef enum {
  STORE_NEW,    /* a promise: takes the slots of its run, each of which must have a place left */
  STORE_EXTEND, /* a promise: takes those that its run has more than before */
  STORE_CLAIM,  /* a promise: the booking begins here and nowhere else */
  STORE_CANCEL, /* a promise: of a booking that has not begun */
  STORE_INVITE, /* a promise: code, generation and door of one that runs, unless a later generation is kept,
                   or another code of the same */
  STORE_ASK,    /* no change: was this request done before? SAME_REQUEST, or GONE; shared kinds alone */
  STORE_FACT,   /* what is so, whether there is room or not; an ended one gives its slots back */
  STORE_FORGET, /* too old to be kept; nobody waits for this */
} StoreChangeKind;

typedef enum {
  STORE_DONE,
  STORE_FULL,         /* NEW, EXTEND: a slot has no place left */
  STORE_CODE_TAKEN,   /* NEW, INVITE: somebody else has this code */
  STORE_SAME_REQUEST, /* NEW, ASK: the client's request was done before; its reservation is given */
  STORE_OTHER,        /* INVITE: another coordinator was first; its reservation is given */
  STORE_GONE, /* ASK: no; EXTEND, CLAIM, CANCEL, INVITE: it is not, or no longer, in a state for that */
  STORE_UNAVAILABLE, /* whether it was done is not known; perhaps later */
} StoreOutcome;

/* Valid during the call that takes it. */
typedef struct {
  StoreChangeKind kind;
  const Reservation *reservation; /* as it is to be */
  LedgerRun run;                  /* the slots that it is to hold */
  guint32 capacity;               /* NEW, EXTEND: how many places there are in each slot */
} StoreChange;

/* @other: for STORE_SAME_REQUEST and STORE_OTHER (transfer none). @reason: for STORE_UNAVAILABLE, for the
 * log. */
typedef void (*StoreDone)(StoreOutcome outcome, const Reservation *other, const char *reason,
                          gpointer user_data);

/* What a store tells the plan. */
typedef struct {
  /* This is kept: at the beginning for each, later for those that another coordinator changed. */
  void (*seen)(const Reservation *reservation, gpointer user_data);
  /* All that there was has been told; from now on changes may be asked for. Once. */
  void (*loaded)(gpointer user_data);
} StoreListener;

typedef struct Store Store;

/* @known: all has been told; FALSE: the store could not be asked. */
typedef void (*StoreRefreshed)(gboolean known, gpointer user_data);

typedef struct Metering Metering;

/* What every kind's own struct begins with. */
struct Store {
  const struct StoreKind *kind;
  Metering *metering; /* nullable */
  guint rejected;     /* what was left out because it breaks a rule */
  StoreListener listener;
  gpointer user_data;
};

typedef struct StoreKind {
  void (*begin)(Store *store);
  void (*put)(Store *store, const StoreChange *change, StoreDone done, gpointer user_data);
  void (*refresh)(Store *store, StoreRefreshed func, gpointer user_data); /* NULL: nobody else changes it */
  guint64 (*count_writes)(Store *store);
  void (*close)(Store *store);
} StoreKind;

/* Counts and measures changes from now on. @metering (transfer none) */
void store_set_meter(Store *store, Metering *metering);
/* Tells what there is, within this call or later. Once, before anything is asked for. */
void store_begin(Store *store, const StoreListener *listener, gpointer user_data);
/* @done (nullable) is called once, later. */
void store_put(Store *store, const StoreChange *change, StoreDone done, gpointer user_data);
/* Asks for what others have changed up to now, and calls @func once when it has been told: within this call
 * or later, also when it could not be asked, and at the latest by store_close(). */
void store_refresh(Store *store, StoreRefreshed func, gpointer user_data);
/* Whether others change it, too. */
gboolean store_is_shared(const Store *store);
/* How many writes there were, for metrics and tests. */
guint64 store_count_writes(Store *store);
/* How many reservations were not told because they break a rule (limits.h). */
guint store_count_rejected(const Store *store);
/* Finishes what is under way; what is not answered yet still is, when the home is next read. NULL is allowed.
 */
void store_close(Store *store);
