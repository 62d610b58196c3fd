/* fcgi/store/record_file: nobody is told yes before it is on disk, and what is on disk is always whole. */
#include "common/fields.h"
#include "fcgi/store/record_file.h"

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
      "[\n{\"id\":\"r1\"}",
      "",
      "{}",
      "[{\"id\":\"a\",\"id\":\"a\"}]",
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

/* Whoever has opened it says what becomes of them; reading them alone is an error, unless they are asked for.
 */
static void what_is_no_record_is_left_out(Fixture *f, gconstpointer data) {
  static const char text[] = "[{\"id\":\"a\",\"n\":1},{\"id\":\"a\",\"n\":2},{\"n\":3},4,{\"id\":\"b\"}]";
  static const char *const reasons[] = {"[1].id: stands twice", "[2].id: is missing",
                                        "[3]: must be an object"};
  static const char *const texts[] = {"{\"id\":\"a\",\"n\":2}", "{\"n\":3}", "4"};
  guint n;
  g_autoptr(GError) error = NULL;
  g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
  g_assert_null(record_file_read(f->path, "id", NULL, &error));
  g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT);
  g_autoptr(GPtrArray) read = rejected_records_new();
  g_autoptr(GPtrArray) records = record_file_read(f->path, "id", read, NULL);
  g_assert_cmpuint(records->len, ==, 2);
  RecordFile *file = open_file(f, &n);
  g_assert_cmpuint(n, ==, 2);
  const GPtrArray *rejected = record_file_get_rejected(file);
  g_assert_cmpuint(rejected->len, ==, G_N_ELEMENTS(reasons));
  for (guint i = 0; i < rejected->len; i++) {
    const RejectedRecord *record = rejected->pdata[i], *again = read->pdata[i];
    g_assert_cmpstr(record->reason, ==, reasons[i]);
    g_assert_cmpstr(record->text, ==, texts[i]);
    g_assert_cmpstr(again->reason, ==, reasons[i]);
  }
  put(f, file, 1, FALSE);
  wait_for(f, 1);
  g_autofree char *after = content(f);
  g_assert_cmpstr(after, ==, "[\n{\"id\":\"a\",\"n\":1},\n{\"id\":\"b\"},\n{\"id\":\"r1\",\"n\":1}\n]\n");
  record_file_close(file);
}

/* What cannot be synced for good may be lost with the power; it must not be there without it either. */
static void what_is_refused_is_not_kept(Fixture *f, gconstpointer data) {
  RecordFile *file = open_file(f, NULL);
  put(f, file, 1, FALSE);
  wait_for(f, 1);
  g_autofree char *before = content(f);
  for (gint failures = 1; failures <= 2; failures++) { /* of putting the old content back, too */
    g_atomic_int_set(&directory_failures, failures);
    put(f, file, 2, FALSE);
    wait_for(f, 1 + (guint)failures);
    g_assert_cmpint(g_atomic_int_get(&directory_failures), ==, 0);
    g_assert_cmpuint(f->no, ==, (guint)failures);
    g_autofree char *after = content(f);
    g_assert_cmpstr(after, ==, before);
  }
  put(f, file, 3, FALSE);
  wait_for(f, 4);
  g_autofree char *last = content(f);
  g_assert_cmpstr(last, ==, "[\n{\"id\":\"r1\",\"n\":1},\n{\"id\":\"r3\",\"n\":3}\n]\n");
  record_file_close(file);
}

static void a_link_is_followed(Fixture *f, gconstpointer data) {
  g_autofree char *real = g_build_filename(f->directory, "real.json", NULL);
  g_autofree char *real_lock = g_strconcat(real, ".lock", NULL);
  g_assert_cmpint(symlink("real.json", f->path), ==, 0); /* there is no such file yet */
  RecordFile *file = open_file(f, NULL);
  g_assert_cmpstr(record_file_get_path(file), ==, real);
  put(f, file, 1, FALSE);
  wait_for(f, 1);
  g_autoptr(GPtrArray) records = NULL;
  g_assert_null(record_file_open(real, "id", f->home, &records, NULL)); /* locked, by whatever name */
  record_file_close(file);
  g_autofree char *target = g_file_read_link(f->path, NULL), *text = content(f);
  g_assert_cmpstr(target, ==, "real.json");
  g_assert_cmpstr(text, ==, "[\n{\"id\":\"r1\",\"n\":1}\n]\n");
  g_remove(real);
  g_remove(real_lock);
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
  ADD("/record-file/what-is-no-record-is-left-out", what_is_no_record_is_left_out);
  ADD("/record-file/what-is-refused-is-not-kept", what_is_refused_is_not_kept);
  ADD("/record-file/a-link-is-followed", a_link_is_followed);
  ADD("/record-file/a-failed-write-changes-nothing", a_failed_write_changes_nothing);
  ADD("/record-file/a-vanished-directory-is-survived", a_vanished_directory_is_survived);
  return g_test_run();
}
