/* fcgi/store/record_file: nobody is told yes before it is on disk, and what is on disk is always whole. */
#include "fcgi/store/journal_line.h"
#include "tests/unit/fcgi/store/plan_files.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How many more syncs of a directory are to fail. */
static gint directory_failures;

/* In the place of libc's, for the whole program. */
int fsync(int fd) {
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode) && g_atomic_int_get(&directory_failures) > 0) {
    g_atomic_int_add(&directory_failures, -1);
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fsync, fd);
}

static void close_folded(RecordFile *file) {
  record_file_fold_at_end(file);
  record_file_close(file);
}

static void assert_reads(PlanFiles *f, const char *records) {
  g_autofree char *read = plan_files_read(f);
  g_assert_cmpstr(read, ==, records);
}

static void assert_contains(const char *path, const char *text) {
  g_autofree char *content = plan_files_content(path);
  g_assert_cmpstr(content, ==, text);
}

static void yes_means_on_disk(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 1, 1);
  plan_files_wait(f, 1);
  assert_reads(f, "{\"id\":\"r1\",\"n\":1}\n");
  plan_files_put(f, file, 2, 2);
  plan_files_remove(f, file, 1);
  plan_files_wait(f, 3);
  assert_reads(f, "{\"id\":\"r2\",\"n\":2}\n");
  g_assert_cmpuint(f->no, ==, 0);
  record_file_close(file);
}

static void a_change_appends_a_line_and_leaves_the_rest_alone(PlanFiles *f, gconstpointer data) {
  static const char whole[] = "[\n{\"id\":\"r1\",\"n\":1}\n]\n";
  plan_files_write(f->path, whole, strlen(whole));
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 2, 2);
  plan_files_wait(f, 1);
  g_autofree char *one = plan_files_content(f->journal);
  plan_files_remove(f, file, 1);
  plan_files_wait(f, 2);
  g_autofree char *two = plan_files_content(f->journal);
  record_file_close(file);
  g_assert_nonnull(strstr(one, "\"n\":1,\"id\":\"r2\",\"record\":{\"id\":\"r2\",\"n\":2}}\n"));
  g_assert_true(g_str_has_prefix(two, one));
  g_assert_nonnull(strstr(two, "\"n\":2,\"id\":\"r1\"}\n"));
  assert_contains(f->path, whole);
}

static void an_orderly_end_leaves_one_file(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 1, 1);
  plan_files_put(f, file, 2, 2);
  close_folded(file);
  assert_contains(f->path, "[\n{\"id\":\"r1\",\"n\":1,\"folded\":2},\n{\"id\":\"r2\",\"n\":2}\n]\n");
  g_assert_false(g_file_test(f->journal, G_FILE_TEST_EXISTS));
  file = plan_files_open(f, NULL);
  plan_files_put(f, file, 2, 3);
  record_file_close(file);
  plan_files_wait(f, 3);
  g_autofree char *journal = plan_files_content(f->journal);
  g_assert_nonnull(strstr(journal, "\"n\":3,\"id\":\"r2\""));
  assert_reads(f, "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r2\",\"n\":3}\n");
}

static void who_changes_nothing_writes_nothing(PlanFiles *f, gconstpointer data) {
  close_folded(plan_files_open(f, NULL));
  g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
  g_assert_false(g_file_test(f->journal, G_FILE_TEST_EXISTS));
}

static void what_was_stored_is_there_again(PlanFiles *f, gconstpointer data) {
  guint n;
  RecordFile *file = plan_files_open(f, &n);
  g_assert_cmpuint(n, ==, 0);
  for (guint i = 0; i < 5000; i++)
    plan_files_put(f, file, i, i);
  record_file_close(file); /* writes what was given */
  plan_files_wait(f, 5000);
  file = plan_files_open(f, &n);
  g_assert_cmpuint(n, ==, 5000);
  record_file_close(file);
}

static void many_changes_share_a_write(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  for (guint i = 0; i < 2000; i++)
    plan_files_put(f, file, i, i);
  plan_files_wait(f, 2000);
  g_test_message("2000 changes in %" G_GUINT64_FORMAT " writes", record_file_get_writes(file));
  g_assert_cmpuint(record_file_get_writes(file), <, 500);
  record_file_close(file);
}

/* A few records that change for ever: the journal stays within its share, and nothing is lost on the way. */
static void the_journal_does_not_grow_for_ever(PlanFiles *f, gconstpointer data) {
  enum { RECORDS = 10, ROUNDS = 400, TOGETHER = 50 };
  RecordFile *file = plan_files_open(f, NULL);
  gsize longest = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    for (guint i = 0; i < TOGETHER; i++)
      plan_files_put(f, file, i % RECORDS, round);
    plan_files_wait(f, (round + 1) * TOGETHER);
    g_autofree char *journal = plan_files_content(f->journal);
    longest = MAX(longest, strlen(journal));
  }
  record_file_close(file);
  g_assert_cmpuint(f->no, ==, 0);
  g_test_message("the journal was at most %" G_GSIZE_FORMAT " bytes long", longest);
  g_assert_cmpuint(longest, <, 1024 * 1024); /* of more than 1.5 MiB that were written */
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  g_assert_true(record_file_read(f->path, &plan_files_kind, records, NULL, NULL));
  g_assert_cmpuint(records->len, ==, RECORDS);
  for (guint i = 0; i < RECORDS; i++)
    g_assert_nonnull(strstr(records->pdata[i], "\"n\":399}"));
}

static void a_second_opener_is_refused(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  guint count;
  g_autoptr(GPtrArray) records = g_ptr_array_new();
  g_autoptr(GError) error = plan_files_fail_to_open(f, f->path), fold_error = NULL;
  g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED);
  g_assert_false(record_file_fold(f->path, &plan_files_kind, records, &count, &fold_error));
  g_assert_error(fold_error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED);
  record_file_close(file);
  record_file_close(plan_files_open(f, NULL));
}

static void a_broken_file_is_named_and_kept(PlanFiles *f, gconstpointer data) {
  static const char *const broken[] = {
      "[\n{\"id\":\"r1\"}",
      "",
      "{}",
      "[{\"id\":\"a\",\"id\":\"a\"}]",
  };
  for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
    plan_files_write(f->path, broken[i], strlen(broken[i]));
    g_autoptr(GError) error = plan_files_fail_to_open(f, f->path);
    g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT);
    g_assert_true(g_str_has_prefix(error->message, f->path));
    assert_contains(f->path, broken[i]);
  }
}

/* Whoever has it opened keeps them, and then the file is without them; reading it alone is an error, unless
 * they are asked for. What the journal made of a record is what counts. */
static void what_is_no_record_is_set_aside(PlanFiles *f, gconstpointer data) {
  static const char text[] =
      "[{\"id\":\"a\",\"n\":1},{\"id\":\"a\",\"n\":2},{\"n\":3},4,{\"id\":\"b\"},{\"id\":\"c\",\"n\":13},"
      "{\"id\":\"d\",\"n\":4},{\"id\":\"e\",\"n\":13}]";
  static const char *const aside[] = {"![1].id: stands twice {\"id\":\"a\",\"n\":2}",
                                      "![2].id: is missing {\"n\":3}", "![3]: must be an object 4",
                                      "!n: must not be 13 {\"id\":\"c\",\"n\":13}",
                                      "!n: must not be 13 {\"id\":\"d\",\"n\":13}"};
  g_autoptr(GString) lines = g_string_new(NULL);
  journal_line_append(lines, 1, "d", "{\"id\":\"d\",\"n\":13}");
  journal_line_append(lines, 2, "e", "{\"id\":\"e\",\"n\":5}");
  plan_files_write(f->path, text, strlen(text));
  plan_files_write(f->journal, lines->str, lines->len);
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  g_assert_false(record_file_read(f->path, &plan_files_kind, records, NULL, &error));
  g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT);
  g_autoptr(GPtrArray) rejected = rejected_records_new();
  g_assert_true(record_file_read(f->path, &plan_files_kind, records, rejected, NULL));
  g_assert_cmpuint(rejected->len, ==, G_N_ELEMENTS(aside));
  assert_contains(f->path, text); /* who looks changes nothing */
  g_ptr_array_set_size(records, 0);
  RecordFile *file = record_file_open(f->path, &plan_files_kind, records, f->home, NULL);
  g_assert_cmpuint(records->len, ==, 3 + G_N_ELEMENTS(aside));
  for (guint i = 0; i < G_N_ELEMENTS(aside); i++)
    g_assert_cmpstr(records->pdata[3 + i], ==, aside[i]);
  assert_contains(f->path,
                  "[\n{\"id\":\"a\",\"n\":1,\"folded\":2},\n{\"id\":\"b\"},\n{\"id\":\"e\",\"n\":5}\n]\n");
  g_assert_false(g_file_test(f->journal, G_FILE_TEST_EXISTS));
  record_file_close(file);
}

static gboolean keep_nothing(const char *path, const GPtrArray *rejected, gpointer data, GError **error) {
  g_set_error(error, SET_ASIDE_ERROR, SET_ASIDE_ERROR_FULL, "%s: no room", path);
  return FALSE;
}

static void what_cannot_be_set_aside_stays(PlanFiles *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"a\"},{\"n\":3}]";
  const RecordKind kind = {"id", plan_files_kind.take, keep_nothing};
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GError) error = NULL;
  plan_files_write(f->path, text, strlen(text));
  plan_files_write(f->journal, "broken\n", 7);
  g_assert_null(record_file_open(f->path, &kind, records, f->home, &error));
  g_assert_error(error, SET_ASIDE_ERROR, SET_ASIDE_ERROR_FULL);
  assert_contains(f->path, text);
  assert_contains(f->journal, "broken\n");
}

/* A name that cannot be synced may be lost with the power: what was written under it is not promised. */
static void what_is_refused_is_not_kept(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  for (guint failures = 1; failures <= 2; failures++) {
    g_atomic_int_set(&directory_failures, 1);
    plan_files_put(f, file, 2, 2);
    plan_files_wait(f, failures);
    g_assert_cmpint(g_atomic_int_get(&directory_failures), ==, 0);
    g_assert_cmpuint(f->no, ==, failures);
    assert_reads(f, "");
  }
  plan_files_put(f, file, 3, 3);
  plan_files_wait(f, 3);
  close_folded(file);
  assert_contains(f->path, "[\n{\"id\":\"r3\",\"n\":3,\"folded\":1}\n]\n");
}

static void a_link_is_followed(PlanFiles *f, gconstpointer data) {
  g_autofree char *real = g_build_filename(f->directory, "real.json", NULL);
  g_autofree char *journal = g_build_filename(f->directory, "real.journal", NULL);
  g_assert_cmpint(symlink("real.json", f->path), ==, 0); /* there is no such file yet */
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 1, 1);
  plan_files_wait(f, 1);
  g_assert_true(g_file_test(journal, G_FILE_TEST_EXISTS));
  assert_reads(f, "{\"id\":\"r1\",\"n\":1}\n");
  g_autoptr(GError) error = plan_files_fail_to_open(f, real); /* locked, by whatever name */
  g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_LOCKED);
  close_folded(file);
  g_autofree char *target = g_file_read_link(f->path, NULL);
  g_assert_cmpstr(target, ==, "real.json");
  assert_contains(real, "[\n{\"id\":\"r1\",\"n\":1,\"folded\":1}\n]\n");
}

/* A limit on the size of files stands for the full disk: write() fails in the middle of a line. */
static void a_failed_write_changes_nothing(PlanFiles *f, gconstpointer data) {
  struct rlimit old, small = {2000, RLIM_INFINITY};
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 1, 1);
  plan_files_put(f, file, 2, 2);
  plan_files_wait(f, 2);
  g_autofree char *before = plan_files_content(f->journal);
  signal(SIGXFSZ, SIG_IGN);
  g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
  small.rlim_max = old.rlim_max;
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
  g_autofree char *filler = g_strnfill(4000, 'x');
  record_file_put(file, "large", g_strdup_printf("{\"id\":\"large\",\"x\":\"%s\"}", filler), plan_files_count,
                  f);
  plan_files_wait(f, 3);
  assert_contains(f->journal, before);
  plan_files_remove(f, file, 1); /* fits again: the large one was taken back */
  plan_files_wait(f, 4);
  g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
  g_assert_cmpuint(f->no, ==, 1);
  g_assert_true(g_str_has_prefix(f->reason, f->journal));
  record_file_close(file);
  assert_reads(f, "{\"id\":\"r2\",\"n\":2}\n");
}

static void a_vanished_directory_is_survived(PlanFiles *f, gconstpointer data) {
  g_autofree char *aside = g_strconcat(f->directory, ".aside", NULL);
  RecordFile *file = plan_files_open(f, NULL);
  for (guint i = 0; i < 2; i++) { /* once without any file, once with a journal */
    g_assert_cmpint(g_rename(f->directory, aside), ==, 0);
    plan_files_put(f, file, 1, 1);
    plan_files_wait(f, 2 * i + 1);
    g_assert_cmpuint(f->no, ==, i + 1);
    g_assert_cmpint(g_rename(aside, f->directory), ==, 0);
    plan_files_put(f, file, 2, i);
    plan_files_wait(f, 2 * i + 2);
    g_assert_cmpuint(f->yes, ==, i + 1);
  }
  assert_reads(f, "{\"id\":\"r2\",\"n\":1}\n");
  close_folded(file);
}

/* Somebody removes or replaces what a coordinator holds: what it promised before and promises from now on is
 * in the files that have the names. */
static void what_is_taken_away_is_written_anew(PlanFiles *f, gconstpointer data) {
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 1, 1);
  plan_files_wait(f, 1);
  g_assert_cmpint(g_remove(f->journal), ==, 0);
  plan_files_put(f, file, 2, 2);
  plan_files_wait(f, 2);
  assert_reads(f, "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r2\",\"n\":2}\n");
  plan_files_write(f->journal, "another file\n", 13);
  plan_files_put(f, file, 3, 3);
  plan_files_wait(f, 3);
  g_assert_cmpint(g_remove(f->path), ==, 0);
  plan_files_put(f, file, 3, 4);
  plan_files_wait(f, 4);
  g_assert_cmpuint(f->yes, ==, 4);
  assert_reads(f, "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r2\",\"n\":2}\n{\"id\":\"r3\",\"n\":4}\n");
  record_file_close(file);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                                  \
  g_test_add(path, PlanFiles, NULL, plan_files_set_up, function, plan_files_tear_down)
  ADD("/record-file/yes-means-on-disk", yes_means_on_disk);
  ADD("/record-file/a-change-appends-a-line-and-leaves-the-rest-alone",
      a_change_appends_a_line_and_leaves_the_rest_alone);
  ADD("/record-file/an-orderly-end-leaves-one-file", an_orderly_end_leaves_one_file);
  ADD("/record-file/who-changes-nothing-writes-nothing", who_changes_nothing_writes_nothing);
  ADD("/record-file/what-was-stored-is-there-again", what_was_stored_is_there_again);
  ADD("/record-file/many-changes-share-a-write", many_changes_share_a_write);
  ADD("/record-file/the-journal-does-not-grow-for-ever", the_journal_does_not_grow_for_ever);
  ADD("/record-file/a-second-opener-is-refused", a_second_opener_is_refused);
  ADD("/record-file/a-broken-file-is-named-and-kept", a_broken_file_is_named_and_kept);
  ADD("/record-file/what-is-no-record-is-set-aside", what_is_no_record_is_set_aside);
  ADD("/record-file/what-cannot-be-set-aside-stays", what_cannot_be_set_aside_stays);
  ADD("/record-file/what-is-refused-is-not-kept", what_is_refused_is_not_kept);
  ADD("/record-file/a-link-is-followed", a_link_is_followed);
  ADD("/record-file/a-failed-write-changes-nothing", a_failed_write_changes_nothing);
  ADD("/record-file/a-vanished-directory-is-survived", a_vanished_directory_is_survived);
  ADD("/record-file/what-is-taken-away-is-written-anew", what_is_taken_away_is_written_anew);
  return g_test_run();
}
