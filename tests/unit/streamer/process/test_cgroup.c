/* Control groups, in a directory that plays one. */
#include "streamer/process/cgroup.h"

#include "streamer/process/remains.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *directory;
} Fixture;

static void put(const char *directory, const char *name, const char *text) {
  g_autofree char *path = g_build_filename(directory, name, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* "": there is no such file. (transfer full) */
static char *get(const char *directory, const char *name) {
  g_autofree char *path = g_build_filename(directory, name, NULL);
  char *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static void assert_has(const char *directory, const char *name, const char *expected) {
  g_autofree char *text = get(directory, name);
  g_assert_cmpstr(text, ==, expected);
}

/* As the service manager leaves it: delegated, and this process alone in it. */
static void set_up(Fixture *fixture, gconstpointer data) {
  g_autofree char *own = g_strdup_printf("%d\n", (int)getpid());
  fixture->directory = g_dir_make_tmp("cgroup-XXXXXX", NULL);
  put(fixture->directory, "cgroup.controllers", "cpu memory pids\n");
  put(fixture->directory, "cgroup.procs", own);
}

static void tear_down(Fixture *fixture, gconstpointer data) {
  remains_remove_tree(fixture->directory);
  g_free(fixture->directory);
}

/* The one group of a session that there is. (transfer full) */
static char *find_session(const Fixture *fixture) {
  g_autoptr(GDir) dir = g_dir_open(fixture->directory, 0, NULL);
  for (const char *name; (name = g_dir_read_name(dir));)
    if (g_str_has_prefix(name, "session-"))
      return g_build_filename(fixture->directory, name, NULL);
  return NULL;
}

static void the_streamer_moves_below_and_hands_the_controllers_down(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_autofree char *own = g_build_filename(fixture->directory, "streamer", NULL);
  g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
  g_autoptr(Cgroups) cgroups = cgroups_claim_at(fixture->directory, &error);
  g_assert_no_error(error);
  g_assert_nonnull(cgroups);
  assert_has(own, "cgroup.procs", pid);
  assert_has(fixture->directory, "cgroup.subtree_control", "+memory +pids");
}

static void a_session_has_its_bounds_and_its_children_join(Fixture *fixture, gconstpointer data) {
  g_autoptr(Cgroups) cgroups = cgroups_claim_at(fixture->directory, NULL);
  g_autoptr(GError) error = NULL;
  Cgroup *cgroup = cgroup_new(cgroups, 1 << 30, 1000, &error);
  g_assert_no_error(error);
  g_autofree char *directory = find_session(fixture);
  assert_has(directory, "memory.max", "1073741824");
  assert_has(directory, "memory.oom.group", "1");
  assert_has(directory, "pids.max", "1000");
  g_assert_true(cgroup_enter(cgroup));
  assert_has(directory, "cgroup.procs", "0");
  cgroup_end(cgroup);
  assert_has(directory, "cgroup.kill", "1");
}

static void any_number_of_processes_is_no_bound(Fixture *fixture, gconstpointer data) {
  g_autoptr(Cgroups) cgroups = cgroups_claim_at(fixture->directory, NULL);
  Cgroup *cgroup = cgroup_new(cgroups, 1 << 30, 0, NULL);
  g_autofree char *directory = find_session(fixture);
  assert_has(directory, "pids.max", "");
  cgroup_end(cgroup);
}

static void that_memory_ran_out_is_known(Fixture *fixture, gconstpointer data) {
  g_autoptr(Cgroups) cgroups = cgroups_claim_at(fixture->directory, NULL);
  Cgroup *cgroup = cgroup_new(cgroups, 1 << 30, 0, NULL);
  g_autofree char *directory = find_session(fixture);
  g_assert_false(cgroup_ran_out(cgroup));
  put(directory, "memory.events", "low 0\nhigh 0\nmax 17\noom 0\noom_kill 0\noom_group_kill 0\n");
  g_assert_false(cgroup_ran_out(cgroup));
  put(directory, "memory.events", "low 0\nhigh 0\nmax 17\noom 1\noom_kill 4\noom_group_kill 1\n");
  g_assert_true(cgroup_ran_out(cgroup));
  cgroup_end(cgroup);
}

static void what_is_not_ours_is_left_alone(Fixture *fixture, gconstpointer data) {
  static const struct {
    const char *file, *text, *why;
  } cases[] = {
      {"cgroup.procs", "1\n2\n", "has other processes"},
      {"cgroup.procs", "", "has other processes"},
      {"cgroup.controllers", "cpu pids\n", "no controllers"},
      {"cgroup.controllers", "", "no controllers"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *kept = get(fixture->directory, cases[i].file);
    put(fixture->directory, cases[i].file, cases[i].text);
    g_assert_null(cgroups_claim_at(fixture->directory, &error));
    g_assert_nonnull(strstr(error->message, cases[i].why));
    put(fixture->directory, cases[i].file, kept);
    assert_has(fixture->directory, "cgroup.subtree_control", "");
  }
}

static void a_directory_is_no_tree_of_control_groups(Fixture *fixture, gconstpointer data) {
  g_autoptr(GError) error = NULL;
  g_assert_null(cgroups_claim(fixture->directory, &error));
  g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(path, func) g_test_add("/cgroup/" path, Fixture, NULL, set_up, func, tear_down)
  TEST("the-streamer-moves-below-and-hands-the-controllers-down",
       the_streamer_moves_below_and_hands_the_controllers_down);
  TEST("a-session-has-its-bounds-and-its-children-join", a_session_has_its_bounds_and_its_children_join);
  TEST("any-number-of-processes-is-no-bound", any_number_of_processes_is_no_bound);
  TEST("that-memory-ran-out-is-known", that_memory_ran_out_is_known);
  TEST("what-is-not-ours-is-left-alone", what_is_not_ours_is_left_alone);
  TEST("a-directory-is-no-tree-of-control-groups", a_directory_is_no_tree_of_control_groups);
  return g_test_run();
}
