/* What the two files of the fleet share: fleet.c has the list and its RCs, and stands on fleet_server.c,
 * which has one server: what is known of it, its sessions, its part in its RC's sums. Nobody else includes
 * this.
 */
#pragma once
#include "fcgi/fleet/fleet.h"

struct Fleet {
  const FleetListener *listener;
  gpointer user_data;
  GPtrArray *servers;     /* of FleetServer, in the list's order; holds a reference */
  GHashTable *by_name;    /* name -> FleetServer */
  GPtrArray *rcs;         /* of Rc, in the list's order */
  GHashTable *rc_by_name; /* name -> Rc, owned */
  guint sessions;         /* on all servers; fleet_server.c counts them, */
  guint online;           /* and these */
};

/* @info: (transfer full). It is in no RC yet. (transfer full) */
FleetServer *fleet_server_new(Fleet *fleet, Server *info);
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
