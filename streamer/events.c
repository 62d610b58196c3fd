#include "streamer/events.h"

#include <string.h>

struct Events {
  GQueue ring;   /* of char *, the newest last */
  gint64 newest; /* its cursor; that of the oldest is newest - length + 1 */
  gsize bytes;
  guint max_events;
  gsize max_bytes;
  GQueue followers; /* of EventsFollower */
  GQueue waiters;   /* of EventsWaiter */
};

struct EventsFollower {
  Events *events;
  GList link;
  char *who;
  EventsFollowFunc func;
  gpointer data;
};

struct EventsWaiter {
  Events *events;
  GList link;
  char *who;
  gint64 cursor;
  guint timeout_source;
  EventsWaitFunc func;
  gpointer data;
};

Events *events_new(guint max_events, gsize max_bytes) {
  Events *events = g_new0(Events, 1);
  events->max_events = max_events;
  events->max_bytes = max_bytes;
  return events;
}

/* ---- the ring ---- */

static void forget_oldest(Events *events) {
  g_autofree char *oldest = g_queue_pop_head(&events->ring);
  events->bytes -= strlen(oldest);
}

static const char *keep(Events *events, WireMessage message, const char *members) {
  events->newest++;
  g_autofree char *all = g_strdup_printf("\"cursor\":%" G_GINT64_FORMAT "%s%s", events->newest,
                                         members ? "," : "", members ? members : "");
  char *text = wire_answer(message, all);
  g_queue_push_tail(&events->ring, text);
  events->bytes += strlen(text);
  while (events->ring.length > 1 &&
         (events->ring.length > events->max_events || events->bytes > events->max_bytes))
    forget_oldest(events);
  return text;
}

gint64 events_cursor(const Events *events) {
  return events->newest;
}

char *events_since(const Events *events, gint64 cursor) {
  GString *list = g_string_new("[");
  gint64 oldest = events->newest - events->ring.length + 1;
  guint skip = cursor < oldest ? 0 : (guint)MIN(cursor - oldest + 1, events->ring.length);
  for (GList *node = g_queue_peek_nth_link((GQueue *)&events->ring, skip); node; node = node->next)
    g_string_append_printf(list, "%s%s", list->len > 1 ? "," : "", (char *)node->data);
  return g_string_free(g_string_append_c(list, ']'), FALSE);
}

/* ---- waiting ---- */

static void forget_waiter(EventsWaiter *waiter) {
  g_clear_handle_id(&waiter->timeout_source, g_source_remove);
  g_queue_unlink(&waiter->events->waiters, &waiter->link);
  g_free(waiter->who);
  g_free(waiter);
}

static void answer_waiter(EventsWaiter *waiter) {
  EventsWaitFunc func = waiter->func;
  gpointer data = waiter->data;
  gint64 cursor = waiter->events->newest;
  g_autofree char *list = events_since(waiter->events, waiter->cursor);
  forget_waiter(waiter);
  func(list, cursor, data);
}

static gboolean on_timeout(gpointer data) {
  EventsWaiter *waiter = data;
  waiter->timeout_source = 0;
  answer_waiter(waiter);
  return G_SOURCE_REMOVE;
}

/* The oldest waiter of @who, and how many there are. */
static EventsWaiter *oldest_of(const Events *events, const char *who, guint *count) {
  EventsWaiter *oldest = NULL;
  *count = 0;
  for (GList *node = events->waiters.head; node; node = node->next) {
    EventsWaiter *waiter = node->data;
    if (!g_str_equal(waiter->who, who))
      continue;
    oldest = oldest ? oldest : waiter;
    ++*count;
  }
  return oldest;
}

EventsWaiter *events_wait(Events *events, const char *who, gint64 cursor, guint wait_ms, EventsWaitFunc func,
                          gpointer data) {
  if (cursor > events->newest)
    cursor = 0;
  if (cursor < events->newest || wait_ms == 0) {
    g_autofree char *list = events_since(events, cursor);
    func(list, events->newest, data);
    return NULL;
  }
  guint count;
  EventsWaiter *oldest = oldest_of(events, who, &count);
  if (count >= EVENTS_WAITS_PER_PERSON)
    answer_waiter(oldest);
  EventsWaiter *waiter = g_new0(EventsWaiter, 1);
  waiter->events = events;
  waiter->link.data = waiter;
  waiter->who = g_strdup(who);
  waiter->cursor = cursor;
  waiter->func = func;
  waiter->data = data;
  waiter->timeout_source = g_timeout_add(wait_ms, on_timeout, waiter);
  g_queue_push_tail_link(&events->waiters, &waiter->link);
  return waiter;
}

void events_cancel(EventsWaiter *waiter) {
  forget_waiter(waiter);
}

/* ---- following ---- */

EventsFollower *events_follow(Events *events, const char *who, EventsFollowFunc func, gpointer data) {
  EventsFollower *follower = g_new0(EventsFollower, 1);
  follower->events = events;
  follower->link.data = follower;
  follower->who = g_strdup(who);
  follower->func = func;
  follower->data = data;
  g_queue_push_tail_link(&events->followers, &follower->link);
  return follower;
}

void events_unfollow(EventsFollower *follower) {
  if (!follower)
    return;
  g_queue_unlink(&follower->events->followers, &follower->link);
  g_free(follower->who);
  g_free(follower);
}

static void end_follower(EventsFollower *follower) {
  EventsFollowFunc func = follower->func;
  gpointer data = follower->data;
  events_unfollow(follower);
  func(NULL, data);
}

/* ---- all of them ---- */

void events_add(Events *events, WireMessage message, const char *members) {
  const char *text = keep(events, message, members);
  for (GList *node = events->followers.head; node; node = node->next) {
    EventsFollower *follower = node->data;
    follower->func(text, follower->data);
  }
  while (events->waiters.head && ((EventsWaiter *)events->waiters.head->data)->cursor < events->newest)
    answer_waiter(events->waiters.head->data);
}

void events_dismiss(Events *events, const char *who) {
  guint count;
  for (EventsWaiter *waiter; (waiter = oldest_of(events, who, &count));)
    answer_waiter(waiter);
  for (GList *node = events->followers.head, *next; node; node = next) {
    EventsFollower *follower = node->data;
    next = node->next;
    if (g_str_equal(follower->who, who))
      end_follower(follower);
  }
}

void events_free(Events *events) {
  if (!events)
    return;
  while (events->waiters.head)
    answer_waiter(events->waiters.head->data);
  while (events->followers.head)
    end_follower(events->followers.head->data);
  g_queue_clear_full(&events->ring, g_free);
  g_free(events);
}
