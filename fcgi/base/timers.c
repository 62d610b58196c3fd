#include "fcgi/base/timers.h"

typedef struct {
  GSource source;
  Timers *timers;
} TimersSource;

struct Timers {
  GSequence *waiting; /* of Timer, the next first */
  TimersSource *source;
};

struct Timer {
  Timers *timers;
  GSequenceIter *place;
  gint64 at_us; /* monotonic */
  TimerFunc func;
  gpointer user_data;
};

static int compare_timers(gconstpointer a, gconstpointer b, gpointer user_data) {
  gint64 x = ((const Timer *)a)->at_us, y = ((const Timer *)b)->at_us;
  return x < y ? -1 : x > y;
}

static Timer *next_timer(Timers *timers) {
  GSequenceIter *first = g_sequence_get_begin_iter(timers->waiting);
  return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static void set_alarm(Timers *timers) {
  Timer *next = next_timer(timers);
  g_source_set_ready_time(&timers->source->source, next ? next->at_us : -1);
}

static gboolean dispatch_timers(GSource *source, GSourceFunc callback, gpointer user_data) {
  Timers *timers = ((TimersSource *)source)->timers;
  gint64 now_us = g_get_monotonic_time();
  for (Timer *timer = next_timer(timers); timer && timer->at_us <= now_us; timer = next_timer(timers)) {
    TimerFunc func = timer->func;
    gpointer data = timer->user_data;
    g_sequence_remove(timer->place);
    func(data);
  }
  set_alarm(timers);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {.dispatch = dispatch_timers};

Timers *timers_new(GMainContext *context) {
  Timers *timers = g_new0(Timers, 1);
  timers->waiting = g_sequence_new(g_free);
  timers->source = (TimersSource *)g_source_new(&source_funcs, sizeof(TimersSource));
  timers->source->timers = timers;
  g_source_attach(&timers->source->source, context);
  return timers;
}

void timers_free(Timers *timers) {
  if (!timers)
    return;
  g_source_destroy(&timers->source->source);
  g_source_unref(&timers->source->source);
  g_sequence_free(timers->waiting);
  g_free(timers);
}

Timer *timers_add(Timers *timers, gint64 delay_us, TimerFunc func, gpointer user_data) {
  Timer *timer = g_new0(Timer, 1);
  timer->timers = timers;
  timer->at_us = g_get_monotonic_time() + MAX(delay_us, 0);
  timer->func = func;
  timer->user_data = user_data;
  timer->place = g_sequence_insert_sorted(timers->waiting, timer, compare_timers, NULL);
  if (next_timer(timers) == timer)
    set_alarm(timers);
  return timer;
}

void timer_cancel(Timer *timer) {
  if (!timer)
    return;
  Timers *timers = timer->timers;
  gboolean was_next = next_timer(timers) == timer;
  g_sequence_remove(timer->place);
  if (was_next)
    set_alarm(timers);
}
