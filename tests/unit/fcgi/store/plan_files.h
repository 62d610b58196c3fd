/* A directory with a record file and its journal, for tests of what is on the disk. */
#pragma once
#include "fcgi/store/record_file.h"

typedef struct {
  char *directory, *path, *journal;
  Mailbox *home;
  guint yes, no;
  char *reason; /* of the last no */
} PlanFiles;

/* For g_test_add(). */
void plan_files_set_up(PlanFiles *f, gconstpointer data);
void plan_files_tear_down(PlanFiles *f, gconstpointer data);

/* Records of any content but "n":13; data: a GPtrArray to which the texts of those are added that are taken,
 * of char *. What is set aside is added to it, too, after a "!". */
extern const RecordKind plan_files_kind;

/* Opens the file, which is good. @n_records (out, nullable) */
RecordFile *plan_files_open(PlanFiles *f, guint *n_records);
/* It cannot be opened. (transfer full) */
GError *plan_files_fail_to_open(PlanFiles *f, const char *path);

/* Puts {"id":"r<number>","n":<value>}, or removes it; counts the answer. */
void plan_files_put(PlanFiles *f, RecordFile *file, guint number, guint value);
void plan_files_remove(PlanFiles *f, RecordFile *file, guint number);
/* For record_file_put(): counts the answer of @user_data, a PlanFiles. */
void plan_files_count(gboolean stored, const char *reason, gpointer user_data);
/* Until there were so many answers. */
void plan_files_wait(PlanFiles *f, guint answers);

/* All that record_file_read() reads, a line a record. (transfer full) */
char *plan_files_read(PlanFiles *f);
/* What stands in @path, "" when it is not there. (transfer full) */
char *plan_files_content(const char *path);
void plan_files_write(const char *path, const char *text, gsize length);
