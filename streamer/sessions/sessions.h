/* The sessions of this streamer: starting within the limit, finding, ending.
 *
 * A session counts against the limit from its start until nothing of it is left. Standbys (kept_stages.h)
 * take what places are left, and give way: a session takes one over. A session's id makes starting
 * idempotent: the same id again waits for, or gives, the same session, also when it has ended meanwhile. Main
 * thread.
 */
#pragma once
#include "streamer/session/session.h"
#include "streamer/sessions/session_waiters.h"
#include "streamer/sessions/status_watch.h"
#include <glib.h>

typedef struct Sessions Sessions;

/* What START_SESSION says; absent members are made up. */
typedef struct {
  char *session, *code, *rc_name, *language; /* nullable */
  gint64 ends_at_us;                         /* 0: none */
} SessionsStart;

/* @directory: the streamer's own (remains.h); @cache_directory outlives it; @metrics: what it counts
 * (counts.h). All outlive the set. */
Sessions *sessions_new(const StreamerSettings *settings, const char *directory, const char *cache_directory,
                       Metrics *metrics);
/* What still runs is killed. NULL is allowed. */
void sessions_free(Sessions *sessions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sessions, sessions_free)

/* Starts or finds a session; @func is called once, from within or later. */
void sessions_start(Sessions *sessions, const SessionsStart *start, SessionStartedFunc func, gpointer data);

/* The session of this id or code; NULL when there is none that people could be in. */
Session *sessions_find(const Sessions *sessions, const char *id);
Session *sessions_find_code(const Sessions *sessions, const char *code);

/* Whether a session of this id was here and why it ended, as far as that is remembered. */
gboolean sessions_find_ended(const Sessions *sessions, const char *id, WireEnd *end);

/* Gives up a start that still waits for its place, which is refused; FALSE: there is none of this id. */
gboolean sessions_cancel(Sessions *sessions, const char *id);
/* Ends @session; @func (nullable) is called when nothing of it is left. */
void sessions_end(Sessions *sessions, Session *session, WireEnd end, GSourceOnceFunc func, gpointer data);
/* Ends all for good, people being told @grace_seconds before: none is started any more. @func is called when
 * nothing of any is left. */
void sessions_stop(Sessions *sessions, guint grace_seconds, GSourceOnceFunc func, gpointer data);

/* No new sessions, and no standbys; running ones go on. */
void sessions_drain(Sessions *sessions, gboolean on);

/* Somebody waits for a server such as this one, and will for @seconds if nothing more is heard: nobody who is
 * away keeps a session alone for longer than others would be waited for. */
void sessions_want_place(Sessions *sessions, gint64 seconds);

/* This host cannot show sessions, for @reason, a clause: none is started until a trial, which is made at once
 * and then after ever longer pauses, shows that it can. */
void sessions_set_unusable(Sessions *sessions, const char *reason);

/* For waiting until the status (sessions_status.h) is another. Owned by the set. */
StatusWatches *sessions_watches(const Sessions *sessions);
/* The settings are there, or were read again: standbys are kept as they say, and a host that was of no use is
 * tried at once. */
void sessions_settings_changed(Sessions *sessions);
