/* Limits to how often a client may ask, by class of verb: token buckets in a table of a fixed size.
 *
 * A client (an IPv4 address, an IPv6 /64) has a bucket for each class: `burst` tokens, of which `per_minute`
 * come back. Its neighbours (an IPv4 /24, an IPv6 /48) share buckets of NEIGHBOURS times that, so that a
 * customer's /48 or a rented /24 is not 65,536 or 256 clients. A request that finds too few tokens in either
 * takes none, and is told when there will be enough.
 *
 * What is promised:
 *   - Within any time T a client gets at most burst + per_minute * T tokens of a class, and the waiting time
 *     is true: who comes then, and whom nobody forestalled, is let pass.
 *   - Others cannot use up a client's tokens, but for its neighbours together theirs. The web server tells
 *     addresses; who can make it tell a wrong one is outside of this.
 *   - Memory and time are fixed: 131,072 buckets in 2 MiB, one look at one cache line each, however many
 *     addresses come. A bucket that has become full again is the same as none, and its place is free.
 *   - A place is taken from somebody else only when all WAYS places of a set are in use; then of those the
 *     bucket that would be full again first is forgotten. Its client is better off for it, never worse: it
 *     has all its tokens back. To be forgotten on purpose, an attacker would have to put other clients deeper
 *     into debt than itself, in a set that it cannot know (places are chosen by a secret hash): the addresses
 *     it needs for that have more tokens than the one it frees.
 *
 * What is not: that an attacker with a million addresses in thousands of networks is kept out. Each of them
 * has its tokens, here as with any count by address. What such a crowd can take is bounded elsewhere: waiting
 * requests by max_waiting, places by the plan, guesses at codes by guard.h.
 *
 * The limits are one process's, and a restart fills all buckets. Pure: the time is passed in. Any thread.
 */
#pragma once
#include "fcgi/base/client_address.h"

/* What is counted apart. The settings' names are in configuration.c. */
typedef enum {
  RATE_READ,   /* what there is: mostly ready answers */
  RATE_POLL,   /* waiting for events */
  RATE_START,  /* sessions now */
  RATE_PLAN,   /* what is written to disk: bookings, cancelling, more time */
  RATE_CODE,   /* codes, beside what guard.h says of wrong ones */
  RATE_REPORT, /* what pages say of themselves */
  RATE_BAD,    /* what is no verb, or wrong in form */
  RATE_N_CLASSES
} RateClass;

/* Plain data. */
typedef struct {
  gint64 per_minute; /* 0: the class is not limited */
  gint64 burst;      /* at least 1 */
} Rate;

typedef struct RateLimit RateLimit;

/* All buckets full. @neighbours: how many times a client's limit its network has; 0: the network is not
 * limited. (transfer full) */
RateLimit *rate_limit_new(const Rate rates[RATE_N_CLASSES], guint neighbours);
void rate_limit_free(RateLimit *limit); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RateLimit, rate_limit_free)

/* Takes @tokens (cut to the burst) and returns 0; or takes none and returns the seconds, at least 1, after
 * which to try again. @now_us: microseconds of a clock that does not go back. */
guint rate_limit_take(RateLimit *limit, RateClass class, const ClientPrefix *client, guint tokens,
                      gint64 now_us);

/* Whether verbs of this class may change something, so that who is refused one has got nothing. */
gboolean rate_class_changes(RateClass class);

/* "read" (static); NULL beyond the last: the words of a metric's label. */
const char *rate_class_word(guint class);
