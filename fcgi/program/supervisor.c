#include "fcgi/program/supervisor.h"

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

void supervisor_reloading(void) {
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Reads the list of servers",
             g_get_monotonic_time());
}

void supervisor_stopping(void) {
  sd_notify(0, "STOPPING=1\nSTATUS=Ends in order");
}

static void feed_watchdog(gpointer data) {
  sd_notify(0, "WATCHDOG=1");
  supervisor_feed_watchdog(data);
}

void supervisor_feed_watchdog(Timers *timers) {
  guint64 patience_us;
  if (sd_watchdog_enabled(0, &patience_us) > 0)
    timers_add(timers, (gint64)(patience_us / MEALS), feed_watchdog, timers);
}
