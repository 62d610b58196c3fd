/* A line of the plan's journal (vitrina-sessions_planned.json(5)): one change of one record.
 *
 *   {"sum":"1f0c93d07a5be264","n":17,"id":"5d0c…","record":{…}}
 *   {"sum":"90e5a3c8b1d2f647","n":18,"id":"5d0c…"}
 *
 * The first says what the record is from now on, the second that it is no longer kept. "n" counts all lines
 * that there ever were; "sum" is the first half of the SHA-256 of what follows its comma, so that whatever a
 * crash or a disk made of a line is seen. Pure; any thread.
 */
#pragma once
#include <glib.h>

typedef struct {
  gint64 number; /* from 1 */
  char *id;
  char *record; /* one JSON object; NULL: removed */
} JournalLine;

/* Appends it to @out, with its end of line. @record is nullable. */
void journal_line_append(GString *out, gint64 number, const char *id, const char *record);

/* Reads the @length bytes of @text, without the end of line, into @line (to be given to
 * journal_line_clear()). FALSE when it is not as it was written. */
gboolean journal_line_read(const char *text, gsize length, JournalLine *line);
void journal_line_clear(JournalLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JournalLine, journal_line_clear)
