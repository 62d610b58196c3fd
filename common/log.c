#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 300

static gint threshold = LOG_LEVEL_INFO;
static const char *program_name = "vitrina";
static gboolean for_journal;

static const char *const words[] = {"emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"};

void log_set_level(LogLevel level) {
  g_atomic_int_set(&threshold, (gint)level);
}

gboolean log_is_on(LogLevel level) {
  return (gint)level <= g_atomic_int_get(&threshold);
}

/* What stands before every line's event: the second's text is made once. */
static void append_prefix(GString *line, LogLevel level) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static time_t second = -1;
  static char text[sizeof "2026-12-31T23:59:59"];
  struct timespec now;
  if (for_journal) {
    g_string_append_printf(line, "<%d>", (int)level);
    return;
  }
  clock_gettime(CLOCK_REALTIME, &now);
  pthread_mutex_lock(&lock);
  if (now.tv_sec != second) {
    struct tm parts;
    second = now.tv_sec;
    localtime_r(&second, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  g_string_append(line, text);
  pthread_mutex_unlock(&lock);
  g_string_append_printf(line, ".%03ld %s[%d] %s: ", now.tv_nsec / 1000000, program_name, (int)getpid(),
                         words[level]);
}

static void append_line(GString *out, LogLevel level, const char *event, const char *details) {
  append_prefix(out, level);
  g_string_append(out, event);
  if (details && *details) {
    g_string_append_c(out, ' ');
    g_string_append(out, details);
  }
  g_string_append_c(out, '\n');
}

/* A log that cannot be written is no reason to fail. */
static void write_out(const GString *text) {
  for (gsize done = 0; done < text->len;) {
    gssize written = write(STDERR_FILENO, text->str + done, text->len - done);
    if (written < 0 && errno != EINTR)
      return;
    done += (gsize)MAX(written, 0);
  }
}

static void write_line(LogLevel level, const char *event, const char *details) {
  g_autoptr(GString) line = g_string_sized_new(160);
  append_line(line, level, event, details);
  write_out(line);
}

void log_line(LogLevel level, const char *event, const char *format, ...) {
  if (!log_is_on(level))
    return;
  g_autofree char *details = NULL;
  if (format) {
    va_list args;
    va_start(args, format);
    details = g_strdup_vprintf(format, args);
    va_end(args);
  }
  write_line(level, event, details);
}

/* ---- gathered lines ---- */

#define GATHER_US (250 * G_TIME_SPAN_MILLISECOND)
#define GATHERED_MAX (1024 * 1024)

static struct {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  pthread_t thread;
  gboolean running, ending;
  GString *lines; /* not written yet */
  guint64 dropped;
} gathered = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

/* Under lock. The lines there are (transfer full). */
static GString *take_gathered(void) {
  GString *lines = gathered.lines;
  gathered.lines = g_string_sized_new(lines->len);
  if (gathered.dropped > 0) {
    g_autofree char *details = g_strdup_printf("lines=%" G_GUINT64_FORMAT, gathered.dropped);
    append_line(lines, LOG_LEVEL_WARNING, "lines_dropped", details);
    gathered.dropped = 0;
  }
  return lines;
}

static gpointer write_gathered(gpointer data) {
  pthread_mutex_lock(&gathered.lock);
  while (!gathered.ending || gathered.lines->len > 0) {
    if (gathered.lines->len == 0) {
      pthread_cond_wait(&gathered.filled, &gathered.lock);
      continue;
    }
    if (!gathered.ending) { /* let more come */
      pthread_mutex_unlock(&gathered.lock);
      g_usleep(GATHER_US);
      pthread_mutex_lock(&gathered.lock);
    }
    g_autoptr(GString) lines = take_gathered();
    pthread_mutex_unlock(&gathered.lock);
    write_out(lines);
    pthread_mutex_lock(&gathered.lock);
  }
  pthread_mutex_unlock(&gathered.lock);
  return NULL;
}

/* Under lock. Signals are for the program's own threads. */
static void start_gathering(void) {
  sigset_t all, old;
  gathered.lines = g_string_new(NULL);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  gathered.running = pthread_create(&gathered.thread, NULL, write_gathered, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (!gathered.running)
    g_error("no thread could be made");
}

void log_gather(LogLevel level, const char *event, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *details = g_strdup_vprintf(format, args);
  va_end(args);
  pthread_mutex_lock(&gathered.lock);
  if (!gathered.running)
    start_gathering();
  if (gathered.lines->len == 0)
    pthread_cond_signal(&gathered.filled);
  if (gathered.lines->len < GATHERED_MAX)
    append_line(gathered.lines, level, event, details);
  else
    gathered.dropped++;
  pthread_mutex_unlock(&gathered.lock);
}

void log_close(void) {
  pthread_mutex_lock(&gathered.lock);
  gboolean running = gathered.running;
  gathered.ending = running;
  pthread_cond_signal(&gathered.filled);
  pthread_mutex_unlock(&gathered.lock);
  if (!running)
    return;
  pthread_join(gathered.thread, NULL);
  g_string_free(gathered.lines, TRUE);
  gathered.lines = NULL;
  gathered.running = gathered.ending = FALSE;
}

/* ---- GLib's messages ---- */

static LogLevel level_of_glib(GLogLevelFlags flags) {
  if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return LOG_LEVEL_ERROR;
  if (flags & G_LOG_LEVEL_WARNING)
    return LOG_LEVEL_WARNING;
  return flags & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO) ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

static GLogWriterOutput glib_writer(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                    gpointer data) {
  const char *message = NULL, *domain = NULL;
  LogLevel level = level_of_glib(flags);
  for (gsize i = 0; i < n_fields; i++) {
    if (strcmp(fields[i].key, "MESSAGE") == 0)
      message = fields[i].value;
    else if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
      domain = fields[i].value;
  }
  if (log_is_on(level)) {
    g_autofree char *quoted = log_quote(message);
    g_autofree char *details = g_strdup_printf("domain=%s message=%s", domain ? domain : "-", quoted);
    write_line(level, "library_message", details);
  }
  return G_LOG_WRITER_HANDLED;
}

void log_open(const char *program, LogLevel level) {
  program_name = program;
  for_journal = g_getenv("JOURNAL_STREAM") != NULL;
  log_set_level(level);
  g_log_set_writer_func(glib_writer, NULL, NULL);
}

char *log_quote(const char *text) {
  if (!text)
    return g_strdup("-");
  gsize length = strnlen(text, VALUE_MAX + 1);
  gboolean cut = length > VALUE_MAX;
  g_autofree char *valid = g_utf8_make_valid(text, cut ? VALUE_MAX : (gssize)length);
  gboolean plain = *valid != 0;
  GString *out = g_string_new("\"");
  for (const char *p = valid; *p; p++) {
    guchar c = *p;
    plain = plain && c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '=';
    if (c == '"' || c == '\\')
      g_string_append_printf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
      g_string_append_printf(out, "\\x%02x", c);
    else
      g_string_append_c(out, c);
  }
  if (plain && !cut) {
    g_string_free(out, TRUE);
    return g_steal_pointer(&valid);
  }
  g_string_append(out, cut ? "…\"" : "\"");
  return g_string_free(out, FALSE);
}
