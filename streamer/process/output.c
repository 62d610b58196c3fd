#include "streamer/process/output.h"

#include "common/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* A writer that never stops gets a turn as long as anybody else's. */
#define READS_PER_TURN 8
#define READ_BYTES 8192

/* One that writes faster than anybody can read waits, and nobody else does. */
#define TICK_MS 100
#define TICK_BYTES (OUTPUT_BYTES_PER_SECOND / (1000 / TICK_MS))

struct Output {
  int fd;
  guint source;
  char *process;
  const char *session;
  GString *line;
  GQueue last; /* of char * */
  gint64 second;
  guint lines_this_second;
  guint64 skipped;
  gint64 tick;
  gsize bytes_this_tick;
};

static void log_skipped(Output *output) {
  if (output->skipped)
    log_info("output_skipped", "session=%s process=%s lines=%" G_GUINT64_FORMAT, output->session,
             output->process, output->skipped);
  output->skipped = 0;
}

static gboolean may_log(Output *output) {
  gint64 second = g_get_monotonic_time() / G_USEC_PER_SEC;
  if (second != output->second) {
    log_skipped(output);
    output->second = second;
    output->lines_this_second = 0;
  }
  if (output->lines_this_second++ < OUTPUT_LINES_PER_SECOND)
    return TRUE;
  output->skipped++;
  return FALSE;
}

static void end_line(Output *output) {
  if (output->line->len) {
    if (may_log(output)) {
      g_autofree char *text = log_quote(output->line->str);
      log_info("output", "session=%s process=%s text=%s", output->session, output->process, text);
    }
    g_queue_push_tail(&output->last, g_strdup(output->line->str));
    if (output->last.length > OUTPUT_LAST_LINES)
      g_free(g_queue_pop_head(&output->last));
  }
  g_string_truncate(output->line, 0);
}

static void count_bytes(Output *output, gsize length) {
  gint64 tick = g_get_monotonic_time() / (1000 * TICK_MS);
  if (tick != output->tick)
    output->bytes_this_tick = 0;
  output->tick = tick;
  output->bytes_this_tick += length;
}

static void take(Output *output, const char *bytes, gsize length) {
  count_bytes(output, length);
  for (gsize i = 0; i < length; i++) {
    if (bytes[i] == '\n')
      end_line(output);
    else if (bytes[i] != '\r' && output->line->len < OUTPUT_LINE_MAX)
      g_string_append_c(output->line, bytes[i] ? bytes[i] : ' ');
  }
}

/* FALSE at the end of the stream. */
static gboolean read_some(Output *output) {
  char bytes[READ_BYTES];
  for (int i = 0; i < READS_PER_TURN; i++) {
    gssize got = read(output->fd, bytes, sizeof bytes);
    if (got > 0)
      take(output, bytes, (gsize)got);
    else
      return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
  return TRUE;
}

static void close_it(Output *output) {
  g_clear_handle_id(&output->source, g_source_remove);
  if (output->fd >= 0)
    close(output->fd);
  output->fd = -1;
  end_line(output);
  log_skipped(output);
}

static void listen_to_output(Output *output);

static gboolean on_tick_over(gpointer data) {
  listen_to_output(data);
  return G_SOURCE_REMOVE;
}

static gboolean has_used_up_tick(const Output *output) {
  return output->tick == g_get_monotonic_time() / (1000 * TICK_MS) && output->bytes_this_tick >= TICK_BYTES;
}

static gboolean on_output_readable(gint fd, GIOCondition condition, gpointer data) {
  Output *output = data;
  if (!read_some(output)) {
    output->source = 0;
    close_it(output);
    return G_SOURCE_REMOVE;
  }
  if (!has_used_up_tick(output))
    return G_SOURCE_CONTINUE;
  output->source = g_timeout_add(TICK_MS, on_tick_over, output);
  return G_SOURCE_REMOVE;
}

static void listen_to_output(Output *output) {
  output->source = g_unix_fd_add(output->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_output_readable, output);
}

Output *output_new(int fd, const char *process, const char *session) {
  Output *output = g_new0(Output, 1);
  output->fd = fd;
  output->process = g_strdup(process);
  output->session = session ? session : "-";
  output->line = g_string_sized_new(OUTPUT_LINE_MAX);
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  listen_to_output(output);
  return output;
}

void output_finish(Output *output) {
  if (output->fd < 0)
    return;
  read_some(output);
  close_it(output);
}

char *output_last_words(const Output *output) {
  GString *words = g_string_new(NULL);
  for (GList *line = output->last.head; line; line = line->next)
    g_string_append_printf(words, "%s%s", line == output->last.head ? "" : " | ", (char *)line->data);
  return g_string_free(words, FALSE);
}

void output_free(Output *output) {
  if (!output)
    return;
  g_clear_handle_id(&output->source, g_source_remove);
  if (output->fd >= 0)
    close(output->fd);
  g_queue_clear_full(&output->last, g_free);
  g_string_free(output->line, TRUE);
  g_free(output->process);
  g_free(output);
}
