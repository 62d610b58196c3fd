/* What the files of the set of sessions share: sessions.c starts and ends them, sessions_status.c says how
 * things are. Nobody else includes this. */
#pragma once
#include "streamer/past.h"
#include "streamer/sessions.h"

struct Sessions {
  const StreamerSettings *settings;
  const char *directory, *cache_directory;
  GPtrArray *list;    /* of Session, in order of starting */
  GPtrArray *waiters; /* of Waiter */
  GPtrArray *watches; /* of SessionsWatch */
  Past *past;
  gint64 version; /* of the status */
  guint64 directories_made;
  gboolean draining, closed;
  guint changed_source;
  GSourceOnceFunc all_gone;
  gpointer all_gone_data;
};
