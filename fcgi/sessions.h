/* The sessions that run or are starting, on all servers: found by their code and by their id.
 *
 * An index only: a Session belongs to the server it runs on (fleet.h). The core's thread.
 */
#pragma once
#include <glib.h>

typedef struct FleetServer FleetServer;

/* Plain data. */
typedef struct {
  char *id;
  char *code; /* nullable: the streamer did not say */
  FleetServer *server;
  gint64 starts_at_us;
  gint64 ends_at_us; /* 0: not known */
  gboolean starting; /* asked for, and not yet seen in the server's status */
  guint64 confirmed; /* starting ones: a status asked for after this many others must name it (0: not yet) */
} Session;

typedef struct Sessions Sessions;

Sessions *sessions_new(void);           /* (transfer full) */
void sessions_free(Sessions *sessions); /* NULL is allowed */

/* @session (transfer none) must not be in it yet; its code must not change while it is. */
void sessions_add(Sessions *sessions, Session *session);
/* Before the session is freed. */
void sessions_remove(Sessions *sessions, Session *session);

/* The session with this code, or NULL. Should several servers have one of the same code, which cannot come
 * from us, the one that was added first. */
Session *sessions_find(const Sessions *sessions, const char *code);

/* A code that no session has, drawn at random (transfer full); NULL when half of all codes are taken: among
 * the rest a guess would find a session too easily. */
char *sessions_draw_code(const Sessions *sessions, guint digits);

guint sessions_count(const Sessions *sessions);
