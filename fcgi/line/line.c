#include "fcgi/line/line.h"

#include "fcgi/fleet/fleet.h"
#include "fcgi/session/planning.h"
#include "fcgi/session/starts.h"

#define UNREACHABLE_PATIENCE_US (5 * INSTANT_SECOND)

Line *line_new(Lines *lines, const char *rc_name) {
  Line *line = g_new0(Line, 1);
  line->lines = lines;
  line->rc_name = g_strdup(rc_name);
  line->order = waiting_line_new(&lines->rules);
  waiting_line_set_may(line->order, line_may_have, line);
  line->estimates = g_array_new(FALSE, FALSE, sizeof(gint64));
  return line;
}

void line_free(gpointer data) {
  Line *line = data;
  waiting_line_free(line->order);
  g_array_unref(line->estimates);
  g_free(line->rc_name);
  g_free(line);
}

Rc *line_get_rc(const Line *line) {
  return fleet_find_rc(line->lines->core->fleet, line->rc_name);
}

const RcRules *line_get_rules(const Line *line) {
  return rc_rules_get(line->lines->core->configuration->rc_rules, line->rc_name);
}

gboolean line_is_given_up(const Line *line) {
  return line->unreachable_us && g_get_monotonic_time() - line->unreachable_us > UNREACHABLE_PATIENCE_US;
}

Held *lines_get_held(const Lines *lines) {
  return plan_get_held(planning_get_plan(lines->core->planning));
}

gboolean line_may_have(gpointer who, guint free, gpointer data) {
  const Line *line = data;
  return lines_check_holder(line->lines, &((const Visitor *)who)->holder, line->rc_name, free, NULL);
}

gboolean lines_check_holder(const Lines *lines, const Holder *holder, const char *rc_name, gint64 free,
                            GError **error) {
  Held *held = lines_get_held(lines);
  const HeldCounts here = held_count(held, HELD_SESSIONS, holder, rc_name);
  return held_check(held, HELD_SESSIONS, holder, error) &&
         held_check_share(held, HELD_SESSIONS, HELD_OF_SERVERS, holder, here, (guint64)MAX(0, free), error);
}

gint64 line_count_unclaimed(const Core *core, const Rc *rc) {
  return rc ? rc->free - (gint64)starts_count_unplaced(core->starts, rc->name) : 0;
}
