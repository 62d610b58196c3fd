/* Why a page shows no picture, in its own words: what SEND_REPORT may say, a row a word. Nothing of it tells
 * who somebody is. Pure; any thread.
 */
#pragma once
#include <glib.h>

/* The number of the reason @word; reports_word() of it is that word. G_MAXUINT: there is none such. */
guint reports_find(const char *word);
/* "no_route" (static); NULL beyond the last: the words of a metric's label. */
const char *reports_word(guint reason);
/* Whether it is known before a session is started, so that nobody has a ticket yet. */
gboolean reports_is_before_start(guint reason);

/* For Field rows. */
gboolean reports_is_reason(const char *text);
/* One of the families of browsers, or "other". */
gboolean reports_is_browser(const char *text);
