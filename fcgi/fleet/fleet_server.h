/* One server of the fleet: what is known of it, its sessions, its part in its RC's sums. The core's thread.
 */
#pragma once
#include "fcgi/rules/control.h"
#include "fcgi/rules/rc.h"
#include "fcgi/rules/servers.h"
#include "fcgi/rules/sessions.h"

typedef enum {
  FLEET_OFFLINE,  /* it does not answer, or has not yet */
  FLEET_FREE,     /* it can take a session */
  FLEET_BUSY,     /* it cannot just now */
  FLEET_DRAINING, /* it takes no new ones, by itself or by the list */
  FLEET_UNUSABLE, /* it answers, but cannot show any: as good as offline for who wants a new one */
} FleetState;
#define FLEET_N_STATES (FLEET_UNUSABLE + 1)

/* "offline" (static). */
const char *fleet_state_name(FleetState state);

/* What the fleet tells. */
typedef struct {
  /* Something that GET_SERVERS or GET_RCS tells has changed. @rc (nullable): only the numbers of this one. */
  void (*changed)(Rc *rc, gpointer user_data);
  /* The server is new in the list, or has moved to another address. */
  void (*added)(FleetServer *server, gpointer user_data);
  /* It is no longer in the list, or about to be replaced: forget it. */
  void (*removed)(FleetServer *server, gpointer user_data);
  /* A status names a session that was not known to be there (nullable). FALSE with an error whose message is
   * "field: rule": it cannot be one of this server's. */
  gboolean (*session_seen)(FleetServer *server, const Session *session, gpointer user_data, GError **error);
  /* What a status says of a session that is there (nullable). */
  void (*session_told)(FleetServer *server, const Session *session, const ControlSession *told,
                       gpointer user_data);
  /* A session that was there, started or seen, is no longer; @reason: as the streamer says (nullable, as is
   * the function). */
  void (*session_over)(FleetServer *server, const char *session, const char *reason, gpointer user_data);
} FleetListener;

FleetServer *fleet_server_ref(FleetServer *server);
void fleet_server_unref(FleetServer *server); /* NULL is allowed */

const Server *fleet_server_get_info(const FleetServer *server);
FleetState fleet_server_get_state(const FleetServer *server);
/* Whether it has neither answered yet nor failed to: offline, as far as is known. */
gboolean fleet_server_is_pending(const FleetServer *server);
/* Whether somebody waits for a place such as it has, and cannot have one yet. */
gboolean fleet_server_is_wanted(const FleetServer *server);
/* Whether it has sessions that end when their places are wanted. */
gboolean fleet_server_keeps_sessions(const FleetServer *server);
Rc *fleet_server_get_rc(const FleetServer *server); /* NULL when it left the list */
/* For the one who calls it: any pointer. */
gpointer fleet_server_get_peer(const FleetServer *server);
void fleet_server_set_peer(FleetServer *server, gpointer peer);

/* How many statuses have been asked of it: to be called before each is asked for. */
void fleet_server_asking(FleetServer *server);
/* Sessions that break a rule, that stand there twice or that are somebody else's are nobody's to join, but
 * take their places. */
void fleet_server_set_status(FleetServer *server, const ControlStatus *status);
/* It does not answer, or (@complaint, nullable) it says what cannot be understood. */
void fleet_server_set_offline(FleetServer *server, const char *complaint);
/* What was wrong with the last that it said, one sentence; NULL: nothing. (transfer none) until the next. */
const char *fleet_server_get_complaint(const FleetServer *server);
/* Why it cannot show sessions, as it said last, one clause; NULL: it can. (transfer none) until the next. */
const char *fleet_server_get_unusable(const FleetServer *server);
/* It refuses us because its clock is @seconds ahead of ours (negative: behind); 0: that is not why. Until its
 * next status. */
void fleet_server_set_clock_difference(FleetServer *server, gint64 seconds);

/* A start is being asked of it: from now on this session takes a place. */
void fleet_server_take(FleetServer *server, const char *session, const char *code, gint64 ends_at_us);
/* A session that is known to run there from before: it takes its place until a status says otherwise.
 * @generation: of its code. */
void fleet_server_restore(FleetServer *server, const char *session, const char *code, gint64 generation,
                          gint64 ends_at_us);
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
