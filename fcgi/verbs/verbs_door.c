#include "fcgi/verbs/verbs_door.h"

#include "common/instant.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/rules/limits.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/planning.h"
#include "fcgi/verbs/lookup.h"

#define TICKET(type)                                                                                         \
  { "ticket", FIELD_TEXT, G_STRUCT_OFFSET(type, ticket), .required = TRUE, .max = TICKET_MAX_BYTES }

const Field verbs_answer_knock_fields[] = {
    TICKET(AnswerKnock),
    {"knock", FIELD_TEXT, G_STRUCT_OFFSET(AnswerKnock, knock), .required = TRUE, LIMIT_KNOCK},
    {NULL},
};

const Field verbs_set_door_fields[] = {
    TICKET(SetDoor),
    {"door", FIELD_TEXT, G_STRUCT_OFFSET(SetDoor, door), .required = TRUE, LIMIT_DOOR},
    {NULL},
};

const Field verbs_get_invitation_fields[] = {
    TICKET(GetInvitation),
    {NULL},
};

/* ---- ADMIT_USER, REFUSE_USER ---- */

/* A host's word on its way to the session's streamer. */
typedef struct {
  Request *request; /* NULL: its client has gone */
  gboolean admits;
} HostAnswer;

static void on_host_gone(Request *request, gpointer data) {
  ((HostAnswer *)data)->request = NULL;
}

static void on_knock_answered(const StreamerResult *result, gpointer data) {
  g_autofree HostAnswer *answer = data;
  Request *request = answer->request;
  if (!request)
    return;
  if (result->outcome != STREAMER_ANSWERED)
    busy_refuse_unreachable(request);
  else if (result->status == 200)
    request_answer(request, answer->admits ? WIRE_USER_ADMITTED : WIRE_USER_REFUSED, NULL);
  else
    request_refuse_with(request, WIRE_NOT_FOUND, "knock", "Nobody knocks by this name, or not any more.");
}

static void answer_knock(Request *request, const AnswerKnock *asked, gboolean admits) {
  const Core *core = request_get_core(request);
  const Reservation *reservation = lookup_ticket(request, asked->ticket, TRUE);
  if (!reservation)
    return;
  FleetServer *server = fleet_find_server(core->fleet, reservation->server_name);
  StreamerPeer *peer = watches_get_peer(server);
  if (!peer) {
    busy_refuse_unreachable(request);
    return;
  }
  HostAnswer *answer = g_new(HostAnswer, 1);
  *answer = (HostAnswer){request, admits};
  request_wait(request, on_host_gone, answer);
  streamer_peer_call(peer, control_answer_knock(reservation->id, asked->knock, admits),
                     request_get_id(request), 1000 * (guint)core->configuration->call_timeout_seconds, FALSE,
                     on_knock_answered, answer);
}

void verbs_admit_user(gpointer data, gpointer arguments) {
  answer_knock(data, arguments, TRUE);
}

void verbs_refuse_user(gpointer data, gpointer arguments) {
  answer_knock(data, arguments, FALSE);
}

/* ---- SET_DOOR, GET_INVITATION ---- */

static void answer_invitation(Request *request, const Reservation *reservation) {
  g_autofree char *members = invitations_describe(request_get_core(request), reservation);
  request_answer(request, WIRE_INVITATION, members);
}

/* A door on its way to the store. */
typedef struct {
  Request *request; /* NULL: its client has gone */
} DoorChange;

static void on_door_gone(Request *request, gpointer data) {
  ((DoorChange *)data)->request = NULL;
}

static void on_door_set(const Reservation *reservation, const GError *error, gpointer data) {
  g_autofree DoorChange *change = data;
  if (change->request && reservation)
    answer_invitation(change->request, reservation);
  else if (change->request)
    request_refuse(change->request, error);
}

void verbs_set_door(gpointer data, gpointer arguments) {
  Request *request = data;
  const SetDoor *asked = arguments;
  const Reservation *reservation = lookup_ticket(request, asked->ticket, TRUE);
  if (!reservation)
    return;
  if (g_str_equal(reservation_door(reservation), asked->door)) {
    answer_invitation(request, reservation);
    return;
  }
  DoorChange *change = g_new(DoorChange, 1);
  change->request = request;
  request_wait(request, on_door_gone, change);
  plan_set_door(planning_get_plan(request_get_core(request)->planning), reservation->id, asked->door,
                instant_now_us(), on_door_set, change);
}

void verbs_get_invitation(gpointer data, gpointer arguments) {
  Request *request = data;
  const Reservation *reservation = lookup_ticket(request, ((const GetInvitation *)arguments)->ticket, FALSE);
  if (reservation)
    answer_invitation(request, reservation);
}
