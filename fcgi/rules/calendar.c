#include "fcgi/rules/calendar.h"

#include <string.h>

/* "Local" seconds are what the clocks on the wall show, counted as if they were UTC. Where the clocks are
 * `offset` ahead of UTC, local = instant + offset. GTimeZone numbers the intervals between changes of offset
 * in the order of time. */

#define DAY_SECONDS 86400
#define EPOCH_JULIAN 719163 /* g_date_get_julian() of 1970-01-01 */
/* No zone was ever further than this from UTC (Manila and Alaska had 15 to 16 hours). */
#define OFFSET_MAX_SECONDS 93600 /* 26 hours */
#define ZONE_NAME_MAX 64

G_DEFINE_QUARK(calendar_error, calendar_error)

static gboolean calendar_fail(GError **error, CalendarError code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean calendar_fail(GError **error, CalendarError code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_propagate_error(error, g_error_new_valist(CALENDAR_ERROR, (gint)code, format, arguments));
  va_end(arguments);
  return FALSE;
}

/* Parts between slashes that begin with a capital letter: no path leads out of the zones' directory, nor to
 * the files in it that are no zones ("zone.tab") or count leap seconds ("right/"). A digit is for parts after
 * a slash alone: without one GLib would read a POSIX rule, any three letters and a number. */
static gboolean is_zone_name(const char *name) {
  return strlen(name) <= ZONE_NAME_MAX &&
         g_regex_match_simple("^[A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$", name, G_REGEX_DOLLAR_ENDONLY, 0);
}

/* Reading a zone's file costs hundreds of microseconds: what was read once is kept. There are about 600
 * files, so the table is bounded. */
static GTimeZone *known_zone(const char *name) {
  static GMutex lock;
  static GHashTable *zones; /* name -> GTimeZone */
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
  if (!zones)
    zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_time_zone_unref);
  GTimeZone *zone = g_hash_table_lookup(zones, name);
  if (!zone && (zone = g_time_zone_new_identifier(name)))
    g_hash_table_insert(zones, g_strdup(name), zone);
  return zone ? g_time_zone_ref(zone) : NULL;
}

GTimeZone *calendar_zone_new(const char *name, GError **error) {
  GTimeZone *zone = is_zone_name(name) ? known_zone(name) : NULL;
  if (!zone)
    calendar_fail(error, CALENDAR_ERROR_ZONE,
                  "There is no such time zone; its name must be like \"Europe/Moscow\".");
  return zone;
}

static gboolean parse_date(const char *text, gint64 *local, GError **error) {
  static GRegex *form;
  if (g_once_init_enter(&form))
    g_once_init_leave(&form,
                      g_regex_new("^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})$", G_REGEX_DOLLAR_ENDONLY, 0, NULL));
  g_autoptr(GMatchInfo) match = NULL;
  if (!g_regex_match(form, text, 0, &match))
    return calendar_fail(error, CALENDAR_ERROR_DATE,
                         "The date must be written day/month/year, like 31/12/2026.");
  int parts[3];
  for (int i = 0; i < 3; i++) {
    g_autofree char *digits = g_match_info_fetch(match, i + 1);
    parts[i] = (int)g_ascii_strtoll(digits, NULL, 10);
  }
  int day = parts[0], month = parts[1], year = parts[2];
  if (year < 1970 || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
    return calendar_fail(error, CALENDAR_ERROR_DATE, "There is no day %d/%d/%d.", day, month, year);
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
  *local = ((gint64)g_date_get_julian(&date) - EPOCH_JULIAN) * DAY_SECONDS;
  return TRUE;
}

static gboolean parse_time(const char *text, gint64 *seconds, GError **error) {
  if (!g_regex_match_simple("^([01][0-9]|2[0-3]):[0-5][0-9]$", text, G_REGEX_DOLLAR_ENDONLY, 0))
    return calendar_fail(error, CALENDAR_ERROR_TIME, "The time must be written HH:MM, from 00:00 to 23:59.");
  gint64 hours = g_ascii_strtoll(text, NULL, 10), minutes = g_ascii_strtoll(text + 3, NULL, 10);
  *seconds = (hours * 60 + minutes) * 60;
  return TRUE;
}

static int interval_at(GTimeZone *zone, gint64 seconds) {
  return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, seconds);
}

static gint64 local_at(GTimeZone *zone, gint64 seconds) {
  return seconds + g_time_zone_get_offset(zone, interval_at(zone, seconds));
}

/* The first instant at which the clocks show @local or more: exactly @local, or the change that skips it.
 * TRUE when it is exactly @local. */
static gboolean first_showing(GTimeZone *zone, gint64 local, gint64 *seconds) {
  gint64 early = local - OFFSET_MAX_SECONDS, late = local + OFFSET_MAX_SECONDS;
  int last = interval_at(zone, late);
  for (int interval = interval_at(zone, early); interval <= last; interval++) {
    gint64 candidate = local - g_time_zone_get_offset(zone, interval);
    int there = interval_at(zone, candidate);
    if (there == interval) {
      *seconds = candidate;
      return TRUE;
    }
    if (there > interval)
      continue; /* this interval ends before its clocks get that far */
    /* It begins when its clocks are past @local already: its begin is the change that skips it. */
    gint64 before = candidate, after = late;
    while (after - before > 1) {
      gint64 middle = before + (after - before) / 2;
      if (interval_at(zone, middle) < interval)
        before = middle;
      else
        after = middle;
    }
    *seconds = after;
    return FALSE;
  }
  g_return_val_if_reached(FALSE);
}

gboolean calendar_instant(GTimeZone *zone, const char *date, const char *time, gint64 *instant_us,
                          GError **error) {
  gint64 local = 0, time_seconds = 0, seconds;
  if (!parse_date(date, &local, error) || !parse_time(time, &time_seconds, error))
    return FALSE;
  if (!first_showing(zone, local + time_seconds, &seconds)) {
    g_autofree char *next_date = calendar_date_text(zone, seconds * G_USEC_PER_SEC);
    g_autofree char *next_time = calendar_time_text(zone, seconds * G_USEC_PER_SEC);
    return calendar_fail(error, CALENDAR_ERROR_SKIPPED,
                         "The clocks pass over %s on %s in %s; the next time that exists is %s on %s.", time,
                         date, g_time_zone_get_identifier(zone), next_time, next_date);
  }
  if (seconds < 0)
    return calendar_fail(error, CALENDAR_ERROR_DATE, "The date is before 1970.");
  *instant_us = seconds * G_USEC_PER_SEC;
  return TRUE;
}

gboolean calendar_day(GTimeZone *zone, const char *date, gint64 *starts_at_us, gint64 *ends_at_us,
                      GError **error) {
  gint64 local = 0, starts_at, ends_at;
  if (!parse_date(date, &local, error))
    return FALSE;
  first_showing(zone, local, &starts_at);
  first_showing(zone, local + DAY_SECONDS, &ends_at);
  if (starts_at < 0)
    return calendar_fail(error, CALENDAR_ERROR_DATE, "The date is before 1970.");
  if (starts_at == ends_at) /* Samoa, 30/12/2011 */
    return calendar_fail(error, CALENDAR_ERROR_DATE, "There is no day %s in %s.", date,
                         g_time_zone_get_identifier(zone));
  *starts_at_us = starts_at * G_USEC_PER_SEC;
  *ends_at_us = ends_at * G_USEC_PER_SEC;
  return TRUE;
}

static GDateTime *wall_clock(GTimeZone *zone, gint64 instant_us) {
  return g_date_time_new_from_unix_utc(local_at(zone, instant_us / G_USEC_PER_SEC));
}

char *calendar_date_text(GTimeZone *zone, gint64 instant_us) {
  g_autoptr(GDateTime) clock = wall_clock(zone, instant_us);
  return g_date_time_format(clock, "%-d/%-m/%Y");
}

char *calendar_time_text(GTimeZone *zone, gint64 instant_us) {
  g_autoptr(GDateTime) clock = wall_clock(zone, instant_us);
  return g_date_time_format(clock, "%H:%M");
}

gboolean calendar_is_second(GTimeZone *zone, gint64 instant_us) {
  gint64 seconds = instant_us / G_USEC_PER_SEC, first;
  return first_showing(zone, local_at(zone, seconds), &first) && first < seconds;
}
