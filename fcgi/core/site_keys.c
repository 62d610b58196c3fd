#include "fcgi/core/site_keys.h"

#include "common/file_watch.h"
#include "common/log.h"
#include "common/secret_file.h"

struct SiteKeys {
  char *master_file, *bookings_file; /* NULL: they do not come from files */
  FileWatch *watch;                  /* nullable */
  KeyRing *master, *staff, *bookings;
  guint version;
};

SiteKeys *site_keys_new(KeyRing *master, KeyRing *bookings) {
  SiteKeys *keys = g_new0(SiteKeys, 1);
  keys->master = master;
  keys->staff = key_ring_derive_staff(master);
  keys->bookings = bookings;
  return keys;
}

void site_keys_free(SiteKeys *keys) {
  if (!keys)
    return;
  key_ring_free(keys->master);
  key_ring_free(keys->staff);
  key_ring_free(keys->bookings);
  file_watch_free(keys->watch);
  g_free(keys->master_file);
  g_free(keys->bookings_file);
  g_free(keys);
}

/* ---- the files ---- */

static KeyRing *open_master(const Configuration *configuration, SiteKeysMode mode, gboolean *created,
                            GError **error) {
  *created = FALSE;
  if (mode == SITE_KEYS_READ)
    return key_ring_load(configuration->key_file, error);
  KeyRing *master = key_ring_load_or_create(configuration->key_file, created, error);
  if (*created) {
    g_autofree char *path = log_quote(configuration->key_file);
    log_notice("key_created", "file=%s note=\"streamers need keys made of it: --server-key\"", path);
  }
  secret_file_warn(configuration->key_file);
  return master;
}

/* Where it cannot be kept the key of all serves, as it did before there were two. */
static KeyRing *copy_bookings_key(const Configuration *configuration, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree char *path = log_quote(configuration->bookings_key_file);
  if (key_ring_copy_file(configuration->key_file, configuration->bookings_key_file, &problem)) {
    log_notice("bookings_key_created",
               "file=%s note=\"a copy of key_file, so that what is booked keeps its keys\"", path);
    return key_ring_load(configuration->bookings_key_file, error);
  }
  g_autofree char *reason = log_quote(problem->message);
  log_warning("bookings_key_not_kept",
              "file=%s reason=%s note=\"key_file serves; another key_file would make "
              "all bookings' keys void\"",
              path, reason);
  return key_ring_load(configuration->key_file, error);
}

/* @is_new: there was no key_file either. */
static KeyRing *open_bookings(const Configuration *configuration, SiteKeysMode mode, gboolean is_new,
                              GError **error) {
  const char *path = configuration->bookings_key_file;
  if (g_file_test(path, G_FILE_TEST_EXISTS) || (mode == SITE_KEYS_MAKE && is_new)) {
    KeyRing *bookings =
        mode == SITE_KEYS_MAKE ? key_ring_load_or_create(path, NULL, error) : key_ring_load(path, error);
    secret_file_warn(path);
    return bookings;
  }
  return mode == SITE_KEYS_MAKE ? copy_bookings_key(configuration, error)
                                : key_ring_load(configuration->key_file, error);
}

SiteKeys *site_keys_open(const Configuration *configuration, SiteKeysMode mode, GError **error) {
  gboolean created;
  g_autoptr(KeyRing) master = open_master(configuration, mode, &created, error);
  if (!master)
    return NULL;
  KeyRing *bookings = open_bookings(configuration, mode, created, error);
  if (!bookings)
    return NULL;
  SiteKeys *keys = site_keys_new(g_steal_pointer(&master), bookings);
  keys->master_file = g_strdup(configuration->key_file);
  keys->bookings_file = g_strdup(g_file_test(configuration->bookings_key_file, G_FILE_TEST_EXISTS)
                                     ? configuration->bookings_key_file
                                     : configuration->key_file);
  keys->watch = file_watch_new((const char *const[]){keys->master_file, keys->bookings_file}, 2);
  return keys;
}

/* ---- reading again ---- */

/* Whether *@ring (transfer full) is another now. */
static gboolean read_ring(const char *path, KeyRing **ring) {
  g_autoptr(GError) error = NULL;
  KeyRing *fresh = key_ring_load(path, &error);
  if (!fresh) {
    g_autofree char *reason = log_quote(error->message);
    log_error("keys_kept", "keys=%u reason=%s", key_ring_count(*ring), reason);
    return FALSE;
  }
  gboolean same = key_ring_is_same(fresh, *ring);
  key_ring_free(same ? fresh : *ring);
  if (!same)
    *ring = fresh;
  return !same;
}

static gboolean read_keys(SiteKeys *keys) {
  gboolean master = read_ring(keys->master_file, &keys->master);
  gboolean bookings = read_ring(keys->bookings_file, &keys->bookings);
  if (!master && !bookings)
    return FALSE;
  key_ring_free(keys->staff);
  keys->staff = key_ring_derive_staff(keys->master);
  keys->version++;
  log_notice("keys_read", "master=%u bookings=%u", key_ring_count(keys->master),
             key_ring_count(keys->bookings));
  return TRUE;
}

gboolean site_keys_reload(SiteKeys *keys) {
  if (!keys->watch)
    return FALSE;
  file_watch_take(keys->watch);
  return read_keys(keys);
}

gboolean site_keys_look(SiteKeys *keys) {
  return keys->watch && file_watch_look(keys->watch) && read_keys(keys);
}

guint site_keys_get_version(const SiteKeys *keys) {
  return keys->version;
}

/* ---- what they are for ---- */

KeyRing *site_keys_derive_server(const SiteKeys *keys, const char *name, gint64 generation) {
  return key_ring_derive_server(keys->master, name, generation);
}

const KeyRing *site_keys_get_staff(const SiteKeys *keys) {
  return keys->staff;
}

const KeyRing *site_keys_get_bookings(const SiteKeys *keys) {
  return keys->bookings;
}

char **site_keys_make_marks(const SiteKeys *keys) {
  guint count = key_ring_count(keys->bookings);
  char **marks = g_new0(char *, count + 1);
  for (guint i = 0; i < count; i++) {
    gsize length;
    const guint8 *bytes = key_ring_get(keys->bookings, i, &length);
    g_autoptr(KeyRing) one = key_ring_new(bytes, length);
    marks[i] = key_ring_secret(one, "agreement", "");
  }
  return marks;
}
