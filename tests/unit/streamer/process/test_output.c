/* What children write: nobody else waits for it. */
#include "streamer/process/output.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static gboolean on_idle(gpointer data) {
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

/* A file that can be read for ever, at once, as a child that never stops writes. */
static void test_a_flood_leaves_others_their_turn(void) {
  Output *output = output_new(open("/dev/zero", O_RDONLY | O_CLOEXEC), "flood", NULL);
  gboolean has_had_its_turn = FALSE;
  g_idle_add(on_idle, &has_had_its_turn);
  for (int turns = 0; turns < 100 && !has_had_its_turn; turns++)
    g_main_context_iteration(NULL, TRUE);
  g_assert_true(has_had_its_turn);
  output_free(output);
}

/* The bound is on what is read at once, not on what is read at all. */
static void test_what_had_to_wait_is_read_later(void) {
  const gsize length = OUTPUT_BYTES_PER_SECOND / 2;
  g_autofree char *path = NULL, *text = g_strnfill(length, '\n'), *words = NULL;
  int fd = g_file_open_tmp(NULL, &path, NULL);
  g_assert_no_errno(g_unlink(path));
  FILE *file = fdopen(dup(fd), "w");
  fprintf(file, "%s%s\n", text, "the last line");
  g_assert_no_errno(fclose(file));
  g_assert_no_errno((int)lseek(fd, 0, SEEK_SET));
  Output *output = output_new(fd, "much", NULL);
  do {
    g_main_context_iteration(NULL, TRUE);
    g_free(words);
    words = output_last_words(output);
  } while (!*words);
  g_assert_cmpstr(words, ==, "the last line");
  output_free(output);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/output/a_flood_leaves_others_their_turn", test_a_flood_leaves_others_their_turn);
  g_test_add_func("/output/what_had_to_wait_is_read_later", test_what_had_to_wait_is_read_later);
  return g_test_run();
}
