/* fcgi/store: a kill or a failure at any step of writing a line, and of folding the journal into the file,
 * loses nothing that was promised. The steps are calls to the system: this program has its own of those
 * names. */
#include "fcgi/store/journal_line.h"
#include "tests/unit/fcgi/store/plan_files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Long enough a journal that the next change folds it. */
#define LONG_JOURNAL (64 * 1024)
#define CHANGES 4

typedef enum { PASS, KILL, FAIL_ONCE, FAIL_FROM_THEN_ON } Fate;

static atomic_int fate;
static atomic_uint steps, fatal_step;

/* ---- the system's calls ---- */

static gboolean goes_well(void) {
  Fate what = (Fate)atomic_load(&fate);
  if (what == PASS)
    return TRUE;
  guint step = atomic_fetch_add(&steps, 1), fatal = atomic_load(&fatal_step);
  if (step < fatal || (what == FAIL_ONCE && step > fatal))
    return TRUE;
  if (what == KILL)
    kill(getpid(), SIGKILL);
  errno = EIO;
  return FALSE;
}

int fsync(int fd) {
  return goes_well() ? (int)syscall(SYS_fsync, fd) : -1;
}

int fdatasync(int fd) {
  return goes_well() ? (int)syscall(SYS_fdatasync, fd) : -1;
}

int ftruncate(int fd, off_t length) {
  return goes_well() ? (int)syscall(SYS_ftruncate, fd, length) : -1;
}

int rename(const char *old, const char *new) {
  return goes_well() ? renameat(AT_FDCWD, old, AT_FDCWD, new) : -1;
}

int unlink(const char *path) {
  return goes_well() ? unlinkat(AT_FDCWD, path, 0) : -1;
}

/* Half of it gets there. */
ssize_t write(int fd, const void *bytes, size_t length) {
  if (fd <= STDERR_FILENO || goes_well())
    return syscall(SYS_write, fd, bytes, length);
  syscall(SYS_write, fd, bytes, length / 2);
  errno = EIO;
  return -1;
}

static void set_fate(Fate what, guint step) {
  atomic_store(&steps, 0);
  atomic_store(&fatal_step, step);
  atomic_store(&fate, (int)what);
}

/* ---- what is there before ---- */

static void write_long_journal(PlanFiles *f) {
  static const char whole[] = "[\n{\"id\":\"r0\",\"n\":0,\"folded\":5}\n]\n";
  g_autofree char *filler = g_strnfill(2000, 'x');
  g_autofree char *record = g_strdup_printf("{\"id\":\"old\",\"x\":\"%s\"}", filler);
  g_autoptr(GString) text = g_string_new(NULL);
  for (gint64 number = 6; text->len < LONG_JOURNAL; number++)
    journal_line_append(text, number, "old", record);
  plan_files_write(f->path, whole, strlen(whole));
  plan_files_write(f->journal, text->str, text->len);
}

/* One change after the other, and then the end with its fold; @answered (CHANGES of them) says what each was
 * told. */
static void live(PlanFiles *f, gboolean *answered, int told) {
  RecordFile *file = plan_files_open(f, NULL);
  record_file_fold_at_end(file);
  for (guint i = 0; i < CHANGES; i++) {
    guint yes = f->yes;
    plan_files_put(f, file, i, 1);
    plan_files_wait(f, f->yes + f->no + 1);
    answered[i] = f->yes > yes;
    if (told >= 0 && answered[i])
      syscall(SYS_write, told, &i, sizeof i);
  }
  record_file_close(file);
}

/* Whether r@number was changed to 1. */
static gboolean has_change(const char *read, guint number) {
  g_autofree char *record = g_strdup_printf("{\"id\":\"r%u\",\"n\":1}\n", number);
  return strstr(read, record) != NULL;
}

static void assert_promises_kept(PlanFiles *f, const gboolean *answered, gboolean refused_are_not) {
  for (guint again = 0; again < 2; again++) {
    g_autofree char *read = plan_files_read(f);
    g_assert_nonnull(strstr(read, "{\"id\":\"old\","));
    g_assert_nonnull(strstr(read, "{\"id\":\"r0\","));
    for (guint i = 0; i < CHANGES; i++) {
      if (answered[i])
        g_assert_true(has_change(read, i));
      else if (refused_are_not)
        g_assert_false(has_change(read, i));
    }
    RecordFile *file = plan_files_open(f, NULL); /* what it finds it can go on with */
    plan_files_put(f, file, 100, again);
    plan_files_wait(f, f->yes + f->no + 1);
    record_file_close(file);
    g_assert_true(again == 1 || f->reason == NULL);
  }
  g_autofree char *read = plan_files_read(f);
  g_assert_nonnull(strstr(read, "{\"id\":\"r100\",\"n\":1}\n"));
}

/* ---- the tests ---- */

/* Lives once in a process of its own that is killed at @step. Whether it was. */
static gboolean live_until_killed(PlanFiles *f, guint step) {
  int ends[2];
  guint number;
  gboolean answered[CHANGES] = {FALSE};
  write_long_journal(f);
  g_assert_cmpint(pipe(ends), ==, 0);
  pid_t child = fork();
  if (child == 0) {
    set_fate(KILL, step);
    live(f, answered, ends[1]);
    _exit(0);
  }
  close(ends[1]);
  while (read(ends[0], &number, sizeof number) == sizeof number)
    answered[number] = TRUE;
  close(ends[0]);
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  gboolean is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  g_assert_true(is_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  assert_promises_kept(f, answered, FALSE);
  return is_killed;
}

static void a_kill_at_any_step_loses_nothing(PlanFiles *f, gconstpointer data) {
  guint step = 0;
  while (live_until_killed(f, step))
    step++;
  g_test_message("killed at %u steps", step);
  g_assert_cmpuint(step, >, 15);
}

static guint live_with_failures(PlanFiles *f, Fate what, guint step) {
  gboolean answered[CHANGES] = {FALSE};
  g_clear_pointer(&f->reason, g_free);
  write_long_journal(f);
  set_fate(what, step);
  live(f, answered, -1);
  guint last = atomic_load(&steps);
  set_fate(PASS, 0);
  g_clear_pointer(&f->reason, g_free);
  assert_promises_kept(f, answered, what == FAIL_ONCE);
  return last;
}

static void one_failure_at_any_step_loses_nothing(PlanFiles *f, gconstpointer data) {
  guint step = 0;
  while (live_with_failures(f, FAIL_ONCE, step) > step)
    step++;
  g_assert_cmpuint(step, >, 15);
}

static void a_disk_that_dies_at_any_step_loses_nothing(PlanFiles *f, gconstpointer data) {
  guint step = 0;
  while (live_with_failures(f, FAIL_FROM_THEN_ON, step) > step)
    step++;
  g_assert_cmpuint(step, >, 15);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                                  \
  g_test_add(path, PlanFiles, NULL, plan_files_set_up, function, plan_files_tear_down)
  ADD("/record-crash/a-kill-at-any-step-loses-nothing", a_kill_at_any_step_loses_nothing);
  ADD("/record-crash/one-failure-at-any-step-loses-nothing", one_failure_at_any_step_loses_nothing);
  ADD("/record-crash/a-disk-that-dies-at-any-step-loses-nothing", a_disk_that_dies_at_any_step_loses_nothing);
  return g_test_run();
}
