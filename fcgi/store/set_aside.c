#include "fcgi/store/set_aside.h"

#include "common/fields.h"
#include "common/instant.h"

#include <string.h>

/* What stands before the record in its line. */
#define RECORD_MEMBER ",\"record\":"

G_DEFINE_QUARK(vitrina - set - aside - error, set_aside_error)

static void free_rejected(gpointer data) {
  RejectedRecord *record = data;
  g_free(record->id);
  g_free(record->text);
  g_free(record->reason);
  g_free(record);
}

GPtrArray *rejected_records_new(void) {
  return g_ptr_array_new_with_free_func(free_rejected);
}

void rejected_records_add(GPtrArray *rejected, const char *id, const char *text, const char *reason) {
  RejectedRecord *record = g_new(RejectedRecord, 1);
  *record = (RejectedRecord){g_strdup(id), g_strdup(text), g_strdup(reason)};
  g_ptr_array_add(rejected, record);
}

char *set_aside_path(const char *plan_path) {
  gsize length = strlen(plan_path) - (g_str_has_suffix(plan_path, ".json") ? strlen(".json") : 0);
  return g_strdup_printf("%.*s.rejected.json", (int)length, plan_path);
}

/* ---- what is there ---- */

/* The texts of the records in it, as a set (transfer full); @content is cut into its lines. */
static GHashTable *find_records(char *content) {
  GHashTable *texts = g_hash_table_new(g_str_hash, g_str_equal);
  char *rest = content;
  for (char *line; (line = strsep(&rest, "\n"));) {
    char *text = strstr(line, RECORD_MEMBER), *end = text ? strrchr(text, '}') : NULL;
    if (!end)
      continue;
    *end = 0;
    g_hash_table_add(texts, text + strlen(RECORD_MEMBER));
  }
  return texts;
}

/* Its content (transfer full), empty when there is no such file. */
static GString *read_content(const char *path, GError **error) {
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr(GError) problem = NULL;
  if (g_file_get_contents(path, &text, &length, &problem))
    return g_string_new_len(text, (gssize)length);
  if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return g_string_new(NULL);
  g_set_error_literal(error, SET_ASIDE_ERROR, SET_ASIDE_ERROR_IO, problem->message);
  return NULL;
}

/* ---- adding ---- */

/* Opens the array at the end of @content for more. What somebody made of it that is none any more is kept,
 * with an array of its own behind it. */
static void open_list(GString *content) {
  while (content->len && g_ascii_isspace(content->str[content->len - 1]))
    g_string_truncate(content, content->len - 1);
  if (content->len && content->str[content->len - 1] == ']') {
    g_string_truncate(content, content->len - 1);
    while (content->len && g_ascii_isspace(content->str[content->len - 1]))
      g_string_truncate(content, content->len - 1);
  } else {
    g_string_append(content, content->len ? "\n[" : "[");
  }
}

static void append_record(GString *content, const RejectedRecord *record) {
  g_autofree char *at = instant_format(instant_now_us());
  gboolean is_first = content->str[content->len - 1] == '[';
  g_string_append_printf(content, "%s\n{\"rejected_at\":\"%s\",\"reason\":", is_first ? "" : ",", at);
  fields_append_quoted(content, record->reason);
  g_string_append_printf(content, RECORD_MEMBER "%s}", record->text);
}

static gboolean write_content(const char *path, const GString *content, GError **error) {
  g_autoptr(GError) problem = NULL;
  if (content->len > SET_ASIDE_MAX) {
    g_set_error(error, SET_ASIDE_ERROR, SET_ASIDE_ERROR_FULL,
                "%s: is full, and records of the plan are broken: look at both and move it away", path);
    return FALSE;
  }
  if (g_file_set_contents_full(path, content->str, (gssize)content->len,
                               G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &problem))
    return TRUE;
  g_set_error_literal(error, SET_ASIDE_ERROR, SET_ASIDE_ERROR_IO, problem->message);
  return FALSE;
}

gboolean set_aside_add(const char *path, const GPtrArray *rejected, GError **error) {
  g_autoptr(GString) content = read_content(path, error);
  if (!content)
    return FALSE;
  g_autofree char *lines = g_strdup(content->str);
  g_autoptr(GHashTable) known = find_records(lines);
  gsize before = content->len;
  open_list(content);
  gsize opened = content->len;
  for (guint i = 0; i < rejected->len; i++) {
    RejectedRecord *record = rejected->pdata[i];
    if (g_hash_table_add(known, record->text))
      append_record(content, record);
  }
  if (content->len == opened && before)
    return TRUE;
  g_string_append(content, "\n]\n");
  return write_content(path, content, error);
}
