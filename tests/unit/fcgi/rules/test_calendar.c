/* Dates and times on the wall <-> instants, on ordinary days and on those when clocks change. */
#include "fcgi/rules/calendar.h"

#include "common/instant.h"

#include <string.h>

static gint64 instant(const char *text) {
  gint64 instant_us = -1;
  g_assert_true(instant_parse(text, &instant_us));
  return instant_us;
}

static void test_wall_clock_and_instants(void) {
  static const struct {
    const char *zone, *date, *time, *expected;
  } rows[] = {
      {"UTC", "1/1/1970", "00:00", "1970-01-01T00:00:00Z"},
      {"Europe/Berlin", "1/12/2026", "15:00", "2026-12-01T14:00:00Z"},
      {"Europe/Berlin", "01/07/2026", "00:05", "2026-06-30T22:05:00Z"},
      {"Europe/Moscow", "1/1/2027", "00:00", "2026-12-31T21:00:00Z"},
      {"Europe/Moscow", "1/7/2010", "12:00", "2010-07-01T08:00:00Z"},
      {"Asia/Kolkata", "15/8/2026", "05:30", "2026-08-15T00:00:00Z"},
      {"America/New_York", "31/12/2026", "23:59", "2027-01-01T04:59:00Z"},
      {"Australia/Lord_Howe", "1/1/2027", "11:00", "2027-01-01T00:00:00Z"},
      {"Europe/Berlin", "29/2/2028", "12:00", "2028-02-29T11:00:00Z"},
      {"UTC", "29/2/2000", "00:00", "2000-02-29T00:00:00Z"},
      {"UTC", "31/12/9999", "23:59", "9999-12-31T23:59:00Z"},
      {"Etc/GMT-3", "1/12/2026", "15:00", "2026-12-01T12:00:00Z"},
      {"Pacific/Kiritimati", "1/12/2026", "13:00", "2026-11-30T23:00:00Z"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) zone = calendar_zone_new(rows[i].zone, &error);
    g_assert_no_error(error);
    gint64 instant_us;
    g_assert_true(calendar_instant(zone, rows[i].date, rows[i].time, &instant_us, &error));
    g_assert_no_error(error);
    g_autofree char *text = instant_format(instant_us);
    g_assert_cmpstr(text, ==, rows[i].expected);
    g_autofree char *time = calendar_time_text(zone, instant_us + 59 * INSTANT_SECOND);
    g_assert_cmpstr(time, ==, rows[i].time);
  }
}

static void test_texts_are_as_the_wire_writes_them(void) {
  g_autoptr(GTimeZone) zone = calendar_zone_new("Europe/Berlin", NULL);
  g_autofree char *date = calendar_date_text(zone, instant("2026-01-02T08:04:59Z"));
  g_autofree char *time = calendar_time_text(zone, instant("2026-01-02T08:04:59Z"));
  g_assert_cmpstr(date, ==, "2/1/2026");
  g_assert_cmpstr(time, ==, "09:04");
}

static void test_what_is_no_date_or_time_is_refused(void) {
  static const struct {
    const char *date, *time;
    int code;
  } rows[] = {
      {"29/2/2027", "12:00", CALENDAR_ERROR_DATE},
      {"29/2/2100", "12:00", CALENDAR_ERROR_DATE},
      {"31/4/2026", "12:00", CALENDAR_ERROR_DATE},
      {"0/1/2026", "12:00", CALENDAR_ERROR_DATE},
      {"1/0/2026", "12:00", CALENDAR_ERROR_DATE},
      {"1/13/2026", "12:00", CALENDAR_ERROR_DATE},
      {"1/1/1969", "12:00", CALENDAR_ERROR_DATE},
      {"1/1/0000", "12:00", CALENDAR_ERROR_DATE},
      {"1/1/1970", "00:30", CALENDAR_ERROR_DATE},
      {"1/1/10000", "12:00", CALENDAR_ERROR_DATE},
      {"1/1/26", "12:00", CALENDAR_ERROR_DATE},
      {"2026-12-01", "12:00", CALENDAR_ERROR_DATE},
      {"1.12.2026", "12:00", CALENDAR_ERROR_DATE},
      {" 1/12/2026", "12:00", CALENDAR_ERROR_DATE},
      {"1/12/2026\n", "12:00", CALENDAR_ERROR_DATE},
      {"+1/12/2026", "12:00", CALENDAR_ERROR_DATE},
      {"001/12/2026", "12:00", CALENDAR_ERROR_DATE},
      {"1/12/2026x", "12:00", CALENDAR_ERROR_DATE},
      {"-1/12/2026", "12:00", CALENDAR_ERROR_DATE},
      {"١/12/2026", "12:00", CALENDAR_ERROR_DATE},
      {"", "12:00", CALENDAR_ERROR_DATE},
      {"1/12/2026", "24:00", CALENDAR_ERROR_TIME},
      {"1/12/2026", "12:60", CALENDAR_ERROR_TIME},
      {"1/12/2026", "9:30", CALENDAR_ERROR_TIME},
      {"1/12/2026", "12:00:00", CALENDAR_ERROR_TIME},
      {"1/12/2026", "1200", CALENDAR_ERROR_TIME},
      {"1/12/2026", "12:00\n", CALENDAR_ERROR_TIME},
      {"1/12/2026", "-1:00", CALENDAR_ERROR_TIME},
      {"1/12/2026", "", CALENDAR_ERROR_TIME},
  };
  g_autoptr(GTimeZone) zone = calendar_zone_new("Europe/Berlin", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GError) error = NULL;
    gint64 instant_us = 7;
    g_assert_false(calendar_instant(zone, rows[i].date, rows[i].time, &instant_us, &error));
    g_assert_error(error, CALENDAR_ERROR, rows[i].code);
    g_assert_cmpint(instant_us, ==, 7);
  }
}

static void test_skipped_time_is_refused_with_the_next_that_exists(void) {
  static const struct {
    const char *zone, *date, *time, *next;
  } rows[] = {
      {"Europe/Berlin", "29/3/2026", "02:00", "03:00 on 29/3/2026"},
      {"Europe/Berlin", "29/3/2026", "02:59", "03:00 on 29/3/2026"},
      {"America/New_York", "8/3/2026", "02:30", "03:00 on 8/3/2026"},
      {"Australia/Lord_Howe", "4/10/2026", "02:10", "02:30 on 4/10/2026"},
      {"Europe/Moscow", "27/3/2011", "02:15", "03:00 on 27/3/2011"},
      {"America/Sao_Paulo", "4/11/2018", "00:30", "01:00 on 4/11/2018"},
      {"Pacific/Apia", "30/12/2011", "12:00", "00:00 on 31/12/2011"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(rows[i].zone, NULL);
    g_autoptr(GError) error = NULL;
    gint64 instant_us;
    g_assert_false(calendar_instant(zone, rows[i].date, rows[i].time, &instant_us, &error));
    g_assert_error(error, CALENDAR_ERROR, CALENDAR_ERROR_SKIPPED);
    g_assert_nonnull(strstr(error->message, rows[i].next));
  }
}

static void test_repeated_time_is_the_first(void) {
  static const struct {
    const char *zone, *date, *time, *first;
    int apart_minutes;
  } rows[] = {
      {"Europe/Berlin", "25/10/2026", "02:00", "2026-10-25T00:00:00Z", 60},
      {"Europe/Berlin", "25/10/2026", "02:59", "2026-10-25T00:59:00Z", 60},
      {"America/New_York", "1/11/2026", "01:30", "2026-11-01T05:30:00Z", 60},
      {"Australia/Lord_Howe", "5/4/2026", "01:45", "2026-04-04T14:45:00Z", 30},
      {"Europe/Moscow", "26/10/2014", "01:30", "2014-10-25T21:30:00Z", 60},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(rows[i].zone, NULL);
    gint64 instant_us;
    g_assert_true(calendar_instant(zone, rows[i].date, rows[i].time, &instant_us, NULL));
    g_assert_cmpint(instant_us, ==, instant(rows[i].first));
    gint64 second_us = instant_us + rows[i].apart_minutes * INSTANT_MINUTE;
    g_autofree char *second = calendar_time_text(zone, second_us);
    g_assert_cmpstr(second, ==, rows[i].time);
    g_assert_false(calendar_is_second(zone, instant_us));
    g_assert_true(calendar_is_second(zone, second_us));
    g_assert_false(calendar_is_second(zone, second_us + 60 * INSTANT_MINUTE));
  }
}

static void test_days_are_as_long_as_they_are(void) {
  static const struct {
    const char *zone, *date, *starts_at;
    int minutes;
  } rows[] = {
      {"Europe/Berlin", "1/12/2026", "2026-11-30T23:00:00Z", 1440},
      {"Europe/Berlin", "29/3/2026", "2026-03-28T23:00:00Z", 1380},
      {"Europe/Berlin", "25/10/2026", "2026-10-24T22:00:00Z", 1500},
      {"America/New_York", "8/3/2026", "2026-03-08T05:00:00Z", 1380},
      {"America/New_York", "1/11/2026", "2026-11-01T04:00:00Z", 1500},
      {"Australia/Lord_Howe", "4/10/2026", "2026-10-03T13:30:00Z", 1410},
      {"Australia/Lord_Howe", "5/4/2026", "2026-04-04T13:00:00Z", 1470},
      {"Europe/Moscow", "26/10/2014", "2014-10-25T20:00:00Z", 1500},
      {"Asia/Kolkata", "29/2/2028", "2028-02-28T18:30:00Z", 1440},
      /* midnight skipped: the day begins at 01:00; midnight put back: the day before is the long one */
      {"America/Sao_Paulo", "4/11/2018", "2018-11-04T03:00:00Z", 1380},
      {"America/Sao_Paulo", "17/2/2018", "2018-02-17T02:00:00Z", 1500},
      {"America/Sao_Paulo", "18/2/2018", "2018-02-18T03:00:00Z", 1440},
      {"Pacific/Apia", "29/12/2011", "2011-12-29T10:00:00Z", 1440},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(rows[i].zone, NULL);
    gint64 starts_at_us, ends_at_us;
    g_assert_true(calendar_day(zone, rows[i].date, &starts_at_us, &ends_at_us, NULL));
    g_assert_cmpint(starts_at_us, ==, instant(rows[i].starts_at));
    g_assert_cmpint((ends_at_us - starts_at_us) / INSTANT_MINUTE, ==, rows[i].minutes);
    g_autofree char *begin = calendar_date_text(zone, starts_at_us);
    g_autofree char *last = calendar_date_text(zone, ends_at_us - 1);
    g_assert_cmpstr(begin, ==, rows[i].date);
    g_assert_cmpstr(last, ==, rows[i].date);
  }
  g_autoptr(GTimeZone) samoa = calendar_zone_new("Pacific/Apia", NULL);
  g_autoptr(GError) error = NULL;
  gint64 starts_at_us, ends_at_us;
  g_assert_false(calendar_day(samoa, "30/12/2011", &starts_at_us, &ends_at_us, &error));
  g_assert_error(error, CALENDAR_ERROR, CALENDAR_ERROR_DATE);
}

/* Every half hour of two years in zones of all kinds: text and back is the same instant, or the first of two,
 * and days follow each other without a gap. */
static void test_every_instant_has_its_text(void) {
  static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",
                                      "Australia/Lord_Howe", "Europe/Moscow"};
  for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(zones[i], NULL);
    gint64 from = instant("2027-01-01T00:00:00Z"), day_end = 0;
    for (gint64 at = from; at < from + 730 * G_TIME_SPAN_DAY; at += 30 * INSTANT_MINUTE) {
      g_autofree char *date = calendar_date_text(zone, at);
      g_autofree char *time = calendar_time_text(zone, at);
      gint64 again_us;
      g_assert_true(calendar_instant(zone, date, time, &again_us, NULL));
      g_assert_true((again_us == at) != calendar_is_second(zone, at));
      g_assert_cmpint(again_us, <=, at);
      if (at < day_end)
        continue;
      gint64 starts_at_us, ends_at_us;
      g_assert_true(calendar_day(zone, date, &starts_at_us, &ends_at_us, NULL));
      g_assert_true(day_end == 0 || starts_at_us == day_end);
      day_end = ends_at_us;
    }
  }
}

static void test_only_zone_names_are_zones(void) {
  static const char *const wrong[] = {
      "",
      "Europe/Nowhere",
      "europe/berlin",
      "Europe",
      "Europe/",
      "/etc/localtime",
      "zone.tab",
      "../../etc/passwd",
      "Europe/../UTC",
      "right/UTC",
      "posix/UTC",
      "posixrules",
      "localtime",
      "+03:00",
      "AAA3",
      "CET-1CEST,M3.5.0,M10.5.0/3",
      ":UTC",
      "UTC\n",
      "tzdata.zi",
      "Europe//Berlin",
      "Europe/Berlin ",
      "Asia/Кабул",
      "Abc",
      "Abc-def",
  };
  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(calendar_zone_new(wrong[i], &error));
    g_assert_error(error, CALENDAR_ERROR, CALENDAR_ERROR_ZONE);
  }
  g_autofree char *endless = g_strnfill(100000, 'A');
  g_assert_null(calendar_zone_new(endless, NULL));
  static const char *const right[] = {
      "UTC",        "America/Argentina/Buenos_Aires", "America/Port-au-Prince",
      "Etc/GMT+12", "Africa/Dar_es_Salaam",           "Antarctica/DumontDUrville"};
  for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
    g_autoptr(GTimeZone) zone = calendar_zone_new(right[i], NULL);
    g_assert_nonnull(zone);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/calendar/wall-clock-and-instants", test_wall_clock_and_instants);
  g_test_add_func("/calendar/texts-are-as-the-wire-writes-them", test_texts_are_as_the_wire_writes_them);
  g_test_add_func("/calendar/what-is-no-date-or-time-is-refused", test_what_is_no_date_or_time_is_refused);
  g_test_add_func("/calendar/skipped-time-is-refused-with-the-next-that-exists",
                  test_skipped_time_is_refused_with_the_next_that_exists);
  g_test_add_func("/calendar/repeated-time-is-the-first", test_repeated_time_is_the_first);
  g_test_add_func("/calendar/days-are-as-long-as-they-are", test_days_are_as_long_as_they_are);
  g_test_add_func("/calendar/every-instant-has-its-text", test_every_instant_has_its_text);
  g_test_add_func("/calendar/only-zone-names-are-zones", test_only_zone_names_are_zones);
  return g_test_run();
}
