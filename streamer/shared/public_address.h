/* The addresses by which the outside reaches a host that does not have them itself: behind a network address
 * translation one to one, as every cloud has it. A text is "PUBLIC", for every local address of its family
 * that is of use inside alone, or "PUBLIC/LOCAL" for one. Pure, any thread.
 */
#pragma once
#include <gio/gio.h>

/* What is wrong with @text, an entry of the setting public_addresses, as a clause; NULL: nothing. Static. */
const char *public_address_flaw(const char *text);

/* The local address that @text names (transfer full); NULL: none. @text has no flaw, as below. */
GInetAddress *public_address_local(const char *text);

/* The public addresses among @texts (NULL-terminated, nullable) that the local address @local has, in their
 * order, as canonical texts; NULL-terminated (transfer full). @local: a text; what is no address has none. */
char **public_addresses_of(char *const *texts, const char *local);

/* @text as an address, without a zone such as "%eth0" (transfer full); NULL: it is none. */
GInetAddress *address_parse(const char *text);
