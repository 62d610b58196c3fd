#include "fcgi/rules/guard.h"

#include "common/random.h"
#include "fcgi/base/client_address.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* All amounts are fractions of the day's budget. */
#define STRANGERS_SHARE 0.7
#define TIGHT_FROM 0.5
#define LOOKS_MIN 10
#define LOOKS_MAX 4096
#define ROUNDING 1e-9

/* The hour that is under way and the 24 before it: any 24 hours lie within them. */
#define WINDOW_HOURS 25

/* How much a client, or its neighbours together, may owe; a debt shrinks by `per_day`. */
typedef struct {
  double share;
  int wrongs_max, wrongs_min;
  double per_day;
} Limit;

static const Limit client_limit = {.share = 0.3, .wrongs_max = 10, .wrongs_min = 3, .per_day = 0.3};
static const Limit network_limit = {.share = 0.4, .wrongs_max = 30, .wrongs_min = 4, .per_day = 0.25};

/* Tables of a fixed size: a key's entry is one of the WAYS in its set, and a new key takes the place of the
 * one there that was touched longest ago. Keys are keyed hashes, so that nobody can aim at another's set. */
#define WAYS 8
#define DEBT_SETS 512
#define KNOWN_SETS 1024

typedef struct {
  guint64 key; /* 0: free */
  gint64 at_us;
  double debt; /* as of at_us */
} Entry;

#define SECRET_BYTES 32
#define FORM G_GUINT64_CONSTANT(0x5669747247756132) /* changes with the struct */

/* No pointers: it may lie in a file. */
struct Guard {
  guint64 form;
  int fd; /* of the file; -1: none */
  double risk_per_day;
  char secret[2 * SECRET_BYTES + 1];
  Entry debts[DEBT_SETS][WAYS];  /* clients and networks */
  Entry known[KNOWN_SETS][WAYS]; /* who had a right code, and who had the code of which session */
  double spent[WINDOW_HOURS];    /* by hour, in a ring */
  gint64 hour;                   /* the one under way */
  gint64 last_us;                /* the time that was passed in last, */
  gint64 time_us;                /* and ours, which does not go back */
};

/* Our own time: when the one that is passed in goes back, ours goes on from where it was, as fast as that
 * one. Else all that was noted with a clock ahead would stand until that time comes. A clock that leaps while
 * it is behind ours lets no more be forgotten than a day does. */
static gint64 guard_time(Guard *guard, gint64 now_us) {
  gint64 step_us = CLAMP(now_us - guard->last_us, 0, G_TIME_SPAN_DAY);
  guard->time_us = MAX(now_us, guard->time_us + (now_us < guard->time_us ? step_us : 0));
  guard->last_us = now_us;
  return guard->time_us;
}

static void begin_guard(Guard *guard) {
  g_autofree char *secret = random_hex(SECRET_BYTES);
  guard->form = FORM;
  memcpy(guard->secret, secret, sizeof guard->secret);
}

Guard *guard_new(double risk_per_day) {
  g_return_val_if_fail(risk_per_day > 0 && risk_per_day < 1, NULL);
  Guard *guard = g_new0(Guard, 1);
  begin_guard(guard);
  guard->risk_per_day = risk_per_day;
  guard->fd = -1;
  return guard;
}

static gpointer guard_fail(int fd, const char *path, GError **error) {
  int problem = errno;
  g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s", path,
              g_strerror(problem));
  if (fd >= 0)
    close(fd);
  return NULL;
}

Guard *guard_open(const char *path, double risk_per_day, GError **error) {
  g_return_val_if_fail(risk_per_day > 0 && risk_per_day < 1, NULL);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 || flock(fd, LOCK_EX) != 0)
    return guard_fail(fd, path, error);
  /* All of its space at once: a full disk must not be found out by writing to memory. */
  int problem = posix_fallocate(fd, 0, sizeof(Guard));
  if (problem != 0) {
    errno = problem;
    return guard_fail(fd, path, error);
  }
  Guard *guard = mmap(NULL, sizeof(Guard), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (guard == MAP_FAILED)
    return guard_fail(fd, path, error);
  if (guard->form != FORM || guard->secret[2 * SECRET_BYTES] != 0) {
    memset(guard, 0, sizeof *guard);
    begin_guard(guard);
  }
  guard->risk_per_day = risk_per_day;
  guard->fd = fd;
  return guard;
}

void guard_free(Guard *guard) {
  if (!guard)
    return;
  if (guard->fd < 0) {
    g_free(guard);
    return;
  }
  int fd = guard->fd;
  munmap(guard, sizeof *guard);
  close(fd);
}

/* Never 0. @session is NULL for the address alone. */
static guint64 guard_key_of(const Guard *guard, const ClientPrefix *address, gsize bytes,
                            const char *session) {
  g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)guard->secret, strlen(guard->secret));
  guint8 length = (guint8)bytes; /* tells prefixes apart */
  g_hmac_update(hmac, &length, 1);
  g_hmac_update(hmac, address->bytes, (gssize)bytes);
  if (session)
    g_hmac_update(hmac, (const guchar *)session, -1);
  guint8 digest[32];
  gsize digest_length = sizeof digest;
  g_hmac_get_digest(hmac, digest, &digest_length);
  guint64 key;
  memcpy(&key, digest, sizeof key);
  return key ? key : 1;
}

static Entry *find_entry(Entry *set, guint64 key) {
  for (int way = 0; way < WAYS; way++)
    if (set[way].key == key)
      return &set[way];
  return NULL;
}

static Entry *find_or_replace(Entry *set, guint64 key, gint64 now_us) {
  Entry *entry = find_entry(set, key);
  if (entry)
    return entry;
  entry = &set[0];
  for (int way = 0; way < WAYS && entry->key; way++)
    if (!set[way].key || set[way].at_us < entry->at_us)
      entry = &set[way];
  *entry = (Entry){.key = key, .at_us = now_us};
  return entry;
}

/* ---- the budget ---- */

static void advance_budget(Guard *guard, gint64 now_us) {
  gint64 hour = now_us / G_TIME_SPAN_HOUR;
  for (int i = 0; i < WINDOW_HOURS && guard->hour < hour; i++)
    guard->spent[++guard->hour % WINDOW_HOURS] = 0;
  guard->hour = MAX(guard->hour, hour);
}

static double sum_spent(Guard *guard, gint64 now_us) {
  advance_budget(guard, now_us);
  double sum = 0;
  for (int i = 0; i < WINDOW_HOURS; i++)
    sum += guard->spent[i];
  return sum;
}

double guard_spent(Guard *guard, gint64 now_us) {
  return sum_spent(guard, guard_time(guard, now_us));
}

/* What a wrong code costs. */
static double cost_of(const Guard *guard, double chance) {
  if (chance <= 0)
    return 1.0 / LOOKS_MAX;
  if (chance >= 1)
    return 1.0 / LOOKS_MIN;
  double looks = floor(log1p(-guard->risk_per_day) / log1p(-chance));
  return 1.0 / CLAMP(looks, LOOKS_MIN, LOOKS_MAX);
}

/* Seconds until the budget has @excess more: old hours leave the window. */
static double budget_wait(const Guard *guard, double excess, gint64 now_us) {
  int gone = 0;
  while (gone < WINDOW_HOURS && excess > ROUNDING)
    excess -= guard->spent[(guard->hour + ++gone) % WINDOW_HOURS]; /* the oldest is next in the ring */
  return (double)((guard->hour + gone) * G_TIME_SPAN_HOUR - now_us) / G_TIME_SPAN_SECOND;
}

/* ---- debts ---- */

static Entry *debt_set(Guard *guard, guint64 key) {
  return guard->debts[key % DEBT_SETS];
}

static double debt_now(const Entry *entry, const Limit *limit, gint64 now_us) {
  gint64 elapsed_us = MAX(now_us - entry->at_us, 0);
  return MAX(entry->debt - limit->per_day * (double)elapsed_us / G_TIME_SPAN_DAY, 0);
}

/* Seconds until @key may owe @cost more; 0: now. */
static double debt_wait(Guard *guard, guint64 key, const Limit *limit, double cost, gboolean tight,
                        gint64 now_us) {
  double most = MIN(limit->share, limit->wrongs_max * cost), least = limit->wrongs_min * cost;
  double allowed = tight ? least : MAX(most, least);
  const Entry *entry = find_entry(debt_set(guard, key), key);
  double excess = (entry ? debt_now(entry, limit, now_us) : 0) + cost - allowed;
  return excess > ROUNDING ? excess / limit->per_day * G_TIME_SPAN_DAY / G_TIME_SPAN_SECOND : 0;
}

static void charge_debt(Guard *guard, guint64 key, const Limit *limit, double cost, gint64 now_us) {
  Entry *entry = find_or_replace(debt_set(guard, key), key, now_us);
  entry->debt = debt_now(entry, limit, now_us) + cost;
  entry->at_us = MAX(entry->at_us, now_us);
}

/* ---- who is known ---- */

static gboolean is_known(Guard *guard, guint64 key, gint64 now_us) {
  const Entry *entry = find_entry(guard->known[key % KNOWN_SETS], key);
  return entry && now_us - entry->at_us < G_TIME_SPAN_DAY;
}

static void make_known(Guard *guard, guint64 key, gint64 now_us) {
  find_or_replace(guard->known[key % KNOWN_SETS], key, now_us)->at_us = now_us;
}

static void remember_client(Guard *guard, const ClientPrefix *address, const char *session, gint64 now_us) {
  make_known(guard, guard_key_of(guard, address, address->client_bytes, session), now_us);
  make_known(guard, guard_key_of(guard, address, address->client_bytes, NULL), now_us);
}

void guard_remember(Guard *guard, const char *client, const char *session, gint64 now_us) {
  ClientPrefix address = client_address_read(client);
  remember_client(guard, &address, session, guard_time(guard, now_us));
}

/* ---- the decision ---- */

GuardAnswer guard_try(Guard *guard, const char *client, const char *session, double chance, gint64 now_us,
                      guint *retry_after_seconds) {
  ClientPrefix address = client_address_read(client);
  now_us = guard_time(guard, now_us);
  if (session && is_known(guard, guard_key_of(guard, &address, address.client_bytes, session), now_us)) {
    remember_client(guard, &address, session, now_us);
    return GUARD_RIGHT;
  }

  guint64 client_key = guard_key_of(guard, &address, address.client_bytes, NULL);
  guint64 network_key = guard_key_of(guard, &address, address.network_bytes, NULL);
  double cost = cost_of(guard, chance), spent = sum_spent(guard, now_us);
  double excess = spent + cost - (is_known(guard, client_key, now_us) ? 1 : STRANGERS_SHARE);
  gboolean tight = spent > TIGHT_FROM;
  double wait = excess > ROUNDING ? budget_wait(guard, excess, now_us) : 0;
  wait = MAX(wait, debt_wait(guard, client_key, &client_limit, cost, tight, now_us));
  wait = MAX(wait, debt_wait(guard, network_key, &network_limit, cost, FALSE, now_us));
  if (wait > 0) {
    *retry_after_seconds = (guint)MAX(ceil(wait), 1);
    return GUARD_REFUSED;
  }

  if (session) {
    remember_client(guard, &address, session, now_us);
    return GUARD_RIGHT;
  }
  guard->spent[guard->hour % WINDOW_HOURS] += cost;
  charge_debt(guard, client_key, &client_limit, cost, now_us);
  charge_debt(guard, network_key, &network_limit, cost, now_us);
  return GUARD_WRONG;
}
