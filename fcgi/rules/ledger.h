/* The ledger of one RC: how many of its places are used in each slot of time.
 *
 * Time is cut into slots of `slot_minutes`, counted from 1970-01-01 UTC, so that a slot's number never
 * depends on a time zone, a clock change or the day the program started. A session or booking holds one place
 * for a run of consecutive slots. The one rule: a run is taken only if in each of its slots used < capacity,
 * and then in all of them or none. That costs the length of the run, however much is booked elsewhere.
 *
 * Offers should start where a slot starts (ledger_slot_starts_at() of its ledger_slot()): a run that begins
 * or ends inside a slot takes the whole of it. All zones of today are a multiple of 15 minutes away from UTC,
 * so that slots of 5 or 15 minutes start at round times everywhere; longer ones do not in Kathmandu.
 *
 * The rule is checked when something is taken, never afterwards: capacity may fall below what is used (a
 * server went away), and then nothing is taken from anybody; ledger_overbooked() says where it happened.
 *
 * The horizon limits where a run may *start*: from the current slot until `horizon_days` later. A run that
 * starts in time may end after it. Slots before the current one are forgotten: they read as unused, and
 * giving them back does nothing. Memory: one block of 128 counters for a stretch of time in which anything is
 * used, hence at most (horizon + longest run) / 128 blocks, about 70 KiB for 60 days of five-minute slots
 * that are all in use, and nothing for an RC without bookings. (Restored runs past the horizon add theirs.)
 *
 * Who holds which run is the caller's to remember: the ledger knows counts, no names. Pure: no clock is read,
 * no I/O is done. One thread at a time.
 */
#pragma once
#include <glib.h>

#define LEDGER_RUN_MAX 10080 /* slots; a week of one-minute ones */

typedef struct Ledger Ledger;

/* The slots first, first + 1, … first + count - 1. */
typedef struct {
  gint64 first;
  guint count;
} LedgerRun;

typedef enum {
  LEDGER_TAKEN,
  LEDGER_FULL,    /* one slot or more has no place left */
  LEDGER_OUTSIDE, /* it starts in the past or past the horizon, or is empty or longer than LEDGER_RUN_MAX */
} LedgerAnswer;

/* A stretch in which more is used than there is. */
typedef struct {
  LedgerRun run;
  guint32 over; /* by how much, in its worst slot */
} LedgerExcess;

/* An empty ledger of capacity 0 (transfer full). @slot_minutes 1..1440, @horizon_days at least 1. */
Ledger *ledger_new(guint slot_minutes, guint horizon_days, gint64 now_us);
void ledger_free(Ledger *ledger); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)

/* The slot that @at_us lies in; the instant at which a slot starts; the run of all slots that the time from
 * @starts_at_us up to, not including, @ends_at_us touches (empty unless it ends after it starts). Instants
 * are not before 1970. */
gint64 ledger_slot(const Ledger *ledger, gint64 at_us);
gint64 ledger_slot_starts_at(const Ledger *ledger, gint64 slot);
LedgerRun ledger_run(const Ledger *ledger, gint64 starts_at_us, gint64 ends_at_us);
/* The slot behind its last. */
gint64 ledger_run_end(LedgerRun run);

/* Makes the slot of @now_us the current one and forgets those before it. Call it before deciding anything; it
 * costs nothing while the slot stays the same. A clock that goes back changes nothing. */
void ledger_forget_past(Ledger *ledger, gint64 now_us);

/* Forgets all that is used, and makes the slot of @now_us the current one, also when it is earlier: for a
 * clock that went back. Who holds which run is to be told again (ledger_restore()). The capacity stays. */
void ledger_begin_anew(Ledger *ledger, gint64 now_us);

/* The number of sessions that all servers of the RC can run at once. Touches no run. */
void ledger_set_capacity(Ledger *ledger, guint32 capacity);
guint32 ledger_capacity(const Ledger *ledger);

/* Places used in @slot. */
guint32 ledger_used(const Ledger *ledger, gint64 slot);

/* Takes one place in every slot of @run, or changes nothing. */
LedgerAnswer ledger_take(Ledger *ledger, LedgerRun run);

/* Takes the run of a reservation that was promised earlier (read from the store at start): capacity and
 * horizon do not matter, slots in the past are passed over. FALSE, with nothing changed, for a run that is
 * empty, longer than LEDGER_RUN_MAX or before 1970. */
gboolean ledger_restore(Ledger *ledger, LedgerRun run);

/* Gives back a run that was taken or restored: a booking was cancelled. Giving back what nobody holds is a
 * programming error. */
void ledger_give_back(Ledger *ledger, LedgerRun run);

/* Gives back the slots of @run from @slot on and shortens @run to what stays (its count may become 0): a
 * session ended early, or nobody came. With the current slot as @slot the place is free at once. */
void ledger_give_back_rest(Ledger *ledger, LedgerRun *run, gint64 slot);

/* How many slots right after @run have a place free, up to @most: how far it can be extended. */
guint ledger_room_after(const Ledger *ledger, LedgerRun run, guint most);

/* Adds @slots (at least 1) to the end of @run, which the caller holds: all or nothing, whatever the horizon.
 */
gboolean ledger_extend(Ledger *ledger, LedgerRun *run, guint slots);

/* A session that starts now and would like to last @wanted_us: when it would have to end, which is the start
 * of the first slot without a free place, or @now_us + @wanted_us if there is none before. 0 when that is
 * less than @min_us from now, or less than @wanted_us if that is shorter still. Takes nothing: the run to
 * take is ledger_run(ledger, now_us, result). */
gint64 ledger_walk_in(const Ledger *ledger, gint64 now_us, gint64 wanted_us, gint64 min_us);

/* For each of the @starts slots from @first on, into @places (an array of @starts): how many runs of
 * @run_slots could start there, 0 where none may start. Costs @starts + @run_slots, by a sliding maximum. */
void ledger_free_starts(const Ledger *ledger, gint64 first, guint starts, guint run_slots, guint32 *places);

/* The starts nearest to @wanted.first at which a run of @wanted.count could be taken, a multiple of @step
 * slots (at least 1) before or after it, itself included; nearest first, of two equally near the earlier.
 * Writes at most @max into @starts and returns how many. Costs the distance searched, at most the horizon. */
guint ledger_nearest(const Ledger *ledger, LedgerRun wanted, guint step, guint max, gint64 *starts);

/* Where more is used than the capacity, in the order of time: an array of LedgerExcess (transfer full), empty
 * when all is well. Neighbouring slots make one stretch. Costs the blocks in use: for capacity changes, not
 * for decisions. */
GArray *ledger_overbooked(const Ledger *ledger);
