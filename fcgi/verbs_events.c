#include "fcgi/events.h"
#include "fcgi/verbs.h"

const Field verbs_poll_events_fields[] = {
    {"cursor", FIELD_TEXT, G_STRUCT_OFFSET(PollEvents, cursor), .min = 1, .max = 64},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(PollEvents, ticket), .max = TICKET_MAX_BYTES},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(PollEvents, wait_seconds), .min = 0, .max = 60},
    {NULL},
};

void verbs_poll_events(gpointer data, gpointer arguments) {
  Request *request = data;
  const PollEvents *asked = arguments;
  Core *core = request_get_core(request);
  if (core->waiting >= core->configuration->max_waiting) {
    g_autoptr(GError) error = NULL;
    wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "Too many requests are waiting already.");
    request_refuse_until(request, error, 5, NULL);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = asked->ticket ? ticket_verify(core->key, asked->ticket, NULL, &error) : NULL;
  if (asked->ticket && !ticket)
    request_refuse(request, error);
  else
    events_poll(core->events, request, asked->cursor, ticket ? ticket->session : NULL,
                (guint)asked->wait_seconds);
}
