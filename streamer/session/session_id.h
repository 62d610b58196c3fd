/* What a session may be called, whoever names it. Any thread. */
#pragma once
#include <glib.h>

#define SESSION_ID_MAX 64 /* of letters, digits, '-' and '_' */

/* Whether @text is so, and of one character at least. */
gboolean session_is_id(const char *text);
