/* The plan of sessions: every booking and every session that runs, and the one rule by which places are
 * given.
 *
 * Each session is a reservation of one place of an RC for a run of slots (ledger.h): a booking takes later
 * ones, a walk-in takes slots from now on, an extension adds some, an early end gives the rest back. What is
 * promised is in the store before it is told (store.h): the done callbacks come when it is, or with the
 * error that it is not, and then nothing has changed.
 *
 * Promises (plan_promises.h: book, walk in, extend, cancel) wait for the store; facts (started, ended) do
 * not: they are true whatever the store says, and are written again later if they could not be now.
 *
 * Errors are of WIRE_ERROR. Time is passed in, and may go back: what had only ended because of it is as
 * before then, as far as nobody else can have been told (plan_clock.h). The core's thread only.
 */
#pragma once
#include "fcgi/plan/plan_invitations.h"
#include "fcgi/plan/plan_list.h"
#include "fcgi/plan/plan_promises.h"
#include "fcgi/rules/ledger.h"
#include "fcgi/store/store.h"

/* A plan on @store (transfer full); what is in it and not over holds its places again. Until the store has
 * told all, nothing is promised. (transfer full) */
Plan *plan_new(Store *store, const PlanRules *rules, gint64 now_us);
/* Whether the store has told what it has. */
gboolean plan_is_loaded(const Plan *plan);
void plan_set_listener(Plan *plan, const PlanListener *listener, gpointer user_data);

/* From now on nothing is promised any more: those who wait for the store, and those who still come, get
 * WIRE_STORE_UNAVAILABLE. What is under way is written all the same. */
void plan_stop(Plan *plan);
/* Writes what is under way, after plan_stop(). NULL is allowed. */
void plan_close(Plan *plan);

/* The sessions that all servers of the RC together can run. Nobody's booking is touched; @overbooked
 * (nullable) tells whether there are slots with more bookings than places because of it: asked for when it
 * becomes less, and when it is 0. */
void plan_set_capacity(Plan *plan, const char *rc_name, guint32 capacity, gboolean *overbooked);
/* A session that runs has, or has no more, a place that the capacity does not count, because its server takes
 * no others (PlanListener.has_own_place): then it takes none of those that are left. Where the store is
 * shared it goes on holding one until it is over, for others cannot know. */
void plan_set_apart(Plan *plan, const char *id, gboolean apart);
/* The RCs that the plan has heard of: texts (transfer full). */
GPtrArray *plan_list_rcs(const Plan *plan);

/* Does what is due: no-shows, sessions whose time is over, old records. To be called every second or so;
 * costs nothing when nothing is. */
void plan_tick(Plan *plan, gint64 now_us);
/* Whether the time is doubted: then plan_tick() ends, offers and forgets nothing until it is not any more. */
void plan_set_doubtful(Plan *plan, gboolean doubtful);

/* A session that runs and that the plan does not know: an operator's, or one whose record was lost. It takes
 * its place whether there is one or not. FALSE with FIELDS_ERROR when it could not be read again if it were
 * written (reservation_check()), when its code is somebody else's, or when too many wait for the store to
 * tell what it has: then the plan is as before. */
gboolean plan_adopt(Plan *plan, const char *id, const char *code, const char *rc_name,
                    const char *server_name, gint64 starts_at_us, gint64 ends_at_us, gint64 now_us,
                    GError **error);

/* Its session has begun, on this server (NULL: somewhere). */
void plan_started(Plan *plan, const char *id, const char *server_name);
/* Back from running to planned: no server could start it, and its time is not over. */
void plan_not_started(Plan *plan, const char *id);
/* It is over, for @reason: the rest of its time is free. Ended ones and unknown ones are passed over. */
void plan_ended(Plan *plan, const char *id, const char *reason, gint64 now_us);

/* Stored ones only, not ended, or NULL. (transfer none, until the next call that changes something) */
const Reservation *plan_find_code(const Plan *plan, const char *code);
/* Also ended ones. */
const Reservation *plan_find(const Plan *plan, const char *id);

/* How many codes are in use, and how many rest (codes.h). */
void plan_count_codes(const Plan *plan, guint *live, guint *resting);
/* The share of codes like @code that are in use (codes_chance()). */
double plan_code_chance(const Plan *plan, const char *code);

/* Whether so many codes are in use that guessing pays (codes_are_dense()). */
gboolean plan_codes_are_dense(const Plan *plan);

/* Who holds what of it, and of what others add to it. (transfer none) */
Held *plan_get_held(const Plan *plan);

/* The RC's ledger, for questions; one of capacity 0 when no servers were told of. */
const Ledger *plan_get_ledger(Plan *plan, const char *rc_name);

/* Calls @func for every reservation that is running, stored or not. @func must not change the plan. */
void plan_for_each_running(const Plan *plan, void (*func)(const Reservation *reservation, gpointer user_data),
                           gpointer user_data);

/* How many are in each state. Looks at all. */
void plan_count_states(const Plan *plan, guint counts[RESERVATION_N_STATES]);
/* store_refresh() of its store. */
void plan_refresh(Plan *plan, StoreRefreshed func, gpointer user_data);
/* store_count_rejected() of its store. */
guint plan_count_rejected(const Plan *plan);
/* store_count_writes() of its store. */
guint64 plan_get_writes(const Plan *plan);
