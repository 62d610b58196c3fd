#include "fcgi/session/invitations.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/log.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/session/planning.h"

#include <string.h>

#define PURPOSE "invite"
/* So many more sessions are remembered before those that are over are looked for. */
#define KNOWN_SWEEP 256

/* What people have been told of a knock. */
typedef struct {
  char *id;
  char *name;          /* nullable */
  gint64 lapses_at_us; /* monotonic */
  gboolean ended;
  gboolean is_there; /* the status has it */
} ToldKnock;

/* A session that there is something to remember of. */
typedef struct {
  gint64 expelled;    /* how many removals have been acted upon */
  gboolean is_untold; /* its people are to be told of its invitation */
  GPtrArray *knocks;  /* of ToldKnock */
} Known;

struct Invitations {
  Core *core;
  const InvitationsListener *listener;
  GHashTable *known; /* session -> Known */
};

static void free_told(gpointer data) {
  ToldKnock *told = data;
  g_free(told->id);
  g_free(told->name);
  g_free(told);
}

static void free_known(gpointer data) {
  Known *known = data;
  g_ptr_array_unref(known->knocks);
  g_free(known);
}

Invitations *invitations_new(Core *core, const InvitationsListener *listener) {
  Invitations *invitations = g_new(Invitations, 1);
  invitations->core = core;
  invitations->listener = listener;
  invitations->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_known);
  return invitations;
}

void invitations_free(Invitations *invitations) {
  if (!invitations)
    return;
  g_hash_table_unref(invitations->known);
  g_free(invitations);
}

/* A server that leaves the list says nothing of its sessions' ends. */
static gboolean is_no_more(gpointer session, gpointer value, gpointer data) {
  const Invitations *invitations = data;
  const Reservation *reservation = plan_find(planning_get_plan(invitations->core->planning), session);
  return !reservation || reservation->state != RESERVATION_RUNNING;
}

static Known *know_session(Invitations *invitations, const char *session) {
  Known *known = g_hash_table_lookup(invitations->known, session);
  if (!known) {
    if (g_hash_table_size(invitations->known) % KNOWN_SWEEP == KNOWN_SWEEP - 1)
      g_hash_table_foreach_remove(invitations->known, is_no_more, invitations);
    known = g_new0(Known, 1);
    known->knocks = g_ptr_array_new_with_free_func(free_told);
    g_hash_table_insert(invitations->known, g_strdup(session), known);
  }
  return known;
}

void invitations_forget(Invitations *invitations, const char *session) {
  g_hash_table_remove(invitations->known, session);
}

/* ---- the secret ---- */

static char *subject_of(const Reservation *reservation) {
  return g_strdup_printf("%s:%" G_GINT64_FORMAT, reservation->id, reservation->generation);
}

char *invitations_make(const Core *core, const Reservation *reservation) {
  g_autofree char *subject = subject_of(reservation);
  return key_ring_secret(site_keys_get_bookings(core->keys), PURPOSE, subject);
}

gboolean invitations_are_right(const Core *core, const Reservation *reservation, const char *invite) {
  g_autofree char *subject = subject_of(reservation);
  return invite && key_ring_secret_is(site_keys_get_bookings(core->keys), PURPOSE, subject, invite);
}

/* Code, secret and door are of characters that JSON need not quote. */
char *invitations_describe(const Core *core, const Reservation *reservation) {
  g_autofree char *invite = invitations_make(core, reservation);
  return g_strdup_printf("\"code\":\"%s\",\"invite\":\"%s\",\"door\":\"%s\"", reservation->code, invite,
                         reservation_door(reservation));
}

/* ---- tickets ---- */

static const Session *find_session(const Core *core, const char *id, FleetServer **server) {
  const Reservation *reservation = plan_find(planning_get_plan(core->planning), id);
  *server = reservation ? fleet_find_server(core->fleet, reservation->server_name) : NULL;
  return *server ? fleet_server_find_session(*server, id) : NULL;
}

static gboolean has_removed(const Session *session, const char *user) {
  return session && session->removed && user && g_strv_contains((const char *const *)session->removed, user);
}

/* By the key of the server that it is for, as the list has it. */
static Ticket *read_person_ticket(const Core *core, const char *text, GError **error) {
  g_autofree char *name = ticket_read_audience(text);
  const FleetServer *server = fleet_find_server(core->fleet, name);
  if (!server) {
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "The ticket is not valid.");
    return NULL;
  }
  g_autoptr(KeyRing) keys =
      site_keys_derive_server(core->keys, name, fleet_server_get_info(server)->generation);
  return ticket_verify(keys, text, name, error);
}

/* Whoever has a server's key can make tickets for any session: they are good for those that run there. */
static gboolean is_of_its_session(const Core *core, const Ticket *ticket) {
  const Reservation *reservation =
      ticket->session ? plan_find(planning_get_plan(core->planning), ticket->session) : NULL;
  return !reservation || g_strcmp0(reservation->server_name, ticket->audience) == 0;
}

Ticket *invitations_check_ticket(const Core *core, const char *text, GError **error) {
  g_autoptr(Ticket) ticket = read_person_ticket(core, text, error);
  FleetServer *server;
  if (!ticket)
    return NULL;
  if (!is_of_its_session(core, ticket))
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "The ticket is for another server.");
  else if (ticket->session && has_removed(find_session(core, ticket->session, &server), ticket->user))
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "The host has removed you from this session.");
  else
    return g_steal_pointer(&ticket);
  return NULL;
}

/* ---- the streamer is told ---- */

static void on_code_set(const StreamerResult *result, gpointer data) {
  g_autofree char *session = data;
  if (result->outcome != STREAMER_ANSWERED || result->status != 200) /* its next status says so */
    log_info("code_not_set", "session=%s outcome=%s status=%u", session,
             streamer_outcome_name(result->outcome), result->status);
}

/* Its own control verb opens by the code, too. */
static void tell_code(const Invitations *invitations, FleetServer *server, const Session *session,
                      const Reservation *reservation) {
  StreamerPeer *peer = watches_get_peer(server);
  gboolean is_older = session->generation < reservation->generation ||
                      (session->generation == reservation->generation && reservation->generation > 0 &&
                       g_strcmp0(session->code, reservation->code) != 0);
  if (!peer || !is_older)
    return;
  streamer_peer_call(peer, control_set_code(reservation->id, reservation->code, reservation->generation),
                     NULL, 1000 * (guint)invitations->core->configuration->call_timeout_seconds, FALSE,
                     on_code_set, g_strdup(reservation->id));
}

/* ---- the people are told ---- */

static void tell_people(Invitations *invitations, Known *known, const Reservation *reservation) {
  g_autofree char *members = invitations_describe(invitations->core, reservation);
  known->is_untold = FALSE;
  invitations->listener->tell(reservation->id, WIRE_INVITATION_CHANGED, members, invitations->core);
}

/* Those who were removed are none of the people before these hear anything more. */
static void expel_removed(Invitations *invitations, Known *known, const ControlSession *told) {
  if (known->expelled >= told->removals)
    return;
  known->expelled = told->removals;
  for (guint i = 0; told->removed && told->removed[i]; i++)
    invitations->listener->expel(told->session, told->removed[i], invitations->core);
}

void invitations_changed(Invitations *invitations, const Reservation *reservation) {
  FleetServer *server;
  const Session *session = find_session(invitations->core, reservation->id, &server);
  Known *known = know_session(invitations, reservation->id);
  known->is_untold = TRUE;
  if (session)
    tell_code(invitations, server, session, reservation);
  if (known->expelled >= reservation->generation)
    tell_people(invitations, known, reservation);
}

/* ---- knocks ---- */

static ToldKnock *find_told(const Known *known, const char *id) {
  for (guint i = 0; i < known->knocks->len; i++) {
    ToldKnock *told = known->knocks->pdata[i];
    if (g_str_equal(told->id, id))
      return told;
  }
  return NULL;
}

/* The members of its KNOCK (transfer full). */
static char *describe_knock(const ToldKnock *knock) {
  GString *members = g_string_new(NULL);
  gint64 left_us = knock->lapses_at_us - g_get_monotonic_time();
  g_string_append_printf(members, "\"knock\":\"%s\"", knock->id);
  if (knock->name && *knock->name) {
    g_string_append(members, ",\"name\":");
    fields_append_quoted(members, knock->name);
  }
  g_string_append_printf(members, ",\"lapses_in_seconds\":%" G_GINT64_FORMAT,
                         MAX((left_us + INSTANT_SECOND - 1) / INSTANT_SECOND, 0));
  return g_string_free(members, FALSE);
}

static void tell_knock(const Invitations *invitations, const char *session, const ToldKnock *knock) {
  g_autofree char *members = describe_knock(knock);
  invitations->listener->tell(session, WIRE_KNOCK, members, invitations->core);
}

char *invitations_list_knocks(const Invitations *invitations, const char *session) {
  const Known *known = g_hash_table_lookup(invitations->known, session);
  g_autoptr(GString) list = g_string_new(NULL);
  for (guint i = 0; known && i < known->knocks->len; i++) {
    const ToldKnock *knock = known->knocks->pdata[i];
    if (knock->ended)
      continue;
    g_autofree char *members = describe_knock(knock);
    g_autofree char *event = wire_answer(WIRE_KNOCK, members);
    g_string_append_printf(list, "%s%s", list->len ? "," : "", event);
  }
  return list->len ? g_string_free(g_steal_pointer(&list), FALSE) : NULL;
}

static void tell_knock_ended(const Invitations *invitations, const char *session, ToldKnock *told,
                             const char *reason) {
  g_autofree char *members = g_strdup_printf("\"knock\":\"%s\",\"reason\":\"%s\"", told->id, reason);
  told->ended = TRUE;
  invitations->listener->tell(session, WIRE_KNOCK_ENDED, members, invitations->core);
}

static void learn_knock(const Invitations *invitations, Known *known, const char *session,
                        const ControlKnock *knock) {
  ToldKnock *told = find_told(known, knock->knock);
  gboolean is_new = !told;
  if (is_new) {
    told = g_new0(ToldKnock, 1);
    told->id = g_strdup(knock->knock);
    told->name = g_strdup(knock->name);
    told->lapses_at_us = g_get_monotonic_time() + knock->lapses_in_s * INSTANT_SECOND;
    told->ended = knock->answer != NULL; /* before anybody here heard of it */
    g_ptr_array_add(known->knocks, told);
  }
  told->is_there = TRUE;
  if (is_new && !told->ended)
    tell_knock(invitations, session, told);
  else if (knock->answer && !told->ended)
    tell_knock_ended(invitations, session, told,
                     g_str_equal(knock->answer, WIRE_KNOCK_ADMITTED) ? WIRE_KNOCK_ADMITTED
                                                                     : WIRE_KNOCK_REFUSED);
}

static void learn_knocks(const Invitations *invitations, Known *known, const char *session,
                         const GPtrArray *knocks) {
  for (guint i = 0; knocks && i < knocks->len; i++)
    learn_knock(invitations, known, session, knocks->pdata[i]);
  for (guint i = known->knocks->len; i-- > 0;) {
    ToldKnock *told = known->knocks->pdata[i];
    if (!told->is_there && !told->ended)
      tell_knock_ended(invitations, session, told, WIRE_KNOCK_LAPSED);
    if (!told->is_there)
      g_ptr_array_remove_index(known->knocks, i);
    else
      told->is_there = FALSE;
  }
}

/* ---- statuses ---- */

static gboolean is_worth_knowing(const Invitations *invitations, const ControlSession *told) {
  return told->removals > 0 || told->knocks || g_hash_table_contains(invitations->known, told->session);
}

/* Another coordinator may have renewed it: what it wrote comes with the next look. */
static void compare_generations(const Invitations *invitations, FleetServer *server, const Session *session,
                                const ControlSession *told) {
  Plan *plan = planning_get_plan(invitations->core->planning);
  const Reservation *reservation = plan_find(plan, session->id);
  if (!reservation || reservation->state != RESERVATION_RUNNING)
    return;
  if (reservation->generation < told->removals && invitations->core->mode != CORE_LOOKS)
    plan_renew_invitation(plan, session->id, told->removals, instant_now_us());
  else
    tell_code(invitations, server, session, reservation);
}

void invitations_told(Invitations *invitations, FleetServer *server, const Session *session,
                      const ControlSession *told) {
  if (is_worth_knowing(invitations, told)) {
    Known *known = know_session(invitations, session->id);
    expel_removed(invitations, known, told);
    learn_knocks(invitations, known, session->id, told->knocks);
    const Reservation *reservation = plan_find(planning_get_plan(invitations->core->planning), session->id);
    if (known->is_untold && reservation && known->expelled >= reservation->generation)
      tell_people(invitations, known, reservation);
  }
  compare_generations(invitations, server, session, told);
}
