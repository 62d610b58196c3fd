/* Sessions by their ends: which of those on an RC's servers is over first, and when.
 *
 * An index only: a Session belongs to the server it runs on (fleet.h). Adding, removing and moving one cost
 * O(log n). Pure; one thread at a time.
 */
#pragma once
#include <glib.h>

typedef struct FleetServer FleetServer;

/* Plain data. */
typedef struct {
  char *id;
  char *code;        /* nullable: the streamer did not say */
  gint64 generation; /* of the code (control.h) */
  char **removed;    /* the people whom the host has removed, as the streamer said last (nullable) */
  FleetServer *server;
  gint64 starts_at_us;
  gint64 ends_at_us; /* 0: not known */
  gboolean starting; /* asked for, and not yet seen in the server's status */
  guint64 confirmed; /* starting ones: a status asked for after this many others must name it (0: not yet) */
  GSequenceIter *by_end; /* its place in an index; NULL: it is in none */
} Session;

/* Of no server yet. (transfer full) */
Session *session_new(const char *id, const char *code, gint64 starts_at_us, gint64 ends_at_us);
/* What its streamer says of how one comes into it: its code, of which generation that is, and who was removed
 * (nullable). */
void session_set_entrance(Session *session, const char *code, gint64 generation, char *const *removed);
/* It must be in no index. */
void session_free(Session *session);

typedef struct Sessions Sessions;

Sessions *sessions_new(void);           /* (transfer full) */
void sessions_free(Sessions *sessions); /* must be empty; NULL is allowed */

/* @session (transfer none) must be in none. */
void sessions_add(Sessions *sessions, Session *session);
/* Before the session is freed; one that is in none is passed over. */
void sessions_remove(Session *session);
/* Its end has become another. */
void sessions_move(Session *session);

/* Writes the first @most ends after @after_us into @ends, in order, and returns how many there are. Costs
 * what it writes, and those that should be over. */
guint sessions_next_ends(const Sessions *sessions, gint64 after_us, guint most, gint64 *ends);
