/* What happens in a session, in order: a ring of the newest events, each with a cursor (1 and up).
 *
 * Followers are given each event as it comes, and say when they can take no more for now; waiters get what
 * came since their cursor, at once or later. Both see the same texts in the same order, so that a person may
 * change from one to the other in the middle. An event may be for one person alone: nobody else sees it, and
 * its cursor is missing for them.
 *
 * The ring is shared fairly: when it is full, the oldest event goes of whoever has most in it, so that one
 * who sends much washes out what they sent themselves. Who follows so slowly that an event was forgotten
 * before they took it is told that, and nothing is queued for them meanwhile: a slow reader costs nobody
 * memory. Nothing here blocks or touches a socket. Main thread.
 */
#pragma once
#include "common/wire.h"
#include <glib.h>

typedef struct Events Events;
typedef struct EventsFollower EventsFollower;
typedef struct EventsWaiter EventsWaiter;

/* How many questions of one person may wait at a time; a further one has the oldest answered. */
#define EVENTS_WAITS_PER_PERSON 4
/* A list of events is cut when it is longer (bytes); the rest comes with the next question. */
#define EVENTS_LIST_MAX (128 * 1024)

/* Whose an event is and whom it is for. */
typedef struct {
  const char *from;   /* NULL: the session's own */
  const char *to;     /* NULL: everybody */
  gboolean transient; /* of those with the same from and to, only the newest is kept */
} EventsScope;

/* Why following ended. */
typedef enum {
  EVENTS_OVER,     /* the person was dismissed, or there are no more events */
  EVENTS_REPLACED, /* the person follows from elsewhere */
  EVENTS_LAGGING,  /* an event was forgotten before it was taken */
} EventsEnd;

/* What a follower is. Neither function may add or remove followers. */
typedef struct {
  /* One event as JSON text: {"msg":…,"cursor":…,…}. FALSE: not now, and nothing more until events_resume().
   */
  gboolean (*take)(const char *event, gpointer data);
  /* The last call; the follower is gone. */
  void (*ended)(EventsEnd end, gpointer data);
} EventsFollowing;

/* The answer to a waiter, once: @list is a JSON array, "[]" when time ran out or the session is over;
 * @cursor is to be sent back with the next question. The waiter is freed afterwards. */
typedef void (*EventsWaitFunc)(const char *list, gint64 cursor, gpointer data);

/* Keeps at most @max_events of at most @max_bytes in sum, and always the newest one. (transfer full) */
Events *events_new(guint max_events, gsize max_bytes);
/* Answers all waiters, tells all followers and frees. NULL is allowed. */
void events_free(Events *events);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Events, events_free)

/* Adds an event, gives it to the followers, answers the waiters. @members as in wire_answer(); @scope NULL:
 * the session's own, for everybody. Returns its cursor. */
gint64 events_add(Events *events, WireMessage message, const char *members, const EventsScope *scope);
/* The newest cursor; 0 when nothing happened yet. */
gint64 events_cursor(const Events *events);
/* The same cursor, or 0 if it is of another life: beyond the newest. */
gint64 events_check_cursor(const Events *events, gint64 cursor);

/* The events for @who after *@cursor as a JSON array (transfer full); those forgotten are skipped. *@cursor
 * becomes that of the next question. */
char *events_since(const Events *events, const char *who, gint64 *cursor);

/* @who follows what comes after @cursor: is given what is there already, from within. @following outlives it.
 */
EventsFollower *events_follow(Events *events, const char *who, gint64 cursor,
                              const EventsFollowing *following, gpointer data);
/* It can take events again. */
void events_resume(EventsFollower *follower);
/* Forgets the follower without another call. NULL is allowed. */
void events_unfollow(EventsFollower *follower);

/* @who waits. Answers at once (returning NULL) when there is something after @cursor or @wait_ms is 0, else
 * later. */
EventsWaiter *events_wait(Events *events, const char *who, gint64 cursor, guint wait_ms, EventsWaitFunc func,
                          gpointer data);
/* Forgets it without an answer. */
void events_cancel(EventsWaiter *waiter);

/* Ends what @who follows and answers what @who waits for. */
void events_dismiss(Events *events, const char *who);
/* The same, because @who is connected from elsewhere: each is told CONNECTION_REPLACED, an event that is not
 * kept. */
void events_replace(Events *events, const char *who);
/* What they are told, as a list (transfer full). */
char *events_replaced_list(const Events *events);
