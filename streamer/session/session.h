/* One session: the stage that shows the application, the people in it, the players that watch, and when it
 * ends.
 *
 *   STARTING -> READY -> ENDING -> (ended)
 *
 * It ends when nobody came within join_seconds, when everyone left or was away for too long, when nobody did
 * anything for inactivity_seconds, when its time is over, when the operator or the streamer's end says so, or
 * when the application fails; people are told the reason word. From ENDING on there are no people in it, only
 * processes that end. Main thread.
 */
#pragma once
#include "common/wire.h"
#include "streamer/base/counts.h"
#include "streamer/base/session_state.h"
#include "streamer/session/events.h"
#include "streamer/session/knockers.h"
#include "streamer/session/session_id.h"
#include "streamer/session/session_people.h"
#include "streamer/session/viewers.h"
#include "streamer/settings/settings.h"
#include "streamer/stage/stage.h"
#include <glib.h>

#define SESSION_REMOVED_MAX 64 /* of people whom a status says were removed */

typedef struct Session Session;

/* What a session tells the set it belongs to. `changed` and `started` may come from within session_new(). */
typedef struct {
  void (*changed)(Session *session, gpointer data); /* something that STATUS says */
  /* It became READY (@reason NULL), or never will. Once. */
  void (*started)(Session *session, const char *reason, gpointer data);
  /* It became ENDING. */
  void (*ending)(Session *session, WireEnd end, gpointer data);
  /* Nothing of it is left; to be freed, here or later. The last call. */
  void (*ended)(Session *session, gpointer data);
  /* Whether somebody waits for a place such as it has. */
  gboolean (*is_wanted)(gpointer data);
} SessionHooks;

typedef struct {
  const char *id, *code;
  const char *rc_name, *language; /* nullable */
  gint64 ends_at_us;              /* wall clock */
  Stage *standby; /* (transfer full): to be taken over. NULL: a stage is made, by what follows */
  const char *directory, *cache_directory;
  const StreamerSettings *settings; /* outlives the session, like: */
  Metrics *metrics;                 /* what it counts (counts.h) */
} SessionPlan;

/* Begins to start. (transfer full) or NULL with an error when not even that is possible. */
Session *session_new(const SessionPlan *plan, const SessionHooks *hooks, gpointer data, GError **error);
/* NULL is allowed. What still runs is killed. */
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

const char *session_id(const Session *session);
const char *session_code(const Session *session);
SessionState session_state(const Session *session);
gint64 session_starts_at_us(const Session *session);
/* How long it has been there, and what its stage was made of. */
double session_age_seconds(const Session *session);
CountsFrom session_from(const Session *session);
/* Why its stage failed before it was READY, a clause, and by whose fault (stage.h); NULL: it did not. */
const char *session_start_failure(const Session *session);
StageFault session_start_fault(const Session *session);
/* Of its engine; zeros while it has none. */
EngineStats session_engine_stats(const Session *session);
guint session_count_viewers(const Session *session);
/* The settings were read again, or its place is wanted now. */
void session_look_again(Session *session);
gint64 session_ends_at_us(const Session *session);

/* Ends it; `ending` is called within, `ended` later. Nothing happens when it is ENDING already. */
void session_end(Session *session, WireEnd end);
/* The server stops: ends it, at once when nobody is in it, else after @grace_seconds of which people are
 * told.
 */
void session_stop(Session *session, guint grace_seconds);
/* A new end, told to the people. */
void session_extend(Session *session, gint64 ends_at_us);

/* ---- how one comes in ---- */

/* From now on it has this code, unless it has one of a later generation. */
void session_set_code(Session *session, const char *code, gint64 generation);
gint64 session_code_generation(const Session *session); /* 0: of its start */

/* Somebody knocks for @lapses_in_seconds, and its people are told; the same @id again is the same. @name
 * nullable. FALSE with WIRE_TOO_MANY_ATTEMPTS. */
gboolean session_knock(Session *session, const char *id, const char *name, gint64 lapses_in_seconds,
                       GError **error);
/* The host's answer. FALSE with WIRE_NOT_FOUND. */
gboolean session_answer_knock(Session *session, const char *id, gboolean admit, GError **error);
/* Those who knock, and those who were answered. Owned by the session. */
const Knockers *session_knockers(const Session *session);

/* ---- people: when the session is ENDING, they may be looked at alone, and there are no events ---- */

/* Who is in, who steers, what they say. Owned by the session, like: */
SessionPeople *session_people(const Session *session);
/* For following and waiting. What follows or waits is to hold its person. */
Events *session_events(const Session *session);

/* What is left until it ends because nobody does anything, while people are warned of that; else 0. */
gint64 session_inactive_in_seconds(const Session *session);

/* Whether its people are all away, and it is there for them only as long as its place is not wanted. */
gboolean session_is_kept(const Session *session);

/* ---- viewers ---- */

/* Shows the picture to a player of @user (an id), who is in; once it is answered, an older player of theirs
 * is ended. NULL with a WIRE_ERROR when it cannot be now; else @answer is called, later. Owned by the
 * session. */
const Viewer *session_view(Session *session, const char *user, const char *offer, ViewersAnswerFunc answer,
                           gpointer data, GError **error);
const Viewer *session_viewer(const Session *session, const char *resource); /* NULL: there is none */
void session_view_candidate(Session *session, const Viewer *viewer, const char *fragment);
/* Whether @fragment belongs to the generation that the viewer's ICE is in. */
gboolean session_view_is_current(const Session *session, const Viewer *viewer, const char *fragment);
/* Restarts ICE with a player's new credentials; @answer is called, later, with a fragment for it. FALSE: an
 * answer to it is waited for already. */
gboolean session_view_restart(Session *session, const Viewer *viewer, const char *fragment,
                              ViewersAnswerFunc answer, gpointer data);
/* Who waits for a restart's answer has gone: it is not called. */
void session_view_forget(Session *session, const Viewer *viewer);
void session_view_end(Session *session, const Viewer *viewer);
