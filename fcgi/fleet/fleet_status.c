#include "fcgi/fleet/fleet_server_internal.h"

#include <string.h>

/* What comes of one. */
typedef struct {
  const ControlStatus *status;
  GHashTable *told; /* set of the ids that it names */
  GArray *seen;     /* of guint: which of them were not known to be there */
  guint strange;    /* how many take places and no more */
  char *complaint;  /* the first (nullable) */
} StatusReading;

/* @complaint (transfer full) */
static void keep_complaint(StatusReading *reading, char *complaint) {
  if (reading->complaint)
    g_free(complaint);
  else
    reading->complaint = complaint;
}

/* The n-th session cannot be what the status says of it. @rule begins with a field. */
static void complain_of(StatusReading *reading, guint n, const char *rule) {
  keep_complaint(reading, g_strdup_printf("sessions[%u].%s", n, rule));
}

/* Which of two codes of other generations is right, the plan says. */
static void learn_session(StatusReading *reading, FleetServer *server, const ControlSession *told, guint n) {
  Session *session = g_hash_table_lookup(server->sessions, told->session);
  if (session && g_strcmp0(session->code, told->code) != 0 && !session->generation && !told->generation) {
    complain_of(reading, n, "code: is not the one that this session was given");
    return;
  }
  if (!session) {
    session = fleet_server_add_session(server, told->session, told->code, told->ends_at_us);
    if (!told->starts_at_us && told->ends_at_us)
      session->starts_at_us = MIN(session->starts_at_us, told->ends_at_us);
    g_array_append_val(reading->seen, n);
  }
  session_set_entrance(session, told->code, told->generation, told->removed);
  if (told->starts_at_us)
    session->starts_at_us = told->starts_at_us;
  fleet_server_set_end(session, told->ends_at_us);
}

static void merge_session(StatusReading *reading, FleetServer *server, guint n) {
  const ControlSession *told = reading->status->sessions->pdata[n];
  Session *known = told->session ? g_hash_table_lookup(server->sessions, told->session) : NULL;
  if (known)
    known->starting = FALSE;
  if (told->session && !g_hash_table_add(reading->told, told->session)) {
    complain_of(reading, n, "session: stands there twice");
  } else if (told->problem) {
    keep_complaint(reading, g_strdup(told->problem));
    reading->strange += !known;
  } else {
    learn_session(reading, server, told, n);
  }
}

/* A session that the status does not name is over, unless it was still being started when the status was
 * asked for: then the status may be older than the session. */
static gboolean is_over(const FleetServer *server, const Session *session, GHashTable *told) {
  if (g_hash_table_contains(told, session->id))
    return FALSE;
  return !session->starting || (session->confirmed && server->asked > session->confirmed);
}

/* Removes the sessions that are over; their ids (transfer full). */
static GPtrArray *remove_over(FleetServer *server, GHashTable *told) {
  GPtrArray *over = g_ptr_array_new_with_free_func(g_free);
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, server->sessions);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    if (!is_over(server, value, told))
      continue;
    g_ptr_array_add(over, g_strdup(((const Session *)value)->id));
    g_hash_table_iter_remove(&iter);
  }
  return over;
}

/* Why the session ended, if the status says so. */
static const char *find_reason(const ControlStatus *status, const char *session) {
  for (guint i = 0; status->ended && i < status->ended->len; i++) {
    const ControlEnded *ended = status->ended->pdata[i];
    if (g_str_equal(ended->session, session))
      return ended->reason;
  }
  return NULL;
}

static void tell_over(FleetServer *server, const ControlStatus *status, const GPtrArray *over) {
  const FleetListener *listener = server->sums->listener;
  for (guint i = 0; listener->session_over && i < over->len; i++)
    listener->session_over(server, over->pdata[i], find_reason(status, over->pdata[i]),
                           server->sums->user_data);
}

/* Those that are refused are no sessions of this server's. */
static void tell_seen(StatusReading *reading, FleetServer *server) {
  const FleetListener *listener = server->sums->listener;
  for (guint i = 0; listener->session_seen && i < reading->seen->len; i++) {
    guint n = g_array_index(reading->seen, guint, i);
    const ControlSession *told = reading->status->sessions->pdata[n];
    const Session *session = g_hash_table_lookup(server->sessions, told->session);
    g_autoptr(GError) error = NULL;
    if (!session || listener->session_seen(server, session, server->sums->user_data, &error))
      continue;
    g_hash_table_remove(server->sessions, told->session);
    reading->strange++;
    complain_of(reading, n, error->message);
  }
}

/* The listener may do anything but change which sessions are there. */
static void tell_told(const ControlStatus *status, FleetServer *server) {
  const FleetListener *listener = server->sums->listener;
  for (guint i = 0; listener->session_told && i < status->sessions->len; i++) {
    const ControlSession *told = status->sessions->pdata[i];
    const Session *session = told->problem ? NULL : g_hash_table_lookup(server->sessions, told->session);
    if (session)
      listener->session_told(server, session, told, server->sums->user_data);
  }
}

static void set_unusable(FleetServer *server, const ControlStatus *status) {
  gboolean is_unusable = g_strcmp0(status->state, "unusable") == 0;
  const char *reason = !is_unusable ? NULL : status->reason ? status->reason : "it does not say why";
  if (g_strcmp0(reason, server->unusable) == 0)
    return;
  server->retold = TRUE;
  g_free(server->unusable);
  server->unusable = g_strdup(reason);
}

static guint count_kept(const ControlStatus *status) {
  guint kept = 0;
  for (guint i = 0; i < status->sessions->len; i++)
    kept += ((const ControlSession *)status->sessions->pdata[i])->kept;
  return kept;
}

/* The listener is told once the server's state is whole again: first of those that are over, whose codes
 * others may have now. */
void fleet_server_set_status(FleetServer *server, const ControlStatus *status) {
  g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(guint));
  StatusReading reading = {.status = status, .told = told, .seen = seen};
  for (guint n = 0; n < status->sessions->len; n++)
    merge_session(&reading, server, n);
  g_autoptr(GPtrArray) over = remove_over(server, told);
  fleet_server_set_online(server, TRUE);
  server->known = TRUE;
  server->full = FALSE;
  server->clock_difference_s = 0;
  server->draining = g_strcmp0(status->state, "draining") == 0;
  set_unusable(server, status);
  server->session_limit = status->session_limit;
  server->kept = count_kept(status);
  fleet_server_set_strange(server, reading.strange);
  fleet_server_update(server);
  tell_over(server, status, over);
  tell_seen(&reading, server);
  fleet_server_set_strange(server, reading.strange);
  fleet_server_set_complaint(server, reading.complaint);
  fleet_server_update(server);
  tell_told(status, server);
}
