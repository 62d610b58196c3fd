#include "common/program_clock.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"

#include <pthread.h>
#include <time.h>

#define LOOK_MS 1000
/* The clock is looked at once a second: when that fails for so long, we were stopped. */
#define PAUSE_US (10 * G_TIME_SPAN_SECOND)
/* The clocks are read one after the other; when that took longer, something came between. */
#define READING_US (20 * G_TIME_SPAN_MILLISECOND)
#define READING_TRIES 5
/* What is learnt of another's clock over a network is this inexact, and no reason to change anything. */
#define FOLLOW_NOISE_US (G_TIME_SPAN_SECOND / 2)

static struct {
  pthread_mutex_t lock; /* for all but `source` and `told` */
  Clock clock;
  gboolean follows;
  gint64 followed_us; /* what the other's clock is ahead of the monotonic one */
  guint source;
  guint64 doubts_told;
  gboolean told; /* that it is doubted */
} program = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- readings ---- */

static gint64 clock_us(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return now.tv_sec * G_TIME_SPAN_SECOND + now.tv_nsec / 1000;
}

static ClockReading read_clocks(void) {
  ClockReading reading;
  for (int tries = 0; tries < READING_TRIES; tries++) {
    reading.monotonic_us = g_get_monotonic_time();
    reading.wall_us = program.follows ? reading.monotonic_us + program.followed_us : g_get_real_time();
    reading.boot_us = clock_us(CLOCK_BOOTTIME);
    if (g_get_monotonic_time() - reading.monotonic_us < READING_US)
      break;
  }
  return reading;
}

gint64 program_clock_now_us(void) {
  pthread_mutex_lock(&program.lock);
  gint64 now_us = clock_read(&program.clock, read_clocks());
  pthread_mutex_unlock(&program.lock);
  return now_us;
}

gint64 program_clock_running_us(void) {
  pthread_mutex_lock(&program.lock);
  clock_read(&program.clock, read_clocks());
  gint64 running_us = clock_running_us(&program.clock);
  pthread_mutex_unlock(&program.lock);
  return running_us;
}

/* A copy, after a reading. */
static Clock look_at_clock(void) {
  pthread_mutex_lock(&program.lock);
  clock_read(&program.clock, read_clocks());
  Clock seen = program.clock;
  pthread_mutex_unlock(&program.lock);
  return seen;
}

gboolean program_clock_is_doubted(void) {
  return look_at_clock().doubted;
}

ProgramClockState program_clock_get_state(void) {
  const Clock seen = look_at_clock();
  return (ProgramClockState){seen.doubted, seen.ahead_us, seen.doubts};
}

/* ---- following another's ---- */

static double to_seconds(gint64 us) {
  return (double)us / G_TIME_SPAN_SECOND;
}

void program_clock_follow(gint64 wall_us, gint64 monotonic_us, const char *whose) {
  gint64 offset_us = wall_us - monotonic_us, differs_by_us = 0;
  pthread_mutex_lock(&program.lock);
  if (!program.follows) {
    differs_by_us = g_get_real_time() - g_get_monotonic_time() - offset_us;
    clock_change_wall(&program.clock);
    program.follows = TRUE;
    program.followed_us = offset_us;
  } else if (ABS(offset_us - program.followed_us) > FOLLOW_NOISE_US) {
    program.followed_us = offset_us;
  }
  pthread_mutex_unlock(&program.lock);
  if (ABS(differs_by_us) > CLOCK_JUMP_US)
    log_warning("clocks_differ", "seconds=%+.1f of=%s note=\"this machine's clock; the other is taken\"",
                to_seconds(differs_by_us), whose);
}

/* ---- what operators hear ---- */

static void tell_clock(const Clock *seen) {
  if (program.told && !seen->doubted) {
    log_notice("clock_steady", "changed_by_seconds=%+.1f", to_seconds(seen->last_change_us));
    program.told = FALSE;
  }
  if (seen->doubts == program.doubts_told)
    return;
  program.doubts_told = seen->doubts;
  program.told = TRUE;
  log_warning("clock_jumped", "by_seconds=%+.1f how=%s steady_seconds=%d note=\"nothing is ended by it yet\"",
              to_seconds(seen->first_jump_us), clock_jump_name(seen->first_jump),
              (int)(seen->patience_us / G_TIME_SPAN_SECOND));
}

static gboolean on_clock_look(gpointer data) {
  const Clock seen = look_at_clock();
  tell_clock(&seen);
  return G_SOURCE_CONTINUE;
}

void program_clock_begin(guint steady_seconds) {
  pthread_mutex_lock(&program.lock);
  program.clock.patience_us = steady_seconds * G_TIME_SPAN_SECOND;
  clock_read(&program.clock, read_clocks());
  program.clock.pause_us = PAUSE_US;
  clock_doubt(&program.clock);
  pthread_mutex_unlock(&program.lock);
  program.source = g_timeout_add(LOOK_MS, on_clock_look, NULL);
}

void program_clock_end(void) {
  g_clear_handle_id(&program.source, g_source_remove);
}

enum { DOUBTED, AHEAD, JUMPS };

static const Metric table[] = {
    [DOUBTED] = {"vitrina_clock_doubted", METRIC_GAUGE,
                 "1 while the wall clock has not been steady for long enough, else 0."},
    [AHEAD] = {"vitrina_clock_ahead_seconds", METRIC_GAUGE,
               "By how much the wall clock is ahead of the time that is believed."},
    [JUMPS] = {"vitrina_clock_jumps", METRIC_GAUGE, "How often the wall clock has jumped since the start."},
    {NULL},
};

char *program_clock_write_metrics(void) {
  const Clock seen = look_at_clock();
  g_autoptr(Metrics) metrics = metrics_new(table);
  metrics_set(metrics, DOUBTED, seen.doubted);
  metrics_set(metrics, AHEAD, to_seconds(seen.ahead_us));
  metrics_set(metrics, JUMPS, (double)seen.doubts);
  return metrics_write(metrics);
}
