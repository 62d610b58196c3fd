/* The log: one line an event to stderr, "event key=value key=value".
 *
 *   log_notice("session_started", "session=%s users=%u", id, users);
 *
 * Under systemd (JOURNAL_STREAM is set) each line begins with its priority, "<5>" (sd-daemon(3)); elsewhere
 * with the time and a word. Values from outside go through log_quote(). Tickets, keys, bodies and connection
 * codes are never logged. GLib's own messages take the same way after log_open(). Any thread; a line is one
 * write(2).
 */
#pragma once
#include <glib.h>

typedef enum {
  LOG_LEVEL_ERROR = 3,
  LOG_LEVEL_WARNING = 4,
  LOG_LEVEL_NOTICE = 5,
  LOG_LEVEL_INFO = 6,
  LOG_LEVEL_DEBUG = 7
} LogLevel;

/* Takes GLib's messages too; lines below @level are dropped from now on. @program stands in lines outside
 * systemd. */
void log_open(const char *program, LogLevel level);
void log_set_level(LogLevel level);
gboolean log_is_on(LogLevel level);

/* @event: one word with underscores. @format (nullable): the key=value pairs. */
void log_line(LogLevel level, const char *event, const char *format, ...) G_GNUC_PRINTF(3, 4);
#define log_error(event, ...) log_line(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warning(event, ...) log_line(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define log_notice(event, ...) log_line(LOG_LEVEL_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...) log_line(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_line(LOG_LEVEL_DEBUG, event, __VA_ARGS__)

/* For lines that come by the thousand, such as those of an access log: like log_line(), but written whatever
 * the level in force is, and gathered: a thread of the log's own writes them together, a quarter of a second
 * later at most. Nobody waits for a slow reader of the log: when a MiB of them is unwritten, further ones are
 * dropped, and a line `lines_dropped` tells how many. */
void log_gather(LogLevel level, const char *event, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Writes what is gathered and ends the log's thread. Other threads must not use log_gather() any more. */
void log_close(void);

/* @text made safe for one value: quoted when it has spaces, control and non-ASCII-safe bytes escaped, cut at
 * 300 bytes. NULL gives "-". (transfer full) */
char *log_quote(const char *text);
