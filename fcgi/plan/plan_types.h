/* What is said to the plan and by it (plan.h). */
#pragma once
#include "fcgi/rules/held.h"
#include "fcgi/rules/reservation.h"

typedef struct Plan Plan;

/* Plain data, from the settings. */
typedef struct {
  guint slot_minutes;
  guint horizon_days;
  guint code_digits;
  guint no_show_minutes; /* a booking that nobody came for frees its place after this */
  guint history_days;    /* how long ended ones stay in the file */
  guint notice_minutes;  /* how long before its end a session is told of (PlanListener); 0: never */
  HeldLimits held;       /* what one may hold */
} PlanRules;

/* What somebody wants. Plain data; the plan copies what it keeps. */
typedef struct {
  const char *rc_name;
  gint64 starts_at_us;    /* of a booking */
  gint64 wanted_us;       /* how long */
  gint64 min_us;          /* of a walk-in: shorter is not worth it */
  const char *name;       /* nullable */
  const char *request_id; /* nullable: the same one again is the same booking, */
  Holder holder;          /* whose it will be */
  const char *proof;      /* when this is the same, too (nullable): a keyed hash of who asks, and for what */
} PlanWish;

/* @reservation: as it now is, valid during the call; NULL with @error. */
typedef void (*PlanDone)(const Reservation *reservation, const GError *error, gpointer user_data);

/* What the plan tells. Nothing of it may change the plan. */
typedef struct {
  /* A session that runs will be over in notice_minutes or less. By plan_tick(), once for each end. */
  void (*ending)(const Reservation *reservation, gpointer user_data);
  /* Another coordinator has started a session, or it was moved: it runs on server_name. */
  void (*appeared)(const Reservation *reservation, gpointer user_data);
  /* Whether a session's place is one that the capacity does not count, because its server takes no others:
   * then it may last longer, whatever is booked (nullable: none is). */
  gboolean (*has_own_place)(const Reservation *reservation, gpointer user_data);
  /* Whether the session is on its server still, for all that is known: its time was over, and is not any more
   * (nullable: it is not). */
  gboolean (*still_runs)(const Reservation *reservation, gpointer user_data);
  /* The session's code, generation or door is another and is in the store, from here or from another
   * coordinator (plan_invitations.h; nullable). */
  void (*invited)(const Reservation *reservation, gpointer user_data);
} PlanListener;
