#include "fcgi/store/record_load.h"

#include "common/fields.h"
#include "fcgi/store/journal_line.h"

#include <string.h>

#define JOURNAL_ENDING ".journal"

G_DEFINE_QUARK(vitrina - record - file - error, record_file_error)

typedef struct {
  char *id;
  gint64 folded;
} Head;

char *record_journal_path(const char *path) {
  const char *base = strrchr(path, G_DIR_SEPARATOR);
  base = base ? base + 1 : path;
  const char *ending = strrchr(base, '.');
  gboolean has_ending = ending && ending > base && strcmp(ending, JOURNAL_ENDING) != 0;
  return g_strdup_printf("%.*s" JOURNAL_ENDING, has_ending ? (int)(ending - path) : (int)strlen(path), path);
}

/* (transfer full); of a file that does not exist NULL with a @length of 0 and no error. */
static char *read_file(const char *path, gsize *length, GError **error) {
  g_autoptr(GError) problem = NULL;
  char *text = NULL;
  *length = 0;
  if (g_file_get_contents(path, &text, length, &problem) ||
      g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return text;
  g_set_error_literal(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_IO, problem->message);
  return NULL;
}

/* ---- the file ---- */

typedef struct {
  RecordLoad *load;
  const char *id_name;
  GPtrArray *texts; /* of all elements */
} Loading;

/* Takes one record. What is said of the file beside it is no part of it. */
static void take_record(guint n, gpointer element, const GError *problem, gpointer data) {
  static const char *const ours[] = {RECORD_FOLDED, NULL};
  Loading *loading = data;
  RecordLoad *load = loading->load;
  g_autofree Head *head = element;
  g_autofree char *id = head->id, *reason = NULL;
  g_autofree char *bare = head->folded ? fields_without(loading->texts->pdata[n], ours) : NULL;
  const char *text = bare ? bare : loading->texts->pdata[n];
  load->number = MAX(load->number, head->folded);
  if (problem)
    reason = g_strdup(problem->message);
  else if (records_has(load->records, id))
    reason = g_strdup_printf("[%u].%s: stands twice", n, loading->id_name);
  if (reason)
    rejected_records_add(load->rejected, NULL, text, reason);
  else
    records_set(load->records, id, text);
}

static gboolean take_records(RecordLoad *load, const char *id_name, const char *text, gsize length,
                             GError **error) {
  const Field fields[] = {{RECORD_FOLDED, FIELD_INT, G_STRUCT_OFFSET(Head, folded)},
                          {id_name, FIELD_TEXT, G_STRUCT_OFFSET(Head, id), .required = TRUE, .min = 1},
                          {NULL}};
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  g_autoptr(GPtrArray) texts = doc ? fields_array_texts(doc, error) : NULL;
  Loading loading = {load, id_name, texts};
  return texts && fields_read_each(doc, NULL, fields, sizeof(Head), 0, take_record, &loading, error);
}

static gboolean load_file(RecordLoad *load, const char *path, const char *id_name, GError **error) {
  g_autoptr(GError) problem = NULL;
  g_autofree char *text = read_file(path, &load->file_bytes, &problem);
  if (problem) {
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
  }
  if (!text || take_records(load, id_name, text, load->file_bytes, &problem))
    return TRUE;
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT, "%s: %s", path, problem->message);
  return FALSE;
}

/* ---- the journal ---- */

static void note_broken(RecordLoad *load, const char *text, gsize length, guint64 at) {
  if (load->broken->len == 0)
    load->broken_at = at;
  g_ptr_array_add(load->broken, g_strndup(text, length));
}

/* Whether lines are missing between the file and the first one of the journal. Where there are no records,
 * all are in the journal. */
static gboolean is_missing_some(const RecordLoad *load, const JournalLine *first) {
  gboolean has_records = load->file_bytes == 0 || records_count(load->records) > 0;
  return has_records && first->number > load->number + 1;
}

static void take_line(RecordLoad *load, const char *text, gsize length, guint64 at) {
  g_auto(JournalLine) line = {0};
  if (!journal_line_read(text, length, &line)) {
    note_broken(load, text, length, at);
  } else if (line.number > load->number) {
    records_set(load->records, line.id, line.record);
    load->number = line.number;
  }
}

static gboolean check_first_line(const RecordLoad *load, const char *text, gsize length, const char *path,
                                 GError **error) {
  g_auto(JournalLine) first = {0};
  if (!journal_line_read(text, length, &first) || !is_missing_some(load, &first))
    return TRUE;
  g_set_error(error, RECORD_FILE_ERROR, RECORD_FILE_ERROR_CONTENT,
              "%s: begins with change %" G_GINT64_FORMAT
              ", but the file that it belongs to ends with %" G_GINT64_FORMAT ": they are not of one time",
              path, first.number, load->number);
  return FALSE;
}

static gboolean load_journal(RecordLoad *load, const char *path, const char *text, gsize length,
                             GError **error) {
  const char *end;
  guint64 at = 0;
  for (const char *line = text; (end = memchr(line, '\n', length - (gsize)(line - text))); line = end + 1) {
    gsize line_length = (gsize)(end - line);
    if (++at == 1 && !check_first_line(load, line, line_length, path, error))
      return FALSE;
    take_line(load, line, line_length, at);
    load->journal_bytes += line_length + 1;
  }
  return TRUE;
}

typedef struct {
  RecordLoad *load;
  const RecordKind *kind;
  gpointer data;
} Giving;

static gboolean give_record(const char *id, const char *text, gpointer data) {
  const Giving *giving = data;
  g_autoptr(GError) problem = NULL;
  if (giving->kind->take(text, giving->data, &problem))
    return TRUE;
  rejected_records_add(giving->load->rejected, id, text, problem->message);
  return FALSE;
}

gboolean record_load(RecordLoad *load, const char *path, const RecordKind *kind, gpointer data,
                     GError **error) {
  g_autofree char *journal_path = record_journal_path(path);
  gsize length;
  g_autoptr(GError) problem = NULL;
  *load = (RecordLoad){.records = records_new(),
                       .broken = g_ptr_array_new_with_free_func(g_free),
                       .rejected = rejected_records_new()};
  g_autofree char *journal = read_file(journal_path, &length, &problem);
  if (problem) {
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
  }
  if (!load_file(load, path, kind->id_name, error) ||
      (journal && !load_journal(load, journal_path, journal, length, error)))
    return FALSE;
  Giving giving = {load, kind, data};
  records_filter(load->records, give_record, &giving);
  return TRUE;
}

void record_load_clear(RecordLoad *load) {
  g_clear_pointer(&load->records, records_free);
  g_clear_pointer(&load->broken, g_ptr_array_unref);
  g_clear_pointer(&load->rejected, g_ptr_array_unref);
}
