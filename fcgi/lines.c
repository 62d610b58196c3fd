/* A Visitor waits, starts, or is served. Waiting ones stand in their Line's order; settle() gives them what
 * is free, one after the other, by starts_begin_for(), whose answer is on_stands() or on_failed().
 *
 * All lines are looked at every LOOK_US, for what only time changes (places that are lost, servers that were
 * held long enough, bookings that are over), and one line at once when the fleet tells of a change: from the
 * main loop, never inside that telling, because what is given here changes the fleet again.
 */
#include "fcgi/lines.h"

#include "common/random.h"
#include "fcgi/busy.h"
#include "fcgi/connection_data.h"
#include "fcgi/endings.h"
#include "fcgi/events.h"
#include "fcgi/fleet.h"
#include "fcgi/lines_internal.h"
#include "fcgi/planning.h"
#include "fcgi/wait_estimate.h"

#include <string.h>

#define LOOK_US (INSTANT_SECOND / 4)
#define ESTIMATE_US INSTANT_SECOND
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
  g_free(visitor->token);
  g_free(visitor->name);
  g_free(visitor->session);
  g_free(visitor->server_name);
  g_free(visitor);
}

Lines *lines_new(Core *core) {
  const Configuration *configuration = core->configuration;
  Lines *lines = g_new0(Lines, 1);
  lines->core = core;
  lines->rules = (WaitingLineRules){.limit = (guint)configuration->line_limit,
                                    .offer_us = configuration->offer_seconds * INSTANT_SECOND,
                                    .keep_us = configuration->place_seconds * INSTANT_SECOND};
  lines->by_rc = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_line);
  lines->by_token = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_visitor);
  return lines;
}

void lines_free(Lines *lines) {
  if (!lines)
    return;
  timer_cancel(lines->timer);
  timer_cancel(lines->soon);
  g_hash_table_unref(lines->by_token);
  g_hash_table_unref(lines->by_rc);
  g_free(lines);
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

/* NULL: the line is full. */
static Visitor *join(Line *line) {
  Visitor *visitor = g_new0(Visitor, 1);
  visitor->place = waiting_line_join(line->order, visitor, g_get_monotonic_time());
  if (!visitor->place) {
    g_free(visitor);
    return NULL;
  }
  visitor->line = line;
  visitor->token = random_hex(TOKEN_BYTES);
  line->visitors++;
  g_hash_table_insert(line->lines->by_token, visitor->token, visitor);
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
  if (visitor->state == STANDS)
    lines_end_session(visitor);
  if (visitor->place)
    waiting_line_leave(visitor->line->order, visitor->place);
  visitor->line->visitors--;
  g_hash_table_remove(visitor->line->lines->by_token, visitor->token);
}

/* ---- how long it will take ---- */

static void update_estimates(Line *line) {
  const Core *core = line->lines->core;
  const Rc *rc = lines_rc_of(line);
  gint64 now_us = g_get_monotonic_time(), wall_us = instant_now_us();
  guint count = waiting_line_length(line->order);
  if (line->estimates->len >= count && now_us - line->estimated_us < ESTIMATE_US)
    return;
  const Ledger *ledger = plan_get_ledger(planning_get_plan(core->planning), line->rc_name);
  const RcRules *rules = lines_rules_of(line);
  /* Servers that cannot be reached are in the ledger's capacity, but no help. */
  gint64 there = ledger_used(ledger, ledger_slot(ledger, wall_us)) + MAX(0, lines_count_unclaimed(core, rc));
  gint64 capacity = rc && rc->online ? MIN(there, ledger_capacity(ledger)) : 0;
  g_autofree gint64 *ends = g_new(gint64, count);
  guint n_ends = rc ? sessions_next_ends(rc->sessions, wall_us, count, ends) : 0;
  line->estimated_us = now_us;
  g_array_set_size(line->estimates, count);
  wait_estimate(ledger, wall_us, (guint32)capacity, rules->session_minutes * INSTANT_MINUTE,
                rules->min_session_minutes * INSTANT_MINUTE, ends, n_ends, count,
                &g_array_index(line->estimates, gint64, 0));
}

/* What is told of a place, as an answer's members (transfer full). */
static char *describe(Visitor *visitor) {
  Line *line = visitor->line;
  guint position = visitor->place ? waiting_line_position(visitor->place) : 0;
  g_autoptr(GString) members = g_string_new(NULL);
  gint64 kept_us = 0;
  if (position && waiting_line_is_called(visitor->place))
    position = 0;
  if (visitor->place)
    kept_us =
        waiting_line_kept_until(line->order, visitor->place, g_get_monotonic_time()) - g_get_monotonic_time();
  g_string_append_printf(members, "\"place\":\"%s\",\"position\":%u", visitor->token, position);
  if (kept_us > 0) {
    g_autofree char *until = instant_format(instant_now_us() + kept_us);
    g_string_append_printf(members, ",\"place_expires_at\":\"%s\"", until);
  }
  if (position == 0)
    return g_string_free(g_steal_pointer(&members), FALSE);
  update_estimates(line);
  gint64 at_us = g_array_index(line->estimates, gint64, position - 1);
  if (at_us)
    g_string_append_printf(members, ",\"estimated_wait_seconds\":%d",
                           (int)MAX(0, (at_us - instant_now_us()) / INSTANT_SECOND));
  return g_string_free(g_steal_pointer(&members), FALSE);
}

/* Another whenever there is something to tell; 0: there is nothing. */
static guint mark_of(const Visitor *visitor) {
  if (visitor->state == SERVED)
    return 0;
  gboolean is_turn = visitor->state != WAITS || waiting_line_is_called(visitor->place);
  return is_turn ? 1 : 1 + waiting_line_position(visitor->place);
}

char *lines_describe(Lines *lines, const char *place, guint told, guint *mark) {
  Visitor *visitor = g_hash_table_lookup(lines->by_token, place);
  guint now = visitor ? mark_of(visitor) : 0;
  if (now == 0 || now == told)
    return NULL;
  g_autofree char *members = describe(visitor);
  *mark = now;
  return wire_answer(WIRE_PLACE_IN_LINE, members);
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
  g_autofree char *members = request ? describe(visitor) : NULL;
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
  timer_clear(&visitor->timer);
  visitor->timer = timers_add(lines->core->timers, lines->rules.keep_us, on_forget, visitor);
  planning_code_told(lines->core->planning, request, session->id);
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
  g_hash_table_iter_init(&iter, lines->by_token);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Visitor *visitor = value;
    guint mark = mark_of(visitor);
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

/* The visitor with this place in the RC's line; NULL: none. */
static Visitor *find(const Lines *lines, const char *place, const Rc *rc) {
  Visitor *visitor = place ? g_hash_table_lookup(lines->by_token, place) : NULL;
  return visitor && !visitor->left && strcmp(visitor->line->rc_name, rc->name) == 0 ? visitor : NULL;
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
  if (!visitor && wish->wait_seconds < 0 && !wish->place) {
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

void lines_leave(Lines *lines, const char *place) {
  Visitor *visitor = g_hash_table_lookup(lines->by_token, place);
  if (!visitor)
    return;
  Request *request = lines_take_request(visitor);
  if (request)
    busy_refuse(request, lines_rc_of(visitor->line));
  if (visitor->state == STARTS)
    visitor->left = TRUE;
  else if (visitor->state != SERVED)
    lines_forget(visitor);
}

void lines_answer_all(Lines *lines) {
  GHashTableIter iter;
  gpointer visitor;
  g_hash_table_iter_init(&iter, lines->by_token);
  while (g_hash_table_iter_next(&iter, NULL, &visitor))
    answer_busy(visitor);
}

guint lines_count(const Lines *lines) {
  guint count = 0;
  GHashTableIter iter;
  gpointer line;
  g_hash_table_iter_init(&iter, lines->by_rc);
  while (g_hash_table_iter_next(&iter, NULL, &line))
    count += waiting_line_length(((const Line *)line)->order);
  return count;
}
