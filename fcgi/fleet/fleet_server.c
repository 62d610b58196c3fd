#include "fcgi/fleet/fleet_server_internal.h"

#include "common/fields.h"
#include "common/instant.h"

#include <string.h>

#define DOUBTFUL_US (30 * INSTANT_SECOND)
/* What is told of a clock's difference is inexact by the age of a ticket. */
#define CLOCK_NOISE_S 10

static void forget_session(gpointer data) {
  Session *session = data;
  session->server->sums->sessions--;
  sessions_remove(session);
  session_free(session);
}

FleetServer *fleet_server_new(FleetSums *sums, Server *info) {
  FleetServer *server = g_new0(FleetServer, 1);
  server->references = 1;
  server->sums = sums;
  server->info = info;
  server->place.rank = RC_NOT_NOW;
  server->session_limit = 1;
  server->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, forget_session);
  return server;
}

FleetServer *fleet_server_ref(FleetServer *server) {
  server->references++;
  return server;
}

void fleet_server_unref(FleetServer *server) {
  if (!server || --server->references > 0)
    return;
  g_hash_table_unref(server->sessions);
  g_free(server->complaint);
  g_free(server->unusable);
  server_free(server->info);
  g_free(server->text);
  g_free(server);
}

const Server *fleet_server_get_info(const FleetServer *server) {
  return server->info;
}

Rc *fleet_server_get_rc(const FleetServer *server) {
  return server->rc;
}

gpointer fleet_server_get_peer(const FleetServer *server) {
  return server->peer;
}

void fleet_server_set_peer(FleetServer *server, gpointer peer) {
  server->peer = peer;
}

/* How many of its places are taken. */
static guint count_taken(const FleetServer *server) {
  return g_hash_table_size(server->sessions) + server->strange;
}

FleetState fleet_server_get_state(const FleetServer *server) {
  if (!server->online)
    return FLEET_OFFLINE;
  if (server->draining || !server->info->enabled)
    return FLEET_DRAINING;
  if (server->unusable)
    return FLEET_UNUSABLE;
  gboolean free = !server->full && count_taken(server) < server->session_limit;
  return free ? FLEET_FREE : FLEET_BUSY;
}

gboolean fleet_server_is_wanted(const FleetServer *server) {
  return server->rc && fleet_server_get_state(server) == FLEET_BUSY &&
         rc_is_wanted(server->rc, g_get_monotonic_time());
}

gboolean fleet_server_keeps_sessions(const FleetServer *server) {
  return server->kept > 0;
}

gboolean fleet_server_is_pending(const FleetServer *server) {
  return !server->known;
}

/* Its free places, 0 unless it is FLEET_FREE. */
static gint64 count_free(const FleetServer *server) {
  if (fleet_server_get_state(server) != FLEET_FREE)
    return 0;
  return server->session_limit - (gint64)count_taken(server);
}

const char *fleet_state_name(FleetState state) {
  static const char *const names[] = {"offline", "free", "busy", "draining", "unusable"};
  return names[state];
}

/* Puts its sessions into the index, or (NULL) into none. */
static void set_index(FleetServer *server, Sessions *index) {
  if (server->index == index)
    return;
  GHashTableIter iter;
  gpointer session;
  g_hash_table_iter_init(&iter, server->sessions);
  while (g_hash_table_iter_next(&iter, NULL, &session)) {
    sessions_remove(session);
    if (index)
      sessions_add(index, session);
  }
  server->index = index;
}

/* Its part in whether its RC can be reached; TRUE: the RC is so no more, or again. */
static gboolean update_reach(FleetServer *server, Rc *rc) {
  gboolean was = rc_is_reachable(rc);
  gboolean online = server->online && server->info->enabled && !server->unusable;
  gboolean pending = !server->known && server->info->enabled;
  rc->online += (guint)online - (guint)server->counted_online;
  rc->pending += (guint)pending - (guint)server->counted_pending;
  server->counted_online = online;
  server->counted_pending = pending;
  return was != rc_is_reachable(rc);
}

/* After anything about a server: its rank, its RC's sums, its text. */
void fleet_server_update(FleetServer *server) {
  Rc *rc = server->rc;
  if (!rc)
    return;
  gint64 capacity = server->info->enabled ? server->session_limit : 0;
  FleetState state = fleet_server_get_state(server);
  gint64 free = count_free(server);
  gboolean doubtful = server->doubtful_until_us > g_get_monotonic_time();
  int rank = free == 0 ? RC_NOT_NOW : doubtful ? RC_LAST_RESORT : (int)MIN(free, RC_MAX_RANK);
  rc_place(rc, server, G_STRUCT_OFFSET(FleetServer, place), rank);
  rc->capacity += capacity - server->counted_capacity;
  rc->free += free - server->counted_free;
  rc->kept += server->kept - server->counted_kept;
  set_index(server, state == FLEET_FREE || state == FLEET_BUSY ? rc->sessions : NULL);
  guint sessions = count_taken(server);
  gboolean is_news = update_reach(server, rc) || state != server->counted_state ||
                     sessions != server->counted_sessions || capacity != server->counted_capacity ||
                     server->retold;
  server->retold = FALSE;
  server->counted_state = state;
  server->counted_sessions = sessions;
  server->counted_capacity = capacity;
  server->counted_free = free;
  server->counted_kept = server->kept;
  /* A status that tells nothing new comes from every server every few seconds. */
  if (!is_news)
    return;
  g_clear_pointer(&server->text, g_free);
  server->sums->listener->changed(rc, server->sums->user_data);
}

static void leave_rc(FleetServer *server) {
  Rc *rc = g_steal_pointer(&server->rc);
  set_index(server, NULL);
  rc_place(rc, server, G_STRUCT_OFFSET(FleetServer, place), RC_NOT_NOW);
  rc->capacity -= server->counted_capacity;
  rc->free -= server->counted_free;
  rc->kept -= server->counted_kept;
  rc->online -= server->counted_online;
  rc->pending -= server->counted_pending;
  rc->servers--;
  server->counted_online = server->counted_pending = FALSE;
  server->counted_capacity = server->counted_free = 0;
  server->counted_kept = 0;
  server->counted_state = FLEET_OFFLINE;
}

void fleet_server_set_info(FleetServer *server, Server *info) {
  server_free(server->info);
  server->info = info;
}

void fleet_server_join_rc(FleetServer *server, Rc *rc) {
  if (server->rc != rc) {
    if (server->rc)
      leave_rc(server);
    server->rc = rc;
    rc->servers++;
  }
  g_clear_pointer(&server->text, g_free);
  fleet_server_update(server);
}

void fleet_server_set_strange(FleetServer *server, guint strange) {
  server->sums->strange += strange - server->strange;
  server->strange = strange;
}

void fleet_server_retire(FleetServer *server) {
  if (server->online)
    server->sums->online--;
  leave_rc(server);
  g_hash_table_remove_all(server->sessions);
  fleet_server_set_strange(server, 0);
}

void fleet_server_let_go(FleetServer *server) {
  set_index(server, NULL);
  server->rc = NULL;
}

void fleet_server_set_online(FleetServer *server, gboolean online) {
  if (server->online == online)
    return;
  server->online = online;
  if (server->rc)
    server->sums->online += online ? 1 : -1;
}

Session *fleet_server_add_session(FleetServer *server, const char *id, const char *code, gint64 ends_at_us) {
  Session *session = session_new(id, code, instant_now_us(), ends_at_us);
  session->server = server;
  g_hash_table_replace(server->sessions, session->id, session);
  server->sums->sessions++;
  if (server->index)
    sessions_add(server->index, session);
  return session;
}

void fleet_server_set_end(Session *session, gint64 ends_at_us) {
  if (!ends_at_us || ends_at_us == session->ends_at_us)
    return;
  session->ends_at_us = ends_at_us;
  sessions_move(session);
}

/* ---- what it was last told to be ---- */

void fleet_server_set_complaint(FleetServer *server, char *complaint) {
  server->retold |= g_strcmp0(complaint, server->complaint) != 0;
  g_free(server->complaint);
  server->complaint = complaint;
}

const char *fleet_server_get_complaint(const FleetServer *server) {
  return server->complaint;
}

const char *fleet_server_get_unusable(const FleetServer *server) {
  return server->unusable;
}

void fleet_server_asking(FleetServer *server) {
  server->asked++;
}

void fleet_server_set_offline(FleetServer *server, const char *complaint) {
  server->known = TRUE;
  server->kept = 0;
  fleet_server_set_online(server, FALSE);
  g_clear_pointer(&server->unusable, g_free);
  fleet_server_set_complaint(server, g_strdup(complaint));
  fleet_server_update(server);
}

void fleet_server_set_clock_difference(FleetServer *server, gint64 seconds) {
  if (ABS(server->clock_difference_s - seconds) <= CLOCK_NOISE_S)
    return;
  server->clock_difference_s = seconds;
  g_clear_pointer(&server->text, g_free);
  if (server->rc)
    server->sums->listener->changed(server->rc, server->sums->user_data);
}

static char *clock_difference_member(const FleetServer *server) {
  return server->clock_difference_s
             ? g_strdup_printf(",\"clock_difference_seconds\":%" G_GINT64_FORMAT, server->clock_difference_s)
             : NULL;
}

void fleet_server_take(FleetServer *server, const char *session, const char *code, gint64 ends_at_us) {
  fleet_server_add_session(server, session, code, ends_at_us)->starting = TRUE;
  fleet_server_update(server);
}

void fleet_server_restore(FleetServer *server, const char *session, const char *code, gint64 generation,
                          gint64 ends_at_us) {
  if (!g_hash_table_contains(server->sessions, session))
    fleet_server_add_session(server, session, code, ends_at_us)->generation = generation;
  fleet_server_update(server);
}

const Session *fleet_server_find_session(const FleetServer *server, const char *session) {
  return g_hash_table_lookup(server->sessions, session);
}

void fleet_server_confirm(FleetServer *server, const char *session, gint64 ends_at_us) {
  Session *taken = g_hash_table_lookup(server->sessions, session);
  server->doubtful_until_us = 0;
  if (taken) {
    taken->confirmed = server->asked;
    fleet_server_set_end(taken, ends_at_us);
  }
  fleet_server_update(server);
}

void fleet_server_give_back(FleetServer *server, const char *session) {
  if (g_hash_table_remove(server->sessions, session))
    fleet_server_update(server);
}

void fleet_server_set_full(FleetServer *server) {
  server->full = TRUE;
  fleet_server_update(server);
}

void fleet_server_set_doubtful(FleetServer *server) {
  server->doubtful_until_us = g_get_monotonic_time() + DOUBTFUL_US;
  fleet_server_update(server);
}

/* Into the object that @out ends with. */
static void append_complaint(GString *out, const char *complaint) {
  g_string_truncate(out, out->len - 1);
  g_string_append(out, ",\"complaint\":");
  fields_append_quoted(out, complaint);
  g_string_append_c(out, '}');
}

const char *fleet_server_get_text(FleetServer *server) {
  if (!server->text) {
    GString *out = g_string_new(NULL);
    g_autofree char *clock = clock_difference_member(server);
    g_autofree char *members =
        g_strdup_printf("\"state\":\"%s\",\"sessions\":%u,\"session_limit\":%" G_GINT64_FORMAT "%s",
                        fleet_state_name(fleet_server_get_state(server)), count_taken(server),
                        server->session_limit, clock ? clock : "");
    fields_append_object(out, server->info->text, members);
    if (server->complaint || server->unusable)
      append_complaint(out, server->complaint ? server->complaint : server->unusable);
    server->text = g_string_free(out, FALSE);
  }
  return server->text;
}
