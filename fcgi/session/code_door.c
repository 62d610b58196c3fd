#include "fcgi/session/code_door.h"

#include "fcgi/session/invitations.h"
#include "fcgi/session/knocks.h"
#include "fcgi/session/planning.h"

#define RETRY_SOON_SECONDS 5
#define RETRY_KNOCK_SECONDS 30

static void refuse_attempt(Request *request, const char *reason, guint retry_after_seconds) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_TOO_MANY_ATTEMPTS, NULL, "%s", reason);
  request_refuse_until(request, error, retry_after_seconds, NULL);
}

void code_door_refuse_unsure(Request *request) {
  request_refuse_with(request, WIRE_STORE_UNAVAILABLE, NULL,
                      "The database does not answer. Try again in a moment.");
}

/* The guard has said that it may be told. */
static void refuse_code(Request *request) {
  if (request_is_unsure(request))
    code_door_refuse_unsure(request);
  else
    knocks_refuse(request);
}

static void refuse_guess(Request *request, guint retry_after_seconds) {
  refuse_attempt(request, "There were too many wrong codes; try again later.", retry_after_seconds);
}

const Reservation *code_door_try(Request *request, const char *code, const char *key) {
  const Reservation *reservation;
  guint retry_after_seconds = 0;
  switch (planning_try_code(request_get_core(request)->planning, request_get_address(request), code, key,
                            &reservation, &retry_after_seconds)) {
  case PLANNING_RIGHT:
    return reservation;
  case PLANNING_WRONG:
    refuse_code(request);
    return NULL;
  case PLANNING_REFUSED:
    refuse_guess(request, retry_after_seconds);
    return NULL;
  }
  g_return_val_if_reached(NULL);
}

/* ---- coming in ---- */

/* Whatever decides here must not depend on whether there is such a code. */
static void knock(Request *request, const Reservation *reservation, const char *name,
                  guint retry_after_seconds) {
  const Core *core = request_get_core(request);
  if (core->mode != CORE_SERVES || core->stopping)
    refuse_guess(request, retry_after_seconds);
  else if (!request_may_wait(request))
    refuse_attempt(request, "Too many requests are waiting already.", RETRY_SOON_SECONDS);
  else
    knocks_begin(core->knocks, request, reservation, name);
}

/* Whoever has nothing better to show than the code has perhaps guessed it. */
static const Reservation *enter_by_code(Request *request, const CodeDoorWish *wish) {
  const Core *core = request_get_core(request);
  const Reservation *reservation;
  guint retry_after_seconds = RETRY_KNOCK_SECONDS;
  PlanningCode answer = planning_try_code(core->planning, request_get_address(request), wish->code, NULL,
                                          &reservation, &retry_after_seconds);
  if (answer == PLANNING_WRONG)
    refuse_code(request);
  else if (answer == PLANNING_RIGHT &&
           (!reservation_wants_knock(reservation) ||
            knocks_were_admitted(core->knocks, request_get_address(request), reservation->id)))
    return reservation;
  else
    knock(request, reservation, wish->name, retry_after_seconds);
  return NULL;
}

static const Reservation *enter_by_invitation(Request *request, const Reservation *reservation,
                                              const char *name) {
  const Core *core = request_get_core(request);
  if (!reservation_wants_knock(reservation) ||
      knocks_were_admitted(core->knocks, request_get_address(request), reservation->id))
    return reservation;
  knock(request, reservation, name, RETRY_KNOCK_SECONDS);
  return NULL;
}

gboolean code_door_secret_is_right(const Core *core, const Reservation *reservation, const char *key,
                                   const char *invite) {
  return (key && planning_key_is_right(core->planning, reservation, key)) ||
         invitations_are_right(core, reservation, invite);
}

const Reservation *code_door_enter(Request *request, const CodeDoorWish *wish, gboolean *is_host) {
  const Core *core = request_get_core(request);
  const Reservation *found = plan_find_code(planning_get_plan(core->planning), wish->code);
  *is_host = found && wish->key && planning_key_is_right(core->planning, found, wish->key);
  if (*is_host || (found && wish->is_staff))
    return found;
  if (wish->is_staff) {
    refuse_code(request);
    return NULL;
  }
  return found && invitations_are_right(core, found, wish->invite)
             ? enter_by_invitation(request, found, wish->name)
             : enter_by_code(request, wish);
}

void code_door_told(const Request *request, const char *session) {
  planning_code_told(request_get_core(request)->planning, request_get_address(request), session);
}
