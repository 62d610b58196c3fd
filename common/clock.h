/* Which time is to be believed, when somebody may set the wall clock while a program runs.
 *
 * Two clocks are compared at every reading: the wall clock, which may be set, wrongly or rightly, and the
 * monotonic one, which only goes on. As long as both go on alike, the wall clock is believed. A difference of
 * more than CLOCK_JUMP_US between two readings is a jump: from then on the clock is doubted, and the time
 * that is believed goes on from where it was, at the monotonic clock's pace. When the wall clock has been
 * steady for `patience_us` after its last jump it is believed as it is then: at the old time, if somebody has
 * set it back right, else at the new one.
 *
 * So what is wrong for less than that changes nothing, and what is set right takes effect a little later. A
 * machine that was suspended, and a program that was stopped, are treated alike: there the wall clock is
 * right, but nobody could do anything meanwhile, so they are given the time to come back before what is due
 * is done.
 *
 *                 wall      monotonic    boot time
 *   set            jumps     goes on      goes on
 *   suspended      jumps     goes on      jumps        (clock_gettime(2): CLOCK_BOOTTIME counts the sleep)
 *   stopped        jumps     jumps        jumps        told by readings that are too far apart
 *
 * Pure: readings are passed in, in microseconds. One thread at a time.
 */
#pragma once
#include <glib.h>

/* What is less than this between two readings is not noticed: clocks are slewed, and read one after the
 * other. */
#define CLOCK_JUMP_US (2 * G_TIME_SPAN_SECOND)

/* All three clocks at one moment. */
typedef struct {
  gint64 wall_us;      /* since 1970 */
  gint64 monotonic_us; /* from anywhere */
  gint64 boot_us;      /* from anywhere, with the time in which the machine sleeps */
} ClockReading;

typedef enum {
  CLOCK_SET,
  CLOCK_SUSPENDED,
  CLOCK_STOPPED,
} ClockJump;

/* Plain data; all zeros but for the first two is a clock that has not been read. */
typedef struct {
  gint64 patience_us; /* how long it must be steady to be believed; 0: at once */
  gint64 pause_us;    /* readings farther apart than this: we were stopped; 0: they come at any time */
  ClockReading last;
  gboolean is_read;
  gboolean doubted, has_jumped; /* in this doubt */
  gint64 ahead_us;              /* by how much the wall clock is ahead of the time that is believed */
  gint64 jumped_at_us;          /* monotonic: the last jump */
  gint64 stopped_us;            /* how long we were stopped, in all */
  ClockJump first_jump;         /* what this doubt, or the last one, began with, */
  gint64 first_jump_us;         /* and how far that went */
  guint64 doubts;               /* how many there were, that of clock_doubt() left out */
  gint64 last_change_us;        /* what the believed time was changed by at the end of the last doubt */
} Clock;

/* Takes a reading in and returns the time that is believed now, in microseconds since 1970. */
gint64 clock_read(Clock *clock, ClockReading reading);

/* Doubts the clock from now on, as after a jump: nothing is known of it yet. It must have been read. */
void clock_doubt(Clock *clock);

/* The next reading's wall clock is another one; it is believed at once, and no jump. */
void clock_change_wall(Clock *clock);

/* The time during which we ran, in microseconds from anywhere, at the last reading: the monotonic clock but
 * for when we were stopped. What others have so long to do something by is measured with it. */
gint64 clock_running_us(const Clock *clock);

/* "set" (static). */
const char *clock_jump_name(ClockJump jump);
