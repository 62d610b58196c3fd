#include "fcgi/rules/codes.h"

#include "common/random.h"

#include <string.h>

#define LIVE_SHARE 2       /* one in two may be in use */
#define RESERVE_SHARE 5    /* one in five of those is none for bookings */
#define RESTING_SHARE 4    /* one in four may rest, */
#define RESTING_MAX 250000 /* as far as memory goes: about 17 MB */
#define DENSE_SHARE 200

/* A code as a number with a 1 before its digits, so that leading zeros count: "0012" is 10012. At most
 * 1,999,999,999. Non-zero, hence good as a key. */
typedef guint32 CodeKey;

typedef struct {
  CodeKey key;
  gint64 until_us;
} Rest;

struct Codes {
  guint digits;
  GHashTable *owners;               /* CodeKey -> owner */
  GHashTable *resting;              /* set of CodeKey */
  GQueue rests;                     /* Rest, one for each of them, in the order of their release */
  guint live[CODES_DIGITS_MAX + 1]; /* by number of digits */
};

static guint32 power_of_ten(gsize digits) {
  guint32 power = 1;
  while (digits--)
    power *= 10;
  return power;
}

/* 0 when @code is none. */
static CodeKey code_key_of(const char *code) {
  gsize length = strlen(code);
  if (length < CODES_DIGITS_MIN || length > CODES_DIGITS_MAX || strspn(code, "0123456789") != length)
    return 0;
  return power_of_ten(length) + (CodeKey)g_ascii_strtoull(code, NULL, 10);
}

Codes *codes_new(guint digits) {
  g_return_val_if_fail(digits >= CODES_DIGITS_MIN && digits <= CODES_DIGITS_MAX, NULL);
  Codes *codes = g_new0(Codes, 1);
  codes->digits = digits;
  codes->owners = g_hash_table_new(NULL, NULL);
  codes->resting = g_hash_table_new(NULL, NULL);
  g_queue_init(&codes->rests);
  return codes;
}

void codes_free(Codes *codes) {
  if (!codes)
    return;
  g_hash_table_unref(codes->owners);
  g_hash_table_unref(codes->resting);
  g_queue_clear_full(&codes->rests, g_free);
  g_free(codes);
}

static void let_rested_go(Codes *codes, gint64 now_us) {
  guint most = MIN(power_of_ten(codes->digits) / RESTING_SHARE, RESTING_MAX);
  Rest *rest;
  while ((rest = g_queue_peek_head(&codes->rests)) &&
         (rest->until_us <= now_us || g_queue_get_length(&codes->rests) > most)) {
    g_hash_table_remove(codes->resting, GUINT_TO_POINTER(rest->key));
    g_free(g_queue_pop_head(&codes->rests));
  }
}

static void take_code(Codes *codes, const char *code, CodeKey key, gpointer owner) {
  g_hash_table_insert(codes->owners, GUINT_TO_POINTER(key), owner);
  codes->live[strlen(code)]++;
}

guint codes_left_for_bookings(const Codes *codes) {
  guint most = power_of_ten(codes->digits) / LIVE_SHARE;
  guint for_bookings = most - most / RESERVE_SHARE;
  return for_bookings - MIN(for_bookings, codes->live[codes->digits]);
}

static gboolean is_untouched(const Codes *codes, CodeKey key) {
  return !g_hash_table_contains(codes->owners, GUINT_TO_POINTER(key)) &&
         !g_hash_table_contains(codes->resting, GUINT_TO_POINTER(key));
}

char *codes_draw(Codes *codes, gpointer owner, gint64 now_us) {
  g_return_val_if_fail(owner, NULL);
  if (codes->live[codes->digits] >= power_of_ten(codes->digits) / LIVE_SHARE)
    return NULL;
  let_rested_go(codes, now_us);
  for (;;) { /* at least one code in four will do */
    g_autofree char *code = random_code(codes->digits);
    CodeKey key = code_key_of(code);
    if (!is_untouched(codes, key))
      continue;
    take_code(codes, code, key, owner);
    return g_steal_pointer(&code);
  }
}

static gint compare_rest(gconstpointer rest, gconstpointer key) {
  return ((const Rest *)rest)->key != *(const CodeKey *)key;
}

static void wake_code(Codes *codes, CodeKey key) {
  if (!g_hash_table_remove(codes->resting, GUINT_TO_POINTER(key)))
    return;
  GList *link = g_queue_find_custom(&codes->rests, &key, compare_rest);
  g_free(link->data);
  g_queue_delete_link(&codes->rests, link);
}

gboolean codes_claim(Codes *codes, const char *code, gpointer owner) {
  g_return_val_if_fail(owner, FALSE);
  CodeKey key = code_key_of(code);
  if (!key || g_hash_table_contains(codes->owners, GUINT_TO_POINTER(key)))
    return FALSE;
  wake_code(codes, key);
  take_code(codes, code, key, owner);
  return TRUE;
}

gpointer codes_find(const Codes *codes, const char *code) {
  CodeKey key = code_key_of(code);
  return key ? g_hash_table_lookup(codes->owners, GUINT_TO_POINTER(key)) : NULL;
}

void codes_release(Codes *codes, const char *code, gint64 now_us) {
  CodeKey key = code_key_of(code);
  if (!key || !g_hash_table_remove(codes->owners, GUINT_TO_POINTER(key)))
    return;
  codes->live[strlen(code)]--;
  Rest *rest = g_new(Rest, 1);
  *rest = (Rest){key, now_us + CODES_REST_US};
  g_queue_push_tail(&codes->rests, rest);
  g_hash_table_add(codes->resting, GUINT_TO_POINTER(key));
  let_rested_go(codes, now_us);
}

void codes_forget_rests(Codes *codes) {
  g_hash_table_remove_all(codes->resting);
  g_queue_clear_full(&codes->rests, g_free);
}

guint codes_live(const Codes *codes) {
  return g_hash_table_size(codes->owners);
}

guint codes_resting(const Codes *codes) {
  return g_queue_get_length((GQueue *)&codes->rests);
}

double codes_chance(const Codes *codes, const char *code) {
  gsize digits = strlen(code);
  if (digits < CODES_DIGITS_MIN || digits > CODES_DIGITS_MAX)
    return 0;
  return (double)codes->live[digits] / power_of_ten(digits);
}

gboolean codes_are_dense(const Codes *codes) {
  return codes->live[codes->digits] > power_of_ten(codes->digits) / DENSE_SHARE;
}
