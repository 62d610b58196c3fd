#include "fcgi/events/events.h"

#include "common/fields.h"
#include "common/instant.h"
#include "common/random.h"
#include "fcgi/base/metering.h"

#include <stdlib.h>
#include <string.h>

#define RING_SIZE 256
/* A change is told a little later, together with those that follow; and no more often than that. */
#define GATHER_US (20 * 1000)
#define MIN_INTERVAL_US (200 * 1000)
/* Who comes with a cursor of another coordinator is told everything after this: where the web server sends
 * one client to them in turns, it would be told so all the time otherwise. */
#define STRANGER_US (1000 * 1000)

typedef struct {
  char *text;    /* JSON */
  char *session; /* for its people alone; NULL: for everybody */
} Event;

typedef struct {
  Events *events;
  Request *request;
  char *session;        /* of the client's ticket (nullable) */
  char *user;           /* whose it is (nullable) */
  char *place;          /* in a line (nullable) */
  char *standing;       /* events that the client was not told of, as a list (nullable) */
  guint64 read;         /* the number of the last event that the client has */
  guint mark;           /* of the place, as the client was told it last */
  gboolean is_stranger; /* with a cursor of another coordinator: to be told everything */
  Timer *timer;
  GList *link; /* in `waiting` */
} Waiter;

typedef struct {
  gint64 capacity;
  gint64 free;
  guint reachable;
} Numbers;

struct Events {
  Core *core;
  char *start;           /* drawn when the program starts: a part of each cursor */
  guint64 last;          /* the number of the newest event; the first is 1 */
  Event ring[RING_SIZE]; /* event n is at n % RING_SIZE */
  GQueue waiting;        /* of Waiter */
  GHashTable *in_line;   /* place -> GPtrArray of Waiter: those of them who have one */
  GHashTable *told;      /* rc_name -> Numbers as last told */
  GHashTable *dirty;     /* rc_names that may have others now, as a set */
  gboolean all_dirty;
  Timer *timer;
  gint64 told_us;
  EventsPush push;   /* nullable */
  EventsExpel expel; /* nullable */
  gpointer push_data;
  EventsDescribePlace describe_place; /* nullable */
  gpointer describe_data;
};

Events *events_new(Core *core) {
  Events *events = g_new0(Events, 1);
  events->core = core;
  events->start = random_hex(4);
  events->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  events->dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init(&events->waiting);
  events->in_line = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return events;
}

void events_free(Events *events) {
  if (!events)
    return;
  timer_cancel(events->timer);
  for (guint i = 0; i < RING_SIZE; i++) {
    g_free(events->ring[i].text);
    g_free(events->ring[i].session);
  }
  g_hash_table_unref(events->told);
  g_hash_table_unref(events->dirty);
  g_hash_table_unref(events->in_line);
  g_free(events->start);
  g_free(events);
}

/* ---- cursors: "START-NUMBER", and "START-NUMBER-MARK" with a place in a line ---- */

/* Of what has been told so far (transfer full). */
static char *make_cursor(const Events *events) {
  return g_strdup_printf("%s-%" G_GUINT64_FORMAT, events->start, events->last);
}

/* Whether the ring has all that came after @cursor; then @read is the last event that its owner has, and
 * @mark what was told of a place. */
static gboolean read_cursor(const Events *events, const char *cursor, guint64 *read, guint *mark) {
  g_auto(GStrv) parts = g_strsplit(cursor, "-", 3);
  guint64 told = 0;
  if (strcmp(parts[0], events->start) != 0 || !parts[1] ||
      !g_ascii_string_to_unsigned(parts[1], 10, 0, events->last, read, NULL) ||
      (parts[2] && !g_ascii_string_to_unsigned(parts[2], 10, 0, G_MAXUINT, &told, NULL)))
    return FALSE;
  *mark = (guint)told;
  return events->last - *read <= RING_SIZE;
}

/* ---- answers ---- */

static Body *make_answer(const Events *events, const char *list) {
  g_autofree char *cursor = make_cursor(events);
  g_autofree char *members = g_strdup_printf("\"cursor\":\"%s\",\"events\":[%s]", cursor, list);
  return body_new(wire_answer(WIRE_EVENTS, members));
}

static gboolean is_for(const Event *event, const char *session) {
  return !event->session || (session && strcmp(event->session, session) == 0);
}

/* The first event after @read that the ring still has: whoever waits longer has only missed what is not
 * theirs. */
static guint64 first_after(const Events *events, guint64 read) {
  return MAX(read, events->last - MIN(events->last, RING_SIZE)) + 1;
}

static gboolean has_news(const Events *events, guint64 read, const char *session) {
  for (guint64 n = first_after(events, read); n <= events->last; n++)
    if (is_for(&events->ring[n % RING_SIZE], session))
      return TRUE;
  return FALSE;
}

static char *list_since(const Events *events, guint64 read, const char *session) {
  g_autoptr(GString) list = g_string_new(NULL);
  for (guint64 n = first_after(events, read); n <= events->last; n++) {
    const Event *event = &events->ring[n % RING_SIZE];
    if (is_for(event, session))
      g_string_append_printf(list, "%s%s", list->len ? "," : "", event->text);
  }
  return g_string_free(g_steal_pointer(&list), FALSE);
}

static void append_rc(GString *out, const char *name, const Numbers *numbers) {
  g_string_append(out, out->len ? ",{\"rc_name\":" : "{\"rc_name\":");
  fields_append_quoted(out, name);
  g_string_append_printf(out,
                         ",\"capacity\":%" G_GINT64_FORMAT ",\"free\":%" G_GINT64_FORMAT ",\"reachable\":%u}",
                         numbers->capacity, numbers->free, numbers->reachable);
}

static char *make_event(const GString *rcs) {
  g_autofree char *members = g_strdup_printf("\"rcs\":[%s]", rcs->str);
  return wire_answer(WIRE_SERVERS_CHANGED, members);
}

/* What one gets who has lost the thread: everything as it was told last. */
static char *describe_all(const Events *events) {
  g_autoptr(GString) rcs = g_string_new(NULL);
  GHashTableIter iter;
  gpointer name, numbers;
  g_hash_table_iter_init(&iter, events->told);
  while (g_hash_table_iter_next(&iter, &name, &numbers))
    append_rc(rcs, name, numbers);
  return make_event(rcs);
}

/* The event of @place (transfer full), unless its owner was @told already; @mark is then left as it is. */
static char *describe_place(const Events *events, const char *place, guint told, guint *mark) {
  return events->describe_place ? events->describe_place(place, told, mark, events->describe_data) : NULL;
}

/* With the place's news, if there is any, after @list. */
static Body *make_answer_in_line(const Events *events, const char *list, const char *place, guint told) {
  guint mark = told;
  g_autofree char *event = describe_place(events, place, told, &mark);
  g_autofree char *members =
      g_strdup_printf("\"cursor\":\"%s-%" G_GUINT64_FORMAT "-%u\",\"events\":[%s%s%s]", events->start,
                      events->last, mark, list, event && *list ? "," : "", event ? event : "");
  return body_new(wire_answer(WIRE_EVENTS, members));
}

/* A list (its text taken) with another (nullable) before it. */
static char *with_first(const char *first, char *list) {
  g_autofree char *others = list;
  return first ? g_strconcat(first, *others ? "," : "", others, NULL) : g_steal_pointer(&others);
}

static Body *make_answer_for(const Events *events, const Waiter *waiter) {
  g_autofree char *all = waiter->is_stranger ? describe_all(events) : NULL;
  g_autofree char *list =
      with_first(all, with_first(waiter->standing, list_since(events, waiter->read, waiter->session)));
  return waiter->place ? make_answer_in_line(events, list, waiter->place, waiter->mark)
                       : make_answer(events, list);
}

/* ---- those who wait ---- */

static void stand_in_line(Events *events, Waiter *waiter) {
  GPtrArray *waiters = g_hash_table_lookup(events->in_line, waiter->place);
  if (!waiters) {
    waiters = g_ptr_array_new();
    g_hash_table_insert(events->in_line, g_strdup(waiter->place), waiters);
  }
  g_ptr_array_add(waiters, waiter);
}

static void leave_line(Events *events, Waiter *waiter) {
  GPtrArray *waiters = g_hash_table_lookup(events->in_line, waiter->place);
  g_ptr_array_remove_fast(waiters, waiter);
  if (waiters->len == 0)
    g_hash_table_remove(events->in_line, waiter->place);
}

static Request *waiter_stop(Waiter *waiter) {
  Request *request = waiter->request;
  if (waiter->place)
    leave_line(waiter->events, waiter);
  g_queue_delete_link(&waiter->events->waiting, waiter->link);
  timer_cancel(waiter->timer);
  g_free(waiter->session);
  g_free(waiter->user);
  g_free(waiter->place);
  g_free(waiter->standing);
  g_free(waiter);
  return request;
}

/* Answers with what there is for this one alone. */
static void answer_waiter(Waiter *waiter) {
  g_autoptr(Body) body = make_answer_for(waiter->events, waiter);
  request_answer_body(waiter_stop(waiter), WIRE_EVENTS, body);
}

static void on_waiter_waited_enough(gpointer data) {
  Waiter *waiter = data;
  waiter->timer = NULL;
  answer_waiter(waiter);
}

static void on_waiter_gone(Request *request, gpointer data) {
  waiter_stop(data);
}

void events_answer_all(Events *events) {
  g_autoptr(Body) shared = NULL;
  guint64 made_for = 0;
  while (!g_queue_is_empty(&events->waiting)) {
    Waiter *waiter = events->waiting.head->data;
    if (waiter->session || waiter->place || waiter->is_stranger) {
      answer_waiter(waiter);
      continue;
    }
    /* Nearly all have read equally far: they share one text. */
    if (!shared || made_for != waiter->read) {
      g_clear_pointer(&shared, body_unref);
      shared = make_answer_for(events, waiter);
      made_for = waiter->read;
    }
    request_answer_body(waiter_stop(waiter), WIRE_EVENTS, shared);
  }
}

static gboolean place_has_news(const Events *events, const char *place, guint told) {
  guint mark = told;
  g_autofree char *event = place ? describe_place(events, place, told, &mark) : NULL;
  return event != NULL;
}

void events_poll(Events *events, Request *request, const char *cursor, const EventsFor *whom,
                 guint wait_seconds) {
  Waiter *waiter = g_new0(Waiter, 1);
  waiter->read = events->last;
  /* Else the cursor is from before the ring, from before a restart, or from another coordinator. */
  waiter->is_stranger = cursor && !read_cursor(events, cursor, &waiter->read, &waiter->mark);
  if (waiter->is_stranger) {
    waiter->read = events->last;
    waiter->mark = 0;
  }
  waiter->events = events;
  waiter->request = request;
  waiter->session = g_strdup(whom->session);
  waiter->user = g_strdup(whom->user);
  waiter->place = g_strdup(whom->place);
  waiter->standing = !cursor || waiter->is_stranger ? g_strdup(whom->standing) : NULL;
  g_queue_push_tail(&events->waiting, waiter);
  waiter->link = events->waiting.tail;
  if (waiter->place)
    stand_in_line(events, waiter);
  gboolean has_more = waiter->is_stranger
                          ? !events->core->database
                          : waiter->standing || has_news(events, waiter->read, whom->session) ||
                                place_has_news(events, whom->place, waiter->mark);
  if (has_more || wait_seconds == 0 || events->core->stopping) {
    answer_waiter(waiter);
    return;
  }
  gint64 wait_us = waiter->is_stranger ? STRANGER_US : wait_seconds * INSTANT_SECOND;
  waiter->timer = timers_add(events->core->timers, wait_us, on_waiter_waited_enough, waiter);
  request_wait(request, on_waiter_gone, waiter);
}

/* ---- changes ---- */

void events_set_push(Events *events, EventsPush push, EventsExpel expel, gpointer data) {
  events->push = push;
  events->expel = expel;
  events->push_data = data;
}

void events_set_places(Events *events, EventsDescribePlace describe, gpointer data) {
  events->describe_place = describe;
  events->describe_data = data;
}

static void push_event(const Events *events, const char *event, const char *audience) {
  if (!events->push)
    return;
  g_autoptr(GString) text = g_string_new(NULL);
  g_autofree char *cursor = make_cursor(events);
  g_autofree char *member = g_strdup_printf("\"cursor\":\"%s\"", cursor);
  fields_append_object(text, event, member);
  events->push(text->str, audience, events->push_data);
}

/* Puts an event (its text taken) into the ring, and before those who are pushed to. */
static void add_event(Events *events, char *text, const char *session) {
  events->last++;
  metering_event(events->core->metering);
  Event *place = &events->ring[events->last % RING_SIZE];
  g_free(place->text);
  g_free(place->session);
  *place = (Event){text, g_strdup(session)};
  push_event(events, text, session);
}

static void tell_everybody(Events *events, char *text) {
  add_event(events, text, NULL);
  events_answer_all(events);
}

void events_tell_session(Events *events, const char *session, WireMessage message, const char *members) {
  add_event(events, wire_answer(message, members), session);
  for (GList *link = events->waiting.head, *next; link; link = next) {
    Waiter *waiter = link->data;
    next = link->next;
    if (g_strcmp0(waiter->session, session) == 0)
      answer_waiter(waiter);
  }
}

void events_expel(Events *events, const char *session, const char *user) {
  if (events->expel)
    events->expel(session, user, events->push_data);
  for (GList *link = events->waiting.head, *next; link; link = next) {
    Waiter *waiter = link->data;
    next = link->next;
    if (g_strcmp0(waiter->session, session) != 0 || g_strcmp0(waiter->user, user) != 0)
      continue;
    Request *request = waiter_stop(waiter);
    request_follow(request, NULL);
    request_refuse_with(request, WIRE_NOT_AUTHORIZED, "ticket",
                        "The host has removed you from this session.");
  }
}

/* A place is what anybody may have made up: it must not be taken for a session's id. */
static char *audience_of(const char *place) {
  return g_strconcat("place ", place, NULL);
}

void events_follow_place(Request *request, const char *place) {
  g_autofree char *audience = audience_of(place);
  request_follow(request, audience);
}

void events_tell_place(Events *events, const char *place) {
  guint mark;
  g_autofree char *audience = audience_of(place);
  g_autofree char *event = events->push ? describe_place(events, place, 0, &mark) : NULL;
  if (event)
    push_event(events, event, audience);
  GPtrArray *waiters;
  while ((waiters = g_hash_table_lookup(events->in_line, place)))
    answer_waiter(waiters->pdata[0]);
}

/* Appends the RC to @out if its numbers are others than those told. */
static void append_if_changed(Events *events, const char *name, GString *out) {
  const Rc *rc = fleet_find_rc(events->core->fleet, name);
  Numbers *told = g_hash_table_lookup(events->told, name);
  Numbers now = {rc ? rc->capacity : 0, rc ? rc_free_for_newcomers(rc) : 0, rc ? rc->online : 0};
  gboolean is_same =
      told && told->capacity == now.capacity && told->free == now.free && told->reachable == now.reachable;
  if (rc ? is_same : !told)
    return;
  append_rc(out, name, &now);
  if (rc)
    g_hash_table_insert(events->told, g_strdup(name), g_memdup2(&now, sizeof now));
  else
    g_hash_table_remove(events->told, name);
}

static void mark_all(Events *events) {
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init(&iter, events->told);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    g_hash_table_add(events->dirty, g_strdup(name));
  for (guint i = 0; i < fleet_count_rcs(events->core->fleet); i++)
    g_hash_table_add(events->dirty, g_strdup(fleet_get_rc(events->core->fleet, i)->name));
}

static void on_changes_gathered(gpointer data) {
  Events *events = data;
  g_autoptr(GString) rcs = g_string_new(NULL);
  events->timer = NULL;
  if (events->all_dirty)
    mark_all(events);
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init(&iter, events->dirty);
  while (g_hash_table_iter_next(&iter, &name, NULL))
    append_if_changed(events, name, rcs);
  g_hash_table_remove_all(events->dirty);
  events->all_dirty = FALSE;
  if (rcs->len == 0)
    return;
  events->told_us = g_get_monotonic_time();
  tell_everybody(events, make_event(rcs));
}

void events_servers_changed(Events *events, const Rc *rc) {
  if (rc)
    g_hash_table_add(events->dirty, g_strdup(rc->name));
  else
    events->all_dirty = TRUE;
  if (events->timer)
    return;
  gint64 earliest_us = events->told_us + MIN_INTERVAL_US - g_get_monotonic_time();
  events->timer = timers_add(events->core->timers, MAX(GATHER_US, earliest_us), on_changes_gathered, events);
}
