/* Lines of the log. */
#include "common/log.h"

#include <string.h>

static void log_values_stay_on_one_line(void) {
  g_autofree char *plain = log_quote("river-1");
  g_autofree char *spaced = log_quote("a b\n\"c\"\x1b");
  g_autofree char *empty = log_quote("");
  g_autofree char *filler = g_strnfill(1000, 'a');
  g_autofree char *cut = log_quote(filler);
  g_assert_cmpstr(plain, ==, "river-1");
  g_assert_cmpstr(spaced, ==, "\"a b\\x0a\\\"c\\\"\\x1b\"");
  g_assert_cmpstr(empty, ==, "\"\"");
  g_assert_cmpuint(strlen(cut), <, 320);
}

static void gathered_lines_are_written_or_counted(void) {
  if (g_test_subprocess()) {
    g_autofree char *padding = g_strnfill(100, 'x');
    log_open("test", LOG_LEVEL_ERROR);
    for (guint i = 0; i < 50000; i++)
      log_gather(LOG_LEVEL_INFO, "event", "number=%u padding=%s", i, padding);
    log_close();
    log_gather(LOG_LEVEL_INFO, "event", "number=%s", "after"); /* it may begin again */
    log_close();
    return;
  }
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_passed();
  g_test_trap_assert_stderr("* event number=0 padding=*");
  g_test_trap_assert_stderr("*warning: lines_dropped lines=*");
  g_test_trap_assert_stderr("* event number=after\n");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/log/values-stay-on-one-line", log_values_stay_on_one_line);
  g_test_add_func("/log/gathered-lines-are-written-or-counted", gathered_lines_are_written_or_counted);
  return g_test_run();
}
