/* A channel of lines between the streamer and a child: text lines over a connected stream socket.
 *
 * Both directions are bounded: a line of at most CHANNEL_MAX_LINE bytes, and at most CHANNEL_MAX_QUEUED bytes
 * waiting to be written. Who breaks a bound is a broken peer, and the channel closes. Bytes are read and
 * written by the main loop of the thread-default context in which the channel was made; every function here
 * belongs to that thread, and nothing blocks except channel_flush().
 */
#pragma once
#include <glib.h>

#define CHANNEL_MAX_LINE (256 * 1024)
#define CHANNEL_MAX_QUEUED (4 * 1024 * 1024)

typedef struct Channel Channel;

/* A line came: @length bytes, then a NUL; the line feed is cut off. It may hold any bytes. The callback may
 * free the channel. */
typedef void (*ChannelLineFunc)(const char *line, gsize length, gpointer data);

/* The channel closed by itself, once, always from the main loop: @reason is NULL when the peer closed its
 * end, else says what broke. No line comes after it; the channel is still to be freed (here or later). */
typedef void (*ChannelCloseFunc)(const char *reason, gpointer data);

/* Takes @fd (transfer full), a connected stream socket, and sets it non-blocking. */
Channel *channel_new(int fd, ChannelLineFunc on_line, ChannelCloseFunc on_close, gpointer data);

/* Sends @line and a line feed; what the socket does not take at once waits. @line must hold no line feed.
 * Returns FALSE, and drops the line, when the channel is closed or this line breaks a bound; the channel then
 * closes. */
gboolean channel_send(Channel *channel, const char *line);

/* Writes what waits, for at most @timeout_ms: for last words before an exit. TRUE when nothing waits any
 * more. */
gboolean channel_flush(Channel *channel, guint timeout_ms);

/* Closes the descriptor and frees; on_close is not called. NULL is allowed. */
void channel_free(Channel *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Channel, channel_free)
