/* Instants: microseconds since 1970-01-01 UTC in a gint64, and their RFC 3339 text.
 * Any thread. */
#pragma once
#include <glib.h>

#define INSTANT_SECOND ((gint64)G_USEC_PER_SEC)
#define INSTANT_MINUTE (60 * (gint64)G_USEC_PER_SEC)

/* Now: the wall clock, as far as it is believed (program_clock.h). For waiting and measuring use
 * g_get_monotonic_time(). */
gint64 instant_now_us(void);

/* RFC 3339 section 5.6 in UTC, "2026-12-01T15:00:00Z"; a part of a second is cut off. (transfer full) */
char *instant_format(gint64 instant_us);

/* Reads RFC 3339 text with any offset; at least "YYYY-MM-DDThh:mm:ssZ". FALSE when it is none, before 1970,
 * or after 9999 (in UTC). */
gboolean instant_parse(const char *text, gint64 *instant_us);
