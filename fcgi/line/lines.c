/* A Visitor waits, starts, or is served. Waiting ones stand in their Line's order; settle() gives them what
 * is free, one after the other, by starts_begin_for(), whose answer is on_stands() or on_failed().
 *
 * All lines are looked at every LOOK_US, for what only time changes (places that are lost, servers that were
 * held long enough, bookings that are over), and one line at once when the fleet tells of a change: from the
 * main loop, never inside that telling, because what is given here changes the fleet again.
 */
#include "fcgi/line/lines.h"

#include "common/random.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/endings.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/line/lines_shared.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/code_door.h"
#include "fcgi/session/connection_data.h"
#include "fcgi/session/planning.h"

#include <string.h>

#define LOOK_US (INSTANT_SECOND / 4)
#define TOKEN_BYTES 16
#define ASK_AGAIN_SECONDS 1

/* ---- making and forgetting ---- */

static void free_line(gpointer data) {
  Line *line = data;
  waiting_line_free(line->order);
  g_array_unref(line->estimates);
  g_free(line->rc_name);
  g_free(line);
}

static void free_visitor(gpointer data) {
  Visitor *visitor = data;
  timer_cancel(visitor->timer);
  g_free(visitor->key);
  g_free(visitor->token);
  g_free(visitor->name);
  g_free(visitor->session);
  g_free(visitor->server_name);
  g_free(visitor);
}

/* An EventsDescribePlace. */
static char *describe_place(const char *place, guint told, guint *mark, gpointer data) {
  Visitor *visitor = lines_find(data, place);
  guint now = visitor && !visitor->elsewhere ? lines_mark_of(visitor) : 0;
  if (now == 0 || now == told)
    return NULL;
  g_autofree char *members = lines_describe_place(visitor);
  *mark = now;
  return wire_answer(WIRE_PLACE_IN_LINE, members);
}

Lines *lines_new(Core *core) {
  const Configuration *configuration = core->configuration;
  Lines *lines = g_new0(Lines, 1);
  lines->core = core;
  lines->rules = (WaitingLineRules){.limit = (guint)configuration->line_limit,
                                    .offer_us = configuration->offer_seconds * INSTANT_SECOND,
                                    .keep_us = configuration->place_seconds * INSTANT_SECOND};
  lines->by_rc = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_line);
  lines->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_visitor);
  events_set_places(core->events, describe_place, lines);
  return lines;
}

void lines_free(Lines *lines) {
  if (!lines)
    return;
  events_set_places(lines->core->events, NULL, NULL);
  lines_shared_free(lines->shared);
  timer_cancel(lines->timer);
  timer_cancel(lines->soon);
  g_hash_table_unref(lines->by_key);
  g_hash_table_unref(lines->by_rc);
  g_free(lines);
}

void lines_share(Lines *lines) {
  lines->shared = lines_shared_new(lines);
}

static void on_look(gpointer data);

/* Made when there is none; it goes when it is looked at and empty. */
static Line *line_of(Lines *lines, const char *rc_name) {
  Line *line = g_hash_table_lookup(lines->by_rc, rc_name);
  if (line)
    return line;
  line = g_new0(Line, 1);
  line->lines = lines;
  line->rc_name = g_strdup(rc_name);
  line->order = waiting_line_new(&lines->rules);
  line->estimates = g_array_new(FALSE, FALSE, sizeof(gint64));
  g_hash_table_insert(lines->by_rc, line->rc_name, line);
  if (!lines->timer)
    lines->timer = timers_add(lines->core->timers, LOOK_US, on_look, lines);
  return line;
}

static char *key_of(const char *token) {
  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, token, -1);
}

/* Somebody in the line, or, if they are SERVED, beside it. NULL: the line is full. (transfer full @key) */
static Visitor *add(Line *line, char *key, VisitorState state, gint64 arrived_us) {
  Visitor *visitor = g_new0(Visitor, 1);
  if (state == WAITS)
    visitor->place = waiting_line_join(line->order, visitor, arrived_us, g_get_monotonic_time());
  if (state == WAITS && !visitor->place) {
    g_free(key);
    g_free(visitor);
    return NULL;
  }
  visitor->line = line;
  visitor->state = state;
  visitor->key = key;
  visitor->arrived_us = arrived_us;
  line->visitors++;
  g_hash_table_insert(line->lines->by_key, visitor->key, visitor);
  return visitor;
}

/* A newcomer. NULL: the line is full. */
static Visitor *join(Line *line) {
  Lines *lines = line->lines;
  g_autofree char *token = random_hex(TOKEN_BYTES);
  gint64 arrived_us = MAX(instant_now_us(), lines->last_us + 1); /* the clock may have been set back */
  Visitor *visitor = add(line, key_of(token), WAITS, arrived_us);
  if (!visitor)
    return NULL;
  lines->last_us = arrived_us;
  visitor->token = g_steal_pointer(&token);
  lines_shared_put(lines->shared, visitor);
  return visitor;
}

void lines_end_session(Visitor *visitor) {
  Core *core = visitor->line->lines->core;
  FleetServer *server = fleet_find_server(core->fleet, visitor->server_name);
  plan_ended(planning_get_plan(core->planning), visitor->session, wire_end_name(WIRE_END_USERS_LEFT),
             instant_now_us());
  if (server)
    endings_begin(core, server, visitor->session);
}

void lines_forget(Visitor *visitor) {
  Lines *lines = visitor->line->lines;
  if (visitor->state == STANDS)
    lines_end_session(visitor);
  if (visitor->place)
    waiting_line_leave(visitor->line->order, visitor->place);
  if (!visitor->elsewhere)
    lines_shared_remove(lines->shared, visitor);
  visitor->line->visitors--;
  g_hash_table_remove(lines->by_key, visitor->key);
}

/* The one with this place, who may be elsewhere. NULL: there is none. */
Visitor *lines_find(const Lines *lines, const char *place) {
  g_autofree char *key = key_of(place);
  return g_hash_table_lookup(lines->by_key, key);
}

/* ---- the visitor's request ---- */

Request *lines_take_request(Visitor *visitor) {
  Request *request = g_steal_pointer(&visitor->request);
  timer_clear(&visitor->timer);
  if (visitor->place)
    waiting_line_go(visitor->line->order, visitor->place, g_get_monotonic_time());
  return request;
}

static void on_gone(Request *request, gpointer data) {
  lines_take_request(data);
}

static void answer_busy(Visitor *visitor) {
  Request *request = lines_take_request(visitor);
  g_autofree char *members = request ? lines_describe_place(visitor) : NULL;
  if (request)
    busy_refuse_in_line(request, lines_rc_of(visitor->line), ASK_AGAIN_SECONDS, members);
}

static void on_waited_enough(gpointer data) {
  Visitor *visitor = data;
  visitor->timer = NULL;
  answer_busy(visitor);
}

void lines_wait(Visitor *visitor) {
  timer_clear(&visitor->timer);
  visitor->timer = timers_add(visitor->line->lines->core->timers,
                              MAX(0, visitor->until_us - g_get_monotonic_time()), on_waited_enough, visitor);
}

static void on_forget(gpointer data) {
  ((Visitor *)data)->timer = NULL;
  lines_forget(data);
}

void lines_let_in(Visitor *visitor, Request *request, const Session *session) {
  const Lines *lines = visitor->line->lines;
  if (visitor->place)
    waiting_line_leave(visitor->line->order, g_steal_pointer(&visitor->place));
  visitor->state = SERVED;
  lines_shared_put(lines->shared, visitor);
  timer_clear(&visitor->timer);
  visitor->timer = timers_add(lines->core->timers, lines->rules.keep_us, on_forget, visitor);
  code_door_told(request, session->id);
  connection_data_answer(request, session, "host", visitor->name);
}

static void look(Line *line) {
  g_autoptr(GPtrArray) lost = waiting_line_find_lost(line->order, g_get_monotonic_time());
  for (guint i = 0; i < lost->len; i++)
    lines_forget(lost->pdata[i]);
  line->due = FALSE;
  lines_settle(line);
}

static void look_at(Lines *lines, gboolean all) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lines->by_rc);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Line *line = value;
    if (all || line->due)
      look(line);
    if (line->visitors == 0)
      g_hash_table_iter_remove(&iter);
  }
}

static void tell_places(Lines *lines) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lines->by_key);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Visitor *visitor = value;
    guint mark = visitor->elsewhere ? 0 : lines_mark_of(visitor);
    if (mark != 0 && mark != visitor->told)
      events_tell_place(lines->core->events, visitor->token);
    visitor->told = mark;
  }
}

static void on_look(gpointer data) {
  Lines *lines = data;
  lines->timer = NULL;
  look_at(lines, TRUE);
  tell_places(lines);
  if (g_hash_table_size(lines->by_rc) > 0)
    lines->timer = timers_add(lines->core->timers, LOOK_US, on_look, lines);
}

static void on_soon(gpointer data) {
  Lines *lines = data;
  lines->soon = NULL;
  look_at(lines, FALSE);
}

void lines_rc_changed(Lines *lines, const Rc *rc) {
  GHashTableIter iter;
  gpointer value;
  gboolean any = FALSE;
  if (rc) {
    value = g_hash_table_lookup(lines->by_rc, rc->name);
    any = value != NULL;
    if (value)
      ((Line *)value)->due = TRUE;
  } else {
    g_hash_table_iter_init(&iter, lines->by_rc);
    for (; g_hash_table_iter_next(&iter, NULL, &value); any = TRUE)
      ((Line *)value)->due = TRUE;
  }
  if (any && !lines->soon)
    lines->soon = timers_add(lines->core->timers, 0, on_soon, lines);
}

/* ---- verbs ---- */

/* They have come to us from another coordinator with their place. */
static void adopt(Visitor *visitor, const char *place) {
  visitor->elsewhere = FALSE;
  visitor->token = g_strdup(place);
  if (visitor->place)
    waiting_line_come_back(visitor->place, g_get_monotonic_time());
  lines_shared_put(visitor->line->lines->shared, visitor);
}

/* The visitor with this place in the RC's line, who is ours from now on; NULL: none. */
static Visitor *find(const Lines *lines, const char *place, const Rc *rc) {
  Visitor *visitor = place ? lines_find(lines, place) : NULL;
  if (!visitor || visitor->left || strcmp(visitor->line->rc_name, rc->name) != 0)
    return NULL;
  if (visitor->elsewhere)
    adopt(visitor, place);
  return visitor;
}

/* The session that was started for the visitor, if it is still there. */
static const Session *session_of(const Visitor *visitor) {
  FleetServer *server = fleet_find_server(visitor->line->lines->core->fleet, visitor->server_name);
  return server && fleet_server_get_state(server) != FLEET_OFFLINE
             ? fleet_server_find_session(server, visitor->session)
             : NULL;
}

/* They are here with this request. */
static void come(Visitor *visitor, Request *request, const LineWish *wish) {
  Line *line = visitor->line;
  gboolean may_wait = request_may_wait(request);
  if (visitor->request)
    answer_busy(visitor); /* the same visitor from elsewhere */
  g_free(visitor->name);
  visitor->name = g_strdup(wish->name);
  visitor->minutes = wish->minutes;
  visitor->request = request;
  visitor->until_us = g_get_monotonic_time() + MAX(0, wish->wait_seconds) * INSTANT_SECOND;
  waiting_line_come(line->order, visitor->place);
  lines_settle(line);
  if (visitor->request != request)
    return;
  if (visitor->state == WAITS && (wish->wait_seconds <= 0 || !may_wait)) {
    answer_busy(visitor);
    return;
  }
  if (visitor->state == WAITS)
    lines_wait(visitor);
  request_wait(request, on_gone, visitor);
}

/* One who does not stand in the line gets what it leaves. */
static void start_beside(Lines *lines, Request *request, Rc *rc, const LineWish *wish) {
  const RcRules *rules = rc_rules_get(lines->core->configuration->rc_rules, rc->name);
  const StartWish start = {.rc_name = rc->name,
                           .minutes = wish->minutes,
                           .min_minutes = MIN(wish->minutes, (guint)rules->min_session_minutes),
                           .name = wish->name};
  if (lines_count_unclaimed(lines->core, rc) > rc->claims)
    starts_begin(lines->core->starts, request, &start);
  else /* neither the plan need be asked, nor the disk */
    busy_refuse(request, rc);
}

void lines_start(Lines *lines, Request *request, Rc *rc, const LineWish *wish) {
  Visitor *visitor = find(lines, wish->place, rc);
  const Session *session = visitor && visitor->session ? session_of(visitor) : NULL;
  if (session) {
    lines_let_in(visitor, request, session);
    return;
  }
  if (visitor && visitor->state == STANDS) { /* it did not last until they came */
    lines_step_back(visitor);
  } else if (visitor && visitor->state == SERVED) { /* it is over: they begin anew */
    lines_forget(visitor);
    visitor = NULL;
  }
  gboolean may_stand = (wish->wait_seconds >= 0 || wish->place) && !lines->core->stopping;
  if (!visitor && !may_stand) {
    start_beside(lines, request, rc, wish);
    return;
  }
  if (!visitor)
    visitor = join(line_of(lines, rc->name));
  if (visitor)
    come(visitor, request, wish);
  else
    busy_refuse_for(request, rc, "All servers are busy, and the waiting line is full; try again later.");
}

static void leave(Visitor *visitor) {
  Request *request = lines_take_request(visitor);
  if (request)
    busy_refuse(request, lines_rc_of(visitor->line));
  if (visitor->state == STARTS)
    visitor->left = TRUE;
  else if (visitor->state != SERVED)
    lines_forget(visitor);
}

void lines_leave(Lines *lines, const char *place) {
  Visitor *visitor = lines_find(lines, place);
  if (visitor && visitor->elsewhere)
    adopt(visitor, place);
  if (visitor)
    leave(visitor);
}

void lines_answer_all(Lines *lines) {
  GHashTableIter iter;
  gpointer visitor;
  g_hash_table_iter_init(&iter, lines->by_key);
  while (g_hash_table_iter_next(&iter, NULL, &visitor))
    answer_busy(visitor);
}

guint lines_count(const Lines *lines) {
  guint count = 0;
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lines->by_key);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    const Visitor *visitor = value;
    count += visitor->state == WAITS && !visitor->elsewhere;
  }
  return count;
}

/* ---- those whom other coordinators have ---- */

/* Another coordinator has them now. One for whom a session is being started stays ours until that is
 * decided. */
static void hand_over(Visitor *visitor) {
  if (visitor->state != WAITS)
    return;
  answer_busy(visitor);
  waiting_line_go_elsewhere(visitor->place);
  visitor->elsewhere = TRUE;
  g_clear_pointer(&visitor->token, g_free);
}

void lines_see_elsewhere(Lines *lines, const PlaceElsewhere *place) {
  Visitor *visitor = g_hash_table_lookup(lines->by_key, place->key);
  if (visitor && !visitor->elsewhere) {
    hand_over(visitor);
    return;
  }
  VisitorState state = place->session ? SERVED : WAITS;
  if (visitor && visitor->state == state)
    return;
  if (visitor) /* they were let in there */
    lines_forget(visitor);
  Line *line = line_of(lines, place->rc_name);
  visitor = add(line, g_strdup(place->key), state, place->arrived_us);
  if (!visitor)
    return;
  visitor->elsewhere = TRUE;
  visitor->session = g_strdup(place->session);
  visitor->server_name = g_strdup(place->server_name);
  if (visitor->place)
    waiting_line_go_elsewhere(visitor->place);
}

void lines_see_gone(Lines *lines, const char *key) {
  Visitor *visitor = g_hash_table_lookup(lines->by_key, key);
  if (visitor && !visitor->elsewhere)
    leave(visitor);
}

void lines_keep_elsewhere(Lines *lines, GHashTable *keys) {
  g_autoptr(GPtrArray) gone = g_ptr_array_new();
  GHashTableIter iter;
  gpointer key, value;
  g_hash_table_iter_init(&iter, lines->by_key);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    const Visitor *visitor = value;
    if (visitor->elsewhere && !g_hash_table_contains(keys, key))
      g_ptr_array_add(gone, value);
  }
  for (guint i = 0; i < gone->len; i++)
    lines_forget(gone->pdata[i]);
}
