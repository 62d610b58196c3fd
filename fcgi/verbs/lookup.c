#include "fcgi/verbs/lookup.h"

#include "fcgi/core/core.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/planning.h"

#include <string.h>

gboolean lookup_minutes(const RcRules *rules, gint64 asked, guint *minutes, GError **error) {
  gint64 wanted = asked ? asked : rules->session_minutes;
  *minutes = (guint)wanted;
  if (wanted >= rules->min_session_minutes && wanted <= rules->session_minutes)
    return TRUE;
  wire_set_error(error, WIRE_BAD_REQUEST, "duration_minutes", "duration_minutes: must be from %d to %d.",
                 (int)rules->min_session_minutes, (int)rules->session_minutes);
  return FALSE;
}

Rc *lookup_rc(Request *request, const char *name) {
  Rc *rc = fleet_find_rc(request_get_core(request)->fleet, name);
  request_set_rc(request, name);
  if (!rc)
    request_refuse_with(request, WIRE_RC_NOT_FOUND, "rc_name",
                        "There is no residential complex of this name.");
  return rc;
}

/* ---- what another coordinator may have made ---- */

/* A request that is handled again when the store has told what is new. */
typedef struct {
  Request *request; /* NULL: its client has gone */
  gboolean by_code;
} Lookup;

static void on_lookup_gone(Request *request, gpointer data) {
  ((Lookup *)data)->request = NULL;
}

void lookup_again(Request *request) {
  const Verb *found;
  gpointer arguments;
  g_autofree char *id = NULL;
  gsize length;
  const char *text = request_get_text(request, &length);
  const Verb *verb = request_get_verb(request); /* and, from its row on, a table that has it */
  if (!verb_read(verb, text, length, &found, &arguments, &id, NULL)) {
    request_refuse_with(request, WIRE_INTERNAL_ERROR, NULL, "The request was lost.");
    return;
  }
  verb->handle(request, arguments);
  verb_free_arguments(verb, arguments);
}

static void on_store_told(gboolean known, gpointer data) {
  g_autofree Lookup *lookup = data;
  Request *request = lookup->request;
  if (!request)
    return;
  request_resume(request);
  request_set_looked(request);
  if (!known) { /* what was asked for may be there all the same */
    request_set_unsure(request);
    if (!lookup->by_code) {
      code_door_refuse_unsure(request);
      return;
    }
  }
  lookup_again(request);
}

static gboolean look_in_store(Request *request, gboolean by_code) {
  const Core *core = request_get_core(request);
  Plan *plan = planning_get_plan(core->planning);
  if (!core->database || core->ending || request_has_looked(request) || !plan_is_loaded(plan))
    return FALSE;
  Lookup *lookup = g_new(Lookup, 1);
  *lookup = (Lookup){request, by_code};
  request_wait(request, on_lookup_gone, lookup);
  plan_refresh(plan, on_store_told, lookup);
  return TRUE;
}

gboolean lookup_in_store(Request *request) {
  return look_in_store(request, FALSE);
}

/* ---- codes ---- */

/* That a code is not known here tells something of it, too: when the store cannot be asked it is for the
 * guard to say whether that may be told. Who shows a secret beside it has not guessed: the store is asked
 * then whether the code is known here or not, as long as the secret is not right, and so nothing is told by
 * saying that it could not be. */
static gboolean look_for_code(Request *request, const char *code, const char *key, const char *invite) {
  const Core *core = request_get_core(request);
  const Reservation *found = plan_find_code(planning_get_plan(core->planning), code);
  gboolean by_secret = key || invite;
  if (found && (!by_secret || code_door_secret_is_right(core, found, key, invite)))
    return FALSE;
  return look_in_store(request, !by_secret);
}

static gboolean check_code(Request *request, const char *code) {
  if (strspn(code, "0123456789") == strlen(code))
    return TRUE;
  request_refuse_with(request, WIRE_BAD_REQUEST, "code", "code: must be digits.");
  return FALSE;
}

const Reservation *lookup_code(Request *request, const char *code, const char *key) {
  if (!check_code(request, code) || look_for_code(request, code, key, NULL))
    return NULL;
  return code_door_try(request, code, key);
}

const Reservation *lookup_entrance(Request *request, const CodeDoorWish *wish, gboolean *is_host) {
  if (!check_code(request, wish->code) || look_for_code(request, wish->code, wish->key, wish->invite))
    return NULL;
  return code_door_enter(request, wish, is_host);
}

/* ---- tickets ---- */

Ticket *lookup_person(Request *request, const char *text, gboolean by_host) {
  g_autoptr(GError) error = NULL;
  g_autoptr(Ticket) ticket = invitations_check_ticket(request_get_core(request), text, &error);
  if (ticket && by_host && g_strcmp0(ticket->role, "host") != 0)
    wire_set_error(&error, WIRE_FORBIDDEN, "ticket", "The session's host alone may do that.");
  if (!error)
    return g_steal_pointer(&ticket);
  request_refuse(request, error);
  return NULL;
}

const Reservation *lookup_ticket(Request *request, const char *text, gboolean by_host) {
  const Plan *plan = planning_get_plan(request_get_core(request)->planning);
  g_autoptr(Ticket) ticket = lookup_person(request, text, by_host);
  if (!ticket)
    return NULL;
  const Reservation *found = ticket->session ? plan_find(plan, ticket->session) : NULL;
  if (found && found->state == RESERVATION_RUNNING)
    return found;
  if (found || !lookup_in_store(request))
    request_refuse_with(request, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session, or it is over.");
  return NULL;
}

/* ---- what staff means ---- */

const Reservation *lookup_session(Request *request, const char *session, const char *code) {
  const Plan *plan = planning_get_plan(request_get_core(request)->planning);
  if (!session == !code) {
    request_refuse_with(request, WIRE_BAD_REQUEST, "session",
                        "session: this or code is to be given, and one alone.");
    return NULL;
  }
  if (code && !check_code(request, code))
    return NULL;
  const Reservation *found = session ? plan_find(plan, session) : plan_find_code(plan, code);
  if (found && found->state != RESERVATION_ENDED)
    return found;
  if (found || !lookup_in_store(request))
    request_refuse_with(request, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session, or it is over.");
  return NULL;
}
