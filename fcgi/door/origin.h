/* Which pages may open a WebSocket: browsers let any page of the world try, and tell whose it is in the
 * Origin header (RFC 6454 section 7). Pure; any thread.
 */
#pragma once
#include <glib.h>

/* Whether a page of @origin may. NULL: not sent, so it is no browser's. A page of the site itself may: one
 * whose origin names the host in @host, the Host header, or in @forwarded_host, what a proxy before the web
 * server says of it (both nullable; a page cannot set them). So may those in @allowed (nullable), where "*"
 * stands for all. */
gboolean origin_may_connect(const char *origin, const char *host, const char *forwarded_host,
                            char *const *allowed);
