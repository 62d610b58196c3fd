/* Many timers in one main loop.
 *
 * GLib looks at every source at every turn of its loop; ten thousand waiting requests with a source each
 * would make each turn cost ten thousand steps. Here all timers of a loop share one source, and adding or
 * cancelling one costs O(log n). The thread of the loop only.
 */
#pragma once
#include <glib.h>

typedef struct Timers Timers;
typedef struct Timer Timer;
typedef void (*TimerFunc)(gpointer user_data);

/* (transfer full) */
Timers *timers_new(GMainContext *context);
/* Cancels all that are left. NULL is allowed. */
void timers_free(Timers *timers);

/* Calls @func once, @delay_us microseconds from now or a little later. The timer is gone when @func is
 * called. Returns: (transfer none) for timer_cancel(). */
Timer *timers_add(Timers *timers, gint64 delay_us, TimerFunc func, gpointer user_data);

/* Not after it has fired. NULL is allowed. */
void timer_cancel(Timer *timer);
/* Cancels *@timer if there is one and forgets it. */
#define timer_clear(timer) timer_cancel((Timer *)g_steal_pointer(timer))
