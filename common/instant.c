#include "common/instant.h"

#include "common/program_clock.h"

gint64 instant_now_us(void) {
  return program_clock_now_us();
}

char *instant_format(gint64 instant_us) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(instant_us / G_USEC_PER_SEC);
  return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

/* GLib reads ISO 8601, which is wider: RFC 3339 wants date, 'T', time to the second, and an offset. */
static gboolean has_form(const char *text) {
  static GRegex *form; /* compiled once: a plan's file has hundreds of thousands of instants */
  if (g_once_init_enter(&form))
    g_once_init_leave(&form, g_regex_new("^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
                                         "(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
                                         G_REGEX_DOLLAR_ENDONLY, 0, NULL));
  return g_regex_match(form, text, 0, NULL);
}

/* With four digits for the year, as RFC 3339 has it. */
#define LAST_SECOND G_GINT64_CONSTANT(253402300799) /* 9999-12-31T23:59:59Z */

gboolean instant_parse(const char *text, gint64 *instant_us) {
  if (!has_form(text))
    return FALSE;
  g_autofree char *upper = g_ascii_strup(text, -1);
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(upper, NULL);
  if (!time || g_date_time_to_unix(time) < 0 || g_date_time_to_unix(time) > LAST_SECOND)
    return FALSE;
  *instant_us = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time);
  return TRUE;
}
