/* What happens in a session, in order, for everybody in it: a ring of the newest events, each with a cursor
 * (1 and up). Followers get each event as it comes; waiters get what came since their cursor, at once or
 * later. Both see the same texts in the same order, so that a person may change from one to the other in the
 * middle. Nothing here blocks or touches a socket. Main thread.
 */
#pragma once
#include "common/wire.h"
#include <glib.h>

typedef struct Events Events;
typedef struct EventsFollower EventsFollower;
typedef struct EventsWaiter EventsWaiter;

/* How many questions of one person may wait at a time; a further one has the oldest answered. */
#define EVENTS_WAITS_PER_PERSON 4

/* One event as JSON text: {"msg":…,"cursor":…,…}. NULL is the last call: the person was dismissed or the
 * events are freed, and the follower is gone. Must not add or remove followers. */
typedef void (*EventsFollowFunc)(const char *event, gpointer data);

/* The answer to a waiter, once: @list is a JSON array, "[]" when time ran out or the session is over;
 * @cursor is to be sent back with the next question. The waiter is freed afterwards. */
typedef void (*EventsWaitFunc)(const char *list, gint64 cursor, gpointer data);

/* Keeps at most @max_events of at most @max_bytes in sum; older ones are forgotten. (transfer full) */
Events *events_new(guint max_events, gsize max_bytes);
/* Answers all waiters, tells all followers and frees. NULL is allowed. */
void events_free(Events *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Events, events_free)

/* Adds an event, tells the followers, answers the waiters. @members as in wire_answer(). */
void events_add(Events *events, WireMessage message, const char *members);
/* The newest cursor; 0 when nothing happened yet. */
gint64 events_cursor(const Events *events);

/* The events after @cursor as a JSON array (transfer full); those forgotten are skipped. */
char *events_since(const Events *events, gint64 cursor);

/* @who follows from now on. */
EventsFollower *events_follow(Events *events, const char *who, EventsFollowFunc func, gpointer data);
/* Forgets the follower without another call. NULL is allowed. */
void events_unfollow(EventsFollower *follower);

/* @who waits. Answers at once (returning NULL) when there is something after @cursor or @wait_ms is 0, else
 * later. A @cursor beyond the newest is of another life and taken as 0. */
EventsWaiter *events_wait(Events *events, const char *who, gint64 cursor, guint wait_ms, EventsWaitFunc func,
                          gpointer data);
/* Forgets it without an answer. */
void events_cancel(EventsWaiter *waiter);

/* Ends what @who follows and answers what @who waits for. */
void events_dismiss(Events *events, const char *who);
