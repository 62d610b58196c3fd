#include "fcgi/rules/wait_estimate.h"

#include <string.h>

typedef struct {
  guint32 *used; /* by slot from the current one on */
  guint slots;
  guint32 capacity;
} Future;

/* How many slots from @slot on have a place left, at most @most. */
static guint room_from(const Future *future, guint slot, guint most) {
  guint room = 0;
  while (room < most && slot + room < future->slots && future->used[slot + room] < future->capacity)
    room++;
  return room;
}

/* Who can begin when a slot starts, can begin when the session in the slot before it is over. */
static void refine_by_ends(gint64 slot_us, const gint64 *ends, guint n_ends, guint count, gint64 *at_us) {
  guint end = 0;
  for (guint i = 0; i < count && at_us[i]; i++) {
    while (end < n_ends && ends[end] <= at_us[i] - slot_us)
      end++;
    if (end < n_ends && ends[end] <= at_us[i])
      at_us[i] = ends[end++];
  }
}

void wait_estimate(const Ledger *ledger, gint64 now_us, guint32 capacity, gint64 session_us, gint64 min_us,
                   const gint64 *ends, guint n_ends, guint count, gint64 *at_us) {
  gint64 first = ledger_slot(ledger, now_us);
  gint64 slot_us = ledger_slot_starts_at(ledger, 1);
  guint session = (guint)((session_us + slot_us - 1) / slot_us);
  guint least = (guint)((min_us + slot_us - 1) / slot_us);
  guint slots = (guint)(WAIT_ESTIMATE_HORIZON_US / slot_us);
  /* A session that begins near the horizon is looked at to its end. */
  Future future = {g_new(guint32, slots + session), slots + session, capacity};
  g_autofree guint32 *used = future.used;
  for (guint i = 0; i < future.slots; i++)
    used[i] = ledger_used(ledger, first + i);
  memset(at_us, 0, count * sizeof *at_us);
  guint served = 0;
  for (guint slot = 0; slot < slots && served < count; slot++) {
    guint room;
    while (served < count && (room = room_from(&future, slot, session)) >= least) {
      for (guint i = 0; i < room; i++)
        used[slot + i]++;
      at_us[served++] = MAX(now_us, ledger_slot_starts_at(ledger, first + slot));
    }
  }
  refine_by_ends(slot_us, ends, n_ends, count, at_us);
}
