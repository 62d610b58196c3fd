/* A Visitor waits, starts, or is served. Waiting ones stand in their Line's order; lines_settle() gives them
 * what is free, one after the other, by starts_begin_for(), whose answer is on_start_stands() or
 * on_start_failed().
 *
 * All lines are looked at every LOOK_US, for what only time changes (places that are lost, servers that were
 * held long enough, bookings that are over), and one line at once when the fleet tells of a change: from the
 * main loop, never inside that telling, because what is given here changes the fleet again.
 */
#include "fcgi/line/lines.h"

#include "common/program_clock.h"
#include "common/random.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/line/lines_turns.h"
#include "fcgi/line/lines_words.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/starts.h"

#include <string.h>

#define LOOK_US (INSTANT_SECOND / 4)
#define TOKEN_BYTES 16

/* ---- making and forgetting ---- */

/* An EventsDescribePlace. */
static char *on_describe_place(const char *place, guint told, guint *mark, gpointer data) {
  Visitor *visitor = visitors_find(data, place);
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
  lines->by_rc = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, line_free);
  lines->by_key = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, visitor_free);
  events_set_places(core->events, on_describe_place, lines);
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

static void on_lines_due(gpointer data);

/* Made when there is none; it goes when it is looked at and empty. */
static Line *lines_get(Lines *lines, const char *rc_name) {
  Line *line = g_hash_table_lookup(lines->by_rc, rc_name);
  if (line)
    return line;
  line = line_new(lines, rc_name);
  g_hash_table_replace(lines->by_rc, line->rc_name, line);
  if (!lines->timer)
    lines->timer = timers_add(lines->core->timers, LOOK_US, on_lines_due, lines);
  return line;
}

/* Who holds something of this RC stands as though they had come so much later: behind those who hold nothing
 * and come meanwhile. */
static gint64 line_find_handicap_us(const Line *line, const Holder *holder) {
  Held *held = lines_get_held(line->lines);
  gboolean has_none = held_count(held, HELD_SESSIONS, holder, line->rc_name).client == 0 &&
                      held_count(held, HELD_PLACES, holder, line->rc_name).client == 0;
  return has_none ? 0 : line_get_rules(line)->session_minutes * INSTANT_MINUTE;
}

/* A newcomer. NULL: the line is full. */
static Visitor *line_join(Line *line, const Holder *holder) {
  Lines *lines = line->lines;
  g_autofree char *token = random_hex(TOKEN_BYTES);
  gint64 arrived_us = MAX(instant_now_us(), lines->last_us + 1); /* the clock may have been set back */
  Visitor *visitor = visitor_new(line, visitors_key_of(token), holder, WAITS,
                                 arrived_us + line_find_handicap_us(line, holder));
  if (!visitor)
    return NULL;
  lines->last_us = arrived_us;
  visitor->token = g_steal_pointer(&token);
  visitor_share(visitor);
  return visitor;
}

/* Nobody is let wait for what cannot come. Their places lapse as those of lost ones do. */
static void line_watch_reach(Line *line) {
  const Rc *rc = line_get_rc(line);
  if (!rc || rc_is_reachable(rc))
    line->unreachable_us = 0;
  else if (!line->unreachable_us)
    line->unreachable_us = g_get_monotonic_time();
  if (!line_is_given_up(line))
    return;
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, line->lines->by_key);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Visitor *visitor = value;
    if (visitor->line == line && visitor->state == WAITS)
      visitor_answer_busy(visitor);
  }
}

static void line_look(Line *line) {
  g_autoptr(GPtrArray) lost = waiting_line_find_lost(line->order, program_clock_running_us());
  for (guint i = 0; i < lost->len; i++)
    visitor_forget(lost->pdata[i]);
  line->due = FALSE;
  line_watch_reach(line);
  lines_settle(line);
}

static void lines_look_at(Lines *lines, gboolean all) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lines->by_rc);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Line *line = value;
    if (all || line->due)
      line_look(line);
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

static void on_lines_due(gpointer data) {
  Lines *lines = data;
  lines->timer = NULL;
  lines_look_at(lines, TRUE);
  tell_places(lines);
  if (g_hash_table_size(lines->by_rc) > 0)
    lines->timer = timers_add(lines->core->timers, LOOK_US, on_lines_due, lines);
}

static void on_lines_due_soon(gpointer data) {
  Lines *lines = data;
  lines->soon = NULL;
  lines_look_at(lines, FALSE);
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
    lines->soon = timers_add(lines->core->timers, 0, on_lines_due_soon, lines);
}

/* ---- verbs ---- */

/* They have come to us from another coordinator with their place. */
static void visitor_adopt(Visitor *visitor, const char *place) {
  visitor->elsewhere = FALSE;
  visitor->token = g_strdup(place);
  if (visitor->place)
    waiting_line_come_back(visitor->place, program_clock_running_us());
  visitor_share(visitor);
}

/* The visitor with this place in the RC's line, who is ours from now on; NULL: none. */
static Visitor *find_visitor(const Lines *lines, const char *place, const Rc *rc) {
  Visitor *visitor = place ? visitors_find(lines, place) : NULL;
  if (!visitor || visitor->left || strcmp(visitor->line->rc_name, rc->name) != 0)
    return NULL;
  if (visitor->elsewhere)
    visitor_adopt(visitor, place);
  return visitor;
}

/* The session that was started for the visitor, if it is still there. */
static const Session *visitor_find_session(const Visitor *visitor) {
  FleetServer *server = fleet_find_server(visitor->line->lines->core->fleet, visitor->server_name);
  return server && fleet_server_get_state(server) != FLEET_OFFLINE
             ? fleet_server_find_session(server, visitor->session)
             : NULL;
}

static void on_visitor_gone(Request *request, gpointer data) {
  visitor_take_request(data);
}

/* They are here with this request. */
static void visitor_come(Visitor *visitor, Request *request, const LineWish *wish) {
  Line *line = visitor->line;
  gboolean may_wait = request_may_wait(request);
  if (visitor->request)
    visitor_answer_busy(visitor); /* the same visitor from elsewhere */
  g_free(visitor->name);
  visitor->name = g_strdup(wish->name);
  g_free(visitor->language);
  visitor->language = g_strdup(wish->language);
  visitor->minutes = wish->minutes;
  visitor->request = request;
  visitor->until_us = g_get_monotonic_time() + MAX(0, wish->wait_seconds) * INSTANT_SECOND;
  waiting_line_come(line->order, visitor->place);
  lines_settle(line);
  if (visitor->request != request)
    return;
  if (visitor->state == WAITS && (wish->wait_seconds <= 0 || !may_wait)) {
    visitor_answer_busy(visitor);
    return;
  }
  if (visitor->state == WAITS)
    visitor_wait(visitor);
  request_wait(request, on_visitor_gone, visitor);
}

/* One who does not stand in the line gets what it leaves. */
static void start_beside(Lines *lines, Request *request, Rc *rc, const Holder *holder, const LineWish *wish) {
  const RcRules *rules = rc_rules_get(lines->core->configuration->rc_rules, rc->name);
  gint64 left = line_count_unclaimed(lines->core, rc) - rc->claims;
  g_autoptr(GError) error = NULL;
  const StartWish start = {.rc_name = rc->name,
                           .holder = *holder,
                           .minutes = wish->minutes,
                           .min_minutes = MIN(wish->minutes, (guint)rules->min_session_minutes),
                           .name = wish->name,
                           .language = wish->language};
  if (left > 0 && !lines_check_holder(lines, holder, rc->name, left, &error))
    request_refuse(request, error);
  else if (left > 0)
    starts_begin(lines->core->starts, request, &start);
  else /* neither the plan need be asked, nor the disk */
    busy_refuse(request, rc);
}

/* Whether a newcomer may stand in the line. */
static gboolean check_newcomer(Line *line, const Holder *holder, GError **error) {
  Lines *lines = line->lines;
  Held *held = lines_get_held(lines);
  const HeldCounts here = held_count(held, HELD_PLACES, holder, line->rc_name);
  return held_check(held, HELD_SESSIONS, holder, error) && held_check(held, HELD_PLACES, holder, error) &&
         held_check_share(held, HELD_PLACES, HELD_OF_LINE, holder, here, waiting_line_room(line->order),
                          error);
}

static void begin_new(Lines *lines, Request *request, Rc *rc, const LineWish *wish) {
  g_autoptr(GError) error = NULL;
  const Holder holder = request_find_holder(request);
  if ((wish->wait_seconds < 0 && !wish->place) || lines->core->stopping) {
    start_beside(lines, request, rc, &holder, wish);
    return;
  }
  Line *line = lines_get(lines, rc->name);
  if (!check_newcomer(line, &holder, &error)) {
    request_refuse(request, error);
    return;
  }
  Visitor *visitor = line_join(line, &holder);
  if (visitor)
    visitor_come(visitor, request, wish);
  else
    busy_refuse_for(request, rc, "All servers are busy, and the waiting line is full; try again later.");
}

void lines_start(Lines *lines, Request *request, Rc *rc, const LineWish *wish) {
  Visitor *visitor = find_visitor(lines, wish->place, rc);
  const Session *session = visitor && visitor->session ? visitor_find_session(visitor) : NULL;
  if (session) {
    visitor_let_in(visitor, request, session);
    return;
  }
  if (!rc_is_reachable(rc) && !(visitor && visitor->state == WAITS && !line_is_given_up(visitor->line))) {
    busy_refuse(request, rc);
    return;
  }
  if (visitor && visitor->state == STANDS) { /* it did not last until they came */
    lines_step_back(visitor);
  } else if (visitor && visitor->state == SERVED) { /* it is over: they begin anew */
    visitor_forget(visitor);
    visitor = NULL;
  }
  if (visitor)
    visitor_come(visitor, request, wish);
  else
    begin_new(lines, request, rc, wish);
}

static void visitor_leave(Visitor *visitor) {
  Request *request = visitor_take_request(visitor);
  if (request)
    busy_refuse(request, line_get_rc(visitor->line));
  if (visitor->state == STARTS)
    visitor->left = TRUE;
  else if (visitor->state != SERVED)
    visitor_forget(visitor);
}

void lines_leave(Lines *lines, const char *place) {
  Visitor *visitor = visitors_find(lines, place);
  if (visitor && visitor->elsewhere)
    visitor_adopt(visitor, place);
  if (visitor)
    visitor_leave(visitor);
}

static void collect_held_place(const HeldThing *thing, gpointer visitors) {
  if (held_get_kind(thing) == HELD_PLACES)
    g_ptr_array_add(visitors, held_get_what(thing));
}

guint lines_give_up(Lines *lines, const Holder *holder, gboolean network, guint *elsewhere) {
  g_autoptr(GPtrArray) visitors = g_ptr_array_new();
  held_for_each(lines_get_held(lines), holder, network, collect_held_place, visitors);
  *elsewhere = 0;
  for (guint i = 0; i < visitors->len; i++) {
    Visitor *visitor = visitors->pdata[i];
    *elsewhere += visitor->elsewhere ? 1 : 0;
    if (visitor->elsewhere) /* ours to give up, though we do not know their token */
      visitor_adopt(visitor, "");
    visitor_leave(visitor);
  }
  return visitors->len;
}

void lines_answer_all(Lines *lines) {
  GHashTableIter iter;
  gpointer visitor;
  g_hash_table_iter_init(&iter, lines->by_key);
  while (g_hash_table_iter_next(&iter, NULL, &visitor))
    visitor_answer_busy(visitor);
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
static void visitor_hand_over(Visitor *visitor) {
  if (visitor->state != WAITS)
    return;
  visitor_answer_busy(visitor);
  waiting_line_go_elsewhere(visitor->place);
  visitor->elsewhere = TRUE;
  g_clear_pointer(&visitor->token, g_free);
}

static void on_place_elsewhere(const SharedPlace *place, gpointer data) {
  Lines *lines = data;
  Visitor *visitor = g_hash_table_lookup(lines->by_key, place->key);
  if (visitor && !visitor->elsewhere) {
    visitor_hand_over(visitor);
    return;
  }
  VisitorState state = place->session ? SERVED : WAITS;
  if (visitor && visitor->state == state)
    return;
  if (visitor) /* they were let in there */
    visitor_forget(visitor);
  Line *line = lines_get(lines, place->rc_name);
  visitor = visitor_new(line, g_strdup(place->key), &place->holder, state, place->arrived_us);
  if (!visitor)
    return;
  visitor->elsewhere = TRUE;
  visitor->session = g_strdup(place->session);
  visitor->server_name = g_strdup(place->server_name);
  if (visitor->place)
    waiting_line_go_elsewhere(visitor->place);
}

static void on_place_gone(const char *key, gpointer data) {
  Lines *lines = data;
  Visitor *visitor = g_hash_table_lookup(lines->by_key, key);
  if (visitor && !visitor->elsewhere)
    visitor_leave(visitor);
}

static void on_places_kept(GHashTable *keys, gpointer data) {
  Lines *lines = data;
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
    visitor_forget(gone->pdata[i]);
}

void lines_share(Lines *lines) {
  static const LinesSharedListener listener = {on_place_elsewhere, on_place_gone, on_places_kept};
  lines->shared = lines_shared_new(lines->core, &listener, lines);
}
