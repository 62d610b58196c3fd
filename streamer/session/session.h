/* One session: the stage that shows the application, the people in it, who steers, and when it ends.
 *
 *   STARTING -> READY -> ENDING -> (ended)
 *
 * It ends when nobody came within join_seconds, when everyone left, when nobody did anything for
 * inactivity_seconds, when its time is over, when the operator or the streamer's end says so, or when the
 * application fails; people are told the reason word. From ENDING on there are no people in it, only
 * processes that end. Main thread.
 */
#pragma once
#include "common/ticket.h"
#include "common/wire.h"
#include "streamer/base/counts.h"
#include "streamer/base/session_state.h"
#include "streamer/session/events.h"
#include "streamer/session/users.h"
#include "streamer/session/viewers.h"
#include "streamer/settings/settings.h"
#include "streamer/stage/stage.h"
#include <glib.h>

#define SESSION_ID_MAX 64 /* of letters, digits, '-' and '_' */

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
} SessionHooks;

typedef struct {
  const char *id, *code;
  const char *rc_name; /* nullable */
  gint64 ends_at_us;   /* wall clock */
  Stage *standby;      /* (transfer full): to be taken over. NULL: a stage is made, by what follows */
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
/* Of its engine; zeros while it has none. */
EngineStats session_engine_stats(const Session *session);
guint session_count_viewers(const Session *session);
/* The settings were read again. */
void session_settings_changed(Session *session);
gint64 session_ends_at_us(const Session *session);

/* Ends it; `ending` is called within, `ended` later. Nothing happens when it is ENDING already. */
void session_end(Session *session, WireEnd end);
/* The server stops: ends it, at once when nobody is in it, else after @grace_seconds of which people are
 * told.
 */
void session_stop(Session *session, guint grace_seconds);
/* A new end, told to the people. */
void session_extend(Session *session, gint64 ends_at_us);

/* ---- people: until the session is ENDING. @user is the id of who is in unless said otherwise ---- */

const Users *session_users(const Session *session);
/* For following and waiting. What follows or waits is to hold its person. */
Events *session_events(Session *session);

/* Lets the ticket's person in, or in again; a @name that is given replaces the ticket's or the old one. NULL
 * with a WIRE_ERROR when there is no room, or the host removed them. Owned by the session. */
const User *session_admit(Session *session, const Ticket *ticket, const char *name, GError **error);
/* Whether the host removed @user: their ticket is dead. */
gboolean session_has_removed(const Session *session, const char *user);

/* How people leave. */
typedef enum { SESSION_LEFT, SESSION_LOST, SESSION_REMOVED } SessionLeaving;
/* They are gone, without a grace, with all that held them. Those who are not in are ignored. */
void session_dismiss(Session *session, const char *user, SessionLeaving how);

/* A connection of @user begins: what followed and waited for them before is told CONNECTION_REPLACED and
 * ended. Its number. */
gint64 session_begin_connection(Session *session, const char *user);
void session_hold(Session *session, const char *user);
void session_release(Session *session, const char *user);

/* @user did something that shows that they are there: input, data sent, a question about control, KEEP_ALIVE.
 * Every such thing goes through here. Those who are not in are ignored. */
void session_note_activity(Session *session, const char *user);
/* What is left until it ends because nobody does anything, while people are warned of that; else 0. */
gint64 session_inactive_in_seconds(const Session *session);

/* ---- what people ask of each other: FALSE (or 0) with a WIRE_ERROR when they may not ---- */

#define SESSION_DATA_MAX (16 * 1024) /* bytes of JSON */
/* What one person may say in a session: a message costs one, and one more each KiB. */
#define SESSION_TALK_PER_SECOND 50
#define SESSION_TALK_AT_ONCE 200

/* Whether @user, in or about to come, may say something of @bytes now; it is counted. TOO_MANY_ATTEMPTS: not
 * before
 * @retry_after_seconds. */
gboolean session_may_talk(Session *session, const char *user, gsize bytes, guint *retry_after_seconds,
                          GError **error);
/* What they are called from now on (users_set_name()). */
const char *session_set_name(Session *session, const char *user, const char *name);
/* @data is JSON; @to: the one person it is for (NULL: everybody). Its event's cursor. */
gint64 session_send_data(Session *session, const char *user, const char *to, const char *data,
                         gboolean transient, GError **error);
/* The host has @other leave for good. */
gboolean session_remove_user(Session *session, const char *user, const char *other, GError **error);

/* Who steers; "" when nobody (floor.h has the rules). */
const char *session_controller(const Session *session);
/* Who asks to, the longest waiting first (transfer full). */
char **session_control_requests(const Session *session);
void session_request_control(Session *session, const char *user);
void session_release_control(Session *session, const char *user);
gboolean session_grant_control(Session *session, const char *user, const char *other, GError **error);
gboolean session_decline_control(Session *session, const char *user, const char *other, GError **error);

/* ---- viewers ---- */

/* Shows the picture to a player of @user, who is in; once it is answered, an older player of theirs is ended.
 * NULL with a WIRE_ERROR when it cannot be now; else @answer is called, later. Owned by the session. */
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
