/* Who holds something, without saying who that is: numbers made of a client's address, and of its network's,
 * with a key. They are the same at every coordinator that has the shared key and after every restart, so
 * that what somebody holds can be counted (held.h) for as long as they hold it, and no address need be kept
 * for that.
 *
 * A number is half a block of AES-128 under a key of its own, which is made of the shared one: without the
 * key nobody can tell whose it is, or whether it is some address's. The core's thread.
 */
#pragma once
#include "common/ticket.h"
#include "fcgi/base/client_address.h"

#define HOLDER_DIGITS 16

/* Plain data. */
typedef struct {
  gboolean counts;         /* FALSE: nobody's, or of somebody whom no limit holds for */
  guint64 client, network; /* as client_address.h tells them apart */
} Holder;

typedef struct Holders Holders;

/* @exempt (transfer none): who counts for nobody. (transfer full) */
Holders *holders_new(const TicketKey *key, const ClientNetworks *exempt);
void holders_free(Holders *holders); /* NULL is allowed */

/* An address that is not known counts for nobody, too: it may be everybody's. */
Holder holders_find(const Holders *holders, const char *address);

/* A number as HOLDER_DIGITS hexadecimal digits (transfer full), and back: of texts (nullable) that are none
 * it is nobody. */
char *holder_format(guint64 number);
Holder holder_parse(const char *client, const char *network);
