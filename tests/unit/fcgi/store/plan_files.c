#include "tests/unit/fcgi/store/plan_files.h"

#include "common/fields.h"

#include <glib/gstdio.h>
#include <string.h>

void plan_files_set_up(PlanFiles *f, gconstpointer data) {
  f->directory = g_dir_make_tmp("vitrina-XXXXXX", NULL);
  f->path = g_build_filename(f->directory, "plan.json", NULL);
  f->journal = g_build_filename(f->directory, "plan.journal", NULL);
  f->home = mailbox_new(NULL, NULL);
}

void plan_files_tear_down(PlanFiles *f, gconstpointer data) {
  const char *name;
  g_autoptr(GDir) directory = g_dir_open(f->directory, 0, NULL);
  mailbox_free(f->home);
  while ((name = g_dir_read_name(directory))) {
    g_autofree char *path = g_build_filename(f->directory, name, NULL);
    g_remove(path);
  }
  g_rmdir(f->directory);
  g_free(f->directory);
  g_free(f->path);
  g_free(f->journal);
  g_free(f->reason);
}

static gboolean take_text(const char *text, gpointer data, GError **error) {
  if (strstr(text, "\"n\":13")) {
    fields_set_error(error, FIELDS_ERROR_RANGE, "n", "must not be 13");
    return FALSE;
  }
  g_ptr_array_add(data, g_strdup(text));
  return TRUE;
}

static gboolean add_rejected(const char *path, const GPtrArray *rejected, gpointer data, GError **error) {
  for (guint i = 0; i < rejected->len; i++) {
    const RejectedRecord *record = rejected->pdata[i];
    g_ptr_array_add(data, g_strdup_printf("!%s %s", record->reason, record->text));
  }
  return TRUE;
}

const RecordKind plan_files_kind = {"id", take_text, add_rejected};

RecordFile *plan_files_open(PlanFiles *f, guint *n_records) {
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GError) error = NULL;
  RecordFile *file = record_file_open(f->path, &plan_files_kind, records, f->home, &error);
  g_assert_no_error(error);
  if (n_records)
    *n_records = records->len;
  return file;
}

GError *plan_files_fail_to_open(PlanFiles *f, const char *path) {
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  GError *error = NULL;
  g_assert_null(record_file_open(path, &plan_files_kind, records, f->home, &error));
  return error;
}

void plan_files_count(gboolean stored, const char *reason, gpointer user_data) {
  PlanFiles *f = user_data;
  if (stored) {
    f->yes++;
  } else {
    f->no++;
    g_free(f->reason);
    f->reason = g_strdup(reason);
  }
}

void plan_files_put(PlanFiles *f, RecordFile *file, guint number, guint value) {
  g_autofree char *id = g_strdup_printf("r%u", number);
  record_file_put(file, id, g_strdup_printf("{\"id\":\"%s\",\"n\":%u}", id, value), plan_files_count, f);
}

void plan_files_remove(PlanFiles *f, RecordFile *file, guint number) {
  g_autofree char *id = g_strdup_printf("r%u", number);
  record_file_put(file, id, NULL, plan_files_count, f);
}

void plan_files_wait(PlanFiles *f, guint answers) {
  while (f->yes + f->no < answers)
    g_assert_true(mailbox_deliver_next(f->home, NULL));
}

char *plan_files_read(PlanFiles *f) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
  GString *text = g_string_new(NULL);
  record_file_read(f->path, &plan_files_kind, records, NULL, &error);
  g_assert_no_error(error);
  for (guint i = 0; i < records->len; i++)
    g_string_append_printf(text, "%s\n", (const char *)records->pdata[i]);
  return g_string_free(text, FALSE);
}

char *plan_files_content(const char *path) {
  char *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

void plan_files_write(const char *path, const char *text, gsize length) {
  g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
}
