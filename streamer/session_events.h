/* What the people of a session are told: the members of its events. Main thread. */
#pragma once
#include "streamer/events.h"

/* Members that are NULL or 0 are not told. */
typedef struct {
  char *user, *name, *role, *controller, *reason;
  gint64 number; /* of a person: the order of coming */
  gint64 seconds_left, ends_at_us;
} SessionEvent;

/* Tells everybody.
 *
 *   session_tell(events, WIRE_USER_LEFT, &(SessionEvent){.user = id, .reason = "left"});
 */
void session_tell(Events *events, WireMessage message, const SessionEvent *event);
