/* The fleet: every server of the list, what is known of it, and which one to take.
 *
 * What is known comes from outside: the list (fleet_set_servers()), a streamer's status or its silence
 * (fleet_server_set_status(), fleet_server_set_offline()), and our own starts, which count as taken places
 * from the moment they are asked for (fleet_server_take()) until a status tells of them. Nothing here talks
 * to anyone, so choosing a server asks nobody. The core's thread only.
 */
#pragma once
#include "fcgi/fleet/fleet_server.h"

typedef struct Fleet Fleet;

/* @listener: static. (transfer full) */
Fleet *fleet_new(const FleetListener *listener, gpointer user_data);
void fleet_free(Fleet *fleet); /* tells of no removals; NULL is allowed */

/* Takes a new list (transfer full, of Server): what is unchanged keeps its state. */
void fleet_set_servers(Fleet *fleet, GPtrArray *servers);

guint fleet_count_servers(const Fleet *fleet);
guint fleet_count_online(const Fleet *fleet);
/* How many servers are in each state. Looks at all. */
void fleet_count_states(const Fleet *fleet, guint counts[FLEET_N_STATES]);
guint fleet_count_sessions(const Fleet *fleet); /* running and starting ones */
/* Those that servers tell of against the rules, which only take places. */
guint fleet_count_strange(const Fleet *fleet);

/* Appends the JSON objects of the servers @first..@last (cut to the list's end), separated by commas. Returns
 * how many. */
guint fleet_append_servers(Fleet *fleet, GString *out, guint first, guint last);
/* Appends the RCs' JSON objects in the order of the list. */
void fleet_append_rcs(const Fleet *fleet, GString *out);

guint fleet_count_rcs(const Fleet *fleet);
Rc *fleet_get_rc(const Fleet *fleet, guint index); /* in the list's order */
/* (transfer none), or NULL. */
Rc *fleet_find_rc(const Fleet *fleet, const char *name);
/* (transfer none), or NULL. @name nullable: of none. */
FleetServer *fleet_find_server(const Fleet *fleet, const char *name);
