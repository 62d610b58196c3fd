#include "fcgi/verbs.h"

static const Verb verbs[] = {
    {"GET_SERVERS", verbs_get_servers_fields, sizeof(GetServers), verbs_get_servers, NULL},
    {"GET_RCS", NULL, 0, verbs_get_rcs, NULL},
    {"START_SESSION", verbs_start_session_fields, sizeof(StartSession), verbs_start_session, NULL},
    {"CONNECT_SESSION_WITH_CODE", verbs_connect_session_fields, sizeof(ConnectSession), verbs_connect_session,
     NULL},
    {"EXTEND_SESSION", verbs_extend_session_fields, sizeof(ExtendSession), verbs_extend_session, NULL},
    {"GET_AVAILABILITY", verbs_get_availability_fields, sizeof(GetAvailability), verbs_get_availability,
     NULL},
    {"PLAN_SESSION", verbs_plan_session_fields, sizeof(PlanSession), verbs_plan_session, NULL},
    {"CANCEL_SESSION", verbs_cancel_session_fields, sizeof(CancelSession), verbs_cancel_session, NULL},
    {"POLL_EVENTS", verbs_poll_events_fields, sizeof(PollEvents), verbs_poll_events, NULL},
    {NULL, NULL, 0, NULL, NULL},
};

void verbs_handle(Request *request) {
  g_autoptr(GError) error = NULL;
  gsize length;
  const char *text = request_get_text(request, &length);
  if (!text) {
    request_refuse_with(request, WIRE_TOO_LARGE, NULL, "The request is larger than 64 KiB.");
    return;
  }
  const Verb *verb;
  gpointer arguments;
  char *id;
  gboolean done = verb_read(verbs, text, length, &verb, &arguments, &id, &error);
  request_set_echo(request, id);
  request_set_verb(request, verb ? verb->name : NULL);
  if (done)
    verb->handle(request, arguments);
  else
    request_refuse(request, error);
  verb_free_arguments(verb, arguments);
}
