/* The journal of a record file, open for more lines: a file that grows at its end, and loses its beginning.
 *
 * What is appended is synced before it counts. What could not be appended whole is cut off again, before
 * anything else is appended at the latest. The file is made when there is something to write, and is not
 * there when nothing is in it. One thread.
 */
#pragma once
#include <glib.h>

typedef struct Journal Journal;

/* Errors of this module and of those that write beside it are of G_FILE_ERROR and name the file. */

/* Opens @path, which need not exist, to go on behind its first @length bytes; what follows those is cut off
 * before anything is appended.
 * (transfer full); NULL with @error. */
Journal *journal_open(const char *path, gsize length, GError **error);
void journal_free(Journal *journal); /* NULL is allowed */

/* Whether what stands at its path is still the file that it writes. */
gboolean journal_is_in_place(const Journal *journal);

/* Appends @lines, whole lines, and syncs them. FALSE with @error: they are not kept. */
gboolean journal_append(Journal *journal, const GString *lines, GError **error);

/* Drops the first @length bytes, which end with a line: the rest is written to a new file that takes the
 * place of the old one. FALSE with @error: all is still there. */
gboolean journal_drop(Journal *journal, gsize length, GError **error);

/* How many bytes it has. */
gsize journal_get_length(const Journal *journal);
