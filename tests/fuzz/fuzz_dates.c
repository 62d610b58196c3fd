/* Dates, times, zones, instants and ranges as people and programs write them: one line each. What is
 * understood must come out again as it went in.
 */
#include "common/instant.h"
#include "fcgi/rules/calendar.h"
#include "fcgi/verbs/verbs_servers.h"

#include <stdint.h>
#include <string.h>

static void check_calendar(const char *name, const char *date, const char *time) {
  g_autoptr(GTimeZone) zone = calendar_zone_new(name, NULL);
  gint64 at_us, day_us, next_us;
  if (!zone || !calendar_instant(zone, date, time, &at_us, NULL))
    return;
  g_autofree char *date_again = calendar_date_text(zone, at_us);
  g_autofree char *time_again = calendar_time_text(zone, at_us);
  gint64 again_us;
  g_assert_true(calendar_instant(zone, date_again, time_again, &again_us, NULL));
  g_assert_true(again_us == at_us);
  g_assert_cmpstr(time_again, ==, time);
  g_assert_false(calendar_is_second(zone, at_us));
  g_assert_true(calendar_day(zone, date, &day_us, &next_us, NULL));
  g_assert_true(day_us <= at_us && at_us < next_us);
}

static void check_instant(const char *text) {
  gint64 at_us, again_us;
  if (!instant_parse(text, &at_us))
    return;
  g_autofree char *again = instant_format(at_us);
  g_assert_true(instant_parse(again, &again_us));
  g_assert_true(again_us == at_us - at_us % INSTANT_SECOND);
}

static void check_range(const char *text) {
  guint first, last;
  if (verbs_read_range(text, &first, &last, NULL))
    g_assert_true(first <= last && last - first < 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  g_autofree char *text = g_strndup((const char *)data, size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", 4);
  guint count = g_strv_length(lines);
  if (count >= 3 && g_utf8_validate(text, -1, NULL))
    check_calendar(lines[0], lines[1], lines[2]);
  for (guint i = 0; i < count; i++) {
    check_instant(lines[i]);
    check_range(lines[i]);
  }
  return 0;
}
