/* The journal of a record file: whatever a crash or a disk makes of it, what was promised is read, once. */
#include "fcgi/store/journal_line.h"
#include "tests/unit/fcgi/store/plan_files.h"

#include <glib/gstdio.h>
#include <string.h>

static const char whole[] = "[\n{\"id\":\"r1\",\"n\":0},\n{\"id\":\"r2\",\"n\":0,\"folded\":7}\n]\n";

/* Lines from number @first on: r1 becomes 1, r3 comes, r2 goes, r1 becomes 2. */
static GString *four_lines(gint64 first) {
  GString *text = g_string_new(NULL);
  journal_line_append(text, first, "r1", "{\"id\":\"r1\",\"n\":1}");
  journal_line_append(text, first + 1, "r3", "{\"id\":\"r3\",\"n\":1}");
  journal_line_append(text, first + 2, "r2", NULL);
  journal_line_append(text, first + 3, "r1", "{\"id\":\"r1\",\"n\":2}");
  return text;
}

/* What is read when so many of those lines count. */
static const char *const after_lines[] = {
    "{\"id\":\"r1\",\"n\":0}\n{\"id\":\"r2\",\"n\":0}\n",
    "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r2\",\"n\":0}\n",
    "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r2\",\"n\":0}\n{\"id\":\"r3\",\"n\":1}\n",
    "{\"id\":\"r1\",\"n\":1}\n{\"id\":\"r3\",\"n\":1}\n",
    "{\"id\":\"r1\",\"n\":2}\n{\"id\":\"r3\",\"n\":1}\n",
};

static guint count_lines(const char *text, gsize length) {
  guint n = 0;
  for (gsize i = 0; i < length; i++)
    n += text[i] == '\n';
  return n;
}

static void assert_reads(PlanFiles *f, const char *records) {
  g_autofree char *read = plan_files_read(f);
  g_assert_cmpstr(read, ==, records);
}

static void a_line_is_read_as_it_was_written(void) {
  static const char *const ids[] = {"a", "\"quoted\\", "витрина", "a\nb"};
  for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
    g_autoptr(GString) text = g_string_new("before");
    g_auto(JournalLine) line = {0}, removal = {0};
    journal_line_append(text, 17, ids[i], "{\"id\":\"x\"}");
    g_assert_true(journal_line_read(text->str + 6, text->len - 7, &line));
    g_assert_cmpint(line.number, ==, 17);
    g_assert_cmpstr(line.id, ==, ids[i]);
    g_assert_cmpstr(line.record, ==, "{\"id\":\"x\"}");
    g_assert_cmpuint(count_lines(text->str, text->len), ==, 1);
    g_string_truncate(text, 0);
    journal_line_append(text, 18, ids[i], NULL);
    g_assert_true(journal_line_read(text->str, text->len - 1, &removal));
    g_assert_null(removal.record);
  }
}

static void a_flipped_bit_is_seen_wherever_it_is(void) {
  g_autoptr(GString) text = g_string_new(NULL);
  journal_line_append(text, 17, "r1", "{\"id\":\"r1\",\"n\":1}");
  for (gsize bit = 0; bit < (text->len - 1) * 8; bit++) {
    g_auto(JournalLine) line = {0};
    text->str[bit / 8] = (char)(text->str[bit / 8] ^ (1 << bit % 8));
    g_assert_false(journal_line_read(text->str, text->len - 1, &line));
    text->str[bit / 8] = (char)(text->str[bit / 8] ^ (1 << bit % 8));
  }
}

/* At every byte: the lines that are there whole count, and the file is as good as one that ends with them. */
static void a_journal_that_ends_anywhere_has_its_whole_lines(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(8);
  for (gsize length = 0; length <= text->len; length++) {
    guint n = count_lines(text->str, length);
    plan_files_write(f->path, whole, strlen(whole));
    plan_files_write(f->journal, text->str, length);
    assert_reads(f, after_lines[n]);
    RecordFile *file = plan_files_open(f, NULL);
    plan_files_put(f, file, 9, 9);
    record_file_close(file);
    plan_files_wait(f, (guint)length + 1);
    g_autofree char *wanted = g_strconcat(after_lines[n], "{\"id\":\"r9\",\"n\":9}\n", NULL);
    assert_reads(f, wanted);
    g_autofree char *rejected = g_strconcat(f->journal, ".rejected", NULL);
    g_assert_false(g_file_test(rejected, G_FILE_TEST_EXISTS));
  }
  g_assert_cmpuint(f->no, ==, 0);
}

/* Zeros are what some file systems show of a part that was not written. */
static void zeros_at_the_end_are_no_line(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(8);
  gsize length = text->len;
  g_string_set_size(text, length + 4096);
  memset(text->str + length, 0, 4096);
  plan_files_write(f->path, whole, strlen(whole));
  plan_files_write(f->journal, text->str, text->len);
  RecordFile *file = plan_files_open(f, NULL);
  plan_files_put(f, file, 3, 2);
  record_file_close(file);
  plan_files_wait(f, 1);
  assert_reads(f, "{\"id\":\"r1\",\"n\":2}\n{\"id\":\"r3\",\"n\":2}\n");
}

/* A kill between the file's renaming and the journal's: any part of the lines may be in the file already. */
static void lines_that_are_in_the_file_already_change_nothing(PlanFiles *f, gconstpointer data) {
  static const char *const folded[] = {
      "[{\"id\":\"r1\",\"n\":0,\"folded\":7},{\"id\":\"r2\",\"n\":0}]",
      "[{\"id\":\"r1\",\"n\":1,\"folded\":8},{\"id\":\"r2\",\"n\":0}]",
      "[{\"id\":\"r1\",\"n\":1,\"folded\":9},{\"id\":\"r2\",\"n\":0},{\"id\":\"r3\",\"n\":1}]",
      "[{\"id\":\"r1\",\"n\":1,\"folded\":10},{\"id\":\"r3\",\"n\":1}]",
      "[{\"id\":\"r1\",\"n\":2,\"folded\":11},{\"id\":\"r3\",\"n\":1}]",
      "[{\"id\":\"r1\",\"n\":3,\"folded\":99}]",
  };
  g_autoptr(GString) text = four_lines(8);
  plan_files_write(f->journal, text->str, text->len);
  for (guint i = 0; i < G_N_ELEMENTS(folded); i++) {
    plan_files_write(f->path, folded[i], strlen(folded[i]));
    assert_reads(f, i < 5 ? after_lines[4] : "{\"id\":\"r1\",\"n\":3}\n");
  }
}

static void lines_twice_are_lines_once(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(8);
  g_autofree char *once = g_strdup(text->str);
  g_string_append(text, once);
  plan_files_write(f->path, whole, strlen(whole));
  plan_files_write(f->journal, text->str, text->len);
  assert_reads(f, after_lines[4]);
}

static void a_broken_line_is_set_aside_and_the_rest_counts(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(8);
  g_autofree char *rejected = g_strconcat(f->journal, ".rejected", NULL);
  char *second = strchr(text->str, '\n') + 1;
  g_autofree char *flipped = NULL;
  second[40] ^= 1;
  flipped = g_strndup(second, (gsize)(strchr(second, '\n') + 1 - second));
  plan_files_write(f->path, whole, strlen(whole));
  plan_files_write(f->journal, text->str, text->len);
  assert_reads(f, "{\"id\":\"r1\",\"n\":2}\n");
  g_assert_false(g_file_test(rejected, G_FILE_TEST_EXISTS)); /* who looks changes nothing */
  for (guint i = 0; i < 2; i++) {
    record_file_close(plan_files_open(f, NULL));
    g_autofree char *kept = plan_files_content(rejected);
    g_assert_cmpstr(kept, ==, flipped); /* and once only */
    assert_reads(f, "{\"id\":\"r1\",\"n\":2}\n");
  }
}

static void a_journal_of_another_time_is_refused(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(9); /* the file ends with 7 */
  plan_files_write(f->path, whole, strlen(whole));
  plan_files_write(f->journal, text->str, text->len);
  for (guint i = 0; i < 2; i++) { /* once with the file, once without */
    g_autoptr(GError) error = plan_files_fail_to_open(f, f->path);
    g_assert_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT);
    g_assert_true(g_str_has_prefix(error->message, f->journal));
    g_autofree char *kept = plan_files_content(f->journal);
    g_assert_cmpstr(kept, ==, text->str);
    g_remove(f->path);
  }
}

/* A file without any record has no place for the number: its journal has all there is. */
static void an_empty_file_takes_any_journal(PlanFiles *f, gconstpointer data) {
  g_autoptr(GString) text = four_lines(9);
  plan_files_write(f->path, "[\n]\n", 4);
  plan_files_write(f->journal, text->str, text->len);
  assert_reads(f, "{\"id\":\"r1\",\"n\":2}\n{\"id\":\"r3\",\"n\":1}\n");
}

static void its_name_is_the_files_with_another_ending(void) {
  static const char *const names[][2] = {
      {"/a/sessions_planned.json", "/a/sessions_planned.journal"},
      {"plan.json", "plan.journal"},
      {"/a.d/plan", "/a.d/plan.journal"},
      {"/a/.plan", "/a/.plan.journal"},
      {"/a/plan.old.json", "/a/plan.old.journal"},
      {"/a/plan.journal", "/a/plan.journal.journal"},
  };
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *name = record_journal_path(names[i][0]);
    g_assert_cmpstr(name, ==, names[i][1]);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                                  \
  g_test_add(path, PlanFiles, NULL, plan_files_set_up, function, plan_files_tear_down)
  g_test_add_func("/journal/a-line-is-read-as-it-was-written", a_line_is_read_as_it_was_written);
  g_test_add_func("/journal/a-flipped-bit-is-seen-wherever-it-is", a_flipped_bit_is_seen_wherever_it_is);
  g_test_add_func("/journal/its-name-is-the-file's-with-another-ending",
                  its_name_is_the_files_with_another_ending);
  ADD("/journal/a-journal-that-ends-anywhere-has-its-whole-lines",
      a_journal_that_ends_anywhere_has_its_whole_lines);
  ADD("/journal/zeros-at-the-end-are-no-line", zeros_at_the_end_are_no_line);
  ADD("/journal/lines-that-are-in-the-file-already-change-nothing",
      lines_that_are_in_the_file_already_change_nothing);
  ADD("/journal/lines-twice-are-lines-once", lines_twice_are_lines_once);
  ADD("/journal/a-broken-line-is-set-aside-and-the-rest-counts",
      a_broken_line_is_set_aside_and_the_rest_counts);
  ADD("/journal/a-journal-of-another-time-is-refused", a_journal_of_another_time_is_refused);
  ADD("/journal/an-empty-file-takes-any-journal", an_empty_file_takes_any_journal);
  return g_test_run();
}
