/* fcgi/store/record_file: nobody is told yes before it is on disk, and what is on disk is always whole. */
#include "common/fields.h"
#include "fcgi/store/record_file.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

typedef struct {
  char *directory, *path;
  Mailbox *home;
  guint yes, no;
  char *reason;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "plan.json", NULL);
  f->home = mailbox_new(NULL, NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
  static const char *const names[] = {"plan.json", "plan.json.new", "plan.json.lock"};
  mailbox_free(f->home);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(f->directory, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
  g_free(f->reason);
}

static RecordFile *open_file(Fixture *f, guint *n_records) {
  g_autoptr(GPtrArray) records = NULL;
  g_autoptr(GError) error = NULL;
  RecordFile *file = record_file_open(f->path, "id", f->home, &records, &error);
  g_assert_no_error(error);
  if (n_records)
    *n_records = records->len;
  return file;
}

static void count(gboolean stored, const char *reason, gpointer user_data) {
  Fixture *f = user_data;
  if (stored) {
    f->yes++;
  } else {
    f->no++;
    g_free(f->reason);
    f->reason = g_strdup(reason);
  }
}

static void put(Fixture *f, RecordFile *file, guint number, gboolean remove) {
  g_autofree char *id = g_strdup_printf("r%u", number);
  record_file_put(file, id, remove ? NULL : g_strdup_printf("{\"id\":\"%s\",\"n\":%u}", id, number), count,
                  f);
}

static void wait_for(Fixture *f, guint answers) {
  while (f->yes + f->no < answers)
    g_assert_true(mailbox_deliver_next(f->home, NULL));
}

static char *content(Fixture *f) {
  char *text = NULL;
  g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
  return text;
}

static void yes_means_on_disk(Fixture *f, gconstpointer data) {
  RecordFile *file = open_file(f, NULL);
  put(f, file, 1, FALSE);
  wait_for(f, 1);
  g_autofree char *one = content(f);
  g_assert_cmpstr(one, ==, "[\n{\"id\":\"r1\",\"n\":1}\n]\n");
  put(f, file, 2, FALSE);
  put(f, file, 1, TRUE);
  wait_for(f, 3);
  g_autofree char *two = content(f);
  g_assert_cmpstr(two, ==, "[\n{\"id\":\"r2\",\"n\":2}\n]\n");
  g_assert_cmpuint(f->no, ==, 0);
  record_file_close(file);
}

static void what_was_stored_is_there_again(Fixture *f, gconstpointer data) {
  guint n;
  RecordFile *file = open_file(f, &n);
  g_assert_cmpuint(n, ==, 0);
  for (guint i = 0; i < 5000; i++)
    put(f, file, i, FALSE);
  record_file_close(file); /* writes what was given */
  wait_for(f, 5000);
  file = open_file(f, &n);
  g_assert_cmpuint(n, ==, 5000);
  record_file_close(file);
}

static void many_changes_share_a_write(Fixture *f, gconstpointer data) {
  RecordFile *file = open_file(f, NULL);
  for (guint i = 0; i < 2000; i++)
    put(f, file, i, FALSE);
  wait_for(f, 2000);
  g_test_message("2000 changes in %" G_GUINT64_FORMAT " writes", record_file_get_writes(file));
  g_assert_cmpuint(record_file_get_writes(file), <, 500);
  record_file_close(file);
}

static void a_second_opener_is_refused(Fixture *f, gconstpointer data) {
  RecordFile *file = open_file(f, NULL);
  g_autoptr(GPtrArray) records = NULL;
  g_autoptr(GError) error = NULL;
  g_assert_null(record_file_open(f->path, "id", f->home, &records, &error));
  g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED);
  record_file_close(file);
  record_file_close(open_file(f, NULL));
}

static void a_broken_file_is_named_and_kept(Fixture *f, gconstpointer data) {
  static const char *const broken[] = {
      "[\n{\"id\":\"r1\"}", "", "{}", "[{\"id\":\"a\"},{\"id\":\"a\"}]", "[{\"n\":1}]", "[1]",
  };
  for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(f->path, broken[i], -1, NULL));
    g_assert_null(record_file_open(f->path, "id", f->home, &records, &error));
    g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT);
    g_assert_true(g_str_has_prefix(error->message, f->path));
    g_autofree char *kept = content(f);
    g_assert_cmpstr(kept, ==, broken[i]);
  }
}

/* A limit on the size of files stands for the full disk: write() fails in the middle of the new file. */
static void a_failed_write_changes_nothing(Fixture *f, gconstpointer data) {
  struct rlimit old, small = {2000, RLIM_INFINITY};
  RecordFile *file = open_file(f, NULL);
  put(f, file, 1, FALSE);
  put(f, file, 2, FALSE);
  wait_for(f, 2);
  g_autofree char *before = content(f);
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
  small.rlim_max = old.rlim_max;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
  g_autofree char *filler = g_strnfill(4000, 'x');
  record_file_put(file, "large", g_strdup_printf("{\"id\":\"large\",\"x\":\"%s\"}", filler), count, f);
  wait_for(f, 3);
  put(f, file, 1, TRUE); /* fits again: the large one was taken back */
  wait_for(f, 4);
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
  g_assert_cmpuint(f->no, ==, 1);
  g_assert_true(g_str_has_prefix(f->reason, f->path));
  g_autofree char *after = content(f);
  g_assert_cmpstr(after, ==, "[\n{\"id\":\"r2\",\"n\":2}\n]\n");
  g_assert_cmpstr(before, ==, "[\n{\"id\":\"r1\",\"n\":1},\n{\"id\":\"r2\",\"n\":2}\n]\n");
  record_file_close(file);
}

static void a_vanished_directory_is_survived(Fixture *f, gconstpointer data) {
  RecordFile *file = open_file(f, NULL);
  g_autofree char *aside = g_strconcat(f->directory, ".aside", NULL);
  g_assert_cmpint(g_rename(f->directory, aside), ==, 0);
  put(f, file, 1, FALSE);
  wait_for(f, 1);
  g_assert_cmpuint(f->no, ==, 1);
  g_assert_cmpint(g_rename(aside, f->directory), ==, 0);
  put(f, file, 2, FALSE);
  wait_for(f, 2);
  g_assert_cmpuint(f->yes, ==, 1);
  g_autofree char *text = content(f);
  g_assert_cmpstr(text, ==, "[\n{\"id\":\"r2\",\"n\":2}\n]\n");
  record_file_close(file);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
  ADD("/record-file/yes-means-on-disk", yes_means_on_disk);
  ADD("/record-file/what-was-stored-is-there-again", what_was_stored_is_there_again);
  ADD("/record-file/many-changes-share-a-write", many_changes_share_a_write);
  ADD("/record-file/a-second-opener-is-refused", a_second_opener_is_refused);
  ADD("/record-file/a-broken-file-is-named-and-kept", a_broken_file_is_named_and_kept);
  ADD("/record-file/a-failed-write-changes-nothing", a_failed_write_changes_nothing);
  ADD("/record-file/a-vanished-directory-is-survived", a_vanished_directory_is_survived);
  return g_test_run();
}
