/* A residential complex (RC): the servers that can show it, sorted by how many sessions they could still
 * take, so that the best one is found at once.
 *
 * Servers sit in buckets, one for each number of free places; moving one and choosing one cost the same
 * however many there are. Pure; one thread at a time.
 */
#pragma once
#include "fcgi/rules/sessions.h"

/* More free places than this do not make a server any better. */
#define RC_MAX_RANK 32
/* Ranks: 0 is for servers to be tried when no other is left, -1 for those not to be tried at all. */
#define RC_LAST_RESORT 0
#define RC_NOT_NOW (-1)

/* A server's place, a member of FleetServer. Zeroed, with rank RC_NOT_NOW, it is in no bucket. */
typedef struct {
  int rank;
  guint position;
} RcPlace;

typedef struct {
  char *name;
  char *info;         /* JSON text as the list of servers has it for the first server (nullable) */
  guint servers;      /* in the list */
  guint online;       /* of them, those that can be reached and are enabled */
  guint pending;      /* of them, those that are enabled and have neither answered yet nor failed to */
  gint64 capacity;    /* sessions that all its servers take which are enabled; one never seen counts 1 */
  gint64 free;        /* sessions that could start now */
  guint kept;         /* sessions on its servers that end when their places are wanted */
  Sessions *sessions; /* on those of its servers that can be used, by their ends */
  guint waiting;      /* people in its line (lines.h) */
  guint claims;       /* how many of them come before a newcomer */
  gint64 booked_us;   /* monotonic: when somebody whose booking has begun last found nothing free; 0: never */
  gboolean listed;    /* it is in the list that is being taken */
  GPtrArray *ranks[RC_MAX_RANK + 1]; /* of FleetServer; rc.c's */
} Rc;

Rc *rc_new(const char *name); /* (transfer full) */
void rc_free(Rc *rc);         /* NULL is allowed */

/* Whether there is, or may be in a moment, a server that sessions can be had from, if only later: else nobody
 * need wait. */
gboolean rc_is_reachable(const Rc *rc);

/* How many of its free places the waiting line leaves to others. */
gint64 rc_free_for_newcomers(const Rc *rc);

/* Whether people wait for more of its places than are free, at @now_us (monotonic). */
gboolean rc_is_wanted(const Rc *rc, gint64 now_us);

/* Puts a server at @rank (cut to RC_MAX_RANK; RC_NOT_NOW takes it out). @place_offset is that of the RcPlace
 * in FleetServer. */
void rc_place(Rc *rc, FleetServer *server, gsize place_offset, int rank);

/* The server with the most free places that is not in @tried (nullable), at random among equals, or NULL.
 * Costs the number of those tried. */
FleetServer *rc_choose(const Rc *rc, const GPtrArray *tried);
