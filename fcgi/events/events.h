/* Events for everybody, and the requests that wait for them (POLL_EVENTS).
 *
 * The last events are kept in a ring. A cursor says how far a client has read; one from before the ring, or
 * from before a restart, gets the present state of everything instead of what it missed. SERVERS_CHANGED is
 * not told for each change but for all within a short time at once. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"

Events *events_new(Core *core);   /* (transfer full) */
void events_free(Events *events); /* nobody may wait any more; NULL is allowed */

/* Called with each event as it is told: its text, with its cursor in it, and the audience that it is for
 * (request_follow(); NULL: everybody). For doors that push; one at a time. */
typedef void (*EventsPush)(const char *event, const char *session, gpointer data);
/* Called when @person is none of @audience any more: they hear of nothing that is told from here on. */
typedef void (*EventsExpel)(const char *audience, const char *person, gpointer data);
void events_set_push(Events *events, EventsPush push, EventsExpel expel, gpointer data);

/* The PLACE_IN_LINE for @place as it is now (transfer full), and its @mark, which is never 0 and another
 * whenever there is something to tell. NULL, with @mark as it was: there is no such place, or its mark is
 * @told. For who has the lines; there are no places without. */
typedef char *(*EventsDescribePlace)(const char *place, guint told, guint *mark, gpointer data);
void events_set_places(Events *events, EventsDescribePlace describe, gpointer data);

/* The RC's numbers have changed; NULL: any RC's may have, or the list itself. */
void events_servers_changed(Events *events, const Rc *rc);

/* An event for the people of one session alone: those who poll with its ticket. @members as in wire_answer().
 */
void events_tell_session(Events *events, const char *session, WireMessage message, const char *members);

/* @user is none of the session's people any more: they are told nothing more of it, and those of their
 * requests that wait are refused with WIRE_NOT_AUTHORIZED. */
void events_expel(Events *events, const char *session, const char *user);

/* For whom a client asks, beside everybody. Plain data. */
typedef struct {
  const char *session;  /* that the client's ticket is for (nullable) */
  const char *user;     /* whose ticket it is (nullable) */
  const char *place;    /* in a waiting line (nullable) */
  const char *standing; /* events that still stand, as a list without brackets (nullable): told to who cannot
                         * have heard of them */
} EventsFor;

/* Answers with the events since @cursor: at once if there are any, else when one comes, at the latest after
 * @wait_seconds. @cursor NULL: from now on. Where a place in line is asked for, its PLACE_IN_LINE is among
 * them whenever it is another than the cursor's owner was told, and at once if none was. (transfer full
 * @request) */
void events_poll(Events *events, Request *request, const char *cursor, const EventsFor *whom,
                 guint wait_seconds);

/* From its answer on, the client shall also be told of a place in a line (request_follow()). */
void events_follow_place(Request *request, const char *place);
/* A place in a line has changed: tells those who wait for it, or follow it. */
void events_tell_place(Events *events, const char *place);

/* Answers everybody who waits, with nothing. */
void events_answer_all(Events *events);
