/* What several verbs look up before they do anything. Where there is none, they refuse. The core's thread. */
#pragma once
#include "common/ticket.h"
#include "fcgi/core/request.h"
#include "fcgi/rules/rc.h"
#include "fcgi/rules/rc_rules.h"
#include "fcgi/rules/reservation.h"
#include "fcgi/session/code_door.h"

/* How long a session shall be: @asked minutes, 0 for the usual, within the RC's limits. */
gboolean lookup_minutes(const RcRules *rules, gint64 asked, guint *minutes, GError **error);

/* The RC of this name. NULL: there is none, and the request has been refused (transfer full then). */
Rc *lookup_rc(Request *request, const char *name);

/* The reservation that a code which was typed is of, @key (nullable) with it: see code_door_try(). What is
 * not digits alone is no guess at a code. NULL: the request has been refused, or will be handled again
 * (transfer full then). */
const Reservation *lookup_code(Request *request, const char *code, const char *key);

/* The running session that a person's ticket is of, a host's alone if @by_host. NULL: the request has been
 * refused (WIRE_NOT_AUTHORIZED, also when the host has removed them; WIRE_FORBIDDEN; WIRE_SESSION_NOT_EXIST),
 * or will be handled again (transfer full then). */
const Reservation *lookup_ticket(Request *request, const char *ticket, gboolean by_host);
/* The claims of a person's ticket, a host's alone if @by_host (transfer full). NULL: the request has been
 * refused (transfer full then). */
Ticket *lookup_person(Request *request, const char *ticket, gboolean by_host);

/* The reservation that somebody may enter who wishes to, and whether as its host: see code_door_enter().
 * NULL: the request has been refused, waits, or will be handled again (transfer full then). */
const Reservation *lookup_entrance(Request *request, const CodeDoorWish *wish, gboolean *is_host);

/* Handles the request again from its text, when what it waited for is known. (transfer full) */
void lookup_again(Request *request);

/* Before saying that there is no such thing: another coordinator may have made it a moment ago. TRUE: that is
 * asked, and the request (transfer full then) is handled again when it is known, and refused when it cannot
 * be. */
gboolean lookup_in_store(Request *request);

/* The reservation that staff means: by its session's id, or by its code (of which one must be given), which
 * is no guess then. NULL: the request has been refused, or will be handled again (transfer full then). */
const Reservation *lookup_session(Request *request, const char *session, const char *code);
