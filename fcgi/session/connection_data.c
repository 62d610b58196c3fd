#include "fcgi/session/connection_data.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/random.h"
#include "common/ticket.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/planning.h"

/* A ticket outlives its session's planned end, which may be extended; the streamer ends the session, ticket
 * or not. */
#define TICKET_GRACE_US (12 * 60 * INSTANT_MINUTE)
#define USER_ID_BYTES 8

typedef struct {
  char *ip;
  gint64 port;
  char *url;
  char *session;
  char *code;
  char *invite;
  char *door;
  char *ticket;
  char *role;
  char *rc_name;
  gint64 starts_at_us;
  gint64 ends_at_us;
} ConnectionData;

static const Field fields[] = {
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, ip)},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(ConnectionData, port)},
    {"url", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, url)},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, session)},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ConnectionData, code)},
    {"invite", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, invite)},
    {"door", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, door)},
    {"ticket", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, ticket)},
    {"role", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, role)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, rc_name)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionData, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionData, ends_at_us)},
    {NULL},
};

static char *sign_ticket(const Core *core, const Session *session, const Server *server, const char *role,
                         const char *name, gint64 generation) {
  g_autofree char *user = random_hex(USER_ID_BYTES);
  gint64 ends_at_us = session->ends_at_us
                          ? session->ends_at_us
                          : instant_now_us() + core->configuration->session_minutes * INSTANT_MINUTE;
  Ticket ticket = {.audience = server->name,
                   .session = session->id,
                   .user = user,
                   .role = (char *)role,
                   .name = (char *)name,
                   .invitation = 1 + generation,
                   .expires_at_us = ends_at_us + TICKET_GRACE_US};
  g_autoptr(KeyRing) keys = site_keys_derive_server(core->keys, server->name, server->generation);
  return ticket_sign(keys, &ticket);
}

void connection_data_answer(Request *request, const Session *session, const char *role, const char *name) {
  const Core *core = request_get_core(request);
  const Server *server = fleet_server_get_info(session->server);
  g_autofree char *url = server_public_url(server, core->configuration->streamer_tls);
  const Reservation *reservation = plan_find(planning_get_plan(core->planning), session->id);
  g_autofree char *ticket =
      sign_ticket(core, session, server, role, name, reservation ? reservation->generation : 0);
  g_autofree char *invite = reservation ? invitations_make(core, reservation) : NULL;
  ConnectionData data = {.ip = server->ip,
                         .port = server->port,
                         .url = url,
                         .session = session->id,
                         .code = reservation ? reservation->code : session->code,
                         .invite = invite,
                         .door = reservation ? (char *)reservation_door(reservation) : NULL,
                         .ticket = ticket,
                         .role = (char *)role,
                         .rc_name = server->rc_name,
                         .starts_at_us = session->starts_at_us,
                         .ends_at_us = session->ends_at_us};
  g_autofree char *object = fields_write(fields, &data);
  request_answer_object(request, WIRE_SESSION_CONNECTION_DATA, object);
}
