#include "common/log.h"

#include <stdio.h>
#include <string.h>
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

static void write_line(LogLevel level, const char *event, const char *details) {
  g_autoptr(GString) line = g_string_sized_new(160);
  if (for_journal) {
    g_string_append_printf(line, "<%d>", (int)level);
  } else {
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S");
    g_string_append_printf(line, "%s.%03d %s[%d] %s: ", time, g_date_time_get_microsecond(now) / 1000,
                           program_name, (int)getpid(), words[level]);
  }
  g_string_append(line, event);
  if (details && *details)
    g_string_append_printf(line, " %s", details);
  g_string_append_c(line, '\n');
  /* A log that cannot be written is no reason to fail. */
  if (write(STDERR_FILENO, line->str, line->len) < 0)
    return;
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
