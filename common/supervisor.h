/* What the service manager is told, by libsystemd (sd_notify(3)): that all is read, what we wait for, that
 * the end has begun; and, while the main loop turns, that it does. Does nothing where nobody asked for it
 * ($NOTIFY_SOCKET, $WATCHDOG_USEC). Main thread.
 */
#pragma once
#include <glib.h>

/* What we are doing, one line for `systemctl status`; before supervisor_ready() above all. */
void supervisor_status(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* All is read: who waits for us may go on. Also when a reload is over. The rest is the status. */
void supervisor_ready(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* What the configuration says is being read again, until the next supervisor_ready(). @what: "the list of
 * servers". */
void supervisor_reloading(const char *what);
/* The end has begun. */
void supervisor_stopping(void);

/* From now on the watchdog is fed by the default main context, three times in what it is patient for: when
 * the loop hangs nobody feeds it, and we are started anew. Returns the source; 0: nobody watches. */
guint supervisor_feed_watchdog(void);
