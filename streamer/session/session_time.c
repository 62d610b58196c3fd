#include "streamer/session/session_time.h"

#include "common/instant.h"

/* After the last one said good-bye: a page that is loaded again says it too. */
#define EMPTY_GRACE_US (1 * INSTANT_SECOND)
/* The wall clock may jump: it is looked at this often at least. */
#define WAIT_MAX_US (30 * INSTANT_SECOND)

/* When people are told that their time runs out. */
static const gint64 warnings_us[] = {5 * INSTANT_MINUTE, 1 * INSTANT_MINUTE};

/* ---- what happens ---- */

void session_time_init(SessionTime *time, gint64 ends_at_us) {
  *time = (SessionTime){.ends_at_us = ends_at_us};
}

void session_time_ready(SessionTime *time, const StreamerSettings *settings, gint64 now_us) {
  time->ready = TRUE;
  time->join_by_us = now_us + settings->join_seconds * INSTANT_SECOND;
  time->touched_us = now_us;
  time->ready_us = now_us;
}

void session_time_extend(SessionTime *time, gint64 ends_at_us) {
  time->ends_at_us = ends_at_us;
  time->warnings_given = 0;
}

void session_time_presence(SessionTime *time, gboolean somebody_is_in, gint64 now_us) {
  if (somebody_is_in)
    time->somebody_came = TRUE;
  else if (time->somebody_is_in)
    time->empty_by_us = now_us + EMPTY_GRACE_US;
  time->somebody_is_in = somebody_is_in;
}

void session_time_newcomer(SessionTime *time, gint64 now_us) {
  time->newcomer_us = now_us;
}

void session_time_picture(SessionTime *time) {
  time->picture_came = TRUE;
}

void session_time_away(SessionTime *time, gboolean are_away, gint64 now_us) {
  if (are_away == (time->away_us != 0))
    return;
  if (time->away_us)
    time->touched_us += now_us - MAX(time->away_us, time->touched_us);
  time->away_us = are_away ? now_us : 0;
}

gboolean session_time_touch(SessionTime *time, gint64 now_us) {
  time->touched_us = now_us;
  return time->countdown;
}

void session_time_stop(SessionTime *time, gint64 at_us) {
  time->stop_at_us = at_us;
}

/* ---- deadlines ---- */

static gint64 stop_us(const SessionTime *time) {
  return time->stop_at_us ? time->stop_at_us : G_MAXINT64;
}

/* When a session with nobody in it ends; G_MAXINT64 when it does not. */
static gint64 empty_end_us(const SessionTime *time) {
  if (time->somebody_is_in)
    return G_MAXINT64;
  if (time->somebody_came)
    return time->empty_by_us;
  return time->ready ? time->join_by_us : G_MAXINT64;
}

/* The same for one in which nobody does anything. */
static gint64 inactive_end_us(const SessionTime *time, const StreamerSettings *settings) {
  if (!time->ready || !time->somebody_is_in || time->away_us || !settings->inactivity_seconds)
    return G_MAXINT64;
  return time->touched_us + settings->inactivity_seconds * INSTANT_SECOND;
}

/* The same for one that nobody has seen, though somebody is in. */
static gint64 no_picture_end_us(const SessionTime *time, const StreamerSettings *settings) {
  if (!time->ready || !time->somebody_is_in || time->picture_came || !settings->no_picture_seconds)
    return G_MAXINT64;
  return MAX(time->ready_us, time->newcomer_us) + settings->no_picture_seconds * INSTANT_SECOND;
}

/* At most half of the time, so that a short one is no countdown from its first second. */
static gint64 countdown_from_us(const SessionTime *time, const StreamerSettings *settings) {
  gint64 end_us = inactive_end_us(time, settings);
  gint64 before_us = MIN(settings->inactivity_warning_seconds * INSTANT_SECOND,
                         settings->inactivity_seconds * INSTANT_SECOND / 2);
  return end_us == G_MAXINT64 ? end_us : end_us - before_us;
}

static gint64 whole_seconds(gint64 us) {
  return MAX(1, (us + INSTANT_SECOND / 2) / INSTANT_SECOND);
}

/* One that runs stands still while nobody is connected: it is neither over nor told of anew when they come.
 */
gint64 session_time_countdown(const SessionTime *time, const StreamerSettings *settings, gint64 now_us) {
  gint64 at_us = time->away_us ? MAX(time->away_us, time->touched_us) : now_us;
  gint64 end_us = time->touched_us + settings->inactivity_seconds * INSTANT_SECOND;
  return time->countdown && settings->inactivity_seconds ? whole_seconds(end_us - at_us) : 0;
}

/* ---- what is due ---- */

static SessionDue due_end(WireEnd end) {
  return (SessionDue){.type = SESSION_DUE_END, .end = end};
}

static SessionDue due_tell(WireMessage message, gint64 seconds_left) {
  return (SessionDue){.type = SESSION_DUE_TELL, .message = message, .seconds_left = seconds_left};
}

/* Those that were missed, because the session is short or its end came nearer, are one. */
static gboolean take_warning(SessionTime *time, gint64 left_us) {
  guint before = time->warnings_given;
  while (time->warnings_given < G_N_ELEMENTS(warnings_us) && left_us <= warnings_us[time->warnings_given])
    time->warnings_given++;
  return time->warnings_given > before;
}

SessionDue session_time_due(SessionTime *time, const StreamerSettings *settings, gint64 now_us,
                            gint64 wall_us) {
  gint64 left_us = time->ends_at_us - wall_us;
  if (left_us <= 0)
    return due_end(WIRE_END_TIME_OVER);
  if (now_us >= empty_end_us(time))
    return due_end(WIRE_END_USERS_LEFT);
  if (now_us >= no_picture_end_us(time, settings))
    return due_end(WIRE_END_NO_PICTURE);
  if (now_us >= inactive_end_us(time, settings))
    return due_end(WIRE_END_INACTIVE);
  if (now_us >= stop_us(time))
    return due_end(WIRE_END_SERVER_STOPPING);
  gboolean counting = time->away_us ? time->countdown : now_us >= countdown_from_us(time, settings);
  if (counting != time->countdown) {
    time->countdown = counting;
    return counting ? due_tell(WIRE_INACTIVITY_WARNING, session_time_countdown(time, settings, now_us))
                    : due_tell(WIRE_INACTIVITY_ENDED, 0);
  }
  if (take_warning(time, left_us))
    return due_tell(WIRE_SESSION_ENDING, whole_seconds(left_us));
  return (SessionDue){.type = SESSION_DUE_NOTHING};
}

gint64 session_time_wait_us(const SessionTime *time, const StreamerSettings *settings, gint64 now_us,
                            gint64 wall_us) {
  gint64 left_us = time->ends_at_us - wall_us, wait_us = MIN(WAIT_MAX_US, left_us);
  if (time->warnings_given < G_N_ELEMENTS(warnings_us))
    wait_us = MIN(wait_us, left_us - warnings_us[time->warnings_given]);
  gint64 next_us = MIN(MIN(empty_end_us(time), inactive_end_us(time, settings)), stop_us(time));
  next_us = MIN(next_us, no_picture_end_us(time, settings));
  gint64 countdown_us = countdown_from_us(time, settings);
  if (!time->countdown)
    next_us = MIN(next_us, countdown_us);
  else if (!time->away_us && now_us < countdown_us) /* it was stopped */
    next_us = now_us;
  return MAX(0, MIN(wait_us, next_us - now_us));
}
