/* Lines of the log that others can cause as often as they like: of one kind so many are written in a minute;
 * the rest is counted and told.
 *
 *   static LogLimit limit = LOG_LIMIT("origin_refused", 20);
 *   log_limited(&limit, LOG_LEVEL_NOTICE, "origin=%s", quoted);
 *
 * The first line that is left out is told by a line `lines_left_out` with `event`; how many they were, in
 * `lines`, by another one before the next line of the kind in a later minute, or by log_limit_tell_all(). Any
 * thread.
 */
#pragma once
#include "common/log.h"

#include <pthread.h>

/* One kind of lines, for as long as the program runs: static, made by LOG_LIMIT(). Nobody else looks in. */
typedef struct LogLimit LogLimit;
struct LogLimit {
  const char *event; /* static */
  guint a_minute;
  pthread_mutex_t lock;
  gint64 since_us; /* monotonic: when the minute began; 0: never yet */
  guint written;   /* in it */
  guint64 left_out;
  LogLimit *next; /* of those that have left something out; under the lock of the list */
  gboolean is_listed;
};
#define LOG_LIMIT(event, a_minute)                                                                           \
  { (event), (a_minute), PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, NULL, FALSE }

/* A line of @limit's event as log_line() writes it, unless there were too many. A line that @level keeps out
 * of the log counts for nothing. */
void log_limited(LogLimit *limit, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether a line may be written at @now_us (monotonic, not 0). TRUE: it counts as written, and *@left_out is
 * how many were left out before. FALSE: it counts as left out; *@left_out is how many there are with it. */
gboolean log_limit_allows(LogLimit *limit, gint64 now_us, guint64 *left_out);

/* Tells what was left out and not told yet, of all kinds: at the program's end. */
void log_limit_tell_all(void);
