/* What fleet.c, which has the list and its RCs, wants of the servers beside fleet_server.h. Nobody else
 * includes this.
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
