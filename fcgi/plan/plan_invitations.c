#include "fcgi/plan/plan_invitations.h"

#include "common/log.h"
#include "fcgi/plan/plan_changes.h"
#include "fcgi/plan/plan_clock.h"
#include "fcgi/rules/limits.h"

static void set_door(Reservation *reservation, const char *door) {
  g_free(reservation->door);
  reservation->door = g_strdup(door);
}

static PlanEntry *find_open(const Plan *plan, const char *id) {
  PlanEntry *entry = plan_index_find(plan->index, id);
  return entry && entry->stored && entry->reservation->state == RESERVATION_RUNNING ? entry : NULL;
}

void plan_renew_invitation(Plan *plan, const char *id, gint64 generation, gint64 now_us) {
  plan_set_now(plan, now_us);
  PlanEntry *entry = find_open(plan, id);
  if (!entry || entry->reservation->generation >= generation)
    return;
  if (!plan_draw_code(plan, entry->reservation))
    log_warning("code_not_renewed", "session=%s note=\"there are too few free codes left\"", id);
  set_door(entry->reservation, LIMITS_DOOR_KNOCK);
  entry->reservation->generation = generation;
  plan_write_invitation(plan, entry);
}

void plan_set_door(Plan *plan, const char *id, const char *door, gint64 now_us, PlanDone done,
                   gpointer user_data) {
  const PlanWaiter waiter = {done, user_data};
  plan_set_now(plan, now_us);
  PlanEntry *entry = find_open(plan, id);
  if (!entry) {
    plan_refuse(&waiter, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session.");
  } else if (plan->stopping || entry->inviting) {
    plan_refuse(&waiter, WIRE_STORE_UNAVAILABLE, NULL,
                plan->stopping ? PLAN_STOPPING_REASON : PLAN_INVITING_REASON);
  } else {
    g_autofree char *before = g_strdup(entry->reservation->door);
    set_door(entry->reservation, door);
    plan_write_door(plan, entry, before, &waiter);
  }
}
