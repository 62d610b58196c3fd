/* common/file_watch.h: when files are to be read again. */
#include "common/file_watch.h"

#include <glib/gstdio.h>
#include <unistd.h>

typedef struct {
  char *directory, *first, *second;
  FileWatch *watch;
} Fixture;

static void put(const char *path, const char *text) {
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void set_up(Fixture *f, gconstpointer data) {
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->first = g_build_filename(f->directory, "first", NULL);
  f->second = g_build_filename(f->directory, "second", NULL);
  put(f->first, "a");
  put(f->second, "b");
  f->watch = file_watch_new((const char *const[]){f->first, NULL, f->second}, 3);
}

static void tear_down(Fixture *f, gconstpointer data) {
  file_watch_free(f->watch);
  g_remove(f->first);
  g_remove(f->second);
  g_assert_cmpint(g_rmdir(f->directory), ==, 0);
  g_free(f->first);
  g_free(f->second);
  g_free(f->directory);
}

static void what_stays_as_it_is_is_not_read_again(Fixture *f, gconstpointer data) {
  for (guint i = 0; i < 3; i++)
    g_assert_false(file_watch_look(f->watch));
}

static void a_change_is_told_once_and_when_it_rests(Fixture *f, gconstpointer data) {
  put(f->second, "other");
  g_assert_false(file_watch_look(f->watch));
  g_assert_true(file_watch_look(f->watch));
  g_assert_false(file_watch_look(f->watch));
}

/* A certificate comes before its key. */
static void who_writes_several_is_waited_for(Fixture *f, gconstpointer data) {
  put(f->first, "other");
  g_assert_false(file_watch_look(f->watch));
  put(f->second, "other");
  g_assert_false(file_watch_look(f->watch));
  g_assert_true(file_watch_look(f->watch));
}

static void a_file_that_goes_has_changed(Fixture *f, gconstpointer data) {
  g_remove(f->first);
  g_assert_false(file_watch_look(f->watch));
  g_assert_true(file_watch_look(f->watch));
  put(f->first, "a");
  g_assert_false(file_watch_look(f->watch));
  g_assert_true(file_watch_look(f->watch));
}

/* As tools that renew certificates do it. */
static void a_link_that_leads_elsewhere_has_changed(Fixture *f, gconstpointer data) {
  g_autofree char *link = g_build_filename(f->directory, "link", NULL);
  g_assert_cmpint(symlink(f->first, link), ==, 0);
  FileWatch *watch = file_watch_new((const char *const[]){link}, 1);
  g_remove(link);
  g_assert_cmpint(symlink(f->second, link), ==, 0);
  g_assert_false(file_watch_look(watch));
  g_assert_true(file_watch_look(watch));
  file_watch_free(watch);
  g_remove(link);
}

static void what_was_read_for_another_reason_is_not_read_again(Fixture *f, gconstpointer data) {
  put(f->first, "other");
  g_assert_false(file_watch_look(f->watch));
  file_watch_take(f->watch);
  g_assert_false(file_watch_look(f->watch));
  g_assert_false(file_watch_look(f->watch));
}

#define TEST(name) g_test_add("/file-watch/" #name, Fixture, NULL, set_up, name, tear_down)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(what_stays_as_it_is_is_not_read_again);
  TEST(a_change_is_told_once_and_when_it_rests);
  TEST(who_writes_several_is_waited_for);
  TEST(a_file_that_goes_has_changed);
  TEST(a_link_that_leads_elsewhere_has_changed);
  TEST(what_was_read_for_another_reason_is_not_read_again);
  return g_test_run();
}
