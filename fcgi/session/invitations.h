/* Invitations: what is beside a code in a link, and what becomes of both when the host removes somebody
 * (vitrina-protocol(7), Invitations and knocking). The core's thread.
 *
 * A streamer's status says whom the host has removed, for as long as the session runs. Every coordinator that
 * hears of it asks the plan for the invitation of that generation, and tells the session's people when it is
 * written: not before the streamer has said who is not one of them any more.
 */
#pragma once
#include "common/ticket.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/rules/reservation.h"

/* What is told to, and done with, those who wait for a session's events. Static. */
typedef struct {
  /* An event for the session's people; @members as in wire_answer(). */
  void (*tell)(const char *session, WireMessage message, const char *members, Core *core);
  /* @user is none of them from here on. */
  void (*expel)(const char *session, const char *user, Core *core);
} InvitationsListener;

Invitations *invitations_new(Core *core, const InvitationsListener *listener); /* (transfer full) */
void invitations_free(Invitations *invitations);                               /* NULL is allowed */

/* The secret of the reservation's present invitation (transfer full), and whether @invite (nullable) is it.
 */
char *invitations_make(const Core *core, const Reservation *reservation);
gboolean invitations_are_right(const Core *core, const Reservation *reservation, const char *invite);
/* Code, invitation and door as members of an answer (transfer full). */
char *invitations_describe(const Core *core, const Reservation *reservation);

/* A status tells of the session. */
void invitations_told(Invitations *invitations, FleetServer *server, const Session *session,
                      const ControlSession *told);
/* How one comes into the session is another, as the store has it. */
void invitations_changed(Invitations *invitations, const Reservation *reservation);
/* The KNOCK of each who waits at the session, as a list of events without brackets (transfer full); NULL:
 * nobody does. For those who come after it was told. */
char *invitations_list_knocks(const Invitations *invitations, const char *session);
/* It is over. */
void invitations_forget(Invitations *invitations, const char *session);

/* The claims of a person's ticket (transfer full); NULL with WIRE_NOT_AUTHORIZED, also when the host has
 * removed the person, and when the plan has its session on another server than the one whose key it is signed
 * with. A session that is not known yet may be one of those: look it up before anything is told of it. */
Ticket *invitations_check_ticket(const Core *core, const char *text, GError **error);
