/* Records in memory: the text of each, known by its id, in the order of a file. No thread of its own: whoever
 * owns the table uses it; texts are counted references, so that a list of them may be read elsewhere.
 */
#pragma once
#include <glib.h>

typedef struct Records Records;

Records *records_new(void); /* (transfer full) */
void records_free(Records *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Records, records_free)

/* Puts @text, one JSON object, in the place of what @id has, or last; NULL removes it, if it is there.
 * Returns whether it was there. */
gboolean records_set(Records *records, const char *id, const char *text);

/* Asks @keep of each in order, and removes those of which it says FALSE. */
typedef gboolean (*RecordsKeep)(const char *id, const char *text, gpointer data);
void records_filter(Records *records, RecordsKeep keep, gpointer data);

gboolean records_has(const Records *records, const char *id);
guint records_count(const Records *records);

/* All texts in order, as they are now: of GRefString. (transfer full) */
GPtrArray *records_list(const Records *records);
