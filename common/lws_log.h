/* What libwebsockets has to say, in our log: its errors as warnings of the event `libwebsockets`, so many a
 * minute (log_limit.h), because each connection that breaks is one; its warnings as debugging.
 */
#pragma once

/* Before libwebsockets is used. Its lines come on whatever thread has something to say. */
void lws_log_open(void);
