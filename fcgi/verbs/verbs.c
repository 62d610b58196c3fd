#include "fcgi/verbs/verbs.h"

#include "fcgi/base/rate_limit.h"
#include "fcgi/fleet/servers_source.h"
#include "fcgi/session/planning.h"
#include "fcgi/verbs/verbs_door.h"
#include "fcgi/verbs/verbs_events.h"
#include "fcgi/verbs/verbs_held.h"
#include "fcgi/verbs/verbs_lists.h"
#include "fcgi/verbs/verbs_plan.h"
#include "fcgi/verbs/verbs_report.h"
#include "fcgi/verbs/verbs_servers.h"
#include "fcgi/verbs/verbs_session.h"
#include "fcgi/verbs/verbs_staff.h"

#define EARLY_RETRY_SECONDS 5

const Verb verbs_table[] = {
    {"GET_SERVERS", verbs_get_servers_fields, sizeof(GetServers), verbs_get_servers, .class = RATE_READ},
    {"GET_RCS", NULL, 0, verbs_get_rcs, .class = RATE_READ},
    {"START_SESSION", verbs_start_session_fields, sizeof(StartSession), verbs_start_session,
     verbs_start_session_defaults, .class = RATE_START},
    {"LEAVE_LINE", verbs_leave_line_fields, sizeof(LeaveLine), verbs_leave_line, .class = RATE_POLL},
    {"CONNECT_SESSION_WITH_CODE", verbs_connect_session_fields, sizeof(ConnectSession), verbs_connect_session,
     .class = RATE_CODE},
    {"EXTEND_SESSION", verbs_extend_session_fields, sizeof(ExtendSession), verbs_extend_session,
     .class = RATE_PLAN},
    {"ADMIT_USER", verbs_answer_knock_fields, sizeof(AnswerKnock), verbs_admit_user, .class = RATE_PLAN},
    {"REFUSE_USER", verbs_answer_knock_fields, sizeof(AnswerKnock), verbs_refuse_user, .class = RATE_PLAN},
    {"SET_DOOR", verbs_set_door_fields, sizeof(SetDoor), verbs_set_door, .class = RATE_PLAN},
    {"GET_INVITATION", verbs_get_invitation_fields, sizeof(GetInvitation), verbs_get_invitation,
     .class = RATE_READ},
    {"GET_AVAILABILITY", verbs_get_availability_fields, sizeof(GetAvailability), verbs_get_availability,
     .class = RATE_READ},
    {"PLAN_SESSION", verbs_plan_session_fields, sizeof(PlanSession), verbs_plan_session, .class = RATE_PLAN},
    {"CANCEL_SESSION", verbs_cancel_session_fields, sizeof(CancelSession), verbs_cancel_session,
     .class = RATE_PLAN},
    {"DRAIN_SERVER", verbs_drain_server_fields, sizeof(DrainServer), verbs_drain_server, .class = RATE_PLAN},
    {"END_SESSION", verbs_end_session_fields, sizeof(EndSession), verbs_end_session, .class = RATE_PLAN},
    {"CANCEL_HELD", verbs_cancel_held_fields, sizeof(CancelHeld), verbs_cancel_held, .class = RATE_PLAN},
    {"LIST_SESSIONS", verbs_list_sessions_fields, sizeof(ListSessions), verbs_list_sessions,
     verbs_list_sessions_defaults, .class = RATE_READ},
    {"LIST_BOOKINGS", verbs_list_bookings_fields, sizeof(ListBookings), verbs_list_bookings,
     verbs_list_bookings_defaults, .class = RATE_READ},
    {"SEND_REPORT", verbs_send_report_fields, sizeof(SendReport), verbs_send_report, .class = RATE_REPORT},
    {"POLL_EVENTS", verbs_poll_events_fields, sizeof(PollEvents), verbs_poll_events, .class = RATE_POLL},
    {NULL},
};

#define N_VERBS (G_N_ELEMENTS(verbs_table) - 1)

const char *verbs_word(guint number) {
  return number < N_VERBS ? verbs_table[number].name : number == N_VERBS ? "none" : NULL;
}

void verbs_read(Request *request) {
  GError *error = NULL;
  const Verb *verb = NULL;
  gpointer arguments = NULL;
  char *id = NULL;
  gsize length;
  const char *text = request_get_text(request, &length);
  if (request_is_read(request))
    return;
  if (text)
    verb_read(verbs_table, text, length, &verb, &arguments, &id, &error);
  else
    wire_set_error(&error, WIRE_TOO_LARGE, NULL, "The request is larger than 64 KiB.");
  request_set_echo(request, id);
  request_set_call(request, verb, arguments, error);
}

/* Whether there is nothing yet that an answer could be made of, and so the list would seem empty. */
static gboolean is_too_early(const Core *core, const Verb *verb) {
  return core->database && verb->class != RATE_POLL &&
         !(plan_is_loaded(planning_get_plan(core->planning)) && servers_source_is_loaded(core->servers));
}

static void refuse_too_early(Request *request) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_STORE_UNAVAILABLE, NULL,
                 "The database cannot be reached; try again in a moment.");
  request_refuse_until(request, error, EARLY_RETRY_SECONDS, NULL);
}

void verbs_handle(Request *request) {
  verbs_read(request);
  const Verb *verb = request_get_verb(request);
  gpointer arguments = request_take_arguments(request);
  if (request_get_error(request))
    request_refuse(request, request_get_error(request));
  else if (is_too_early(request_get_core(request), verb))
    refuse_too_early(request);
  else
    verb->handle(request, arguments);
  verb_free_arguments(verb, arguments);
}
