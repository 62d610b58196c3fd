#include "fcgi/verbs/verbs_session.h"

#include "common/instant.h"
#include "common/language.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/line/lines.h"
#include "fcgi/rules/limits.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/connection_data.h"
#include "fcgi/session/planning.h"
#include "fcgi/session/starts.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/lookup.h"

const Field verbs_start_session_fields[] = {
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, rc_name), .required = TRUE, LIMIT_RC_NAME},
    {"duration_minutes", FIELD_INT, G_STRUCT_OFFSET(StartSession, duration_minutes), LIMIT_MINUTES},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, name), LIMIT_PERSON},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(StartSession, wait_seconds), .min = 0, .max = 60},
    {"place", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, place), LIMIT_PLACE},
    {"language", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, language), LANGUAGE_FIELD},
    {NULL},
};

const Field verbs_leave_line_fields[] = {
    {"place", FIELD_TEXT, G_STRUCT_OFFSET(LeaveLine, place), .required = TRUE, LIMIT_PLACE},
    {NULL},
};

const Field verbs_connect_session_fields[] = {
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ConnectSession, code), .required = TRUE, LIMIT_CODE},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, name), LIMIT_PERSON},
    {"key", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, key), LIMIT_KEY},
    {"invite", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, invite), LIMIT_KEY},
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, staff), .max = TICKET_MAX_BYTES},
    {"language", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, language), LANGUAGE_FIELD},
    {NULL},
};

void verbs_start_session_defaults(gpointer arguments) {
  ((StartSession *)arguments)->wait_seconds = -1;
}

void verbs_start_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const StartSession *asked = arguments;
  Core *core = request_get_core(request);
  g_autoptr(GError) error = NULL;
  const RcRules *rules = rc_rules_get(core->configuration->rc_rules, asked->rc_name);
  LineWish wish = {.name = asked->name,
                   .place = asked->place,
                   .language = asked->language,
                   .wait_seconds = MIN(asked->wait_seconds, core->configuration->max_wait_seconds)};
  if (core->mode != CORE_SERVES) /* the line would end with us */
    wish = (LineWish){.name = asked->name, .language = asked->language, .wait_seconds = -1};
  if (!lookup_minutes(rules, asked->duration_minutes, &wish.minutes, &error)) {
    request_refuse(request, error);
    return;
  }
  Rc *rc = lookup_rc(request, asked->rc_name);
  if (rc && core->ending)
    busy_refuse(request, NULL);
  else if (rc)
    lines_start(core->lines, request, rc, &wish);
}

void verbs_leave_line(gpointer data, gpointer arguments) {
  Request *request = data;
  lines_leave(request_get_core(request)->lines, ((const LeaveLine *)arguments)->place);
  request_answer(request, WIRE_LINE_LEFT, NULL);
}

/* ---- joining ---- */

static void refuse_not_started(Request *request, const Reservation *reservation) {
  g_autoptr(GError) error = NULL;
  g_autofree char *starts_at = instant_format(reservation->starts_at_us);
  g_autofree char *members = g_strdup_printf("\"starts_at\":\"%s\"", starts_at);
  gint64 seconds = (reservation->starts_at_us - instant_now_us() + INSTANT_SECOND - 1) / INSTANT_SECOND;
  wire_set_error(&error, WIRE_SESSION_NOT_STARTED, NULL, "The session starts later.");
  request_refuse_until(request, error, (guint)CLAMP(seconds, 1, G_MAXINT32), members);
}

static void join_running(Request *request, const Reservation *reservation, const char *name,
                         gboolean is_host) {
  Core *core = request_get_core(request);
  FleetServer *server = fleet_find_server(core->fleet, reservation->server_name);
  const Session *session = server ? fleet_server_find_session(server, reservation->id) : NULL;
  gboolean is_gone =
      reservation->server_name &&
      (!server || (fleet_server_get_state(server) == FLEET_OFFLINE && !fleet_server_is_pending(server)));
  if (session && fleet_server_get_state(server) != FLEET_OFFLINE)
    connection_data_answer(request, session, is_host ? "host" : "guest", name);
  else if (is_gone)
    busy_refuse_unreachable(request);
  else
    busy_refuse(request, NULL);
}

static void come_in(Request *request, const Reservation *reservation, const ConnectSession *asked,
                    gboolean is_host) {
  const StartPerson person = {asked->name, asked->language, is_host};
  Core *core = request_get_core(request);
  if (starts_is_starting(core->starts, reservation->id))
    starts_begin_booked(core->starts, request, reservation, &person);
  else if (reservation->state == RESERVATION_RUNNING)
    join_running(request, reservation, asked->name, is_host);
  else if (reservation->starts_at_us > instant_now_us())
    refuse_not_started(request, reservation);
  else if (core->ending)
    busy_refuse(request, NULL);
  else
    starts_begin_booked(core->starts, request, reservation, &person);
}

void verbs_connect_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const ConnectSession *asked = arguments;
  const CodeDoorWish wish = {asked->code, asked->name, asked->key, asked->invite, asked->staff != NULL};
  const StaffTicket *staff =
      asked->staff ? staff_admit(request_get_core(request)->staff, request, asked->staff, lookup_again)
                   : NULL;
  gboolean is_host;
  if (asked->staff && !staff)
    return;
  const Reservation *reservation = lookup_entrance(request, &wish, &is_host);
  if (reservation && staff)
    staff_actor_did(staff_actor_new(staff, request), "session=%s", reservation->id);
  if (reservation)
    come_in(request, reservation, asked, is_host);
}

/* ---- staying longer ---- */

const Field verbs_extend_session_fields[] = {
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(ExtendSession, ticket), .required = TRUE, .max = TICKET_MAX_BYTES},
    {"minutes", FIELD_INT, G_STRUCT_OFFSET(ExtendSession, minutes), LIMIT_MINUTES},
    {"until", FIELD_INSTANT, G_STRUCT_OFFSET(ExtendSession, until_us), LIMIT_INSTANT},
    {NULL},
};

/* An extension that the plan has taken and that its streamer is being told. */
typedef struct {
  Core *core;
  Request *request; /* NULL: its client has gone */
  char *session;
  guint minutes;
  gint64 until_us; /* 0: minutes were asked for */
  gint64 ends_at_us;
  gboolean repeated; /* a lost answer has been asked for again */
} Extension;

static void free_extension(Extension *extension) {
  g_free(extension->session);
  g_free(extension);
}

static void on_extension_gone(Request *request, gpointer data) {
  ((Extension *)data)->request = NULL;
}

static void answer_extension(Extension *extension) {
  g_autofree char *ends_at = instant_format(extension->ends_at_us);
  g_autofree char *members = g_strdup_printf("\"ends_at\":\"%s\"", ends_at);
  if (extension->request)
    request_answer(extension->request, WIRE_SESSION_EXTENDED, members);
  free_extension(extension);
}

static void refuse_extension(Extension *extension, const GError *error) {
  const Plan *plan = planning_get_plan(extension->core->planning);
  guint most = (guint)extension->core->configuration->extension_minutes;
  guint minutes = plan_room_minutes(plan, extension->session, MAX(most, extension->minutes));
  g_autofree char *members = g_strdup_printf("\"available_minutes\":%u", minutes);
  if (extension->request && wire_message_of(error) == WIRE_EXTENSION_NOT_AVAILABLE)
    request_refuse_until(extension->request, error, 0, members);
  else if (extension->request)
    request_refuse(extension->request, error);
  free_extension(extension);
}

static void tell_streamer(Extension *extension);

static void on_streamer_told(const StreamerResult *result, gpointer data) {
  Extension *extension = data;
  if (result->outcome == STREAMER_LOST && !extension->repeated) {
    extension->repeated = TRUE; /* the same end again: told twice is told once */
    tell_streamer(extension);
    return;
  }
  if (result->outcome == STREAMER_ANSWERED && result->status == 200) {
    answer_extension(extension);
    return;
  }
  /* The place stays taken: what the server does not know now, it may be told when asked again. */
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_INTERNAL_ERROR, NULL, "The server did not answer; try again in a moment.");
  refuse_extension(extension, error);
}

static void tell_streamer(Extension *extension) {
  const Reservation *reservation =
      plan_find(planning_get_plan(extension->core->planning), extension->session);
  FleetServer *server =
      reservation ? fleet_find_server(extension->core->fleet, reservation->server_name) : NULL;
  StreamerPeer *peer = watches_get_peer(server);
  if (!peer) {
    g_autoptr(GError) gone = NULL;
    wire_set_error(&gone, WIRE_SESSION_NOT_EXIST, NULL, "The session's server is not in the list any more.");
    refuse_extension(extension, gone);
    return;
  }
  guint timeout_ms = 1000 * (guint)extension->core->configuration->call_timeout_seconds;
  streamer_peer_call(peer, control_extend_session(extension->session, extension->ends_at_us),
                     extension->request ? request_get_id(extension->request) : NULL, timeout_ms, FALSE,
                     on_streamer_told, extension);
}

static void on_extended(const Reservation *reservation, const GError *error, gpointer data) {
  Extension *extension = data;
  if (!reservation) {
    refuse_extension(extension, error);
    return;
  }
  if (reservation->ends_at_us < extension->until_us) {
    g_autoptr(GError) unwritten = NULL;
    wire_set_error(&unwritten, WIRE_STORE_UNAVAILABLE, NULL,
                   "The longer time could not be written. Ask the same again in a moment.");
    refuse_extension(extension, unwritten);
    return;
  }
  extension->ends_at_us = reservation->ends_at_us;
  tell_streamer(extension);
}

void verbs_extend_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const ExtendSession *asked = arguments;
  Core *core = request_get_core(request);
  g_autoptr(Ticket) ticket = lookup_person(request, asked->ticket, TRUE);
  if (!ticket)
    return;
  if (asked->minutes && asked->until_us) {
    request_refuse_with(request, WIRE_BAD_REQUEST, "until", "until: cannot stand beside minutes");
    return;
  }
  if (ticket->session && !plan_find(planning_get_plan(core->planning), ticket->session) &&
      lookup_in_store(request))
    return;
  Extension *extension = g_new0(Extension, 1);
  extension->core = core;
  extension->request = request;
  extension->session = g_strdup(ticket->session ? ticket->session : "");
  extension->until_us = asked->until_us;
  extension->minutes = (guint)(asked->minutes ? asked->minutes : core->configuration->extension_minutes);
  request_wait(request, on_extension_gone, extension);
  Plan *plan = planning_get_plan(core->planning);
  if (extension->until_us)
    plan_extend_until(plan, extension->session, extension->until_us, instant_now_us(), on_extended,
                      extension);
  else
    plan_extend(plan, extension->session, extension->minutes, instant_now_us(), on_extended, extension);
}
