/* What the service manager is told, by libsystemd (sd_notify(3)): that all is read, what we wait for, that
 * the end has begun; and, while the core's loop turns, that it does. Does nothing where nobody asked for it
 * ($NOTIFY_SOCKET, $WATCHDOG_USEC). The core's thread.
 */
#pragma once
#include "fcgi/base/timers.h"

/* What we are doing, one line for `systemctl status`; before supervisor_ready() above all. */
void supervisor_status(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* All is read: who waits for us may go on. Also when a reload is over. The rest is the status. */
void supervisor_ready(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The configuration is being read again, until the next supervisor_ready(). */
void supervisor_reloading(void);
/* The end has begun. */
void supervisor_stopping(void);

/* From now on, as long as @timers are there, the watchdog is fed by them, three times in what it is patient
 * for: when the loop hangs nobody feeds it, and we are started anew. */
void supervisor_feed_watchdog(Timers *timers);
