#include "fcgi/rules/held.h"

#include "common/wire.h"

/* So many of them make what somebody may hold; the log is told again when it was less than that again. */
#define MUCH_SHARE 2
#define LITTLE_SHARE 4

enum { CLIENT, NETWORK, N_LEVELS };

static const struct {
  const char *field, *things;
} words[HELD_N_KINDS] = {
    [HELD_BOOKINGS] = {"bookings", "bookings"},
    [HELD_SESSIONS] = {"sessions", "sessions"},
    [HELD_PLACES] = {"places", "places in waiting lines"},
};

/* Somebody's things of all RCs, or of one. */
typedef struct {
  guint level;
  guint64 number;
  const char *rc; /* of Held.rcs; NULL: all */
} HolderKey;

typedef struct {
  HolderKey key;
  guint counts[HELD_N_KINDS];
  gboolean much[HELD_N_KINDS]; /* it was told of */
  GQueue things;               /* of HeldThing: of a network, and all RCs */
} HolderNode;

struct HeldThing {
  Held *held; /* NULL: it was freed */
  HeldKind kind;
  Holder holder;
  const char *rc;
  const char *session; /* nullable */
  gpointer what;
  GList link; /* in its network's things */
};

struct Held {
  HeldLimits limits;
  GHashTable *nodes; /* set of HolderNode, by its key; owned */
  GHashTable *rcs;   /* set of texts, owned: as many as there were names */
  guint64 refusals[HELD_N_KINDS];
  HeldMuch much;
  gpointer user_data;
};

/* ---- those who hold ---- */

/* Numbers are as good as random already. */
static guint hash_key(gconstpointer data) {
  const HolderKey *key = data;
  return (guint)key->number ^ (guint)(key->number >> 32) ^ key->level ^ g_direct_hash(key->rc);
}

static gboolean are_keys_same(gconstpointer a, gconstpointer b) {
  const HolderKey *x = a, *y = b;
  return x->number == y->number && x->level == y->level && x->rc == y->rc;
}

static HolderKey key_of(const Holder *holder, guint level, const char *rc) {
  return (HolderKey){level, level == CLIENT ? holder->client : holder->network, rc};
}

static HolderNode *find_node(const Held *held, const Holder *holder, guint level, const char *rc) {
  const HolderKey key = key_of(holder, level, rc);
  return g_hash_table_lookup(held->nodes, &key);
}

static HolderNode *get_node(Held *held, const Holder *holder, guint level, const char *rc) {
  HolderNode *node = find_node(held, holder, level, rc);
  if (node)
    return node;
  node = g_new0(HolderNode, 1);
  node->key = key_of(holder, level, rc);
  g_hash_table_add(held->nodes, node);
  return node;
}

Held *held_new(const HeldLimits *limits) {
  Held *held = g_new0(Held, 1);
  held->limits = *limits;
  held->nodes = g_hash_table_new_full(hash_key, are_keys_same, g_free, NULL);
  held->rcs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return held;
}

void held_free(Held *held) {
  if (!held)
    return;
  GHashTableIter iter;
  gpointer node;
  g_hash_table_iter_init(&iter, held->nodes);
  while (g_hash_table_iter_next(&iter, &node, NULL))
    for (const GList *link = ((HolderNode *)node)->things.head; link; link = link->next)
      ((HeldThing *)link->data)->held = NULL;
  g_hash_table_unref(held->nodes);
  g_hash_table_unref(held->rcs);
  g_free(held);
}

void held_set_listener(Held *held, HeldMuch much, gpointer user_data) {
  held->much = much;
  held->user_data = user_data;
}

static const char *find_rc_text(const Held *held, const char *rc_name) {
  return g_hash_table_lookup(held->rcs, rc_name);
}

static const char *get_rc_text(Held *held, const char *rc_name) {
  const char *known = find_rc_text(held, rc_name);
  if (known)
    return known;
  char *text = g_strdup(rc_name);
  g_hash_table_add(held->rcs, text);
  return text;
}

/* ---- what they hold ---- */

static guint64 limit_of(const Held *held, HeldKind kind, guint level) {
  return (guint64)held->limits.most[kind] * (level == CLIENT ? 1 : held->limits.neighbours);
}

/* The id of something of theirs, by which others find it. */
static const char *find_session(const Held *held, const HeldThing *thing, guint level) {
  const HolderNode *network = find_node(held, &thing->holder, NETWORK, NULL);
  for (const GList *link = network->things.head; link; link = link->next) {
    const HeldThing *other = link->data;
    if (other->session && (level == NETWORK || other->holder.client == thing->holder.client))
      return other->session;
  }
  return NULL;
}

static void watch_much(Held *held, HolderNode *node, const HeldThing *thing) {
  guint64 limit = limit_of(held, thing->kind, node->key.level);
  guint count = node->counts[thing->kind];
  if (count * LITTLE_SHARE < limit)
    node->much[thing->kind] = FALSE;
  if (limit == 0 || count * MUCH_SHARE < limit || node->much[thing->kind] || !held->much)
    return;
  node->much[thing->kind] = TRUE;
  held->much(thing->kind, node->key.level == NETWORK, count, find_session(held, thing, node->key.level),
             held->user_data);
}

static gboolean is_empty(const HolderNode *node) {
  for (guint kind = 0; kind < HELD_N_KINDS; kind++)
    if (node->counts[kind])
      return FALSE;
  return TRUE;
}

/* The thing counts once more, or once less, with all whose it is. */
static void count_thing(const HeldThing *thing, int by) {
  Held *held = thing->held;
  for (guint level = 0; level < N_LEVELS; level++)
    for (guint of_one = 0; of_one < 2; of_one++) {
      HolderNode *node = get_node(held, &thing->holder, level, of_one ? thing->rc : NULL);
      node->counts[thing->kind] += (guint)by;
      if (!of_one)
        watch_much(held, node, thing);
      if (is_empty(node) && node->things.length == 0)
        g_hash_table_remove(held->nodes, node);
    }
}

HeldThing *held_add(Held *held, HeldKind kind, const Holder *holder, const char *rc_name, const char *session,
                    gpointer what) {
  if (!holder->counts)
    return NULL;
  HeldThing *thing = g_new0(HeldThing, 1);
  *thing = (HeldThing){.held = held,
                       .kind = kind,
                       .holder = *holder,
                       .rc = get_rc_text(held, rc_name),
                       .session = session,
                       .what = what};
  thing->link.data = thing;
  g_queue_push_tail_link(&get_node(held, holder, NETWORK, NULL)->things, &thing->link);
  count_thing(thing, 1);
  return thing;
}

void held_move(HeldThing *thing, HeldKind kind) {
  if (thing->kind == kind)
    return;
  count_thing(thing, -1);
  thing->kind = kind;
  count_thing(thing, 1);
}

void held_remove(HeldThing *thing) {
  if (thing && thing->held) {
    g_queue_unlink(&get_node(thing->held, &thing->holder, NETWORK, NULL)->things, &thing->link);
    count_thing(thing, -1);
  }
  g_free(thing);
}

HeldKind held_get_kind(const HeldThing *thing) {
  return thing->kind;
}

const char *held_get_session(const HeldThing *thing) {
  return thing->session;
}

gpointer held_get_what(const HeldThing *thing) {
  return thing->what;
}

/* ---- what they may ---- */

HeldCounts held_count(const Held *held, HeldKind kind, const Holder *holder, const char *rc_name) {
  const char *rc = rc_name ? find_rc_text(held, rc_name) : NULL;
  if (!holder->counts || (rc_name && !rc))
    return (HeldCounts){0, 0};
  const HolderNode *client = find_node(held, holder, CLIENT, rc);
  const HolderNode *network = find_node(held, holder, NETWORK, rc);
  return (HeldCounts){client ? client->counts[kind] : 0, network ? network->counts[kind] : 0};
}

/* @before, what the things are called, and @after are the sentence. */
static gboolean refuse_one_more(Held *held, HeldKind kind, GError **error, const char *before,
                                const char *after) {
  if (!error)
    return FALSE;
  held->refusals[kind]++;
  wire_set_error(error, WIRE_LIMIT_REACHED, words[kind].field, "%s %s %s", before, words[kind].things, after);
  return FALSE;
}

gboolean held_check(Held *held, HeldKind kind, const Holder *holder, GError **error) {
  const HeldCounts counts = held_count(held, kind, holder, NULL);
  guint64 client = limit_of(held, kind, CLIENT), network = limit_of(held, kind, NETWORK);
  if (client && counts.client >= client)
    return refuse_one_more(held, kind, error, "Your address holds too many", "already.");
  if (network && counts.network >= network)
    return refuse_one_more(held, kind, error, "Your network holds too many", "already.");
  return TRUE;
}

gboolean held_is_fair(HeldShare share, HeldCounts counts, guint64 left) {
  /* Into how many halves of what is left the share of each goes. */
  static const struct {
    guint64 client, network;
  } halves[] = {[HELD_OF_CODES] = {64, 64}, [HELD_OF_SERVERS] = {2, 1}, [HELD_OF_LINE] = {16, 16}};
  return left == 0 || (counts.client * halves[share].client < 2 * left &&
                       counts.network * halves[share].network < 2 * left);
}

gboolean held_check_share(Held *held, HeldKind kind, HeldShare share, const Holder *holder, HeldCounts counts,
                          guint64 left, GError **error) {
  return !holder->counts || held_is_fair(share, counts, left) ||
         refuse_one_more(held, kind, error, "What is left is for those who have fewer", "than you have.");
}

/* ---- what there is to see ---- */

void held_for_each(const Held *held, const Holder *holder, gboolean network,
                   void (*func)(const HeldThing *thing, gpointer user_data), gpointer user_data) {
  const HolderNode *node = holder->counts ? find_node(held, holder, NETWORK, NULL) : NULL;
  for (const GList *link = node ? node->things.head : NULL; link; link = link->next) {
    const HeldThing *thing = link->data;
    if (network || thing->holder.client == holder->client)
      func(thing, user_data);
  }
}

guint held_find_most(const Held *held, HeldKind kind) {
  GHashTableIter iter;
  gpointer value;
  guint most = 0;
  g_hash_table_iter_init(&iter, held->nodes);
  while (g_hash_table_iter_next(&iter, &value, NULL)) {
    const HolderNode *node = value;
    if (node->key.level == CLIENT && !node->key.rc)
      most = MAX(most, node->counts[kind]);
  }
  return most;
}

guint64 held_count_refusals(const Held *held, HeldKind kind) {
  return held->refusals[kind];
}

const char *held_word(guint kind) {
  return kind < HELD_N_KINDS ? words[kind].field : NULL;
}
