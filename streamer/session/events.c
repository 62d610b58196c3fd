#include "streamer/session/events.h"

#include <string.h>

typedef struct {
  GList link;
  gint64 cursor;
  char *text;
  gsize length;
  char *from; /* "": the session */
  char *to;   /* NULL: everybody */
  gboolean transient;
} Event;

/* What one sender has in the ring. */
typedef struct {
  guint count;
  gsize bytes;
} Share;

struct Events {
  GQueue ring; /* of Event, the newest last */
  gint64 newest;
  gsize bytes;
  guint max_events;
  gsize max_bytes;
  GHashTable *shares; /* sender -> Share, for those who have something in it */
  GQueue followers;   /* of EventsFollower */
  GQueue waiters;     /* of EventsWaiter */
};

struct EventsFollower {
  Events *events;
  GList link;
  char *who;
  gint64 cursor; /* of the last event taken */
  const EventsFollowing *following;
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
  events->shares = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return events;
}

/* ---- the ring ---- */

static Share *share_of(Events *events, const char *from) {
  Share *share = g_hash_table_lookup(events->shares, from);
  if (!share) {
    share = g_new0(Share, 1);
    g_hash_table_insert(events->shares, g_strdup(from), share);
  }
  return share;
}

static void event_free(Event *event) {
  g_free(event->text);
  g_free(event->from);
  g_free(event->to);
  g_free(event);
}

static void forget(Events *events, Event *event) {
  Share *share = share_of(events, event->from);
  share->bytes -= event->length;
  events->bytes -= event->length;
  if (--share->count == 0)
    g_hash_table_remove(events->shares, event->from);
  g_queue_unlink(&events->ring, &event->link);
  event_free(event);
}

static void forget_older_transient(Events *events, const Event *event) {
  for (GList *node = event->link.prev; node; node = node->prev) {
    Event *older = node->data;
    if (older->transient && g_str_equal(older->from, event->from) && g_strcmp0(older->to, event->to) == 0) {
      forget(events, older);
      return;
    }
  }
}

static void keep(Events *events, WireMessage message, const char *members, const EventsScope *scope) {
  Event *event = g_new0(Event, 1);
  event->cursor = ++events->newest;
  g_autofree char *all = g_strdup_printf("\"cursor\":%" G_GINT64_FORMAT "%s%s", event->cursor,
                                         members ? "," : "", members ? members : "");
  event->text = wire_answer(message, all);
  event->length = strlen(event->text);
  event->from = g_strdup(scope && scope->from ? scope->from : "");
  event->to = g_strdup(scope ? scope->to : NULL);
  event->transient = scope && scope->transient;
  event->link.data = event;
  g_queue_push_tail_link(&events->ring, &event->link);
  Share *share = share_of(events, event->from);
  share->count++;
  share->bytes += event->length;
  events->bytes += event->length;
  if (event->transient)
    forget_older_transient(events, event);
}

/* Who has most in it of what is scarce. */
static const char *heaviest(const Events *events, gboolean by_count) {
  GHashTableIter iter;
  gpointer key, value;
  const char *found = NULL;
  gsize most = 0;
  g_hash_table_iter_init(&iter, events->shares);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    const Share *share = value;
    gsize has = by_count ? share->count : share->bytes;
    if (has > most) {
      most = has;
      found = key;
    }
  }
  return found;
}

/* Never the newest: it has yet to be seen by who asks next. */
static Event *choose_victim(const Events *events) {
  const char *from = heaviest(events, events->ring.length > events->max_events);
  for (GList *node = events->ring.head; node != events->ring.tail; node = node->next)
    if (g_str_equal(((Event *)node->data)->from, from))
      return node->data;
  return events->ring.head->data;
}

static gboolean is_for(const Event *event, const char *who) {
  return !event->to || g_str_equal(event->to, who);
}

/* The first event after @cursor; NULL: there is none. */
static GList *find_after(const Events *events, gint64 cursor) {
  GList *found = NULL;
  for (GList *node = events->ring.tail; node && ((Event *)node->data)->cursor > cursor; node = node->prev)
    found = node;
  return found;
}

gint64 events_cursor(const Events *events) {
  return events->newest;
}

gint64 events_check_cursor(const Events *events, gint64 cursor) {
  return cursor > events->newest ? 0 : cursor;
}

char *events_since(const Events *events, const char *who, gint64 *cursor) {
  GString *list = g_string_new("[");
  GList *node = find_after(events, *cursor);
  for (; node; node = node->next) {
    const Event *event = node->data;
    gboolean is_first = list->len == 1;
    if (!is_for(event, who))
      continue;
    if (!is_first && list->len + event->length > EVENTS_LIST_MAX)
      break;
    g_string_append_printf(list, "%s%s", is_first ? "" : ",", event->text);
    *cursor = event->cursor;
  }
  if (!node)
    *cursor = events->newest;
  return g_string_free(g_string_append_c(list, ']'), FALSE);
}

/* ---- waiting ---- */

static gboolean has_news(const Events *events, const char *who, gint64 cursor) {
  for (GList *node = find_after(events, cursor); node; node = node->next)
    if (is_for(node->data, who))
      return TRUE;
  return FALSE;
}

static void forget_waiter(EventsWaiter *waiter) {
  g_clear_handle_id(&waiter->timeout_source, g_source_remove);
  g_queue_unlink(&waiter->events->waiters, &waiter->link);
  g_free(waiter->who);
  g_free(waiter);
}

/* @list (transfer full). */
static void give_list(EventsWaiter *waiter, char *list, gint64 cursor) {
  EventsWaitFunc func = waiter->func;
  gpointer data = waiter->data;
  forget_waiter(waiter);
  func(list, cursor, data);
  g_free(list);
}

static void answer_waiter(EventsWaiter *waiter) {
  gint64 cursor = waiter->cursor;
  char *list = events_since(waiter->events, waiter->who, &cursor);
  give_list(waiter, list, cursor);
}

static gboolean on_waiter_timeout(gpointer data) {
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
  cursor = events_check_cursor(events, cursor);
  if (wait_ms == 0 || has_news(events, who, cursor)) {
    g_autofree char *list = events_since(events, who, &cursor);
    func(list, cursor, data);
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
  waiter->timeout_source = g_timeout_add(wait_ms, on_waiter_timeout, waiter);
  g_queue_push_tail_link(&events->waiters, &waiter->link);
  return waiter;
}

void events_cancel(EventsWaiter *waiter) {
  forget_waiter(waiter);
}

/* ---- following ---- */

void events_resume(EventsFollower *follower) {
  for (GList *node = find_after(follower->events, follower->cursor); node; node = node->next) {
    const Event *event = node->data;
    if (is_for(event, follower->who) && !follower->following->take(event->text, follower->data))
      return;
    follower->cursor = event->cursor;
  }
}

EventsFollower *events_follow(Events *events, const char *who, gint64 cursor,
                              const EventsFollowing *following, gpointer data) {
  EventsFollower *follower = g_new0(EventsFollower, 1);
  follower->events = events;
  follower->link.data = follower;
  follower->who = g_strdup(who);
  follower->cursor = events_check_cursor(events, cursor);
  follower->following = following;
  follower->data = data;
  g_queue_push_tail_link(&events->followers, &follower->link);
  events_resume(follower);
  return follower;
}

void events_unfollow(EventsFollower *follower) {
  if (!follower)
    return;
  g_queue_unlink(&follower->events->followers, &follower->link);
  g_free(follower->who);
  g_free(follower);
}

static void end_follower(EventsFollower *follower, EventsEnd end) {
  const EventsFollowing *following = follower->following;
  gpointer data = follower->data;
  events_unfollow(follower);
  following->ended(end, data);
}

static void end_followers_missing(Events *events, const Event *event) {
  for (GList *node = events->followers.head, *next; node; node = next) {
    EventsFollower *follower = node->data;
    next = node->next;
    if (follower->cursor < event->cursor && is_for(event, follower->who))
      end_follower(follower, EVENTS_LAGGING);
  }
}

/* ---- all of them ---- */

static void answer_waiters_for(Events *events, const Event *event) {
  for (GList *node = events->waiters.head, *next; node; node = next) {
    EventsWaiter *waiter = node->data;
    next = node->next;
    if (is_for(event, waiter->who))
      answer_waiter(waiter);
  }
}

gint64 events_add(Events *events, WireMessage message, const char *members, const EventsScope *scope) {
  keep(events, message, members, scope);
  for (GList *node = events->followers.head; node; node = node->next)
    events_resume(node->data);
  answer_waiters_for(events, events->ring.tail->data);
  while (events->ring.length > 1 &&
         (events->ring.length > events->max_events || events->bytes > events->max_bytes)) {
    Event *victim = choose_victim(events);
    end_followers_missing(events, victim);
    forget(events, victim);
  }
  return events->newest;
}

void events_dismiss(Events *events, const char *who) {
  guint count;
  for (EventsWaiter *waiter; (waiter = oldest_of(events, who, &count));)
    answer_waiter(waiter);
  for (GList *node = events->followers.head, *next; node; node = next) {
    EventsFollower *follower = node->data;
    next = node->next;
    if (g_str_equal(follower->who, who))
      end_follower(follower, EVENTS_OVER);
  }
}

static char *replaced_text(const Events *events) {
  g_autofree char *members = g_strdup_printf("\"cursor\":%" G_GINT64_FORMAT, events->newest);
  return wire_answer(WIRE_CONNECTION_REPLACED, members);
}

char *events_replaced_list(const Events *events) {
  g_autofree char *text = replaced_text(events);
  return g_strdup_printf("[%s]", text);
}

void events_replace(Events *events, const char *who) {
  g_autofree char *text = replaced_text(events);
  guint count;
  for (EventsWaiter *waiter; (waiter = oldest_of(events, who, &count));)
    give_list(waiter, events_replaced_list(events), waiter->cursor);
  for (GList *node = events->followers.head, *next; node; node = next) {
    EventsFollower *follower = node->data;
    next = node->next;
    if (!g_str_equal(follower->who, who))
      continue;
    follower->following->take(text, follower->data);
    end_follower(follower, EVENTS_REPLACED);
  }
}

void events_free(Events *events) {
  if (!events)
    return;
  while (events->waiters.head)
    answer_waiter(events->waiters.head->data);
  while (events->followers.head)
    end_follower(((GList *)events->followers.head)->data, EVENTS_OVER);
  for (GList *node = events->ring.head, *next; node; node = next) {
    next = node->next;
    event_free(node->data);
  }
  g_hash_table_unref(events->shares);
  g_free(events);
}
