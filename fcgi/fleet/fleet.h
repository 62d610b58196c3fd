/* The fleet: every server of the list, what is known of it, and which one to take.
 *
 * What is known comes from outside by the functions here: the list (fleet_set_servers()), a streamer's status
 * or its silence (fleet_server_set_status(), fleet_server_set_offline()), and our own starts, which count as
 * taken places from the moment they are asked for (fleet_server_take()) until a status tells of them. Nothing
 * here talks to anyone, so choosing a server asks nobody. The core's thread only.
 */
#pragma once
#include "fcgi/rules/control.h"
#include "fcgi/rules/rc.h"
#include "fcgi/rules/servers.h"
#include "fcgi/rules/sessions.h"

typedef struct Fleet Fleet;

typedef enum {
  FLEET_OFFLINE,  /* it does not answer, or has not yet */
  FLEET_FREE,     /* it can take a session */
  FLEET_BUSY,     /* it cannot just now */
  FLEET_DRAINING, /* it takes no new ones */
} FleetState;
#define FLEET_N_STATES (FLEET_DRAINING + 1)

typedef struct {
  /* Something that GET_SERVERS or GET_RCS tells has changed. @rc (nullable): only the numbers of this one. */
  void (*changed)(Rc *rc, gpointer user_data);
  /* The server is new in the list, or has moved to another address. */
  void (*added)(FleetServer *server, gpointer user_data);
  /* It is no longer in the list, or about to be replaced: forget it. */
  void (*removed)(FleetServer *server, gpointer user_data);
  /* A status names a session that was not known to be there (nullable). */
  void (*session_seen)(FleetServer *server, const Session *session, gpointer user_data);
  /* A session that was there, started or seen, is no longer; @reason: as the streamer says (nullable, as is
   * the function). */
  void (*session_over)(FleetServer *server, const char *session, const char *reason, gpointer user_data);
} FleetListener;

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

/* Appends the JSON objects of the servers @first..@last (cut to the list's end), separated by commas. Returns
 * how many. */
guint fleet_append_servers(Fleet *fleet, GString *out, guint first, guint last);
/* Appends the RCs' JSON objects in the order of the list. */
void fleet_append_rcs(const Fleet *fleet, GString *out);

guint fleet_count_rcs(const Fleet *fleet);
Rc *fleet_get_rc(const Fleet *fleet, guint index); /* in the list's order */
/* (transfer none), or NULL. */
Rc *fleet_find_rc(const Fleet *fleet, const char *name);
FleetServer *fleet_find_server(const Fleet *fleet, const char *name); /* (transfer none), or NULL */

/* ---- one server ---- */

FleetServer *fleet_server_ref(FleetServer *server);
void fleet_server_unref(FleetServer *server); /* NULL is allowed */

const Server *fleet_server_get_info(const FleetServer *server);
FleetState fleet_server_get_state(const FleetServer *server);
Rc *fleet_server_get_rc(const FleetServer *server); /* NULL when it left the list */
/* For the one who calls it: any pointer. */
gpointer fleet_server_get_peer(const FleetServer *server);
void fleet_server_set_peer(FleetServer *server, gpointer peer);

/* How many statuses have been asked of it: to be called before each is asked for. */
void fleet_server_asking(FleetServer *server);
void fleet_server_set_status(FleetServer *server, const ControlStatus *status);
void fleet_server_set_offline(FleetServer *server);

/* A start is being asked of it: from now on this session takes a place, and its code is taken. */
void fleet_server_take(FleetServer *server, const char *session, const char *code, gint64 ends_at_us);
/* A session that is known to run there from before: it takes its place until a status says otherwise. */
void fleet_server_restore(FleetServer *server, const char *session, const char *code, gint64 ends_at_us);
/* The session's record on this server, or NULL. */
const Session *fleet_server_find_session(const FleetServer *server, const char *session);
/* The start succeeded, with what the streamer said. */
void fleet_server_confirm(FleetServer *server, const char *session, gint64 ends_at_us);
/* It did not: the place is free again. */
void fleet_server_give_back(FleetServer *server, const char *session);
/* It says that it is full, whatever we believed: not to be asked until its next status. */
void fleet_server_set_full(FleetServer *server);
/* A start failed there: to be taken after all others for a while. */
void fleet_server_set_doubtful(FleetServer *server);

/* "offline" (static). */
const char *fleet_state_name(FleetState state);
