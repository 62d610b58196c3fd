/* What the people of a session are told: the members of its events. Main thread. */
#pragma once
#include "streamer/session/events.h"

/* Members that are NULL or 0 are not told. */
typedef struct {
  char *user, *name, *role, *controller, *reason;
  char *from, *to, *data; /* data: JSON */
  char *knock;
  gint64 number; /* of a person: the order of coming */
  gint64 seconds_left, lapses_in_seconds, ends_at_us;
} SessionEvent;

/* Tells everybody. Returns the event's cursor.
 *
 *   session_tell(events, WIRE_USER_LEFT, &(SessionEvent){.user = id, .reason = "left"});
 */
gint64 session_tell(Events *events, WireMessage message, const SessionEvent *event);
/* The same within a scope. */
gint64 session_tell_in(Events *events, const EventsScope *scope, WireMessage message,
                       const SessionEvent *event);
