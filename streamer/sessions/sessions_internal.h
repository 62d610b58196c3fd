/* What the files of the set of sessions share: sessions.c starts and ends them, sessions_status.c says how
 * things are. Nobody else includes this. */
#pragma once
#include "streamer/base/counts.h"
#include "streamer/sessions/past.h"
#include "streamer/sessions/sessions.h"
#include "streamer/stage/standby.h"

struct Sessions {
  const StreamerSettings *settings;
  const char *directory, *cache_directory;
  Metrics *metrics;
  GPtrArray *list;               /* of Session, in order of starting */
  Standbys *standbys, *displays; /* displays: bare ones, no places */
  GQueue pending;                /* of SessionsStart that wait until a standby has left its place */
  GPtrArray *waiters;            /* of Waiter */
  GPtrArray *watches;            /* of SessionsWatch */
  Past *past;
  gint64 version; /* of the status */
  guint64 directories_made;
  gboolean draining, closed;
  guint changed_source;
  GSourceOnceFunc all_gone;
  gpointer all_gone_data;
};

/* Something that the status says has changed. */
void sessions_touch(Sessions *sessions);
