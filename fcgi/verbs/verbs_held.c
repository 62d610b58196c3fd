#include "fcgi/verbs/verbs_held.h"

#include "common/instant.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/line/lines.h"
#include "fcgi/rules/limits.h"
#include "fcgi/session/planning.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/lookup.h"

const Field verbs_cancel_held_fields[] = {
    {"staff", FIELD_TEXT, G_STRUCT_OFFSET(CancelHeld, staff), .max = TICKET_MAX_BYTES},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(CancelHeld, session), LIMIT_ID},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(CancelHeld, code), LIMIT_CODE},
    {"network", FIELD_BOOL, G_STRUCT_OFFSET(CancelHeld, network)},
    {NULL},
};

/* What somebody holds, on its way to its end. */
typedef struct {
  Core *core;
  Request *request; /* NULL: its client has gone */
  StaffActor *actor;
  char *session;  /* by which they were found */
  GPtrArray *ids; /* what is to be ended, but for places */
  guint ended[HELD_N_KINDS];
  guint remaining; /* what could not be ended */
  guint pending;
} Purge;

/* One session of it, that its streamer is being told of. */
typedef struct {
  Purge *purge;
  char *session;
} PurgedSession;

static void on_purge_gone(Request *request, gpointer data) {
  ((Purge *)data)->request = NULL;
}

/* One thing less is under way; after the last all is told. */
static void purge_went_on(Purge *purge) {
  if (--purge->pending > 0)
    return;
  const guint *ended = purge->ended;
  g_autofree char *members =
      g_strdup_printf("\"bookings\":%u,\"sessions\":%u,\"places\":%u,\"remaining\":%u", ended[HELD_BOOKINGS],
                      ended[HELD_SESSIONS], ended[HELD_PLACES], purge->remaining);
  if (purge->request)
    request_answer(purge->request, WIRE_HELD_CANCELLED, members);
  staff_actor_did(purge->actor, "session=%s bookings=%u sessions=%u places=%u remaining=%u", purge->session,
                  ended[HELD_BOOKINGS], ended[HELD_SESSIONS], ended[HELD_PLACES], purge->remaining);
  g_ptr_array_unref(purge->ids);
  g_free(purge->session);
  g_free(purge);
}

static void on_purged_booking(const Reservation *reservation, const GError *error, gpointer data) {
  Purge *purge = data;
  *(reservation ? &purge->ended[HELD_BOOKINGS] : &purge->remaining) += 1;
  purge_went_on(purge);
}

/* One that its server does not have any more has ended, too. */
static void on_purged_session(const StreamerResult *result, gpointer data) {
  PurgedSession *one = data;
  Purge *purge = one->purge;
  gboolean ended = result->outcome == STREAMER_ANSWERED && (result->status == 200 || result->status == 404);
  if (ended)
    plan_ended(planning_get_plan(purge->core->planning), one->session, wire_end_name(WIRE_END_BY_OPERATOR),
               instant_now_us());
  *(ended ? &purge->ended[HELD_SESSIONS] : &purge->remaining) += 1;
  g_free(one->session);
  g_free(one);
  purge_went_on(purge);
}

static void purge_session(Purge *purge, const Reservation *reservation) {
  Core *core = purge->core;
  FleetServer *server = fleet_find_server(core->fleet, reservation->server_name);
  StreamerPeer *peer = watches_get_peer(server);
  if (!peer) { /* it is just being started, or its server is not there */
    purge->remaining++;
    return;
  }
  PurgedSession *one = g_new(PurgedSession, 1);
  *one = (PurgedSession){purge, g_strdup(reservation->id)};
  purge->pending++;
  streamer_peer_call(peer, control_end_session(one->session),
                     purge->request ? request_get_id(purge->request) : NULL,
                     1000 * (guint)core->configuration->call_timeout_seconds, FALSE, on_purged_session, one);
}

static void purge_reservation(Purge *purge, const char *id) {
  Plan *plan = planning_get_plan(purge->core->planning);
  const Reservation *reservation = plan_find(plan, id);
  if (reservation && reservation->state == RESERVATION_PLANNED) {
    purge->pending++;
    plan_cancel(plan, id, instant_now_us(), on_purged_booking, purge);
  } else if (reservation && reservation->state == RESERVATION_RUNNING) {
    purge_session(purge, reservation);
  }
}

static void collect_session(const HeldThing *thing, gpointer ids) {
  if (held_get_session(thing))
    g_ptr_array_add(ids, g_strdup(held_get_session(thing)));
}

static void on_places_given_up(gpointer data) {
  Purge *purge = data;
  for (guint i = 0; i < purge->ids->len; i++)
    purge_reservation(purge, purge->ids->pdata[i]);
  purge_went_on(purge);
}

/* All that goes with @reservation; alone, when it is nobody's of whom that is known. The places first,
 * everywhere: else one of them is given what becomes free. */
static void purge_holder(Purge *purge, const Reservation *reservation, gboolean network) {
  const Holder holder = holder_parse(reservation->client, reservation->network);
  const Held *held = plan_get_held(planning_get_plan(purge->core->planning));
  guint elsewhere;
  purge->ids = g_ptr_array_new_with_free_func(g_free);
  if (!holder.counts)
    g_ptr_array_add(purge->ids, g_strdup(reservation->id));
  held_for_each(held, &holder, network, collect_session, purge->ids);
  purge->ended[HELD_PLACES] = lines_give_up(purge->core->lines, &holder, network, &elsewhere);
  if (elsewhere > 0)
    timers_add(purge->core->timers, LINES_TOLD_US, on_places_given_up, purge);
  else
    on_places_given_up(purge);
}

void verbs_cancel_held(gpointer data, gpointer arguments) {
  Request *request = data;
  const CancelHeld *asked = arguments;
  Core *core = request_get_core(request);
  const StaffTicket *staff = staff_admit(core->staff, request, asked->staff, lookup_again);
  if (!staff)
    return;
  const Reservation *reservation = lookup_session(request, asked->session, asked->code);
  if (!reservation)
    return;
  Purge *purge = g_new0(Purge, 1);
  *purge = (Purge){.core = core,
                   .request = request,
                   .actor = staff_actor_new(staff, request),
                   .session = g_strdup(reservation->id),
                   .pending = 1};
  request_wait(request, on_purge_gone, purge);
  purge_holder(purge, reservation, asked->network);
}
