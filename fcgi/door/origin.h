/* Which pages may use the coordinator: browsers let any page of the world try, and tell whose it is in the
 * Origin header (RFC 6454 section 7). One rule for both doors. Any thread.
 */
#pragma once
#include <glib.h>

typedef enum {
  ORIGIN_OURS,    /* a page of the site itself; or it is no browser's */
  ORIGIN_ALLOWED, /* a page elsewhere that may */
  ORIGIN_FOREIGN, /* one that may not */
} OriginKind;

/* What a page of @origin is. NULL or empty: not sent, so it is no browser's. A page of the site itself has
 * an origin that names the host in @host, the Host header, or in @forwarded_host, what a proxy before the web
 * server says of it (both nullable; a page cannot set them). ORIGIN_ALLOWED are those in @allowed (nullable),
 * where "*" stands for all, also for those whose origin is "null". */
OriginKind origin_look(const char *origin, const char *host, const char *forwarded_host,
                       char *const *allowed);

/* Tells the log of a page that was refused, so many a minute. @door: "http" or "websocket"; @origin is quoted
 * here. */
void origin_tell_refused(const char *door, const char *origin);
