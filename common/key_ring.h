/* The keys of one file, and what is made of them.
 *
 * The first key makes signatures and secrets, all of them are accepted: so a new key can take the place of an
 * old one while those who have the old one go on (vitrina-cluster(7), ROTATING A KEY). A file has one key a
 * line, of KEY_MIN_BYTES to KEY_MAX_BYTES; empty lines and white space at an end do not count. A file that is
 * no text is one key, whatever bytes it has.
 *
 * Whoever has a key can make all that is derived from it; from what is derived nobody finds the key, nor
 * anything else derived from it. Any thread, once made.
 */
#pragma once
#include <glib.h>

#define KEY_MIN_BYTES 32 /* RFC 7518 section 3.2: at least the size of the hash */
#define KEY_MAX_BYTES 4096
#define KEY_RING_MAX 16      /* keys in a file */
#define KEY_SECRET_DIGITS 32 /* of key_ring_secret() */
#define KEY_GENERATION_MAX 1000000

typedef struct KeyRing KeyRing;

#define KEY_RING_ERROR (key_ring_error_quark())
typedef enum {
  KEY_RING_ERROR_FILE,    /* is missing, cannot be read or not be made */
  KEY_RING_ERROR_CONTENT, /* a key too short or too long, too many, or none */
} KeyRingError;
GQuark key_ring_error_quark(void);

/* Reads a file: (transfer full), or NULL with an error of one line that names file, line and rule. */
KeyRing *key_ring_load(const char *path, GError **error);
/* The same; a missing file is made first, mode 0600, with one fresh random key. @created tells (nullable). */
KeyRing *key_ring_load_or_create(const char *path, gboolean *created, GError **error);
/* Makes the file @path, mode 0600, with what the file @from has; one that appears meanwhile is left as it is.
 * FALSE with an error when it cannot be made. */
gboolean key_ring_copy_file(const char *from, const char *path, GError **error);
/* One key (transfer full). */
KeyRing *key_ring_new(const void *bytes, gsize length);
void key_ring_free(KeyRing *ring); /* wipes it; NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRing, key_ring_free)

/* How many keys it has, 1 or more, and one of them, from 0 (transfer none). */
guint key_ring_count(const KeyRing *ring);
const guint8 *key_ring_get(const KeyRing *ring, guint index, gsize *length);
/* Whether both have the same keys in the same order. */
gboolean key_ring_is_same(const KeyRing *a, const KeyRing *b);

/* ---- derived keys: HKDF-SHA256 (RFC 5869) without salt, 32 bytes, as 64 lower case hexadecimal digits,
 * which are the derived key's bytes; of each key of the ring one, in its order ---- */

/* Of the server with this name: the info is "vitrina server key v1", NAME and GENERATION (a decimal number, 1
 * to KEY_GENERATION_MAX), a zero byte between each two. The streamer has it in its key_file; it is good for
 * that server alone. (transfer full) */
KeyRing *key_ring_derive_server(const KeyRing *master, const char *name, gint64 generation);
/* For the tickets of those who run the site, which only coordinators check: the info is "vitrina staff key
 * v1". (transfer full) */
KeyRing *key_ring_derive_staff(const KeyRing *master);

/* ---- secrets that need not be stored to be checked ---- */

/* A secret that only who has the first key can make, bound to what it is for (@purpose, "cancel") and to
 * whom (@subject, a booking's id): HMAC-SHA256 (RFC 2104) of both, KEY_SECRET_DIGITS hexadecimal digits
 * (transfer full). */
char *key_ring_secret(const KeyRing *ring, const char *purpose, const char *subject);
/* Whether @text (nullable) is that secret, by any of the keys; takes the same time wherever they differ. */
gboolean key_ring_secret_is(const KeyRing *ring, const char *purpose, const char *subject, const char *text);
