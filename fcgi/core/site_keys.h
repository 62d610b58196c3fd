/* The keys of the site (vitrina-coordinator(8), KEYS), each for one thing:
 *
 *   the master key, key_file       nothing is signed with it: what streamers have is derived from it by their
 *                                  names and generations, and what tickets of staff are signed with
 *   the bookings' key,             the secrets of bookings and invitations, the proofs of their request ids,
 *   bookings_key_file              and whose something is (holder.h): what is to last when the other changes
 *
 * Both files may have several keys (key_ring.h), and are read again while the coordinator runs. The core's
 * thread.
 */
#pragma once
#include "common/key_ring.h"
#include "fcgi/settings/configuration.h"

typedef struct SiteKeys SiteKeys;

typedef enum {
  SITE_KEYS_MAKE, /* files that are missing are made: by a coordinator that runs */
  SITE_KEYS_READ, /* nothing is changed; without a bookings' key the first that key_file has serves */
} SiteKeysMode;

/* Reads both files. Where there is a key_file and no bookings_key_file, which older versions do not have,
 * what is made is a copy: so that what was booked before keeps its key. (transfer full), or NULL with
 * KEY_RING_ERROR.
 */
SiteKeys *site_keys_open(const Configuration *configuration, SiteKeysMode mode, GError **error);
/* Of keys that are there already (transfer full both). (transfer full) */
SiteKeys *site_keys_new(KeyRing *master, KeyRing *bookings);
void site_keys_free(SiteKeys *keys); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SiteKeys, site_keys_free)

/* What the server's streamer has, in as many keys as there are master keys (transfer full). */
KeyRing *site_keys_derive_server(const SiteKeys *keys, const char *name, gint64 generation);
/* (transfer none), until the files are read again. */
const KeyRing *site_keys_get_staff(const SiteKeys *keys);
const KeyRing *site_keys_get_bookings(const SiteKeys *keys);

/* Reads the files again: now, or when they have changed (to be asked every FILE_WATCH_SECONDS). TRUE: at
 * least one has other keys than before, which the log says. One that cannot be used leaves those that were,
 * and the log says why. */
gboolean site_keys_reload(SiteKeys *keys);
gboolean site_keys_look(SiteKeys *keys);
/* Another number each time that keys have changed. */
guint site_keys_get_version(const SiteKeys *keys);

/* By what coordinators of one database know that they have the same bookings' key: a text for each that is
 * accepted, from which nobody finds the key. NULL-terminated. (transfer full) */
char **site_keys_make_marks(const SiteKeys *keys);
