/* The plan in the coordinator: told by the fleet what there is and what runs, kept going by the clock,
 * guarded against those who guess codes. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/plan/plan.h"

/* What planning tells, and asks, those who stand on it. @core: the one that it was opened with. */
typedef struct {
  /* The session will be over soon and could last longer: @offer, the members of an EXTENSION_OFFERED. */
  void (*ending)(const char *session, const char *offer, Core *core);
  /* Whether a server is being asked for the session right now. */
  gboolean (*is_starting)(const char *session, Core *core);
  /* How one comes into the session is another, as the store has it (PlanListener.invited). */
  void (*invited)(const Reservation *reservation, Core *core);
} PlanningListener;

/* Opens the plan's file. @listener: static. NULL with @error, one line for the log. (transfer full) */
Planning *planning_open(Core *core, const PlanningListener *listener, GError **error);
/* Does what is due, as the clock does, and gives up sessions that were being started by somebody who is no
 * more: for a core that answers one request, once the servers have told what they have. */
void planning_catch_up(Planning *planning);
/* Refuses those who wait for the plan, while they still can be told. NULL is allowed. */
void planning_stop(Planning *planning);
/* When nobody waits any more. NULL is allowed. */
void planning_close(Planning *planning);

Plan *planning_get_plan(Planning *planning);

/* ---- what the fleet tells ---- */

/* The RC's capacity may be another; NULL: any RC's. */
void planning_capacity_changed(Planning *planning, const Rc *rc);
/* The server is in the list: what the plan knows to run there takes its places until the server says
 * otherwise. */
void planning_server_added(Planning *planning, FleetServer *server);
/* A status names a session that was not known to be there. FALSE with FIELDS_ERROR when it cannot be one of
 * this server's: its id or its code is somebody else's, or it could not be written down. */
gboolean planning_session_seen(Planning *planning, FleetServer *server, const Session *session,
                               GError **error);
/* A session that was there is over; @reason: what the streamer says (nullable). */
void planning_session_over(Planning *planning, FleetServer *server, const char *session, const char *reason);

/* ---- more time ---- */

/* The EXTENSION_OFFERED that stands for the session now, as an event's text (transfer full); NULL: its end is
 * not near, or there is no more time. For those who come after it was told. */
char *planning_standing_offer(Planning *planning, const char *session);

/* ---- codes ---- */

typedef enum {
  PLANNING_RIGHT,
  PLANNING_WRONG,   /* there is no such code */
  PLANNING_REFUSED, /* whether there is must not be told */
} PlanningCode;

/* Looks @code up for @client, an IP address, who may have guessed it. PLANNING_RIGHT: @reservation is it
 * (transfer none, until the plan changes). PLANNING_REFUSED: @retry_after_seconds is when to try again. @key
 * (nullable): a booking's secret, whose owner has not guessed. */
PlanningCode planning_try_code(Planning *planning, const char *client, const char *code, const char *key,
                               const Reservation **reservation, guint *retry_after_seconds);
/* How much of what may be guessed wrong in a day is used up, 0 to 1 (guard_spent()). */
double planning_get_guessed(Planning *planning);
/* @client was told the session's code. */
void planning_code_told(Planning *planning, const char *client, const char *session);
/* The secret that cancels a booking (transfer full), and whether @key is it. */
char *planning_make_key(const Planning *planning, const Reservation *reservation);
gboolean planning_key_is_right(const Planning *planning, const Reservation *reservation, const char *key);
