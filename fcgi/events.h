/* Events for everybody, and the requests that wait for them (POLL_EVENTS).
 *
 * The last events are kept in a ring. A cursor says how far a client has read; one from before the ring, or
 * from before a restart, gets the present state of everything instead of what it missed. SERVERS_CHANGED is
 * not told for each change but for all within a short time at once. The core's thread.
 */
#pragma once
#include "fcgi/core.h"
#include "fcgi/fleet.h"
#include "fcgi/request.h"

Events *events_new(Core *core);   /* (transfer full) */
void events_free(Events *events); /* nobody may wait any more; NULL is allowed */

/* Called with each event as it is told: its text, with its cursor in it, and the session that it is for
 * (NULL: everybody). For doors that push; one at a time. */
typedef void (*EventsPush)(const char *event, const char *session, gpointer data);
void events_set_push(Events *events, EventsPush push, gpointer data);

/* The RC's numbers have changed; NULL: any RC's may have, or the list itself. */
void events_servers_changed(Events *events, const Rc *rc);

/* An event for the people of one session alone: those who poll with its ticket. @members as in wire_answer().
 */
void events_tell_session(Events *events, const char *session, WireMessage message, const char *members);

/* Answers with the events since @cursor: at once if there are any, else when one comes, at the latest after
 * @wait_seconds. @cursor NULL: from now on. @session (nullable): the one that the client's ticket is for.
 * (transfer full @request) */
void events_poll(Events *events, Request *request, const char *cursor, const char *session,
                 guint wait_seconds);

/* Answers at once with this one event (its text) and the cursor of what follows. (transfer full @request) */
void events_answer_with(Events *events, Request *request, const char *event);

/* Answers everybody who waits, with nothing. */
void events_answer_all(Events *events);

/* The cursor of what has been told so far (transfer full). */
char *events_get_cursor(const Events *events);
