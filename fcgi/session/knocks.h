/* Those who knock: requests that wait for a host's yes (vitrina-protocol(7), Invitations and knocking). The
 * core's thread.
 *
 * What a knocker hears must tell nothing of the code. Each waits for the same time from its arrival, by one
 * timer, and is refused by one function, whether its code is right or wrong, whether anybody was asked, and
 * whatever came of that; only a yes comes earlier. A right code's knock stands at the session's streamer,
 * from whose status every coordinator learns of it, and of its answer.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/rules/reservation.h"

#define KNOCKS_PER_SESSION 8 /* that wait at once, */
#define KNOCKS_PER_CLIENT 2  /* from one address, */
#define KNOCKS_PER_NETWORK 8 /* and from its neighbours; what is more is waited for in vain */

Knocks *knocks_new(Core *core);   /* (transfer full) */
void knocks_free(Knocks *knocks); /* nobody may wait any more; NULL is allowed */

/* Somebody knocks; @reservation: whose code they typed (nullable: nobody's), @name: what they are called
 * (nullable). (transfer full @request) */
void knocks_begin(Knocks *knocks, Request *request, const Reservation *reservation, const char *name);

/* A status tells of the session, and who knocks there as the streamer knows it: those who wait for its
 * beginning go on to it, those who were admitted come in. */
void knocks_told(Knocks *knocks, FleetServer *server, const Session *session,
                 const GPtrArray *control_knocks);

/* How many knock, at a session or in vain, and were admitted a moment ago. */
guint knocks_count(const Knocks *knocks);
/* Whether a host has said yes to a knock of this client at the session whose time is not over: the answer may
 * have been lost. */
gboolean knocks_were_admitted(const Knocks *knocks, const char *address, const char *session);

/* That there is no session with the code that was typed, or none that may be told of: the one place where
 * this is said. (transfer full @request) */
void knocks_refuse(Request *request);

/* Answers all who wait: the coordinator stops. */
void knocks_answer_all(Knocks *knocks);
