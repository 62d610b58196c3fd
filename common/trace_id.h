/* The id by which one request is found in the logs of all that it passes: the web server's, the
 * coordinator's, a streamer's. It travels in the header X-Request-Id, and is nobody's to trust: it is checked
 * where it comes in. Pure; any thread.
 */
#pragma once
#include <glib.h>

#define TRACE_ID_MAX 64

/* Whether @text (nullable) may be taken over, into logs and headers as it is: 1 to TRACE_ID_MAX letters,
 * digits and "-_.@". */
gboolean trace_id_is_good(const char *text);
