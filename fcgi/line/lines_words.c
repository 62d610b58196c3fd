#include "fcgi/line/lines_words.h"

#include "common/program_clock.h"
#include "fcgi/rules/wait_estimate.h"
#include "fcgi/session/planning.h"

#define ESTIMATE_US INSTANT_SECOND

static void update_estimates(Line *line) {
  const Core *core = line->lines->core;
  const Rc *rc = line_get_rc(line);
  gint64 now_us = g_get_monotonic_time(), wall_us = instant_now_us();
  guint count = waiting_line_length(line->order);
  if (line->estimates->len >= count && now_us - line->estimated_us < ESTIMATE_US)
    return;
  const Ledger *ledger = plan_get_ledger(planning_get_plan(core->planning), line->rc_name);
  const RcRules *rules = line_get_rules(line);
  /* Servers that cannot be reached are in the ledger's capacity, but no help. */
  gint64 there = ledger_used(ledger, ledger_slot(ledger, wall_us)) + MAX(0, line_count_unclaimed(core, rc));
  gint64 capacity = rc && rc->online ? MIN(there, ledger_capacity(ledger)) : 0;
  g_autofree gint64 *ends = g_new(gint64, count);
  guint n_ends = rc ? sessions_next_ends(rc->sessions, wall_us, count, ends) : 0;
  line->estimated_us = now_us;
  g_array_set_size(line->estimates, count);
  wait_estimate(ledger, wall_us, (guint32)capacity, rules->session_minutes * INSTANT_MINUTE,
                rules->min_session_minutes * INSTANT_MINUTE, ends, n_ends, count,
                &g_array_index(line->estimates, gint64, 0));
}

char *lines_describe_place(Visitor *visitor) {
  Line *line = visitor->line;
  guint position = visitor->place ? waiting_line_position(visitor->place) : 0;
  g_autoptr(GString) members = g_string_new(NULL);
  gint64 kept_us = 0;
  if (position && waiting_line_is_called(visitor->place))
    position = 0;
  if (visitor->place)
    kept_us = waiting_line_kept_until(line->order, visitor->place, program_clock_running_us()) -
              program_clock_running_us();
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

guint lines_mark_of(const Visitor *visitor) {
  if (visitor->state == SERVED)
    return 0;
  gboolean is_turn = visitor->state != WAITS || waiting_line_is_called(visitor->place);
  return is_turn ? 1 : 1 + waiting_line_position(visitor->place);
}
