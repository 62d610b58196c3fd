/* What processes take: of a directory that plays /proc, and of the real one. */
#include "streamer/process/usage.h"

#include "streamer/process/remains.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define NO_BOUND G_MAXUINT64

typedef struct {
  char *proc;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data) {
  fixture->proc = g_dir_make_tmp("proc-XXXXXX", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  remains_remove_tree(fixture->proc);
  g_free(fixture->proc);
}

/* A process with @pages of resident memory, a quarter of which is its share. */
static void add_process(const Fixture *fixture, int pid, int parent, const char *name, guint64 pages) {
  guint64 kilobytes = pages * (guint64)sysconf(_SC_PAGESIZE) / 1024;
  g_autofree char *directory = g_strdup_printf("%s/%d", fixture->proc, pid);
  g_autofree char *stat = g_build_filename(directory, "stat", NULL);
  g_autofree char *smaps = g_build_filename(directory, "smaps_rollup", NULL);
  g_autofree char *line =
      g_strdup_printf("%d (%s) S %d 1 1 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 77 123456789 %" G_GUINT64_FORMAT
                      " 18446744073709551615 1 1 0\n",
                      pid, name, parent, pages);
  g_autofree char *rollup =
      g_strdup_printf("5570-7ffc ---p 00000000 00:00 0 [rollup]\nRss:    %" G_GUINT64_FORMAT
                      " kB\nPss:    %" G_GUINT64_FORMAT " kB\nPss_Dirty:   9 kB\n",
                      kilobytes, kilobytes / 4);
  g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
  g_assert_true(g_file_set_contents(stat, line, -1, NULL));
  g_assert_true(g_file_set_contents(smaps, rollup, -1, NULL));
}

/* 10 and 20 are two sessions' roots. */
static void add_family(const Fixture *fixture) {
  add_process(fixture, 1, 0, "init", 1000);
  add_process(fixture, 10, 1, "bwrap", 10);
  add_process(fixture, 11, 10, "app", 200);
  add_process(fixture, 12, 11, "its) S 1 (child", 3000);
  add_process(fixture, 20, 1, "Xvfb", 40000);
}

static guint64 pages(guint64 number) {
  return number * (guint64)sysconf(_SC_PAGESIZE);
}

static void all_that_descends_is_summed(Fixture *fixture, gconstpointer data) {
  const pid_t first[] = {10}, both[] = {20, 10, 11, 999};
  add_family(fixture);
  g_autoptr(UsageLook) look = usage_look(fixture->proc);
  Usage usage = usage_of(look, first, G_N_ELEMENTS(first), NO_BOUND);
  g_assert_cmpuint(usage.processes, ==, 3);
  g_assert_cmpuint(usage.bytes, ==, pages(3210));
  usage = usage_of(look, both, G_N_ELEMENTS(both), NO_BOUND);
  g_assert_cmpuint(usage.processes, ==, 4);
  g_assert_cmpuint(usage.bytes, ==, pages(43210));
  usage = usage_of(look, NULL, 0, 0);
  g_assert_cmpuint(usage.processes, ==, 0);
  g_assert_cmpuint(usage.bytes, ==, 0);
}

static void what_is_shared_counts_once_where_it_matters(Fixture *fixture, gconstpointer data) {
  const pid_t roots[] = {10};
  add_family(fixture);
  g_autoptr(UsageLook) look = usage_look(fixture->proc);
  g_assert_cmpuint(usage_of(look, roots, 1, pages(3210)).bytes, ==, pages(3210));
  g_assert_cmpuint(usage_of(look, roots, 1, pages(3210) - 1).bytes, ==, pages(3210) / 4);
}

static void what_is_broken_or_circular_does_no_harm(Fixture *fixture, gconstpointer data) {
  const pid_t roots[] = {30};
  g_autofree char *empty = g_build_filename(fixture->proc, "40", NULL);
  g_autofree char *word = g_build_filename(fixture->proc, "self", NULL);
  add_process(fixture, 30, 31, "a", 1);
  add_process(fixture, 31, 30, "b", 1);
  add_process(fixture, 32, 32, "c", 1);
  g_assert_cmpint(g_mkdir(empty, 0700), ==, 0);
  g_assert_cmpint(g_mkdir(word, 0700), ==, 0);
  g_autoptr(UsageLook) look = usage_look(fixture->proc);
  g_assert_cmpuint(usage_of(look, roots, 1, NO_BOUND).processes, ==, 2);
}

/* A child that has taken memory, and has said so; it waits to be killed. */
static pid_t start_eater(gsize bytes) {
  int ends[2];
  char byte;
  g_assert_cmpint(pipe(ends), ==, 0);
  pid_t pid = fork();
  if (pid == 0) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, bytes);
    (void)!write(ends[1], "x", 1);
    for (;;)
      pause();
  }
  g_assert_cmpint((int)read(ends[0], &byte, 1), ==, 1);
  close(ends[0]);
  close(ends[1]);
  return pid;
}

static void real_processes_are_measured(void) {
  const pid_t roots[] = {getpid()};
  pid_t eater = start_eater(64 * MIB);
  g_autoptr(UsageLook) look = usage_look("/proc");
  g_assert_cmpuint(usage_of(look, roots, 1, NO_BOUND).processes, ==, 2);
  g_assert_cmpuint(usage_of(look, roots, 1, NO_BOUND).bytes, >, 64 * MIB);
  g_assert_cmpuint(usage_of(look, roots, 1, 0).bytes, >, 64 * MIB);
  g_assert_cmpuint(usage_of(look, &eater, 1, 0).processes, ==, 1);
  kill(eater, SIGKILL);
  waitpid(eater, NULL, 0);
  g_assert_cmpuint(usage_of(look, &eater, 1, 0).bytes, ==, 0);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(path, func) g_test_add("/usage/" path, Fixture, NULL, set_up, func, tear_down)
  TEST("all-that-descends-is-summed", all_that_descends_is_summed);
  TEST("what-is-shared-counts-once-where-it-matters", what_is_shared_counts_once_where_it_matters);
  TEST("what-is-broken-or-circular-does-no-harm", what_is_broken_or_circular_does_no_harm);
  g_test_add_func("/usage/real-processes-are-measured", real_processes_are_measured);
  return g_test_run();
}
