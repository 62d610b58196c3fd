/* Whose address a request counts for: the one that the web server tells, or, where a known proxy stands
 * before it, the one that the proxy tells; and what of an address makes a client. Pure; any thread.
 */
#pragma once
#include <glib.h>

/* An address as limits see it: 16 bytes in network order, IPv4 ones mapped (RFC 4291 section 2.5.5.2). */
typedef struct {
  guint8 bytes[16];
  gsize client_bytes;  /* so many of them make a client: an IPv4 address, or the /64 of an IPv6 one */
  gsize network_bytes; /* so many its neighbours: an IPv4 /24, an IPv6 /48 */
} ClientPrefix;

/* What cannot be read counts as 0.0.0.0, which nobody comes from. */
ClientPrefix client_address_read(const char *text);

/* Whether it could not be read. */
gboolean client_address_is_unknown(const ClientPrefix *client);

/* Its first @bytes (client_bytes or network_bytes) as one number. An IPv4 address is told by its last eight
 * bytes, 0000ffff and itself: as the beginning of an IPv6 address these are not in use. */
guint64 client_address_number(const ClientPrefix *client, gsize bytes);

/* A list of networks. */
typedef struct ClientNetworks ClientNetworks;

/* The networks in @texts ("10.0.0.0/8", "::1"), (transfer full), or NULL with an error of SETTINGS_ERROR that
 * begins with @name, the file, and @setting. @texts nullable. */
ClientNetworks *client_networks_new(const char *name, const char *setting, char *const *texts,
                                    GError **error);
void client_networks_free(ClientNetworks *networks); /* NULL is allowed */
gboolean client_networks_have(const ClientNetworks *networks, const ClientPrefix *address);

/* @remote: who connected to the web server. @forwarded: the X-Forwarded-For header's value (nullable). Only
 * from a proxy in @trusted is it believed, from its right end on, as far as trusted proxies wrote it: what
 * stands left of that, anybody could have made up. (transfer full) */
char *client_address(const char *remote, const char *forwarded, const ClientNetworks *trusted);

/* The same where the web server has put whom it saw at the end of the header itself, as HTTP proxies do.
 * @peer: who connected to us, for when there is no header. (transfer full) */
char *client_address_of_chain(const char *peer, const char *chain, const ClientNetworks *trusted);
