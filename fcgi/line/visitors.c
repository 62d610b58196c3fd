#include "fcgi/line/visitors.h"

#include "common/program_clock.h"
#include "fcgi/fleet/endings.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/line/lines_words.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/code_door.h"
#include "fcgi/session/connection_data.h"
#include "fcgi/session/planning.h"

#define ASK_AGAIN_SECONDS 1

/* ---- making and forgetting ---- */

void visitor_free(gpointer data) {
  Visitor *visitor = data;
  timer_cancel(visitor->timer);
  held_remove(visitor->held);
  g_free(visitor->key);
  g_free(visitor->token);
  g_free(visitor->name);
  g_free(visitor->language);
  g_free(visitor->session);
  g_free(visitor->server_name);
  g_free(visitor);
}

char *visitors_key_of(const char *token) {
  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, token, -1);
}

Visitor *visitor_new(Line *line, char *key, const Holder *holder, VisitorState state, gint64 arrived_us) {
  Visitor *visitor = g_new0(Visitor, 1);
  if (state == WAITS)
    visitor->place = waiting_line_join(line->order, visitor, arrived_us, program_clock_running_us());
  if (state == WAITS && !visitor->place) {
    g_free(key);
    g_free(visitor);
    return NULL;
  }
  visitor->line = line;
  visitor->state = state;
  visitor->key = key;
  visitor->arrived_us = arrived_us;
  visitor->holder = *holder;
  if (visitor->place)
    visitor->held = held_add(lines_get_held(line->lines), HELD_PLACES, holder, line->rc_name, NULL, visitor);
  line->visitors++;
  g_hash_table_replace(line->lines->by_key, visitor->key, visitor);
  return visitor;
}

Visitor *visitors_find(const Lines *lines, const char *place) {
  g_autofree char *key = visitors_key_of(place);
  return g_hash_table_lookup(lines->by_key, key);
}

static SharedPlace shared_place_of(const Visitor *visitor) {
  return (SharedPlace){.key = visitor->key,
                       .rc_name = visitor->line->rc_name,
                       .arrived_us = visitor->arrived_us,
                       .holder = visitor->holder,
                       .session = visitor->session,
                       .server_name = visitor->server_name};
}

void visitor_share(const Visitor *visitor) {
  const SharedPlace place = shared_place_of(visitor);
  lines_shared_put(visitor->line->lines->shared, &place);
}

void visitor_end_session(Visitor *visitor) {
  Core *core = visitor->line->lines->core;
  FleetServer *server = fleet_find_server(core->fleet, visitor->server_name);
  plan_ended(planning_get_plan(core->planning), visitor->session, wire_end_name(WIRE_END_USERS_LEFT),
             instant_now_us());
  if (server)
    endings_begin(core, server, visitor->session);
}

void visitor_forget(Visitor *visitor) {
  Lines *lines = visitor->line->lines;
  if (visitor->state == STANDS)
    visitor_end_session(visitor);
  if (visitor->place)
    waiting_line_leave(visitor->line->order, visitor->place);
  if (!visitor->elsewhere) {
    const SharedPlace place = shared_place_of(visitor);
    lines_shared_remove(lines->shared, &place);
  }
  visitor->line->visitors--;
  g_hash_table_remove(lines->by_key, visitor->key);
}

/* ---- the visitor's request ---- */

Request *visitor_take_request(Visitor *visitor) {
  Request *request = g_steal_pointer(&visitor->request);
  timer_clear(&visitor->timer);
  if (visitor->place)
    waiting_line_go(visitor->line->order, visitor->place, program_clock_running_us());
  return request;
}

void visitor_answer_busy(Visitor *visitor) {
  Request *request = visitor_take_request(visitor);
  gboolean is_over = line_is_given_up(visitor->line);
  g_autofree char *members = request && !is_over ? lines_describe_place(visitor) : NULL;
  if (request && is_over)
    busy_refuse(request, line_get_rc(visitor->line));
  else if (request)
    busy_refuse_in_line(request, line_get_rc(visitor->line),
                        visitor->place && waiting_line_is_held_back(visitor->place), ASK_AGAIN_SECONDS,
                        members);
}

static void on_visitor_waited_enough(gpointer data) {
  Visitor *visitor = data;
  visitor->timer = NULL;
  visitor_answer_busy(visitor);
}

void visitor_wait(Visitor *visitor) {
  timer_clear(&visitor->timer);
  visitor->timer =
      timers_add(visitor->line->lines->core->timers, MAX(0, visitor->until_us - g_get_monotonic_time()),
                 on_visitor_waited_enough, visitor);
}

static void on_visitor_kept_enough(gpointer data) {
  ((Visitor *)data)->timer = NULL;
  visitor_forget(data);
}

void visitor_let_in(Visitor *visitor, Request *request, const Session *session) {
  const Lines *lines = visitor->line->lines;
  if (visitor->place)
    waiting_line_leave(visitor->line->order, g_steal_pointer(&visitor->place));
  held_remove(g_steal_pointer(&visitor->held));
  visitor->state = SERVED;
  visitor_share(visitor);
  timer_clear(&visitor->timer);
  visitor->timer = timers_add(lines->core->timers, lines->rules.keep_us, on_visitor_kept_enough, visitor);
  code_door_told(request, session->id);
  connection_data_answer(request, session, "host", visitor->name);
}
