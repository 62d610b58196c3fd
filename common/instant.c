#include "common/instant.h"

gint64 instant_now_us(void) {
  return g_get_real_time();
}

char *instant_format(gint64 instant_us) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant_us / G_USEC_PER_SEC);
  return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

gboolean instant_parse(const char *text, gint64 *instant_us) {
  /* GLib reads ISO 8601, which is wider: RFC 3339 wants date, 'T', time to the second, and an offset. */
  if (!g_regex_match_simple("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?"
                            "([Zz]|[+-][0-9]{2}:[0-9]{2})$",
                            text, G_REGEX_DOLLAR_ENDONLY, 0))
    return FALSE;
  g_autofree char *upper = g_ascii_strup(text, -1);
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(upper, NULL);
  if (!time || g_date_time_to_unix(time) < 0)
    return FALSE;
  *instant_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
  return TRUE;
}
