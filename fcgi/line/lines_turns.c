#include "fcgi/line/lines_turns.h"

#include "common/program_clock.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/session/planning.h"
#include "fcgi/session/starts.h"

/* After a start that came to nothing the line rests, the longer the more there were in a row. */
#define FIRST_REST_US (INSTANT_SECOND / 2)
#define LAST_REST_US (8 * INSTANT_SECOND)

/* Whether the plan would let a walk-in begin now: bookings come first. */
static gboolean plan_has_room(const Line *line) {
  const Ledger *ledger = plan_get_ledger(planning_get_plan(line->lines->core->planning), line->rc_name);
  const RcRules *rules = line_get_rules(line);
  return ledger_walk_in(ledger, instant_now_us(), rules->session_minutes * INSTANT_MINUTE,
                        rules->min_session_minutes * INSTANT_MINUTE) > 0;
}

/* ---- what became of a start ---- */

void lines_step_back(Visitor *visitor) {
  visitor->state = WAITS;
  g_clear_pointer(&visitor->session, g_free);
  g_clear_pointer(&visitor->server_name, g_free);
  waiting_line_put_back(visitor->line->order, visitor->place);
  visitor_share(visitor);
}

static void on_never_came(gpointer data) {
  Visitor *visitor = data;
  visitor->timer = NULL;
  visitor_end_session(visitor);
  lines_step_back(visitor);
  waiting_line_pass_over(visitor->line->order, visitor->place);
}

static void on_start_stands(const Session *session, gpointer data) {
  Visitor *visitor = data;
  Line *line = visitor->line;
  Request *request = visitor_take_request(visitor);
  line->rest_us = 0;
  visitor->state = STANDS;
  visitor->session = g_strdup(session->id);
  visitor->server_name = g_strdup(fleet_server_get_info(session->server)->name);
  if (request)
    visitor_let_in(visitor, request, session);
  else if (visitor->left)
    visitor_forget(visitor);
  else
    visitor->timer =
        timers_add(line->lines->core->timers, line->lines->rules.offer_us, on_never_came, visitor);
}

static void line_rest(Line *line) {
  const Rc *rc = line_get_rc(line);
  line->rest_us = CLAMP(2 * line->rest_us, FIRST_REST_US, LAST_REST_US);
  line->rests_until_us = g_get_monotonic_time() + line->rest_us;
  line->free_at_rest = rc ? rc->free : 0;
}

static void on_start_failed(const GError *error, gpointer data) {
  Visitor *visitor = data;
  Line *line = visitor->line;
  lines_step_back(visitor);
  line_rest(line);
  if (visitor->left)
    visitor_forget(visitor);
  else if (visitor->request && wire_message_of(error) != WIRE_SERVERS_BUSY)
    request_refuse(visitor_take_request(visitor), error);
  else if (visitor->request)
    visitor_wait(visitor);
}

/* ---- whose turn it is ---- */

static void begin_start(Visitor *visitor) {
  static const StartOwner owner = {on_start_stands, on_start_failed};
  Line *line = visitor->line;
  const StartWish wish = {.rc_name = line->rc_name,
                          .holder = visitor->holder,
                          .minutes = visitor->minutes,
                          .min_minutes =
                              MIN(visitor->minutes, (guint)line_get_rules(line)->min_session_minutes),
                          .name = visitor->name,
                          .language = visitor->language,
                          .request_id = visitor->request ? request_get_id(visitor->request) : NULL};
  timer_clear(&visitor->timer);
  visitor->state = STARTS;
  waiting_line_take_out(line->order, visitor->place);
  starts_begin_for(line->lines->core->starts, &owner, visitor, &wish);
}

/* What newcomers see of it. */
static void line_publish(const Line *line) {
  Core *core = line->lines->core;
  Rc *rc = line_get_rc(line);
  guint waiting = waiting_line_length(line->order), claims = waiting_line_claims(line->order);
  if (!rc || (rc->waiting == waiting && rc->claims == claims))
    return;
  gint64 free_before = rc_free_for_newcomers(rc);
  rc->waiting = waiting;
  rc->claims = claims;
  answers_clear(core->answers);
  if (rc_free_for_newcomers(rc) != free_before)
    events_servers_changed(core->events, rc);
  watches_tell_wanted(core->watches, rc);
}

static gboolean line_is_resting(Line *line, const Rc *rc) {
  if (rc && rc->free > line->free_at_rest)
    line->rests_until_us = 0;
  return line->rests_until_us > g_get_monotonic_time();
}

void lines_settle(Line *line) {
  const Core *core = line->lines->core;
  for (;;) {
    const Rc *rc = line_get_rc(line);
    gint64 free = line_count_unclaimed(core, rc);
    if (core->stopping || line_is_resting(line, rc))
      break;
    if (free <= 0 || waiting_line_length(line->order) == 0 || !plan_has_room(line)) {
      waiting_line_call_off(line->order);
      break;
    }
    Visitor *next = waiting_line_next(line->order, (guint)free, program_clock_running_us());
    if (!next)
      break;
    begin_start(next);
  }
  line_publish(line);
}
