/* A secret that whoever asks must show as "Authorization: Bearer SECRET" (RFC 6750 section 2.1). Any
 * thread.
 */
#pragma once
#include <glib.h>

/* Whether @header (the value of an Authorization header, nullable) shows @secret; takes the same time
 * wherever they differ. */
gboolean bearer_shows(const char *header, const char *secret);
