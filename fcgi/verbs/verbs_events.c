#include "fcgi/verbs/verbs_events.h"

#include "fcgi/events/events.h"
#include "fcgi/rules/limits.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/planning.h"
#include "fcgi/verbs/lookup.h"

#define RETRY_SOON_SECONDS 5
#define RETRY_LATE_SECONDS 15

const Field verbs_poll_events_fields[] = {
    {"cursor", FIELD_TEXT, G_STRUCT_OFFSET(PollEvents, cursor), .min = 1, .max = 64},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(PollEvents, ticket), .max = TICKET_MAX_BYTES},
    {"place", FIELD_TEXT, G_STRUCT_OFFSET(PollEvents, place), LIMIT_PLACE},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(PollEvents, wait_seconds), .min = 0, .max = 60},
    {NULL},
};

static void refuse_poll(Request *request, const char *reason, guint retry_after_seconds) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "%s", reason);
  request_refuse_until(request, error, retry_after_seconds, NULL);
}

/* What a session's people should know who come when it has been told. (transfer full, nullable) */
static char *list_standing(Core *core, const char *session) {
  g_autofree char *offer = planning_standing_offer(core->planning, session);
  g_autofree char *knocks = invitations_list_knocks(core->invitations, session);
  if (offer && knocks)
    return g_strconcat(offer, ",", knocks, NULL);
  return offer ? g_steal_pointer(&offer) : g_steal_pointer(&knocks);
}

void verbs_poll_events(gpointer data, gpointer arguments) {
  Request *request = data;
  const PollEvents *asked = arguments;
  Core *core = request_get_core(request);
  if (core->mode != CORE_SERVES && asked->wait_seconds > 0) {
    refuse_poll(request, "This coordinator keeps no events to be waited for.", RETRY_LATE_SECONDS);
    return;
  }
  if (asked->wait_seconds > 0 && !core->stopping && !request_may_wait(request)) {
    refuse_poll(request, "Too many requests are waiting already.", RETRY_SOON_SECONDS);
    return;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = asked->ticket ? invitations_check_ticket(core, asked->ticket, &error) : NULL;
  const char *session = ticket ? ticket->session : NULL;
  if (session && !plan_find(planning_get_plan(core->planning), session)) {
    if (lookup_in_store(request))
      return;
    session = NULL; /* none, or over for long: whose ticket that is, nobody can say */
  }
  g_autofree char *standing = session ? list_standing(core, session) : NULL;
  if (session)
    request_follow_as(request, session, ticket->user);
  else if (asked->place)
    events_follow_place(request, asked->place);
  if (asked->ticket && !ticket)
    request_refuse(request, error);
  else
    events_poll(core->events, request, asked->cursor,
                &(EventsFor){session, ticket ? ticket->user : NULL, asked->place, standing},
                (guint)MIN(asked->wait_seconds, core->configuration->max_wait_seconds));
}
