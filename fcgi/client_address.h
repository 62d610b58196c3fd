/* Whose address a request counts for: the one that the web server tells, or, where a known proxy stands
 * before it, the one that the proxy tells. Pure; any thread.
 */
#pragma once
#include <glib.h>

/* The networks in @texts ("10.0.0.0/8", "::1"), as an array for client_address() (transfer full), or NULL
 * with an error of SETTINGS_ERROR that begins with @name. @texts nullable. */
GPtrArray *client_address_networks(const char *name, char *const *texts, GError **error);

/* @remote: who connected to the web server. @forwarded: the X-Forwarded-For header's value (nullable). Only
 * from a proxy in @trusted is it believed, from its right end on, as far as trusted proxies wrote it: what
 * stands left of that, anybody could have made up. (transfer full) */
char *client_address(const char *remote, const char *forwarded, const GPtrArray *trusted);
