/* Plain CGI (RFC 3875): the program is started by the web server for one request, answers it, and ends.
 *
 * The same core is opened for it, from the files alone: it reads the plan and the list of servers, asks every
 * streamer of the list for its status, all at the same time, and then handles the request as ever. So an
 * answer takes as long as the slowest streamer, at most 1.5 s, and a START_SESSION as long as the start.
 * What lives in a running coordinator's memory alone there is not:
 *
 *   - POLL_EVENTS answers at once, with no events, or is refused with a time to try again when it wants to
 *     wait; there is no line to wait in, and no WebSocket.
 *   - Rate limits are the web server's. Wrong codes are counted as ever, in a file beside the plan
 * ("NAME.guard").
 *   - What only looks (GET_SERVERS, GET_RCS, GET_AVAILABILITY) does not mind who else has the plan open. What
 *     may change it waits for other such processes, one after the other, for call_timeout_seconds, and is
 *     refused with STORE_UNAVAILABLE then: as long as a coordinator runs on the same plan, the plan is its.
 *
 * The configuration is the file in the environment's VITRINA_CONFIG, else the installed one. Arguments are
 * not read: in CGI they come from the client (RFC 3875 section 4.4).
 */
#pragma once
#include <glib.h>

/* Whether a web server has started this process for a request. */
gboolean cgi_is_asked(void);

/* Answers the request of the environment and standard input. Returns the exit status. */
int cgi_answer(void);
