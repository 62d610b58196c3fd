/* What the files of a session share: session.c has its life, stage and time, session_people.c the people in
 * it and who steers. Nobody else includes this. */
#pragma once
#include "streamer/session/floor.h"
#include "streamer/session/session.h"
#include "streamer/session/session_events.h"
#include "streamer/session/session_time.h"
#include "streamer/stage/stage.h"

struct Session {
  char *id, *code;
  SessionState state;
  gint64 starts_at_us; /* wall clock */
  gint64 begun_us;     /* monotonic */
  CountsFrom from;
  SessionTime time;
  gboolean started_told;
  const StreamerSettings *settings;
  Stage *stage;
  Events *events; /* NULL from ENDING on */
  Users *users;
  Viewers *viewers; /* NULL from ENDING on */
  Floor *floor;
  guint tick_source;
  SessionHooks hooks;
  gpointer data;
};

/* Something changed that the next tick depends on. */
void session_plan_tick(Session *session);

/* The people's part of a session's life. */
void session_people_init(Session *session);
void session_people_clear(Session *session);
/* The engine runs: it is told who steers. */
void session_people_ready(Session *session);
/* What the engine tells of @user's hands (EngineEvents.input). */
void session_people_input(Session *session, const char *user, gboolean steers);

/* The people's part of a tick: who was away for too long is gone, who was silent for too long steers no more.
 * May end the session. */
void session_people_tick(Session *session, gint64 now_us);
/* When that is next to be called; G_MAXINT64: when something changes. Monotonic. */
gint64 session_people_next_us(const Session *session);
