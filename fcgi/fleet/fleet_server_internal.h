/* What fleet.c, which has the list and its RCs, wants of the servers beside fleet_server.h; and below that
 * what a server is made of, for fleet_server.c, which keeps it, and fleet_status.c, which learns it from what
 * the server says of itself. Nobody else includes this.
 */
#pragma once
#include "fcgi/fleet/fleet_server.h"

/* What all servers of a fleet share: who is told of them, and their sums, which they keep. */
typedef struct {
  const FleetListener *listener;
  gpointer user_data;
  guint sessions; /* on all of them */
  guint strange;  /* sessions on them that nobody can join */
  guint online;   /* of them */
} FleetSums;

/* @sums must outlive it. @info: (transfer full). It is in no RC yet. (transfer full) */
FleetServer *fleet_server_new(FleetSums *sums, Server *info);
/* What a new list says of it (transfer full). */
void fleet_server_set_info(FleetServer *server, Server *info);
/* Into @rc, out of the one where it was; what is told of it is made anew. */
void fleet_server_join_rc(FleetServer *server, Rc *rc);
/* Out of the list, and out of its sums; it lives on for those who hold a reference. */
void fleet_server_retire(FleetServer *server);
/* The fleet and its RCs are about to go. */
void fleet_server_let_go(FleetServer *server);
/* Its JSON object for GET_SERVERS. (transfer none) valid until something about it changes. */
const char *fleet_server_get_text(FleetServer *server);

/* ---- for fleet_status.c alone ---- */

struct FleetServer {
  guint references;
  FleetSums *sums;
  Server *info;
  Rc *rc; /* NULL: not in the list any more */
  RcPlace place;
  gpointer peer;
  gboolean online;
  gboolean known;            /* it has answered, or failed to */
  gboolean draining;         /* it says so itself */
  char *unusable;            /* why it says that it cannot show sessions; NULL: it can */
  gboolean full;             /* until the next status */
  gint64 doubtful_until_us;  /* monotonic */
  gint64 session_limit;      /* as last told; 1 before */
  gint64 clock_difference_s; /* 0: it does not refuse us for its clock */
  FleetState counted_state;  /* what the RC's sums and the text have of it */
  guint counted_sessions;
  gboolean counted_online;
  gboolean counted_pending;
  gint64 counted_capacity;
  gint64 counted_free;
  guint counted_kept;
  GHashTable *sessions; /* id -> Session, owned */
  guint kept;           /* those of the last status that end when their places are wanted */
  guint strange;        /* those of the last status that could not become one of them */
  char *complaint;      /* what was wrong with it (nullable) */
  gboolean retold;      /* the complaint is another than the text has */
  Sessions *index;      /* that they are in by their ends: its RC's while it can be used; else NULL */
  guint64 asked;        /* how many statuses */
  char *text;           /* for GET_SERVERS; NULL: to be made */
};

/* A session that is there from now on. Owned by the server. */
Session *fleet_server_add_session(FleetServer *server, const char *id, const char *code, gint64 ends_at_us);
/* @ends_at_us: 0 changes nothing. */
void fleet_server_set_end(Session *session, gint64 ends_at_us);
/* How many take places, and can be joined by nobody. */
void fleet_server_set_strange(FleetServer *server, guint strange);
void fleet_server_set_online(FleetServer *server, gboolean online);
/* @complaint: what is wrong with it (transfer full, nullable). */
void fleet_server_set_complaint(FleetServer *server, char *complaint);
/* Whatever of it has changed, its RC, the sums and the text have it from now on. */
void fleet_server_update(FleetServer *server);
