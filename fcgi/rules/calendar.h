/* Dates and times as people write them ("29/3/2026", "15:30", in an IANA time zone) <-> instants.
 *
 * Clock changes, in every function alike:
 * - A time that was skipped (Berlin, 29/3/2026 02:30) does not exist: CALENDAR_ERROR_SKIPPED, with a message
 *   that names the next time that does ("03:00"). It is never silently moved: a person would come at the
 *   wrong time.
 * - A time that comes twice (Berlin, 25/10/2026 02:30) is the first of the two. The second cannot be named;
 *   calendar_is_second() tells whether an instant is such a one, so that it is not offered.
 * - A day lasts from its first instant to the next day's first: 23, 24 or 25 hours, 24 h 30 min on Lord Howe;
 *   where midnight itself is skipped (Cairo), it begins at the change.
 *
 * Years 1970 to 9999. Errors are CALENDAR_ERROR with an English sentence for the person who wrote the text.
 * Any thread; nothing but the system's time zone files is read, and these by calendar_zone_new() alone.
 */
#pragma once
#include <glib.h>

#define CALENDAR_ERROR (calendar_error_quark())
typedef enum {
  CALENDAR_ERROR_ZONE,    /* no such time zone */
  CALENDAR_ERROR_DATE,    /* not D/M/YYYY, or not a day of the calendar there */
  CALENDAR_ERROR_TIME,    /* not HH:MM */
  CALENDAR_ERROR_SKIPPED, /* the clocks pass over this time on that day */
} CalendarError;
GQuark calendar_error_quark(void);

/* The zone with the IANA name @name, such as "Europe/Moscow" or "UTC" (transfer full). A name from the
 * network is safe here: only the form of IANA names reaches the file system. Offsets ("+03:00") and POSIX
 * rules, old names with digits such as "EST5EDT" among them, are no names and refused; "Etc/GMT-3" is one. A
 * zone's file is read once (0.4 ms) and then kept until the program ends, newer tzdata or not. */
GTimeZone *calendar_zone_new(const char *name, GError **error);

/* The instant of @date, "D/M/YYYY" (leading zeros allowed: "01/02/2026"), and @time, exactly "HH:MM" from
 * 00:00 to 23:59. FALSE with @error, and @instant_us untouched, when it is none. */
gboolean calendar_instant(GTimeZone *zone, const char *date, const char *time, gint64 *instant_us,
                          GError **error);

/* The day @date there: from @starts_at_us up to, not including, @ends_at_us. */
gboolean calendar_day(GTimeZone *zone, const char *date, gint64 *starts_at_us, gint64 *ends_at_us,
                      GError **error);

/* The date and time at @instant_us (not before 1970 there), "1/12/2026" and "09:05"; parts of a minute are
 * cut off. (transfer full) */
char *calendar_date_text(GTimeZone *zone, gint64 instant_us);
char *calendar_time_text(GTimeZone *zone, gint64 instant_us);

/* Whether the clocks there showed the same date and time before, because they were put back in between. */
gboolean calendar_is_second(GTimeZone *zone, gint64 instant_us);
