/* The language that somebody reads, as a tag of BCP 47 ("ru", "pt-BR", "zh-Hant"): it travels from the page
 * to the application's command line, so it is checked wherever it comes in. Pure; any thread.
 */
#pragma once
#include <glib.h>

#define LANGUAGE_MAX 35 /* enough for all but extensions: RFC 5646, section 4.4.1 */

/* Whether @text is well-formed (RFC 5646, section 2.1, without what is private or grandfathered): subtags of
 * 1 to 8 letters and digits, the first of 2 to 8 letters, LANGUAGE_MAX bytes in all. Whether there is such a
 * language is not looked at. */
gboolean language_is_tag(const char *text);

/* Members of a Field row (fields.h). */
#define LANGUAGE_FIELD                                                                                       \
  .min = 2, .max = LANGUAGE_MAX, .check = language_is_tag, .rule = "must be a language tag (BCP 47)"
