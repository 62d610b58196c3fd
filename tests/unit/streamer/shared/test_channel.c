/* The line channel: whole lines, in order, bounded, and an end that is told once. */
#include "streamer/shared/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  GPtrArray *lines;
  char *reason;
  guint closes;
  Channel *channel;
  gboolean free_at_line;
} Ends;

static void keep_line(const char *line, gsize length, gpointer data) {
  Ends *ends = data;
  g_assert_cmpuint(strlen(line), ==, length);
  g_ptr_array_add(ends->lines, g_strdup(line));
  if (ends->free_at_line)
    g_clear_pointer(&ends->channel, channel_free);
}

static void keep_close(const char *reason, gpointer data) {
  Ends *ends = data;
  ends->reason = g_strdup(reason);
  ends->closes++;
}

/* A channel, and in @peer the other end of its socket. */
static void ends_init(Ends *ends, int *peer) {
  int fds[2];
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  *ends = (Ends){.lines = g_ptr_array_new_with_free_func(g_free)};
  ends->channel = channel_new(fds[0], keep_line, keep_close, ends);
  *peer = fds[1];
}

static void ends_clear(Ends *ends, int peer) {
  channel_free(ends->channel);
  g_ptr_array_unref(ends->lines);
  g_free(ends->reason);
  if (peer >= 0)
    close(peer);
}

static void put(int fd, const char *text) {
  g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
}

static void run_until(const guint *value, guint wanted) {
  while (*value < wanted)
    g_main_context_iteration(NULL, TRUE);
}

static void test_lines_are_whole(void) {
  Ends ends;
  int peer;
  ends_init(&ends, &peer);
  put(peer, "one\ntw");
  run_until(&ends.lines->len, 1);
  put(peer, "o\n\nthree\n");
  run_until(&ends.lines->len, 4);
  g_assert_cmpstr(ends.lines->pdata[0], ==, "one");
  g_assert_cmpstr(ends.lines->pdata[1], ==, "two");
  g_assert_cmpstr(ends.lines->pdata[2], ==, "");
  g_assert_cmpstr(ends.lines->pdata[3], ==, "three");
  ends_clear(&ends, peer);
}

static void test_end_of_peer_is_told_once(void) {
  Ends ends;
  int peer;
  ends_init(&ends, &peer);
  put(peer, "last\nhalf");
  close(peer);
  run_until(&ends.closes, 1);
  while (g_main_context_iteration(NULL, FALSE))
    ;
  g_assert_cmpuint(ends.closes, ==, 1);
  g_assert_null(ends.reason);
  g_assert_cmpuint(ends.lines->len, ==, 1);
  g_assert_false(channel_send(ends.channel, "too late"));
  ends_clear(&ends, -1);
}

static void test_a_long_line_breaks_it(void) {
  Ends ends;
  int peer;
  ends_init(&ends, &peer);
  g_autofree char *flood = g_strnfill(8192, 'x');
  while (ends.closes == 0) {
    if (send(peer, flood, 8192, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && ends.closes > 0)
      break;
    g_main_context_iteration(NULL, FALSE);
  }
  g_assert_cmpstr(ends.reason, ==, "a line is too long");
  g_assert_cmpuint(ends.lines->len, ==, 0);
  ends_clear(&ends, peer);
}

static void test_the_longest_line_arrives(void) {
  Ends there, here;
  int fds[2];
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  here = (Ends){.lines = g_ptr_array_new_with_free_func(g_free)};
  there = (Ends){.lines = g_ptr_array_new_with_free_func(g_free)};
  here.channel = channel_new(fds[0], keep_line, keep_close, &here);
  there.channel = channel_new(fds[1], keep_line, keep_close, &there);
  g_autofree char *longest = g_strnfill(CHANNEL_MAX_LINE, 'y');
  g_assert_true(channel_send(here.channel, longest));
  g_assert_true(channel_send(here.channel, "next"));
  run_until(&there.lines->len, 2);
  g_assert_cmpstr(there.lines->pdata[0], ==, longest);
  g_assert_cmpstr(there.lines->pdata[1], ==, "next");
  ends_clear(&here, -1);
  ends_clear(&there, -1);
}

static void test_a_peer_that_does_not_read_is_dropped(void) {
  Ends ends;
  int peer;
  ends_init(&ends, &peer);
  g_autofree char *line = g_strnfill(100 * 1024, 'z');
  guint sent = 0;
  while (channel_send(ends.channel, line))
    g_assert_cmpuint(++sent, <, 1000);
  g_assert_cmpuint(ends.closes, ==, 0);
  run_until(&ends.closes, 1);
  g_assert_cmpstr(ends.reason, ==, "the peer does not read");
  ends_clear(&ends, peer);
}

static void test_it_may_be_freed_from_its_line(void) {
  Ends ends;
  int peer;
  ends_init(&ends, &peer);
  ends.free_at_line = TRUE;
  put(peer, "one\ntwo\n");
  run_until(&ends.lines->len, 1);
  g_assert_cmpuint(ends.lines->len, ==, 1);
  g_assert_null(ends.channel);
  ends_clear(&ends, peer);
}

static void test_flush_writes_last_words(void) {
  Ends ends;
  int peer;
  char got[16] = "";
  ends_init(&ends, &peer);
  g_assert_true(channel_send(ends.channel, "bye"));
  g_assert_true(channel_flush(ends.channel, 1000));
  g_clear_pointer(&ends.channel, channel_free);
  g_assert_cmpint(read(peer, got, sizeof got - 1), ==, 4);
  g_assert_cmpstr(got, ==, "bye\n");
  g_assert_cmpint(read(peer, got, sizeof got), ==, 0);
  ends_clear(&ends, peer);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/channel/lines-are-whole", test_lines_are_whole);
  g_test_add_func("/channel/end-of-peer-is-told-once", test_end_of_peer_is_told_once);
  g_test_add_func("/channel/a-long-line-breaks-it", test_a_long_line_breaks_it);
  g_test_add_func("/channel/the-longest-line-arrives", test_the_longest_line_arrives);
  g_test_add_func("/channel/a-peer-that-does-not-read-is-dropped", test_a_peer_that_does_not_read_is_dropped);
  g_test_add_func("/channel/it-may-be-freed-from-its-line", test_it_may_be_freed_from_its_line);
  g_test_add_func("/channel/flush-writes-last-words", test_flush_writes_last_words);
  return g_test_run();
}
