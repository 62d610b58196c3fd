#include "fcgi/verbs/verbs_staff.h"

#include "common/instant.h"
#include "common/log.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/session/planning.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/lookup.h"

#define RETRY_SECONDS 2

const Field verbs_drain_server_fields[] = {
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(DrainServer, staff), .max = TICKET_MAX_BYTES},
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(DrainServer, server_name), .required = TRUE, .min = 1,
     .max = 100},
    {"on", FIELD_BOOL, G_STRUCT_OFFSET(DrainServer, on), .required = TRUE},
    {NULL},
};

const Field verbs_end_session_fields[] = {
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(EndSession, staff), .max = TICKET_MAX_BYTES},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(EndSession, session), .min = 1, .max = 64},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(EndSession, code), .min = 4, .max = 9},
    {NULL},
};

/* A streamer that is being told something. */
typedef struct {
  Core *core;
  Request *request; /* NULL: its client has gone */
  StaffActor *actor;
  char *server_name;
  char *session; /* nullable */
} Order;

static void free_order(Order *order) {
  staff_actor_free(order->actor);
  g_free(order->server_name);
  g_free(order->session);
  g_free(order);
}

static void on_order_gone(Request *request, gpointer data) {
  ((Order *)data)->request = NULL;
}

static void refuse_unreachable(Request *request) {
  request_refuse_with(request, WIRE_SERVERS_UNREACHABLE, NULL, "The server cannot be reached just now.");
}

/* Tells @server by @body (transfer full); @answered gets the Order, and owns it. */
static void give_order(Request *request, const StaffTicket *staff, FleetServer *server, const char *session,
                       char *body, StreamerAnswered answered) {
  Core *core = request_get_core(request);
  StreamerPeer *peer = watches_get_peer(server);
  if (!peer) {
    g_free(body);
    refuse_unreachable(request);
    return;
  }
  Order *order = g_new(Order, 1);
  *order = (Order){core, request, staff_actor_new(staff, request),
                   g_strdup(fleet_server_get_info(server)->name), g_strdup(session)};
  request_wait(request, on_order_gone, order);
  streamer_peer_call(peer, body, request_get_id(request),
                     1000 * (guint)core->configuration->call_timeout_seconds, FALSE, answered, order);
}

/* ---- DRAIN_SERVER ---- */

static void answer_drained(Order *order, const ControlStatus *status) {
  g_autofree char *server = log_quote(order->server_name), *state = log_quote(status->state);
  g_autoptr(GString) members = g_string_new("\"server_name\":");
  fields_append_quoted(members, order->server_name);
  g_string_append(members, ",\"state\":");
  fields_append_quoted(members, status->state ? status->state : "free");
  g_string_append_printf(members, ",\"sessions\":%u", status->sessions->len);
  if (order->request)
    request_answer(order->request, WIRE_SERVER_STATE, members->str);
  staff_actor_did(g_steal_pointer(&order->actor), "server=%s state=%s", server, state);
}

static void on_drained(const StreamerResult *result, gpointer data) {
  Order *order = data;
  g_autoptr(ControlAnswer) answer =
      result->outcome == STREAMER_ANSWERED ? control_answer_read(result->text, result->length, NULL) : NULL;
  if (answer && answer->message == WIRE_STATUS)
    answer_drained(order, &answer->status);
  else if (order->request)
    refuse_unreachable(order->request);
  free_order(order);
}

void verbs_drain_server(gpointer data, gpointer arguments) {
  Request *request = data;
  const DrainServer *asked = arguments;
  const Core *core = request_get_core(request);
  const StaffTicket *staff = staff_admit(core->staff, request, asked->staff, lookup_again);
  if (!staff)
    return;
  FleetServer *server = fleet_find_server(core->fleet, asked->server_name);
  if (server)
    give_order(request, staff, server, NULL, control_drain(asked->on), on_drained);
  else
    request_refuse_with(request, WIRE_SERVERS_NOT_FOUND, "server_name",
                        "There is no server of this name in the list.");
}

/* ---- END_SESSION ---- */

/* One that its server does not have any more has ended, too. */
static void on_session_told_to_end(const StreamerResult *result, gpointer data) {
  Order *order = data;
  gboolean ended = result->outcome == STREAMER_ANSWERED && (result->status == 200 || result->status == 404);
  if (ended) {
    g_autofree char *server = log_quote(order->server_name);
    plan_ended(planning_get_plan(order->core->planning), order->session, wire_end_name(WIRE_END_BY_OPERATOR),
               instant_now_us());
    staff_actor_did(g_steal_pointer(&order->actor), "server=%s session=%s", server, order->session);
  }
  if (order->request && ended)
    request_answer(order->request, WIRE_SESSION_ENDED, NULL);
  else if (order->request)
    refuse_unreachable(order->request);
  free_order(order);
}

/* What has no server cannot be ended there: a booking, or what is just being started. */
static void refuse_not_begun(Request *request, const Reservation *reservation) {
  g_autoptr(GError) error = NULL;
  g_autofree char *starts_at = instant_format(reservation->starts_at_us);
  g_autofree char *members = g_strdup_printf("\"starts_at\":\"%s\"", starts_at);
  gboolean is_booking = reservation->state == RESERVATION_PLANNED;
  wire_set_error(&error, WIRE_SESSION_NOT_STARTED, NULL,
                 is_booking ? "The session has not begun; its booking can be cancelled."
                            : "The session is being started; try again in a moment.");
  request_refuse_until(request, error, is_booking ? 0 : RETRY_SECONDS, members);
}

void verbs_end_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const EndSession *asked = arguments;
  const Core *core = request_get_core(request);
  const StaffTicket *staff = staff_admit(core->staff, request, asked->staff, lookup_again);
  if (!staff)
    return;
  const Reservation *reservation = lookup_session(request, asked->session, asked->code);
  if (reservation && !reservation->server_name)
    refuse_not_begun(request, reservation);
  else if (reservation)
    give_order(request, staff, fleet_find_server(core->fleet, reservation->server_name), reservation->id,
               control_end_session(reservation->id), on_session_told_to_end);
}
