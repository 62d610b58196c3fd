/* common/key_ring.h: the keys of a file, and what is made of them. */
#include "common/key_ring.h"

#include <glib/gstdio.h>
#include <string.h>

#define FIRST "0123456789abcdef0123456789abcdef"
#define SECOND "fedcba9876543210fedcba9876543210"

typedef struct {
  char *directory, *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "key", NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
  g_remove(f->path);
  g_assert_cmpint(g_rmdir(f->directory), ==, 0);
  g_free(f->path);
  g_free(f->directory);
}

static KeyRing *load_bytes(const Fixture *f, const char *bytes, gssize length, GError **error) {
  g_assert_true(g_file_set_contents(f->path, bytes, length, NULL));
  return key_ring_load(f->path, error);
}

static void assert_key(const KeyRing *ring, guint index, const char *text) {
  gsize length;
  const guint8 *key = key_ring_get(ring, index, &length);
  g_assert_cmpmem(key, length, text, strlen(text));
}

static void a_missing_file_is_made_once(Fixture *f, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  gboolean created;
  g_assert_null(key_ring_load(f->path, &error));
  g_assert_error(error, KEY_RING_ERROR, KEY_RING_ERROR_FILE);
  g_autoptr(KeyRing) first = key_ring_load_or_create(f->path, &created, NULL);
  g_assert_true(first && created);
  g_autoptr(KeyRing) second = key_ring_load_or_create(f->path, &created, NULL);
  g_assert_true(second && !created);
  g_assert_true(key_ring_is_same(first, second));
  GStatBuf info;
  g_assert_cmpint(g_stat(f->path, &info), ==, 0);
  g_assert_cmpint(info.st_mode & 0777, ==, 0600);
}

static void a_copy_has_the_same_keys_and_overwrites_nothing(Fixture *f, gconstpointer data) {
  g_autofree char *copy = g_build_filename(f->directory, "copy", NULL);
  g_autoptr(KeyRing) ring = load_bytes(f, FIRST "\n" SECOND "\n", -1, NULL);
  g_assert_true(key_ring_copy_file(f->path, copy, NULL));
  g_autoptr(KeyRing) same = key_ring_load(copy, NULL);
  g_assert_true(key_ring_is_same(ring, same));
  g_assert_true(g_file_set_contents(copy, SECOND, -1, NULL));
  g_assert_true(key_ring_copy_file(f->path, copy, NULL));
  g_autoptr(KeyRing) kept = key_ring_load(copy, NULL);
  assert_key(kept, 0, SECOND);
  g_remove(copy);
}

static void there_is_a_key_in_each_line(Fixture *f, gconstpointer data) {
  g_autoptr(KeyRing) ring = load_bytes(f, "\n" FIRST "  \r\n\n" SECOND, -1, NULL);
  g_assert_cmpuint(key_ring_count(ring), ==, 2);
  assert_key(ring, 0, FIRST);
  assert_key(ring, 1, SECOND);
}

static void what_is_no_text_is_one_key(Fixture *f, gconstpointer data) {
  static const char bytes[] = "\x01 0123456789abcdef\n0123456789abcdef\n";
  g_autoptr(KeyRing) ring = load_bytes(f, bytes, sizeof bytes - 1, NULL);
  g_assert_cmpuint(key_ring_count(ring), ==, 1);
  assert_key(ring, 0, "\x01 0123456789abcdef\n0123456789abcdef");
}

static void a_file_that_breaks_a_rule_is_refused_with_its_line(Fixture *f, gconstpointer data) {
  g_autofree char *many = g_strnfill(KEY_RING_MAX + 1, '\n'), *large = g_strnfill(KEY_MAX_BYTES + 1, 'a');
  g_auto(GStrv) lines = g_strsplit(many, "\n", -1);
  g_autofree char *keys = g_strjoinv(FIRST "\n", lines);
  const struct {
    const char *text, *says;
  } cases[] = {{"", "has no key"},
               {"\n \n", "has no key"},
               {"short", "line 1: a key must have"},
               {FIRST "\n" SECOND "\nshort\n", "line 3: a key must have"},
               {large, "line 1: a key must have"},
               {keys, "line 17: there may be at most 16 keys"}};
  for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(load_bytes(f, cases[i].text, -1, &error));
    g_assert_error(error, KEY_RING_ERROR, KEY_RING_ERROR_CONTENT);
    g_assert_true(g_str_has_prefix(error->message, f->path));
    g_assert_nonnull(strstr(error->message, cases[i].says));
  }
}

/* openssl kdf -keylen 32 -kdfopt digest:SHA2-256 -kdfopt key:$KEY -kdfopt hexinfo:$INFO HKDF */
static void derived_keys_are_those_of_the_rfc(Fixture *f, gconstpointer data) {
  g_autoptr(KeyRing) master = load_bytes(f, FIRST "\n" SECOND "\n", -1, NULL);
  g_autoptr(KeyRing) first = key_ring_derive_server(master, "river-1", 1);
  g_autoptr(KeyRing) second = key_ring_derive_server(master, "river-1", 2);
  g_autoptr(KeyRing) staff = key_ring_derive_staff(master);
  g_assert_cmpuint(key_ring_count(first), ==, 2);
  assert_key(first, 0, "87f289f5105fbedcaadb2e2a6ebca6c48ee0d3d90ba9ca5c9c46311ee1481894");
  assert_key(second, 0, "f7174e5ee9bb3311623d70ba167697c65b4498888f39a94e48ac00af4241c231");
  assert_key(staff, 0, "e515707a0f99774ef4cde02d4c5173adb48ce9ee3e2efd470dc1a5b5d7c8f0af");
  g_autoptr(KeyRing) alone = key_ring_new(SECOND, strlen(SECOND));
  g_autoptr(KeyRing) of_second = key_ring_derive_server(alone, "river-1", 1);
  gsize length;
  const guint8 *expected = key_ring_get(of_second, 0, &length);
  g_autofree char *text = g_strndup((const char *)expected, length);
  assert_key(first, 1, text);
}

/* A name cannot be made to stand for a name and a generation. */
static void names_and_generations_are_told_apart(Fixture *f, gconstpointer data) {
  g_autoptr(KeyRing) master = key_ring_new(FIRST, strlen(FIRST));
  g_autoptr(KeyRing) one = key_ring_derive_server(master, "river-1", 11);
  g_autoptr(KeyRing) other = key_ring_derive_server(master, "river-11", 1);
  g_assert_false(key_ring_is_same(one, other));
}

static void secrets_are_bound_to_their_subject(Fixture *f, gconstpointer data) {
  g_autoptr(KeyRing) key = key_ring_new(FIRST, strlen(FIRST));
  g_autoptr(KeyRing) other = key_ring_new(SECOND, strlen(SECOND));
  g_autofree char *secret = key_ring_secret(key, "cancel", "a");
  g_assert_cmpuint(strlen(secret), ==, KEY_SECRET_DIGITS);
  g_assert_true(key_ring_secret_is(key, "cancel", "a", secret));
  g_assert_false(key_ring_secret_is(key, "cancel", "b", secret));
  g_assert_false(key_ring_secret_is(key, "other", "a", secret));
  g_assert_false(key_ring_secret_is(other, "cancel", "a", secret));
  g_assert_false(key_ring_secret_is(key, "cancel", "a", ""));
  g_assert_false(key_ring_secret_is(key, "cancel", "a", NULL));
}

static void secrets_of_an_old_key_are_good_beside_a_new_one(Fixture *f, gconstpointer data) {
  g_autoptr(KeyRing) both = load_bytes(f, FIRST "\n" SECOND "\n", -1, NULL);
  g_autoptr(KeyRing) old = key_ring_new(SECOND, strlen(SECOND));
  g_autofree char *secret = key_ring_secret(old, "cancel", "a"),
                  *fresh = key_ring_secret(both, "cancel", "a");
  g_assert_true(key_ring_secret_is(both, "cancel", "a", secret));
  g_assert_false(key_ring_secret_is(old, "cancel", "a", fresh));
}

#define TEST(name) g_test_add("/key-ring/" #name, Fixture, NULL, set_up, name, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(a_missing_file_is_made_once);
  TEST(a_copy_has_the_same_keys_and_overwrites_nothing);
  TEST(there_is_a_key_in_each_line);
  TEST(what_is_no_text_is_one_key);
  TEST(a_file_that_breaks_a_rule_is_refused_with_its_line);
  TEST(derived_keys_are_those_of_the_rfc);
  TEST(names_and_generations_are_told_apart);
  TEST(secrets_are_bound_to_their_subject);
  TEST(secrets_of_an_old_key_are_good_beside_a_new_one);
  return g_test_run();
}
