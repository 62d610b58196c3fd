#include "common/log_limit.h"

/* Those that have left something out, the newest first. */
static LogLimit *listed;
static pthread_mutex_t listed_lock = PTHREAD_MUTEX_INITIALIZER;

static void list_limit(LogLimit *limit) {
  pthread_mutex_lock(&listed_lock);
  if (!limit->is_listed) {
    limit->next = listed;
    listed = limit;
    limit->is_listed = TRUE;
  }
  pthread_mutex_unlock(&listed_lock);
}

gboolean log_limit_allows(LogLimit *limit, gint64 now_us, guint64 *left_out) {
  pthread_mutex_lock(&limit->lock);
  if (!limit->since_us || now_us - limit->since_us >= G_TIME_SPAN_MINUTE) {
    limit->since_us = now_us;
    limit->written = 0;
  }
  gboolean allowed = limit->written < limit->a_minute;
  limit->written += allowed;
  limit->left_out += !allowed;
  *left_out = limit->left_out;
  if (allowed)
    limit->left_out = 0;
  pthread_mutex_unlock(&limit->lock);
  return allowed;
}

static void tell_left_out(const LogLimit *limit, LogLevel level, guint64 lines) {
  log_line(level, "lines_left_out", "event=%s lines=%" G_GUINT64_FORMAT, limit->event, lines);
}

void log_limited(LogLimit *limit, LogLevel level, const char *format, ...) {
  guint64 left_out;
  if (!log_is_on(level))
    return;
  if (!log_limit_allows(limit, g_get_monotonic_time(), &left_out)) {
    list_limit(limit);
    if (left_out == 1)
      log_line(level, "lines_left_out",
               "event=%s note=\"there are more than %u in a minute; the rest is counted\"", limit->event,
               limit->a_minute);
    return;
  }
  if (left_out > 0)
    tell_left_out(limit, level, left_out);
  va_list args;
  va_start(args, format);
  g_autofree char *details = g_strdup_vprintf(format, args);
  va_end(args);
  log_line(level, limit->event, "%s", details);
}

void log_limit_tell_all(void) {
  pthread_mutex_lock(&listed_lock);
  for (LogLimit *limit = listed; limit; limit = limit->next) {
    pthread_mutex_lock(&limit->lock);
    guint64 lines = limit->left_out;
    limit->left_out = 0;
    pthread_mutex_unlock(&limit->lock);
    if (lines > 0)
      tell_left_out(limit, LOG_LEVEL_WARNING, lines);
  }
  pthread_mutex_unlock(&listed_lock);
}
