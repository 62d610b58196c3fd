/* Those who run the site: whether who sends a staff ticket may do what is asked (vitrina-coordinator(8),
 * OPERATORS' TICKETS).
 *
 * A ticket is good when it is signed with the key of staff (site_keys.h), not expired, in the list of those
 * that were made, and not revoked there. The list is a file, looked at with each such request and read when
 * it has changed; or a table, read again when what is known of it is a second old. So nothing has to be
 * restarted, and when the table cannot be asked nobody is let through. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/staff/staff_list.h"

Staff *staff_new(Core *core);  /* reads nothing yet (transfer full) */
void staff_free(Staff *staff); /* NULL is allowed */

/* Handles a request once more, from its text (transfer full). */
typedef void (*StaffAgain)(Request *request);

/* The listed ticket that @text (nullable) is, when it may ask the request's verb: (transfer none), until the
 * main loop runs again. NULL: the request was refused (WIRE_NOT_AUTHORIZED, WIRE_FORBIDDEN,
 * WIRE_STORE_UNAVAILABLE), or waits for the table and is given to @again then (transfer full in both). */
const StaffTicket *staff_admit(Staff *staff, Request *request, const char *text, StaffAgain again);

/* Who does something, until it is done: what the log's line about it says of them. */
typedef struct StaffActor StaffActor;

/* Of the request's verb, by the owner of @ticket. (transfer full) */
StaffActor *staff_actor_new(const StaffTicket *ticket, const Request *request);
void staff_actor_free(StaffActor *actor); /* nothing came of it; NULL is allowed */
/* It was done: one line of the log, with @format's key=value pairs that say to what. (transfer full @actor)
 */
void staff_actor_did(StaffActor *actor, const char *format, ...) G_GNUC_PRINTF(2, 3);
