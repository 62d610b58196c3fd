/* The people of one session: who is in, who steers, and what they say.
 *
 * It keeps the books of who is in (users.h) and who steers (floor.h), and tells everybody what happens by the
 * session's events. The session itself, its picture and its time, it does not know: who has it is told by a
 * listener. Time is program_clock_running_us()'s. Main thread.
 *
 * @user is the id of who is in, unless said otherwise.
 */
#pragma once
#include "common/ticket.h"
#include "streamer/session/events.h"
#include "streamer/session/users.h"
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct SessionPeople SessionPeople;

/* Called from within the functions below; of these, may call session_people_release() and what only looks. */
typedef struct {
  /* Who may from now on; "": nobody. */
  void (*steers)(const char *user, gpointer data);
  /* Somebody did something. */
  void (*active)(gpointer data);
  /* @user is no longer in: what they have of the session, such as a player, is to end. */
  void (*leaving)(const char *user, gpointer data);
  /* People came, came again or went. */
  void (*presence)(gboolean somebody_is_in, gpointer data);
  /* session_people_next_us() may be another, and whether anybody is connected. */
  void (*due_changed)(gpointer data);
  /* Whether somebody waits for a place such as this session has; called while people are looked at. */
  gboolean (*is_place_wanted)(gpointer data);
} SessionPeopleListener;

/* @id is the session's, for the log; it and @settings outlive the people. When @events are freed before,
 * session_people_release() and what only looks may still be called. (transfer full) */
SessionPeople *session_people_new(const char *id, const StreamerSettings *settings, Events *events,
                                  const SessionPeopleListener *listener, gpointer data);
void session_people_free(SessionPeople *people); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionPeople, session_people_free)

const Users *session_people_users(const SessionPeople *people);
/* Whether there are people in, none of whom is connected just now. */
gboolean session_people_are_away(const SessionPeople *people);
/* From when on nobody would be in if their place were wanted; G_MAXINT64: somebody is connected, or nobody is
 * in. */
gint64 session_people_kept_from_us(const SessionPeople *people);

/* ---- coming and going ---- */

/* Lets the ticket's person in, or in again; a @name that is given replaces the ticket's or the old one. NULL
 * with a WIRE_ERROR when there is no room, when the host removed them, or when they are new and their ticket
 * is from before somebody was removed. Owned by @people. */
const User *session_people_admit(SessionPeople *people, const Ticket *ticket, const char *name,
                                 GError **error);
/* Whether the host removed @user: their ticket is dead. */
gboolean session_people_has_removed(const SessionPeople *people, const char *user);

/* How people leave. */
typedef enum { SESSION_LEFT, SESSION_LOST, SESSION_REMOVED } SessionLeaving;
/* They are gone, without a grace, with all that held them. Those who are not in are ignored. */
void session_people_dismiss(SessionPeople *people, const char *user, SessionLeaving how);
/* The host, @user, has @other leave for good. FALSE with a WIRE_ERROR when they may not. */
gboolean session_people_remove(SessionPeople *people, const char *user, const char *other, GError **error);

/* @user goes, and perhaps comes again at once: is waited for, but no longer than others. */
void session_people_note_going(SessionPeople *people, const char *user);
/* A connection of @user begins: what followed and waited for them before is told CONNECTION_REPLACED and
 * ended. Its number. */
gint64 session_people_begin_connection(SessionPeople *people, const char *user);
/* Something holds @user, or lets go (users.h). */
void session_people_hold(SessionPeople *people, const char *user);
void session_people_release(SessionPeople *people, const char *user);

/* ---- what they do ---- */

/* @user did something that shows that they are there: input, data sent, a question about control, KEEP_ALIVE.
 * Every such thing goes through here. Those who are not in are ignored. */
void session_people_note_activity(SessionPeople *people, const char *user);
/* @user's hands are on the picture: as its controller's, or (@steers FALSE) pressing what would be input if
 * they were. The same. */
void session_people_input(SessionPeople *people, const char *user, gboolean steers);

#define SESSION_DATA_MAX (16 * 1024) /* bytes of JSON */
/* What one person may say in a session: a message costs one, and one more each KiB. */
#define SESSION_TALK_PER_SECOND 50
#define SESSION_TALK_AT_ONCE 200

/* Whether @user, in or about to come, may say something of @bytes now; it is counted. FALSE with
 * TOO_MANY_ATTEMPTS: not before @retry_after_seconds. */
gboolean session_people_may_talk(SessionPeople *people, const char *user, gsize bytes,
                                 guint *retry_after_seconds, GError **error);
/* How often one person may ask for the picture (WHEP): each time costs the engine a connection, whose making
 * takes from everybody's frames. */
#define SESSION_OFFERS_PER_SECOND 0.5
#define SESSION_OFFERS_AT_ONCE 6

/* The same of an offer. */
gboolean session_people_may_view(SessionPeople *people, const char *user, guint *retry_after_seconds,
                                 GError **error);
/* What they are called from now on (users_set_name()). */
const char *session_people_set_name(SessionPeople *people, const char *user, const char *name);
/* @data is JSON; @to: the one person it is for (NULL: everybody). Its event's cursor; 0 with a WIRE_ERROR
 * when that person is not in. */
gint64 session_people_send_data(SessionPeople *people, const char *user, const char *to, const char *data,
                                gboolean transient, GError **error);

/* ---- who steers: floor.h has the rules. FALSE with a WIRE_ERROR when @user may not decide ---- */

const char *session_people_controller(const SessionPeople *people); /* "": nobody */
/* Who asks to, the longest waiting first (transfer full). */
char **session_people_control_requests(const SessionPeople *people);
void session_people_request_control(SessionPeople *people, const char *user);
void session_people_release_control(SessionPeople *people, const char *user);
gboolean session_people_grant_control(SessionPeople *people, const char *user, const char *other,
                                      GError **error);
gboolean session_people_decline_control(SessionPeople *people, const char *user, const char *other,
                                        GError **error);

/* ---- time ---- */

/* Who was away for too long is gone, who was silent for too long steers no more. Somebody without whom nobody
 * would be there is waited for longer, unless the place is wanted. */
void session_people_tick(SessionPeople *people, gint64 now_us);
/* When that is next to be called; G_MAXINT64: when something changes. */
gint64 session_people_next_us(const SessionPeople *people);
