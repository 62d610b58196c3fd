/* Who holds how much: the bookings that have not ended, the sessions that run and were started by them, and
 * the places in waiting lines, of each client and of its network (holder.h). It is an index over what others
 * have: they add a thing when it comes to be and remove it when it is gone, and so it is right after a
 * restart, and for what other coordinators have given.
 *
 * Two rules bound what somebody may have more of.
 *
 *   - *Limits* (HeldLimits): so many of a kind for a client, and `neighbours` times that for its network.
 *   - *Shares*: the scarcer something is, the fewer one may have of it: no more than a part of what is left
 *     (as memory is shared out between queues by the dynamic thresholds of Choudhury and Hahne, IEEE/ACM
 *     Transactions on Networking 6(2), 1998). With n networks that all take what they can, and a part of
 *     1/s, 1/(1 + n/s) of all is left, and a newcomer's network may have as much of it as each of theirs. The
 *     last is always for those who hold none.
 *
 * Somebody whom the limits do not hold for (Holder.counts) holds nothing here, and may always have more.
 * Memory: what is held, and nothing for who holds nothing. Pure; one thread at a time.
 */
#pragma once
#include "fcgi/base/holder.h"

typedef enum { HELD_BOOKINGS, HELD_SESSIONS, HELD_PLACES, HELD_N_KINDS } HeldKind;

/* What is shared out. */
typedef enum {
  HELD_OF_CODES,   /* that are left for bookings: a 32nd for a network */
  HELD_OF_SERVERS, /* an RC's places at one time: as many for a client as are left, for its network twice that
                    */
  HELD_OF_LINE,    /* places that are left in a line: an eighth for a network */
} HeldShare;

typedef struct {
  guint most[HELD_N_KINDS]; /* of one client; 0: no limit */
  guint neighbours;         /* its network has so many times that; 0: no limit */
} HeldLimits;

/* How much of something somebody holds; their network, with them. */
typedef struct {
  guint client, network;
} HeldCounts;

typedef struct Held Held;
/* Something that somebody holds. */
typedef struct HeldThing HeldThing;

/* Somebody, a client or a whole network, has come to hold half of what they may; or more, after it was less
 * than a quarter. @session: the id of something of theirs (nullable). */
typedef void (*HeldMuch)(HeldKind kind, gboolean network, guint count, const char *session,
                         gpointer user_data);

Held *held_new(const HeldLimits *limits); /* (transfer full) */
/* What is still held counts no more, and is to be removed all the same. NULL is allowed. */
void held_free(Held *held);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Held, held_free)
void held_set_listener(Held *held, HeldMuch much, gpointer user_data);

/* @holder holds one more, of the RC @rc_name, whether they may or not. @session: its id (transfer none, for
 * as long as it is held; nullable). @what: the caller's. (transfer none, until held_remove()); NULL: nobody
 * does. */
HeldThing *held_add(Held *held, HeldKind kind, const Holder *holder, const char *rc_name, const char *session,
                    gpointer what);
/* It is of another kind from now on: a booking has begun. */
void held_move(HeldThing *thing, HeldKind kind);
/* It is held no more. NULL is allowed. */
void held_remove(HeldThing *thing);
HeldKind held_get_kind(const HeldThing *thing);
const char *held_get_session(const HeldThing *thing); /* nullable */
gpointer held_get_what(const HeldThing *thing);

/* How much of the kind is held; @rc_name: of this RC alone (nullable). */
HeldCounts held_count(const Held *held, HeldKind kind, const Holder *holder, const char *rc_name);
/* Whether the limits let @holder have one more. FALSE with WIRE_LIMIT_REACHED about the kind, which is
 * counted as a refusal; @error NULL: it is asked only. */
gboolean held_check(Held *held, HeldKind kind, const Holder *holder, GError **error);
/* Whether who holds @counts of something may have one more of the @left that are left of it. With none left
 * nobody is refused: that there are none is for others to say. */
gboolean held_is_fair(HeldShare share, HeldCounts counts, guint64 left);
/* The same, with what it means for the @kind as held_check(). */
gboolean held_check_share(Held *held, HeldKind kind, HeldShare share, const Holder *holder, HeldCounts counts,
                          guint64 left, GError **error);

/* Calls @func for all that the client, or all of its network, holds. @func must not change it. */
void held_for_each(const Held *held, const Holder *holder, gboolean network,
                   void (*func)(const HeldThing *thing, gpointer user_data), gpointer user_data);

/* What the one client holds who holds most of the kind. Looks at all. */
guint held_find_most(const Held *held, HeldKind kind);
/* How often somebody was refused one more. */
guint64 held_count_refusals(const Held *held, HeldKind kind);
/* "bookings" (static); NULL beyond the last: a refusal's field, and a metric's label. */
const char *held_word(guint kind);
