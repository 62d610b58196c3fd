#include "fcgi/base/client_counts.h"

#include <openssl/rand.h>
#include <pthread.h>

/* One table for all: what keeps strangers from choosing addresses that meet in it is drawn at the first use.
 */
static struct { unsigned __int128 factor, summand; } secret;

enum { CLIENT, NETWORK, N_LEVELS };

struct ClientCounts {
  guint64 most[N_LEVELS]; /* 0: no limit */
  const ClientNetworks *exempt;
  pthread_mutex_t lock;
  GHashTable *counts[N_LEVELS]; /* of the address, as guint64 -> how many, never 0; under lock */
};

/* Multiply and shift, as in rate_limit.c. */
static guint hash_number(gconstpointer number) {
  return (guint)((secret.factor * *(const guint64 *)number + secret.summand) >> 96);
}

static void draw_secret(void) {
  static gsize drawn;
  if (!g_once_init_enter(&drawn))
    return;
  if (RAND_bytes((guchar *)&secret, sizeof secret) != 1)
    g_error("no random numbers");
  g_once_init_leave(&drawn, 1);
}

ClientCounts *client_counts_new(guint most, guint neighbours, const ClientNetworks *exempt) {
  draw_secret();
  ClientCounts *counts = g_new0(ClientCounts, 1);
  counts->most[CLIENT] = most;
  counts->most[NETWORK] = (guint64)most * neighbours;
  counts->exempt = exempt;
  for (guint level = 0; level < N_LEVELS; level++)
    counts->counts[level] = g_hash_table_new_full(hash_number, g_int64_equal, g_free, NULL);
  pthread_mutex_init(&counts->lock, NULL);
  return counts;
}

void client_counts_free(ClientCounts *counts) {
  if (!counts)
    return;
  for (guint level = 0; level < N_LEVELS; level++)
    g_hash_table_unref(counts->counts[level]);
  pthread_mutex_destroy(&counts->lock);
  g_free(counts);
}

static guint64 number_at(const ClientPrefix *client, guint level) {
  return client_address_number(client, level == CLIENT ? client->client_bytes : client->network_bytes);
}

gboolean client_counts_have_room(ClientCounts *counts, const char *address) {
  ClientPrefix client = client_address_read(address);
  gboolean has_room = TRUE;
  if (counts->exempt && client_networks_have(counts->exempt, &client))
    return TRUE;
  pthread_mutex_lock(&counts->lock);
  for (guint level = 0; level < N_LEVELS; level++) {
    guint64 number = number_at(&client, level);
    guint held = GPOINTER_TO_UINT(g_hash_table_lookup(counts->counts[level], &number));
    has_room = has_room && (counts->most[level] == 0 || held < counts->most[level]);
  }
  pthread_mutex_unlock(&counts->lock);
  return has_room;
}

static void change_count(ClientCounts *counts, const char *address, int by) {
  ClientPrefix client = client_address_read(address);
  pthread_mutex_lock(&counts->lock);
  for (guint level = 0; level < N_LEVELS; level++) {
    GHashTable *table = counts->counts[level];
    guint64 number = number_at(&client, level);
    guint held = GPOINTER_TO_UINT(g_hash_table_lookup(table, &number)) + (guint)by;
    if (held > 0)
      g_hash_table_insert(table, g_memdup2(&number, sizeof number), GUINT_TO_POINTER(held));
    else
      g_hash_table_remove(table, &number);
  }
  pthread_mutex_unlock(&counts->lock);
}

void client_counts_add(ClientCounts *counts, const char *address) {
  change_count(counts, address, 1);
}

void client_counts_remove(ClientCounts *counts, const char *address) {
  change_count(counts, address, -1);
}
