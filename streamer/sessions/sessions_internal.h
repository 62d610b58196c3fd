/* The set of sessions as it is, for sessions_status.c, which says it and changes nothing. Nobody else
 * includes this. */
#pragma once
#include "streamer/sessions/kept_stages.h"
#include "streamer/sessions/past.h"
#include "streamer/sessions/sessions.h"

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
  guint64 directories_made;
  gboolean draining, closed;
  GSourceOnceFunc all_gone;
  gpointer all_gone_data;
};
