/* Child processes: how they begin, what they say, how they end; and what a killed streamer leaves. */
#include "streamer/process/process.h"
#include "streamer/process/remains.h"
#include "streamer/stage/environment.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

static char *const plain_environment[] = {"PATH=/usr/bin:/bin", NULL};

static void on_ended(Process *process, gpointer data) {
  *(gboolean *)data = TRUE;
}

/* Runs a shell script to its end. (transfer full) */
static Process *run(const char *script) {
  char *arguments[] = {"sh", "-c", (char *)script, NULL};
  ProcessPlan plan = {
      .name = "test", .arguments = arguments, .environment = plain_environment, .channel_fd = -1};
  g_autoptr(GError) error = NULL;
  gboolean ended = FALSE;
  Process *process = process_start(&plan, on_ended, &ended, &error);
  g_assert_no_error(error);
  while (!ended)
    g_main_context_iteration(NULL, TRUE);
  return process;
}

static gboolean lives(pid_t pid) {
  return kill(pid, 0) == 0;
}

/* Waits for a line from the child at the other end of @fd. (transfer full) */
static char *read_line(int fd) {
  GString *line = g_string_new(NULL);
  char byte;
  while (read(fd, &byte, 1) == 1 && byte != '\n')
    g_string_append_c(line, byte);
  return g_string_free(line, FALSE);
}

static void the_end_is_described(void) {
  static const struct {
    const char *script, *end;
  } cases[] = {
      {"exit 0", "ended with status 0"},
      {"exit 3", "ended with status 3"},
      {"kill -9 $$", "was killed by signal 9 (Killed)"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(Process) process = run(cases[i].script);
    g_autofree char *end = process_describe_end(process);
    g_assert_cmpstr(end, ==, cases[i].end);
    g_assert_true(process_has_ended(process));
  }
}

static void last_words_are_kept(void) {
  static const struct {
    const char *script, *words;
  } cases[] = {
      {"true", ""},
      {"echo out; echo err >&2", "out | err"},
      {"printf 'no line feed'", "no line feed"},
      {"printf 'a\\r\\n\\n\\nb\\000c\\n'", "a | b c"},
      {"for i in 1 2 3 4 5 6 7 8; do echo $i; done", "3 | 4 | 5 | 6 | 7 | 8"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(Process) process = run(cases[i].script);
    g_autofree char *words = process_last_words(process);
    g_assert_cmpstr(words, ==, cases[i].words);
  }
  g_autoptr(Process) process = run("head -c 100000 /dev/zero | tr '\\0' x");
  g_autofree char *words = process_last_words(process);
  g_assert_cmpuint(strlen(words), ==, 1000);
}

static void what_cannot_run_is_an_error(void) {
  char *programs[] = {"no-such-program-anywhere", "/nonexistent/program", "/etc/passwd", "/"};
  for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
    char *arguments[] = {programs[i], NULL};
    ProcessPlan plan = {
        .name = "test", .arguments = arguments, .environment = plain_environment, .channel_fd = -1};
    g_autoptr(GError) error = NULL;
    g_assert_null(process_start(&plan, NULL, NULL, &error));
    g_assert_true(error->domain == G_SPAWN_ERROR);
    g_assert_nonnull(strstr(error->message, programs[i]));
  }
  char *arguments[] = {"true", NULL};
  ProcessPlan plan = {.name = "test",
                      .arguments = arguments,
                      .environment = plain_environment,
                      .directory = "/nonexistent",
                      .channel_fd = -1};
  g_autoptr(GError) error = NULL;
  g_assert_null(process_start(&plan, NULL, NULL, &error));
  g_assert_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED);
}

static void it_gets_what_is_given_and_no_more(void) {
  g_setenv("A_SECRET", "kept", TRUE);
  signal(SIGPIPE, SIG_IGN);
  /* The shell that lists them holds one more, for the directory. */
  g_autoptr(Process) process =
      run("env | grep SECRET; cat /proc/$$/status | grep SigIgn; cd /proc/$$/fd; echo *");
  g_autofree char *words = process_last_words(process);
  g_assert_null(strstr(words, "kept"));
  /* Signals 32 and 33 are glibc's own: no program can reset them (sigaction(2)). */
  const char *ignored = strstr(words, "SigIgn:\t");
  g_assert_nonnull(ignored);
  g_assert_cmphex(
      g_ascii_strtoull(ignored + strlen("SigIgn:\t"), NULL, 16) & ~G_GUINT64_CONSTANT(0x180000000), ==, 0);
  g_assert_true(g_str_has_suffix(words, "| 0 1 2 3"));
}

static void the_channel_is_descriptor_three(void) {
  int ends[2];
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  char *arguments[] = {"sh", "-c", "echo $$ >&3; read answer <&3; exit $answer", NULL};
  ProcessPlan plan = {
      .name = "test", .arguments = arguments, .environment = plain_environment, .channel_fd = ends[1]};
  gboolean ended = FALSE;
  g_autoptr(Process) process = process_start(&plan, on_ended, &ended, NULL);
  close(ends[1]);
  g_autofree char *line = read_line(ends[0]);
  pid_t pid = (pid_t)g_ascii_strtoll(line, NULL, 10);
  g_assert_cmpint(getpgid(pid), ==, pid);
  g_assert_cmpint(write(ends[0], "7\n", 2), ==, 2);
  while (!ended)
    g_main_context_iteration(NULL, TRUE);
  g_autofree char *end = process_describe_end(process);
  g_assert_cmpstr(end, ==, "ended with status 7");
  close(ends[0]);
}

/* A child that does @first, says the number of its own child, and does @then. */
static Process *start_family(const char *first, const char *then, gboolean *ended, pid_t *grandchild) {
  int ends[2];
  g_autofree char *whole = g_strconcat(first, "; sleep 1000 & echo $! >&3; exec 3>&-; ", then, NULL);
  char *arguments[] = {"sh", "-c", whole, NULL};
  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  ProcessPlan plan = {
      .name = "test", .arguments = arguments, .environment = plain_environment, .channel_fd = ends[1]};
  Process *process = process_start(&plan, on_ended, ended, NULL);
  close(ends[1]);
  g_autofree char *line = read_line(ends[0]);
  *grandchild = (pid_t)g_ascii_strtoll(line, NULL, 10);
  close(ends[0]);
  return process;
}

/* Killed, but reaped by another process: gone soon. */
static void assert_gone(pid_t pid) {
  for (int i = 0; i < 5000; i++) {
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid), *stat = NULL;
    if (!lives(pid) || (g_file_get_contents(path, &stat, NULL, NULL) && strstr(stat, ") Z ")))
      return;
    g_usleep(1000);
  }
  g_assert_not_reached();
}

static void the_group_ends_with_its_leader(void) {
  gboolean ended = FALSE;
  pid_t grandchild;
  G_GNUC_UNUSED g_autoptr(Process) process = start_family("true", "exit 0", &ended, &grandchild);
  while (!ended)
    g_main_context_iteration(NULL, TRUE);
  g_assert_true(process_has_ended(process));
  assert_gone(grandchild);
}

static void stopping_asks_then_forces(void) {
  static const struct {
    const char *trap, *end;
  } cases[] = {
      {"trap 'exit 5' TERM", "ended with status 5"},
      {"trap '' TERM", "was killed by signal 9 (Killed)"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    gboolean ended = FALSE;
    pid_t grandchild;
    g_autoptr(Process) process = start_family(cases[i].trap, "while :; do wait; done", &ended, &grandchild);
    process_stop(process, i == 0 ? 60000 : 100);
    process_stop(process, 1);
    while (!ended)
      g_main_context_iteration(NULL, TRUE);
    g_autofree char *end = process_describe_end(process);
    g_assert_cmpstr(end, ==, cases[i].end);
    assert_gone(grandchild);
  }
}

static void freeing_kills(void) {
  gboolean ended = FALSE;
  pid_t grandchild;
  Process *process = start_family("true", "wait", &ended, &grandchild);
  pid_t child = getpgid(grandchild); /* which leads the group */
  g_assert_true(lives(child));
  process_free(process);
  g_assert_false(ended);
  g_assert_false(lives(child));
  assert_gone(grandchild);
}

/* ---- environment ---- */

static void the_environment_is_the_sessions_own(void) {
  char *entries[] = {"SET=1", "PASSED", "ABSENT", "EMPTY=", NULL};
  g_setenv("PASSED", "yes", TRUE);
  g_setenv("A_SECRET", "kept", TRUE);
  g_setenv("GST_DEBUG", "2", TRUE);
  g_setenv("HOME", "/elsewhere", TRUE);
  g_unsetenv("GST_REGISTRY");
  g_auto(GStrv) environment = environment_add(environment_new("/s/1", "/cache", FALSE), entries);
  static const struct {
    const char *name, *value;
  } expected[] = {
      {"HOME", "/s/1/home"},
      {"TMPDIR", "/s/1/tmp"},
      {"XDG_RUNTIME_DIR", "/s/1/run"},
      {REMAINS_VARIABLE, "/s/1"},
      {"GST_REGISTRY", "/cache/gstreamer-registry.bin"},
      {"GST_DEBUG", "2"},
      {"SET", "1"},
      {"PASSED", "yes"},
      {"EMPTY", ""},
      {"ABSENT", NULL},
      {"A_SECRET", NULL},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
    g_assert_cmpstr(g_environ_getenv(environment, expected[i].name), ==, expected[i].value);
}

static void in_a_cell_places_have_the_same_names(void) {
  g_unsetenv("MESA_SHADER_CACHE_DIR");
  g_auto(GStrv) environment = environment_new("/s/1", "/cache", TRUE);
  g_assert_cmpstr(g_environ_getenv(environment, "HOME"), ==, CELL_HOME);
  g_assert_cmpstr(g_environ_getenv(environment, "TMPDIR"), ==, CELL_TEMPORARY);
  g_assert_cmpstr(g_environ_getenv(environment, REMAINS_VARIABLE), ==, "/s/1");
  /* No session gives compiled code to another. */
  g_assert_null(g_environ_getenv(environment, "MESA_SHADER_CACHE_DIR"));
}

/* ---- launchers ---- */

static void a_launcher_is_over_when_its_group_is(void) {
  static const struct {
    const char *script, *end;
    gboolean waits;
  } cases[] = {
      {"(sleep 0.5; echo done) & exit 0", "ended with status 0", TRUE},
      {"(sleep 1000; echo done) & exit 3", "ended with status 3", FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *arguments[] = {"sh", "-c", (char *)cases[i].script, NULL};
    ProcessPlan plan = {.name = "test",
                        .arguments = arguments,
                        .environment = plain_environment,
                        .channel_fd = -1,
                        .launches = TRUE};
    gboolean ended = FALSE;
    g_autoptr(Process) process = process_start(&plan, on_ended, &ended, NULL);
    while (!ended)
      g_main_context_iteration(NULL, TRUE);
    g_autofree char *end = process_describe_end(process), *words = process_last_words(process);
    g_assert_cmpstr(end, ==, cases[i].end);
    g_assert_cmpstr(words, ==, cases[i].waits ? "done" : "");
  }
}

/* ---- remains ---- */

/* A state directory for one test. (transfer full) */
static char *make_state(void) {
  char *state = g_dir_make_tmp("remains-XXXXXX", NULL);
  g_assert_nonnull(state);
  return state;
}

static void only_the_dead_are_cleared(void) {
  g_autofree char *state = make_state();
  int lock = -1, other_lock = -1;
  g_autofree char *alive = remains_claim(state, &lock, NULL), *dead = remains_claim(state, &other_lock, NULL);
  g_autofree char *file = g_build_filename(dead, "s1", "home", "deep", NULL);
  g_autofree char *link = g_build_filename(dead, "link", NULL);
  g_assert_cmpint(g_mkdir_with_parents(file, 0700), ==, 0);
  g_assert_cmpint(symlink(alive, link), ==, 0);
  g_assert_cmpuint(remains_clear_dead(state), ==, 0);
  close(other_lock);
  g_assert_cmpuint(remains_clear_dead(state), ==, 1);
  g_assert_false(g_file_test(dead, G_FILE_TEST_EXISTS));
  g_assert_true(g_file_test(alive, G_FILE_TEST_IS_DIR));
  close(lock);
  remains_remove_tree(state);
  g_assert_false(g_file_test(state, G_FILE_TEST_EXISTS));
}

static void those_who_carry_the_mark_are_killed(void) {
  g_autofree char *state = make_state();
  g_autofree char *session = g_build_filename(state, "s1", NULL), *near = g_strconcat(state, "-not", NULL);
  const char *marks[] = {state, session, near};
  Process *processes[3];
  gboolean ended[3] = {FALSE, FALSE, FALSE};
  for (int i = 0; i < 3; i++) {
    g_autofree char *mark = g_strconcat(REMAINS_VARIABLE "=", marks[i], NULL);
    char *arguments[] = {"sleep", "1000", NULL}, *environment[] = {"PATH=/usr/bin:/bin", mark, NULL};
    ProcessPlan plan = {.name = "test", .arguments = arguments, .environment = environment, .channel_fd = -1};
    processes[i] = process_start(&plan, on_ended, &ended[i], NULL);
  }
  g_assert_cmpuint(remains_kill(state), ==, 2);
  while (!ended[0] || !ended[1])
    g_main_context_iteration(NULL, TRUE);
  g_assert_false(ended[2]);
  for (int i = 0; i < 3; i++)
    process_free(processes[i]);
  remains_remove_tree(state);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/process/the-end-is-described", the_end_is_described);
  g_test_add_func("/process/last-words-are-kept", last_words_are_kept);
  g_test_add_func("/process/what-cannot-run-is-an-error", what_cannot_run_is_an_error);
  g_test_add_func("/process/it-gets-what-is-given-and-no-more", it_gets_what_is_given_and_no_more);
  g_test_add_func("/process/the-channel-is-descriptor-three", the_channel_is_descriptor_three);
  g_test_add_func("/process/the-group-ends-with-its-leader", the_group_ends_with_its_leader);
  g_test_add_func("/process/stopping-asks-then-forces", stopping_asks_then_forces);
  g_test_add_func("/process/freeing-kills", freeing_kills);
  g_test_add_func("/environment/is-the-sessions-own", the_environment_is_the_sessions_own);
  g_test_add_func("/environment/in-a-cell-places-have-the-same-names", in_a_cell_places_have_the_same_names);
  g_test_add_func("/process/a-launcher-is-over-when-its-group-is", a_launcher_is_over_when_its_group_is);
  g_test_add_func("/remains/only-the-dead-are-cleared", only_the_dead_are_cleared);
  g_test_add_func("/remains/those-who-carry-the-mark-are-killed", those_who_carry_the_mark_are_killed);
  return g_test_run();
}
