#include "streamer/shared/channel.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct Channel {
  int fd;
  ChannelLineFunc on_line;
  ChannelCloseFunc on_close;
  gpointer data;
  GByteArray *in;  /* the part of a line that has come */
  GByteArray *out; /* what the socket has not taken yet */
  GSource *in_source, *out_source, *close_source;
  char *close_reason;
  gboolean closed;
  guint references; /* one is the owner's, one is held while a callback runs */
};

static void clear_source(GSource **source) {
  if (*source) {
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
  }
}

static void channel_shut(Channel *channel) {
  channel->closed = TRUE;
  clear_source(&channel->in_source);
  clear_source(&channel->out_source);
  if (channel->fd >= 0)
    close(channel->fd);
  channel->fd = -1;
}

static void channel_unref(Channel *channel) {
  if (--channel->references > 0)
    return;
  g_byte_array_unref(channel->in);
  g_byte_array_unref(channel->out);
  g_free(channel->close_reason);
  g_free(channel);
}

static gboolean tell_close(gpointer data) {
  Channel *channel = data;
  clear_source(&channel->close_source);
  channel->references++;
  channel->on_close(channel->close_reason, channel->data);
  channel_unref(channel);
  return G_SOURCE_REMOVE;
}

/* Ends the channel; the owner hears of it from the main loop, never from inside its own call. */
static void channel_end(Channel *channel, const char *reason) {
  if (channel->closed)
    return;
  channel_shut(channel);
  channel->close_reason = g_strdup(reason);
  channel->close_source = g_idle_source_new();
  g_source_set_priority(channel->close_source, G_PRIORITY_DEFAULT);
  g_source_set_callback(channel->close_source, tell_close, channel, NULL);
  g_source_attach(channel->close_source, g_main_context_get_thread_default());
}

/* Hands on every whole line of the in-buffer; what is left is the beginning of the next one. */
static void take_lines(Channel *channel) {
  gsize start = 0;
  while (!channel->closed) {
    guint8 *from = channel->in->data + start;
    guint8 *end = memchr(from, '\n', channel->in->len - start);
    if (!end)
      break;
    *end = '\0';
    start = (gsize)(end - channel->in->data) + 1;
    channel->on_line((const char *)from, (gsize)(end - from), channel->data);
  }
  if (channel->closed)
    return;
  if (start > 0)
    g_byte_array_remove_range(channel->in, 0, (guint)start);
  if (channel->in->len > CHANNEL_MAX_LINE)
    channel_end(channel, "a line is too long");
}

static gboolean on_channel_readable(int fd, GIOCondition condition, gpointer data) {
  Channel *channel = data;
  guint8 bytes[16 * 1024];
  gssize count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (count <= 0) {
    channel_end(channel, count < 0 ? g_strerror(errno) : NULL);
    return G_SOURCE_REMOVE;
  }
  channel->references++;
  g_byte_array_append(channel->in, bytes, (guint)count);
  take_lines(channel);
  gboolean closed = channel->closed;
  channel_unref(channel);
  return closed ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* Writes as much as the socket takes now; FALSE when it is broken. */
static gboolean write_out(Channel *channel) {
  gsize written = 0;
  gboolean sound = TRUE;
  while (sound && written < channel->out->len) {
    gssize count = send(channel->fd, channel->out->data + written, channel->out->len - written,
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
      written += (gsize)count;
    else if (errno == EAGAIN)
      break;
    else if (errno != EINTR)
      sound = FALSE;
  }
  if (written > 0)
    g_byte_array_remove_range(channel->out, 0, (guint)written);
  return sound;
}

static gboolean on_channel_writable(int fd, GIOCondition condition, gpointer data) {
  Channel *channel = data;
  if (!write_out(channel)) {
    channel_end(channel, "the peer takes no more");
    return G_SOURCE_REMOVE;
  }
  if (channel->out->len > 0)
    return G_SOURCE_CONTINUE;
  clear_source(&channel->out_source);
  return G_SOURCE_REMOVE;
}

static GSource *watch(Channel *channel, GIOCondition condition, GUnixFDSourceFunc func) {
  GSource *source = g_unix_fd_source_new(channel->fd, condition);
  g_source_set_callback(source, G_SOURCE_FUNC(func), channel, NULL);
  g_source_attach(source, g_main_context_get_thread_default());
  return source;
}

Channel *channel_new(int fd, ChannelLineFunc on_line, ChannelCloseFunc on_close, gpointer data) {
  Channel *channel = g_new0(Channel, 1);
  channel->fd = fd;
  channel->on_line = on_line;
  channel->on_close = on_close;
  channel->data = data;
  channel->in = g_byte_array_new();
  channel->out = g_byte_array_new();
  channel->references = 1;
  g_unix_set_fd_nonblocking(fd, TRUE, NULL);
  channel->in_source = watch(channel, G_IO_IN | G_IO_HUP | G_IO_ERR, on_channel_readable);
  return channel;
}

gboolean channel_send(Channel *channel, const char *line) {
  if (channel->closed)
    return FALSE;
  gsize length = strlen(line);
  if (length > CHANNEL_MAX_LINE || channel->out->len + length >= CHANNEL_MAX_QUEUED) {
    channel_end(channel, length > CHANNEL_MAX_LINE ? "a line to send is too long" : "the peer does not read");
    return FALSE;
  }
  g_byte_array_append(channel->out, (const guint8 *)line, (guint)length);
  g_byte_array_append(channel->out, (const guint8 *)"\n", 1);
  if (channel->out_source)
    return TRUE;
  if (!write_out(channel)) {
    channel_end(channel, "the peer takes no more");
    return FALSE;
  }
  if (channel->out->len > 0)
    channel->out_source = watch(channel, G_IO_OUT, on_channel_writable);
  return TRUE;
}

gboolean channel_flush(Channel *channel, guint timeout_ms) {
  gint64 end_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
  while (!channel->closed && channel->out->len > 0) {
    gint64 left_ms = (end_us - g_get_monotonic_time()) / 1000;
    struct pollfd writable = {.fd = channel->fd, .events = POLLOUT};
    if (left_ms <= 0 || poll(&writable, 1, (int)left_ms) <= 0 || !write_out(channel))
      return FALSE;
  }
  return channel->out->len == 0;
}

void channel_free(Channel *channel) {
  if (!channel)
    return;
  channel_shut(channel);
  clear_source(&channel->close_source);
  channel_unref(channel);
}
