/* Who holds something, without saying who that is: numbers made of a client's address, and of its network's,
 * with a key. They are the same at every coordinator that has the bookings' key and after every restart, so
 * that what somebody holds can be counted (held.h) for as long as they hold it, and no address need be kept
 * for that.
 *
 * A number is half a block of AES-128 under a key of its own, which is made of the bookings': without that
 * key nobody can tell whose it is, or whether it is some address's. The core's thread.
 */
#pragma once
#include "common/key_ring.h"
#include "fcgi/base/client_address.h"

#define HOLDER_DIGITS 16

/* Plain data. */
typedef struct {
  gboolean counts;         /* FALSE: nobody's, or of somebody whom no limit holds for */
  guint64 client, network; /* as client_address.h tells them apart */
} Holder;

typedef struct Holders Holders;

/* By the first of @keys. @exempt (transfer none): who counts for nobody. (transfer full) */
Holders *holders_new(const KeyRing *keys, const ClientNetworks *exempt);
/* Numbers are made with the first of @keys from now on: others than before, if it is another. */
void holders_set_keys(Holders *holders, const KeyRing *keys);
void holders_free(Holders *holders); /* NULL is allowed */

/* An address that is not known counts for nobody, too: it may be everybody's. */
Holder holders_find(const Holders *holders, const char *address);

/* A number as HOLDER_DIGITS hexadecimal digits (transfer full), and back: of texts (nullable) that are none
 * it is nobody. */
char *holder_format(guint64 number);
Holder holder_parse(const char *client, const char *network);
