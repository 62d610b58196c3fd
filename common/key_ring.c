#include "common/key_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <unistd.h>

#define HASH_BYTES 32
#define SERVER_INFO "vitrina server key v1"
#define STAFF_INFO "vitrina staff key v1"

G_DEFINE_QUARK(key - ring - error - quark, key_ring_error)

typedef struct {
  gsize length;
  guint8 *bytes;
} Key;

struct KeyRing {
  GArray *keys; /* of Key */
};

/* ---- one ring ---- */

static void wipe_key(gpointer data) {
  Key *key = data;
  OPENSSL_cleanse(key->bytes, key->length);
  g_free(key->bytes);
}

static KeyRing *make_ring(void) {
  KeyRing *ring = g_new(KeyRing, 1);
  ring->keys = g_array_new(FALSE, FALSE, sizeof(Key));
  g_array_set_clear_func(ring->keys, wipe_key);
  return ring;
}

static void add_key(KeyRing *ring, const void *bytes, gsize length) {
  const Key key = {length, g_memdup2(bytes, length)};
  g_array_append_val(ring->keys, key);
}

KeyRing *key_ring_new(const void *bytes, gsize length) {
  KeyRing *ring = make_ring();
  add_key(ring, bytes, length);
  return ring;
}

void key_ring_free(KeyRing *ring) {
  if (!ring)
    return;
  g_array_unref(ring->keys);
  g_free(ring);
}

guint key_ring_count(const KeyRing *ring) {
  return ring->keys->len;
}

const guint8 *key_ring_get(const KeyRing *ring, guint index, gsize *length) {
  const Key *key = &g_array_index(ring->keys, Key, index);
  *length = key->length;
  return key->bytes;
}

gboolean key_ring_is_same(const KeyRing *a, const KeyRing *b) {
  gboolean same = a->keys->len == b->keys->len;
  for (guint i = 0; same && i < a->keys->len; i++) {
    gsize length, other_length;
    const guint8 *key = key_ring_get(a, i, &length), *other = key_ring_get(b, i, &other_length);
    same = length == other_length && CRYPTO_memcmp(key, other, length) == 0;
  }
  return same;
}

/* ---- files ---- */

static gboolean is_text(const char *bytes, gsize length) {
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl(bytes[i]) && !g_ascii_isspace(bytes[i]))
      return FALSE;
  return g_utf8_validate(bytes, (gssize)length, NULL);
}

/* @number: of its line. An empty one is none. */
static gboolean take_line(KeyRing *ring, const char *line, gsize length, guint number, GError **error) {
  while (length > 0 && g_ascii_isspace(line[length - 1]))
    length--;
  if (length == 0)
    return TRUE;
  if (length < KEY_MIN_BYTES || length > KEY_MAX_BYTES) {
    g_set_error(error, KEY_RING_ERROR, KEY_RING_ERROR_CONTENT,
                "line %u: a key must have %d to %d bytes, one key a line", number, KEY_MIN_BYTES,
                KEY_MAX_BYTES);
    return FALSE;
  }
  if (ring->keys->len == KEY_RING_MAX) {
    g_set_error(error, KEY_RING_ERROR, KEY_RING_ERROR_CONTENT, "line %u: there may be at most %d keys",
                number, KEY_RING_MAX);
    return FALSE;
  }
  add_key(ring, line, length);
  return TRUE;
}

/* FALSE with an error that does not know the file's name. */
static gboolean take_file(KeyRing *ring, const char *bytes, gsize length, GError **error) {
  gboolean text = is_text(bytes, length);
  guint number = 1;
  for (gsize at = 0, end; at < length; at = end + 1, number++) {
    const char *feed = text ? memchr(bytes + at, '\n', length - at) : NULL;
    end = feed ? (gsize)(feed - bytes) : length;
    if (!take_line(ring, bytes + at, end - at, number, error))
      return FALSE;
  }
  if (ring->keys->len > 0)
    return TRUE;
  g_set_error(error, KEY_RING_ERROR, KEY_RING_ERROR_CONTENT, "has no key");
  return FALSE;
}

static char *read_key_file(const char *path, gsize *length, GError **error) {
  g_autoptr(GError) problem = NULL;
  char *bytes = NULL;
  if (!g_file_get_contents(path, &bytes, length, &problem))
    g_set_error_literal(error, KEY_RING_ERROR, KEY_RING_ERROR_FILE, problem->message);
  return bytes;
}

KeyRing *key_ring_load(const char *path, GError **error) {
  g_autoptr(GError) problem = NULL;
  gsize length;
  char *bytes = read_key_file(path, &length, error);
  if (!bytes)
    return NULL;
  KeyRing *ring = make_ring();
  if (!take_file(ring, bytes, length, &problem)) {
    g_set_error(error, problem->domain, problem->code, "%s: %s", path, problem->message);
    g_clear_pointer(&ring, key_ring_free);
  }
  OPENSSL_cleanse(bytes, length);
  g_free(bytes);
  return ring;
}

/* What is written half is gone again. */
static gboolean create_file(const char *path, const char *bytes, gsize length, gboolean *created,
                            GError **error) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gboolean ok = fd >= 0 ? write(fd, bytes, length) == (gssize)length && fsync(fd) == 0 : errno == EEXIST;
  if (!ok)
    g_set_error(error, KEY_RING_ERROR, KEY_RING_ERROR_FILE, "%s: %s", path, g_strerror(errno));
  else if (fd >= 0 && created)
    *created = TRUE;
  if (fd >= 0 && !ok)
    unlink(path);
  if (fd >= 0)
    close(fd);
  return ok;
}

/* 32 random bytes as hexadecimal text. */
static gboolean create_key(const char *path, gboolean *created, GError **error) {
  guchar raw[HASH_BYTES];
  char text[2 * sizeof raw + 2];
  if (RAND_bytes(raw, sizeof raw) != 1)
    g_error("the random generator failed");
  for (gsize i = 0; i < sizeof raw; i++)
    g_snprintf(text + 2 * i, 4, "%02x\n", raw[i]);
  gboolean ok = create_file(path, text, sizeof text - 1, created, error);
  OPENSSL_cleanse(raw, sizeof raw);
  OPENSSL_cleanse(text, sizeof text);
  return ok;
}

KeyRing *key_ring_load_or_create(const char *path, gboolean *created, GError **error) {
  if (created)
    *created = FALSE;
  if (!g_file_test(path, G_FILE_TEST_EXISTS) && !create_key(path, created, error))
    return NULL;
  return key_ring_load(path, error);
}

gboolean key_ring_copy_file(const char *from, const char *path, GError **error) {
  gsize length;
  char *bytes = read_key_file(from, &length, error);
  if (!bytes)
    return FALSE;
  gboolean ok = create_file(path, bytes, length, NULL, error);
  OPENSSL_cleanse(bytes, length);
  g_free(bytes);
  return ok;
}

/* ---- derived keys ---- */

static void hmac(const guint8 *key, gsize key_length, const void *first, gsize first_length,
                 const void *second, gsize second_length, guint8 *out) {
  gsize length = HASH_BYTES;
  g_autoptr(GHmac) made = g_hmac_new(G_CHECKSUM_SHA256, key, key_length);
  g_hmac_update(made, first, (gssize)first_length);
  g_hmac_update(made, second, (gssize)second_length);
  g_hmac_get_digest(made, out, &length);
}

/* RFC 5869: extract with a salt of zeros (2.2), and the one block of expand (2.3) that is wanted. */
static void derive_key(const Key *key, const GString *info, KeyRing *derived) {
  static const guint8 salt[HASH_BYTES], counter = 1;
  guint8 extracted[HASH_BYTES], expanded[HASH_BYTES];
  char text[2 * HASH_BYTES + 1];
  hmac(salt, sizeof salt, key->bytes, key->length, NULL, 0, extracted);
  hmac(extracted, sizeof extracted, info->str, info->len, &counter, 1, expanded);
  for (gsize i = 0; i < sizeof expanded; i++)
    g_snprintf(text + 2 * i, 3, "%02x", expanded[i]);
  add_key(derived, text, sizeof text - 1);
  OPENSSL_cleanse(extracted, sizeof extracted);
  OPENSSL_cleanse(expanded, sizeof expanded);
  OPENSSL_cleanse(text, sizeof text);
}

static KeyRing *derive_all(const KeyRing *master, const GString *info) {
  KeyRing *derived = make_ring();
  for (guint i = 0; i < master->keys->len; i++)
    derive_key(&g_array_index(master->keys, Key, i), info, derived);
  return derived;
}

KeyRing *key_ring_derive_server(const KeyRing *master, const char *name, gint64 generation) {
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, generation);
  g_autoptr(GString) info = g_string_new(SERVER_INFO);
  g_string_append_c(info, '\0');
  g_string_append(info, name);
  g_string_append_c(info, '\0');
  g_string_append(info, number);
  return derive_all(master, info);
}

KeyRing *key_ring_derive_staff(const KeyRing *master) {
  g_autoptr(GString) info = g_string_new(STAFF_INFO);
  return derive_all(master, info);
}

/* ---- secrets ---- */

static char *make_secret(const Key *key, const char *purpose, const char *subject) {
  g_autofree char *message = g_strdup_printf("%s:%s", purpose, subject);
  char *text = g_compute_hmac_for_string(G_CHECKSUM_SHA256, key->bytes, key->length, message, -1);
  text[KEY_SECRET_DIGITS] = '\0';
  return text;
}

char *key_ring_secret(const KeyRing *ring, const char *purpose, const char *subject) {
  return make_secret(&g_array_index(ring->keys, Key, 0), purpose, subject);
}

gboolean key_ring_secret_is(const KeyRing *ring, const char *purpose, const char *subject, const char *text) {
  gboolean is = FALSE;
  if (!text || strlen(text) != KEY_SECRET_DIGITS)
    return FALSE;
  for (guint i = 0; i < ring->keys->len; i++) {
    g_autofree char *secret = make_secret(&g_array_index(ring->keys, Key, i), purpose, subject);
    is |= CRYPTO_memcmp(secret, text, KEY_SECRET_DIGITS) == 0;
  }
  return is;
}
