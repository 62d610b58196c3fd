/* A bucket is one number, the time when it will be full again (the "theoretical arrival time" of the generic
 * cell rate algorithm, ITU-T I.371 annex A): a token moves it on by the time in which one comes back, and a
 * bucket that is full at a time in the past is full now.
 */
#include "fcgi/base/rate_limit.h"

#include <openssl/rand.h>
#include <pthread.h>

#define WAYS 4
#define SETS 32768 /* a power of two */
#define LOCKS 64   /* a lock for every SETS / LOCKS sets */
#define CACHE_LINE 64
#define NS_PER_SECOND (G_GINT64_CONSTANT(1000) * G_USEC_PER_SEC)

typedef struct {
  guint64 key; /* 0: never used */
  gint64 full_at_ns;
} Bucket;

typedef struct {
  Bucket buckets[WAYS];
} Set;
G_STATIC_ASSERT(sizeof(Set) == CACHE_LINE);

enum { CLIENT, NETWORK, N_LEVELS };

/* What a bucket holds, and the secret numbers of its hash. */
typedef struct {
  gint64 token_ns; /* in which one token comes back; 0: not limited */
  gint64 burst;
  unsigned __int128 factor, summand;
} Kind;

struct RateLimit {
  Kind kinds[RATE_N_CLASSES][N_LEVELS];
  pthread_mutex_t locks[LOCKS];
  Set *sets;
};

RateLimit *rate_limit_new(const Rate rates[RATE_N_CLASSES], guint neighbours) {
  RateLimit *limit = g_new0(RateLimit, 1);
  for (guint class = 0; class < RATE_N_CLASSES; class ++)
    for (guint level = 0; level < N_LEVELS; level++) {
      Kind *kind = &limit->kinds[class][level];
      gint64 times = level == NETWORK ? neighbours : 1, per_minute = rates[class].per_minute * times;
      kind->token_ns = per_minute ? MAX(60 * NS_PER_SECOND / per_minute, 1) : 0;
      kind->burst = rates[class].burst * times;
      if (RAND_bytes((guchar *)&kind->factor, sizeof kind->factor) != 1 ||
          RAND_bytes((guchar *)&kind->summand, sizeof kind->summand) != 1)
        g_error("no random numbers");
    }
  for (guint i = 0; i < LOCKS; i++)
    pthread_mutex_init(&limit->locks[i], NULL);
  limit->sets = g_aligned_alloc0(SETS, sizeof(Set), CACHE_LINE);
  return limit;
}

void rate_limit_free(RateLimit *limit) {
  if (!limit)
    return;
  for (guint i = 0; i < LOCKS; i++)
    pthread_mutex_destroy(&limit->locks[i]);
  g_aligned_free(limit->sets);
  g_free(limit);
}

gboolean rate_class_changes(RateClass class) {
  return class != RATE_READ && class != RATE_POLL && class != RATE_REPORT;
}

const char *rate_class_word(guint class) {
  static const char *const words[] = {"read", "poll", "start", "plan", "code", "report", "bad"};
  G_STATIC_ASSERT(G_N_ELEMENTS(words) == RATE_N_CLASSES);
  return class < RATE_N_CLASSES ? words[class] : NULL;
}

/* Multiply and shift, strongly universal for 64 bits (Dietzfelbinger, STACS 1996): who does not know the
 * random numbers cannot choose addresses that meet. Never 0. */
static guint64 bucket_key_of(const Kind *kind, guint64 number) {
  guint64 key = (guint64)((kind->factor * number + kind->summand) >> 64);
  return key ? key : 1;
}

/* The bucket of @key, or the one whose place it shall have. */
static Bucket *find_bucket(Set *set, guint64 key) {
  Bucket *first_full = &set->buckets[0];
  for (guint way = 0; way < WAYS; way++) {
    Bucket *bucket = &set->buckets[way];
    if (bucket->key == key)
      return bucket;
    if (bucket->full_at_ns < first_full->full_at_ns)
      first_full = bucket;
  }
  return first_full;
}

/* Takes @tokens (a negative number gives back) and returns 0, or returns how long to wait for them. */
static gint64 take_from_bucket(RateLimit *limit, const Kind *kind, guint64 number, gint64 tokens,
                               gint64 now_ns) {
  if (kind->token_ns == 0)
    return 0;
  guint64 key = bucket_key_of(kind, number);
  gsize index = key % SETS;
  pthread_mutex_t *lock = &limit->locks[index % LOCKS];
  pthread_mutex_lock(lock);
  Bucket *bucket = find_bucket(&limit->sets[index], key);
  gint64 full_at_ns = bucket->key == key ? MAX(bucket->full_at_ns, now_ns) : now_ns;
  full_at_ns += tokens * kind->token_ns;
  gint64 wait_ns = MAX(full_at_ns - now_ns - kind->burst * kind->token_ns, 0);
  if (wait_ns == 0)
    *bucket = (Bucket){key, full_at_ns};
  pthread_mutex_unlock(lock);
  return wait_ns;
}

guint rate_limit_take(RateLimit *limit, RateClass class, const ClientPrefix *client, guint tokens,
                      gint64 now_us) {
  g_return_val_if_fail(class < RATE_N_CLASSES, 0);
  const Kind *kinds = limit->kinds[class];
  guint64 own = client_address_number(client, client->client_bytes);
  gint64 asked = MIN(tokens, kinds[CLIENT].burst), now_ns = now_us * 1000;
  gint64 wait_ns = take_from_bucket(limit, &kinds[CLIENT], own, asked, now_ns);
  if (wait_ns == 0) {
    wait_ns = take_from_bucket(limit, &kinds[NETWORK], client_address_number(client, client->network_bytes),
                               asked, now_ns);
    if (wait_ns > 0)
      take_from_bucket(limit, &kinds[CLIENT], own, -asked, now_ns);
  }
  return (guint)((wait_ns + NS_PER_SECOND - 1) / NS_PER_SECOND);
}
