#include "fcgi/program/wiring.h"

#include "common/random.h"
#include "fcgi/base/client_counts.h"
#include "fcgi/base/metering.h"
#include "fcgi/database/sql_pool.h"
#include "fcgi/door/admission.h"
#include "fcgi/events/events.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/line/lines.h"
#include "fcgi/session/invitations.h"
#include "fcgi/session/knocks.h"
#include "fcgi/session/planning.h"
#include "fcgi/session/starts.h"
#include "fcgi/staff/staff.h"
#include "fcgi/verbs/scrape.h"

/* ---- who needs to know what the fleet tells ---- */

static void on_fleet_changed(Rc *rc, gpointer data) {
  Core *core = data;
  if (!rc)
    watches_list_changed(core->watches);
  planning_capacity_changed(core->planning, rc);
  answers_clear(core->answers);
  events_servers_changed(core->events, rc);
  lines_rc_changed(core->lines, rc);
}

static void on_server_added(FleetServer *server, gpointer data) {
  planning_server_added(((Core *)data)->planning, server);
  watches_add(((Core *)data)->watches, server);
}

static void on_server_removed(FleetServer *server, gpointer data) {
  watches_remove(((Core *)data)->watches, server);
}

static gboolean on_session_seen(FleetServer *server, const Session *session, gpointer data, GError **error) {
  return planning_session_seen(((Core *)data)->planning, server, session, error);
}

static void on_session_told(FleetServer *server, const Session *session, const ControlSession *told,
                            gpointer data) {
  const Core *core = data;
  invitations_told(core->invitations, server, session, told);
  knocks_told(core->knocks, server, session, told->knocks);
}

static void on_session_over(FleetServer *server, const char *session, const char *reason, gpointer data) {
  invitations_forget(((Core *)data)->invitations, session);
  planning_session_over(((Core *)data)->planning, server, session, reason);
}

static const FleetListener fleet_listener = {on_fleet_changed, on_server_added, on_server_removed,
                                             on_session_seen,  on_session_told, on_session_over};

/* ---- who needs to know what planning tells ---- */

static void on_session_ending(const char *session, const char *offer, Core *core) {
  events_tell_session(core->events, session, WIRE_EXTENSION_OFFERED, offer);
}

static gboolean is_session_starting(const char *session, Core *core) {
  return starts_is_starting(core->starts, session);
}

static void on_session_invited(const Reservation *reservation, Core *core) {
  invitations_changed(core->invitations, reservation);
}

static const PlanningListener planning_listener = {on_session_ending, is_session_starting,
                                                   on_session_invited};

/* ---- who is told of invitations and knocks ---- */

static void tell_session(const char *session, WireMessage message, const char *members, Core *core) {
  events_tell_session(core->events, session, message, members);
}

static void expel_from_session(const char *session, const char *user, Core *core) {
  events_expel(core->events, session, user);
}

static const InvitationsListener invitations_listener = {tell_session, expel_from_session};

/* ---- opening and closing ---- */

gboolean wiring_open(Core *core, const Configuration *configuration, SiteKeys *keys, GError **error) {
  core->configuration = configuration;
  core->keys = keys;
  core->started_us = g_get_monotonic_time();
  core->mailbox = mailbox_new(NULL, NULL);
  core->answers = answers_new();
  core->metering = scrape_metering_new(configuration->access_log);
  core->admission = admission_new(configuration, core->answers, core->metering);
  core->held = client_counts_new((guint)configuration->limits_held, (guint)configuration->limits_neighbours,
                                 configuration->exempt_networks);
  core->holders = holders_new(site_keys_get_bookings(keys), configuration->exempt_networks);
  core->timers = timers_new(NULL);
  core->fleet = fleet_new(&fleet_listener, core);
  core->events = events_new(core);
  core->starts = starts_new(core);
  core->invitations = invitations_new(core, &invitations_listener);
  core->knocks = knocks_new(core);
  core->lines = lines_new(core);
  core->watches = watches_new(core);
  core->streamers = streamer_client_new((guint)configuration->streamer_threads, configuration->ca_file, keys,
                                        core->mailbox);
  mailbox_attach(core->mailbox, NULL, core);
  core->staff = staff_new(core);
  core->name = random_hex(8);
  if (configuration_has_database(configuration)) {
    const SqlAddress address = configuration_get_database(configuration);
    core->database = sql_pool_new(&address, (guint)configuration->store_connections, core->mailbox);
    if (core->mode == CORE_SERVES)
      lines_share(core->lines);
  }
  core->planning = planning_open(core, &planning_listener, error);
  return core->planning != NULL;
}

/* The reverse: first those who hold others' objects. */
void wiring_close(Core *core) {
  planning_close(core->planning);
  sql_pool_free(core->database);
  staff_free(core->staff);
  starts_free(core->starts);
  knocks_free(core->knocks);
  invitations_free(core->invitations);
  lines_free(core->lines);
  watches_free(core->watches);
  streamer_client_free(core->streamers);
  events_free(core->events);
  fleet_free(core->fleet);
  timers_free(core->timers);
  holders_free(core->holders);
  client_counts_free(core->held);
  admission_free(core->admission);
  answers_free(core->answers);
  mailbox_free(core->mailbox);
  metering_free(core->metering);
  g_free(core->name);
}
