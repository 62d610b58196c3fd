/* What the set of sessions says of itself: the status, which the coordinator watches, its health, and the
 * gauges. Main thread. */
#pragma once
#include "streamer/sessions/sessions.h"

/* STATUS as wire_answer() takes it (transfer full). */
char *sessions_status(const Sessions *sessions);
/* The same in short and without secrets, as a JSON object (transfer full): server_name, state, why it is of
 * no use if it is none, session_limit, and the number of sessions. */
char *sessions_health(const Sessions *sessions);
/* Sets the gauges of the metrics. */
void sessions_measure(const Sessions *sessions);
