/* The clock that this program lives by: what instant_now_us() tells (clock.h says which time is believed),
 * and how operators hear of it.
 *
 * Before program_clock_begin() nothing is doubted: instants are the wall clock's. Any thread, but for what is
 * said to be of the main thread.
 */
#pragma once
#include <glib.h>

/* What operators are shown of it. */
typedef struct {
  gboolean doubted; /* what only time brings about is not to be done */
  gint64 ahead_us;  /* by how much the wall clock is ahead of the time that is believed; negative: behind */
  guint64 doubts;   /* how often it has jumped, not counting jumps while it was doubted */
} ProgramClockState;

/* From now on jumps are noticed, and the clock is doubted until it has been steady for @steady_seconds; 0:
 * everything is believed at once. Looks once a second, on the main loop (GLib's default context), and tells
 * the log of each doubt, once when it begins and once when it ends. Once; the main thread. */
void program_clock_begin(guint steady_seconds);
/* No more looks: before the main loop is gone. The main thread. */
void program_clock_end(void);

/* Another's clock is to be followed instead of this machine's wall clock, from now on: it was at @wall_us
 * when the monotonic clock was at @monotonic_us. It jumps, and is doubted, as this machine's would. To be
 * told again and again, as often as it is learnt; where the two differ when it is first told, the other's is
 * right. @whose: for the log, a word. */
void program_clock_follow(gint64 wall_us, gint64 monotonic_us, const char *whose);

/* The time that is believed, in microseconds since 1970: instant_now_us(). */
gint64 program_clock_now_us(void);
/* The time in which this program ran, in microseconds from anywhere: g_get_monotonic_time() but for when it
 * was stopped. Others' time to do something is measured with it: they could not, while we were not there. */
gint64 program_clock_running_us(void);
gboolean program_clock_is_doubted(void);
ProgramClockState program_clock_get_state(void);

/* The state as process_metrics_write() gives what it has, to be put behind its text. (transfer full) */
char *program_clock_write_metrics(void);
