#include "streamer/session/session_events.h"

#include "common/fields.h"

static const Field session_event_fields[] = {
    {"user", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, user)},
    {"knock", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, knock)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, name)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, role)},
    {"number", FIELD_INT, G_STRUCT_OFFSET(SessionEvent, number), .min = 1},
    {"controller", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, controller)},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, reason)},
    {"from", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, from)},
    {"to", FIELD_TEXT, G_STRUCT_OFFSET(SessionEvent, to)},
    {"data", FIELD_RAW, G_STRUCT_OFFSET(SessionEvent, data)},
    {"seconds_left", FIELD_INT, G_STRUCT_OFFSET(SessionEvent, seconds_left), .min = 1, .max = G_MAXINT32},
    {"lapses_in_seconds", FIELD_INT, G_STRUCT_OFFSET(SessionEvent, lapses_in_seconds), .min = 1,
     .max = G_MAXINT32},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(SessionEvent, ends_at_us)},
    {NULL},
};

gint64 session_tell_in(Events *events, const EventsScope *scope, WireMessage message,
                       const SessionEvent *event) {
  g_autofree char *members = fields_write_members(session_event_fields, event);
  return events_add(events, message, members, scope);
}

gint64 session_tell(Events *events, WireMessage message, const SessionEvent *event) {
  return session_tell_in(events, NULL, message, event);
}
