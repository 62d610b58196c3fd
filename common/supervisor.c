#include "common/supervisor.h"

#include <systemd/sd-daemon.h>

#define MEALS 3

/* @state: "READY=1\n" and the like, with their line ends. */
static void tell_supervisor(const char *state, const char *format, va_list args) {
  g_autofree char *status = g_strdup_vprintf(format, args);
  sd_notifyf(0, "%sSTATUS=%s", state, status);
}

void supervisor_status(const char *format, ...) {
  va_list args;
  va_start(args, format);
  tell_supervisor("", format, args);
  va_end(args);
}

void supervisor_ready(const char *format, ...) {
  va_list args;
  va_start(args, format);
  tell_supervisor("READY=1\n", format, args);
  va_end(args);
}

void supervisor_reloading(const char *what) {
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reads %s", g_get_monotonic_time(),
             what);
}

void supervisor_stopping(void) {
  sd_notify(0, "STOPPING=1\nSTATUS=Ends in order");
}

static gboolean on_meal(gpointer data) {
  sd_notify(0, "WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

/* Before other events: a loop that has much to do turns all the same. */
guint supervisor_feed_watchdog(void) {
  guint64 patience_us;
  if (sd_watchdog_enabled(0, &patience_us) <= 0)
    return 0;
  on_meal(NULL);
  return g_timeout_add_full(G_PRIORITY_HIGH, (guint)(patience_us / MEALS / 1000), on_meal, NULL, NULL);
}
