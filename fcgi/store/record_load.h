/* What a record file and its journal have in them, put together. Any thread; nothing is changed. */
#pragma once
#include "fcgi/store/records.h"
#include "fcgi/store/set_aside.h"

#define RECORD_FILE_ERROR (record_file_error_quark())
typedef enum {
  RECORD_FILE_ERROR_LOCKED,  /* another process has it open */
  RECORD_FILE_ERROR_CONTENT, /* it is broken; it was left as it is */
  RECORD_FILE_ERROR_IO,      /* it could not be read or its directory not be used */
} RecordFileError;
GQuark record_file_error_quark(void);

/* The member of the first record that says which is the last line of the journal that is in the file already.
 */
#define RECORD_FOLDED "folded"

/* What the records of a file are to whom they belong. @data: what was given beside it. */
typedef struct {
  const char *id_name; /* the member that is a record's id, a string that no two records share */
  /* Takes one, @text. FALSE with an error that says which rule it breaks: it is left out. */
  gboolean (*take)(const char *text, gpointer data, GError **error);
  /* Keeps elsewhere what was left out, of RejectedRecord, before it is gone from the file at @path. FALSE
   * with an error: the file is not opened, and stays as it is. */
  gboolean (*set_aside)(const char *path, const GPtrArray *rejected, gpointer data, GError **error);
} RecordKind;

typedef struct {
  Records *records;
  gint64 number;       /* of the last change of all */
  gsize file_bytes;    /* 0: there is no file */
  gsize journal_bytes; /* of whole lines */
  GPtrArray *broken;   /* lines that are not as they were written, of char * */
  guint64 broken_at;   /* where the first of them stands in the journal, from 1 */
  GPtrArray *rejected; /* of RejectedRecord: what stands there against a rule, and is not in @records */
} RecordLoad;

/* The name of the journal of @path, beside it: with "journal" for its ending. (transfer full) */
char *record_journal_path(const char *path);

/* Reads @path and its journal into @load (to be given to record_load_clear()); neither need exist. @kind
 * takes each record that is left in the end. FALSE with RECORD_FILE_ERROR; the message names the file and the
 * place.
 *
 * The journal is read first: whoever writes meanwhile folds what is in it into the file, and never the other
 * way. A line that the file has in it already is passed over, so it is of no account how often a line is
 * read. A last line without its end was never promised to anybody. A broken line is left out: each says all
 * of its record, so the others do not need it. */
gboolean record_load(RecordLoad *load, const char *path, const RecordKind *kind, gpointer data,
                     GError **error);
void record_load_clear(RecordLoad *load);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RecordLoad, record_load_clear)
