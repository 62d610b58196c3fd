#include "common/clock.h"

static gboolean is_far(gint64 us) {
  return ABS(us) > CLOCK_JUMP_US;
}

/* How long we ran since the last reading. */
static gint64 ran_us(Clock *clock, const ClockReading *reading) {
  gint64 passed_us = reading->monotonic_us - clock->last.monotonic_us;
  if (!clock->pause_us || passed_us <= clock->pause_us)
    return passed_us;
  clock->stopped_us += passed_us;
  return 0;
}

static ClockJump name_jump(const Clock *clock, const ClockReading *reading, gint64 ran) {
  gint64 passed_us = reading->monotonic_us - clock->last.monotonic_us;
  if (ran != passed_us)
    return CLOCK_STOPPED;
  return is_far(reading->boot_us - clock->last.boot_us - passed_us) ? CLOCK_SUSPENDED : CLOCK_SET;
}

static void clock_jump(Clock *clock, const ClockReading *reading, gint64 ran, gint64 by_us) {
  if (!clock->has_jumped) {
    clock->doubts++;
    clock->first_jump = name_jump(clock, reading, ran);
    clock->first_jump_us = by_us;
  }
  clock->doubted = clock->has_jumped = TRUE;
  clock->jumped_at_us = reading->monotonic_us;
  clock->ahead_us += by_us;
  if (!is_far(clock->ahead_us)) /* it is back */
    clock->ahead_us = 0;
}

static void clock_believe(Clock *clock) {
  clock->doubted = clock->has_jumped = FALSE;
  clock->last_change_us = clock->ahead_us;
  clock->ahead_us = 0;
}

gint64 clock_read(Clock *clock, ClockReading reading) {
  if (clock->is_read) {
    gint64 ran = ran_us(clock, &reading);
    gint64 by_us = reading.wall_us - clock->last.wall_us - ran;
    if (is_far(by_us))
      clock_jump(clock, &reading, ran, by_us);
  }
  if (clock->doubted && reading.monotonic_us - clock->jumped_at_us >= clock->patience_us)
    clock_believe(clock);
  clock->last = reading;
  clock->is_read = TRUE;
  return reading.wall_us - clock->ahead_us;
}

void clock_doubt(Clock *clock) {
  clock->doubted = TRUE;
  clock->jumped_at_us = clock->last.monotonic_us;
}

void clock_change_wall(Clock *clock) {
  clock->is_read = FALSE;
  clock->ahead_us = 0;
}

gint64 clock_running_us(const Clock *clock) {
  return clock->last.monotonic_us - clock->stopped_us;
}

const char *clock_jump_name(ClockJump jump) {
  static const char *const names[] = {"set", "suspended", "stopped"};
  return names[jump];
}
