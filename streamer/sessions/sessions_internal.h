/* The set of sessions as it is, for sessions_status.c, which says it and changes nothing. Nobody else
 * includes this. */
#pragma once
#include "streamer/sessions/kept_stages.h"
#include "streamer/sessions/past.h"
#include "streamer/sessions/sessions.h"
#include "streamer/sessions/usability.h"

struct Sessions {
  const StreamerSettings *settings;
  const char *directory, *cache_directory;
  Metrics *metrics;
  GPtrArray *list; /* of Session, in order of starting */
  KeptStages *kept;
  GQueue pending; /* of SessionsStart that wait until a standby has left its place */
  SessionWaiters *waiters;
  StatusWatches *watches;
  Past *past;
  Usability *usability;
  char *rc_name; /* of the last that was asked for, which a trial shows (nullable) */
  guint64 directories_made;
  gint64 wanted_until_us; /* program_clock_running_us()'s: so long somebody waits for a place */
  gboolean draining, closed;
  GSourceOnceFunc all_gone;
  gpointer all_gone_data;
};
