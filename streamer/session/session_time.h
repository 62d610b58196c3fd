/* When a session ends by itself, and what its people are told before. Books only: the time is given to it,
 * and what is due is for the session to do.
 *
 *   nobody came within join_seconds, or everyone left    users_left
 *   nobody touched anything for inactivity_seconds       inactive, after INACTIVITY_WARNING; time in which
 *                                                        nobody of its people is connected does not count
 *   no picture came to anybody for no_picture_seconds    no_picture
 *   the end that was agreed on                           time_over, after SESSION_ENDING
 *   the server's stop, once it is announced              server_stopping
 *
 * Times are program_clock_running_us()'s, but for the agreed end, which is instant_now_us()'s: a clock
 * that somebody sets wrongly does not bring it nearer. Any thread.
 */
#pragma once
#include "common/wire.h"
#include "streamer/settings/settings.h"
#include <glib.h>

typedef struct {
  gint64 ends_at_us; /* wall clock */
  guint warnings_given;
  gboolean ready, somebody_came, somebody_is_in;
  gint64 join_by_us;            /* meaningful while it is ready and nobody came */
  gint64 empty_by_us;           /* meaningful when somebody came and nobody is in */
  gint64 touched_us;            /* the last sign of somebody being there */
  gint64 away_us;               /* since when none of its people is connected; 0: somebody is */
  gint64 ready_us, newcomer_us; /* when it was, and when the last one came who had not been in */
  gboolean picture_came;
  gboolean countdown; /* INACTIVITY_WARNING was told and not taken back */
  gint64 stop_at_us;  /* 0: no stop was announced */
} SessionTime;

typedef enum {
  SESSION_DUE_NOTHING,
  SESSION_DUE_END, /* for the reason `end` */
  SESSION_DUE_TELL /* `message`, with `seconds_left` if that is not 0 */
} SessionDueType;

typedef struct {
  SessionDueType type;
  WireEnd end;
  WireMessage message;
  gint64 seconds_left;
} SessionDue;

void session_time_init(SessionTime *time, gint64 ends_at_us);
/* The application is up: from now on people are waited for, and looked at whether they do anything. */
void session_time_ready(SessionTime *time, const StreamerSettings *settings, gint64 now_us);
/* Another end was agreed on; people are warned of it anew. */
void session_time_extend(SessionTime *time, gint64 ends_at_us);
/* People came or went. */
void session_time_presence(SessionTime *time, gboolean somebody_is_in, gint64 now_us);
/* Somebody came who had not been in before: the picture has its time anew. */
void session_time_newcomer(SessionTime *time, gint64 now_us);
/* A picture has come to somebody: from now on there is no end for the lack of one. */
void session_time_picture(SessionTime *time);
/* Whether people are in, none of whom is connected. */
void session_time_away(SessionTime *time, gboolean are_away, gint64 now_us);
/* Somebody did something. TRUE: a countdown runs, so that it is time to look what is due. */
gboolean session_time_touch(SessionTime *time, gint64 now_us);

/* The server stops, and the session with it. */
void session_time_stop(SessionTime *time, gint64 at_us);

/* What is due now; to be asked again until it is nothing. */
SessionDue session_time_due(SessionTime *time, const StreamerSettings *settings, gint64 now_us,
                            gint64 wall_us);
/* How long nothing will be due if nothing happens, in microseconds; 0 when something is. */
gint64 session_time_wait_us(const SessionTime *time, const StreamerSettings *settings, gint64 now_us,
                            gint64 wall_us);

/* What is left of a countdown that runs, in whole seconds, 1 and up; 0 when none does. */
gint64 session_time_countdown(const SessionTime *time, const StreamerSettings *settings, gint64 now_us);
