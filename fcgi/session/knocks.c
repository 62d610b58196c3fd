#include "fcgi/session/knocks.h"

#include "common/instant.h"
#include "common/log.h"
#include "common/random.h"
#include "fcgi/base/client_counts.h"
#include "fcgi/fleet/watches.h"
#include "fcgi/session/busy.h"
#include "fcgi/session/connection_data.h"
#include "fcgi/session/planning.h"

#define ID_BYTES 8
/* A yes in the last moment has so long to come back from the streamer. */
#define ANSWER_US INSTANT_SECOND

struct Knocks {
  Core *core;
  ClientCounts *counts;
  GHashTable *all;        /* of Knock, as a set */
  GHashTable *by_session; /* session -> GPtrArray of Knock, never empty */
};

typedef struct {
  Knocks *knocks;
  Request *request; /* NULL: answered, or its client has gone */
  char *id;
  char *session; /* NULL: waits in vain */
  char *name;    /* nullable */
  char *address;
  guint64 client;
  gint64 lapses_us; /* monotonic */
  gboolean counted; /* of its client's few */
  gboolean is_sent, repeated;
  gboolean admitted;
  StreamerCall *call;
  Timer *timer;
} Knock;

static void free_knock(gpointer data) {
  Knock *knock = data;
  streamer_call_forget(knock->call);
  timer_cancel(knock->timer);
  g_free(knock->id);
  g_free(knock->session);
  g_free(knock->name);
  g_free(knock->address);
  g_free(knock);
}

Knocks *knocks_new(Core *core) {
  Knocks *knocks = g_new(Knocks, 1);
  knocks->core = core;
  knocks->counts = client_counts_new(KNOCKS_PER_CLIENT, KNOCKS_PER_NETWORK / KNOCKS_PER_CLIENT, NULL);
  knocks->all = g_hash_table_new_full(NULL, NULL, free_knock, NULL);
  knocks->by_session =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return knocks;
}

void knocks_free(Knocks *knocks) {
  if (!knocks)
    return;
  g_hash_table_unref(knocks->by_session);
  g_hash_table_unref(knocks->all);
  client_counts_free(knocks->counts);
  g_free(knocks);
}

/* ---- those at a session ---- */

static guint64 client_of(const char *address) {
  ClientPrefix prefix = client_address_read(address);
  return client_address_number(&prefix, prefix.client_bytes);
}

static guint count_waiting(const GPtrArray *list) {
  guint count = 0;
  for (guint i = 0; list && i < list->len; i++)
    count += !((const Knock *)list->pdata[i])->admitted;
  return count;
}

/* TRUE: it waits there. */
static gboolean stand_at_session(Knocks *knocks, Knock *knock, const char *session) {
  GPtrArray *list = g_hash_table_lookup(knocks->by_session, session);
  if (count_waiting(list) >= KNOCKS_PER_SESSION)
    return FALSE;
  if (!list) {
    list = g_ptr_array_new();
    g_hash_table_insert(knocks->by_session, g_strdup(session), list);
  }
  g_ptr_array_add(list, knock);
  knock->session = g_strdup(session);
  return TRUE;
}

/* It takes none of its client's few any more. */
static void uncount_knock(Knock *knock) {
  if (knock->counted)
    client_counts_remove(knock->knocks->counts, knock->address);
  knock->counted = FALSE;
}

static void end_knock(Knock *knock) {
  Knocks *knocks = knock->knocks;
  GPtrArray *list = knock->session ? g_hash_table_lookup(knocks->by_session, knock->session) : NULL;
  if (list) {
    g_ptr_array_remove_fast(list, knock);
    if (list->len == 0)
      g_hash_table_remove(knocks->by_session, knock->session);
  }
  uncount_knock(knock);
  g_hash_table_remove(knocks->all, knock);
}

guint knocks_count(const Knocks *knocks) {
  return g_hash_table_size(knocks->all);
}

gboolean knocks_were_admitted(const Knocks *knocks, const char *address, const char *session) {
  const GPtrArray *list = g_hash_table_lookup(knocks->by_session, session);
  guint64 client = client_of(address);
  for (guint i = 0; list && i < list->len; i++) {
    const Knock *knock = list->pdata[i];
    if (knock->admitted && knock->client == client)
      return TRUE;
  }
  return FALSE;
}

/* ---- the streamer ---- */

/* Where the session is, if it has begun. */
static StreamerPeer *find_peer(const Core *core, const char *session) {
  const Reservation *reservation = plan_find(planning_get_plan(core->planning), session);
  FleetServer *server = reservation && reservation->state == RESERVATION_RUNNING
                            ? fleet_find_server(core->fleet, reservation->server_name)
                            : NULL;
  const Session *there = server ? fleet_server_find_session(server, session) : NULL;
  return there && !there->starting ? watches_get_peer(server) : NULL;
}

static void send_knock(Knock *knock, StreamerPeer *peer);

/* Whatever it says, the knocker hears nothing of it. */
static void on_knock_sent(const StreamerResult *result, gpointer data) {
  Knock *knock = data;
  StreamerPeer *peer = find_peer(knock->knocks->core, knock->session);
  knock->call = NULL;
  if (result->outcome == STREAMER_LOST && !knock->repeated && peer) {
    knock->repeated = TRUE;
    send_knock(knock, peer);
  } else if (result->outcome != STREAMER_ANSWERED || result->status != 200) {
    log_info("knock_not_heard", "session=%s knock=%s outcome=%s status=%u", knock->session, knock->id,
             streamer_outcome_name(result->outcome), result->status);
  }
}

static void send_knock(Knock *knock, StreamerPeer *peer) {
  gint64 left_us = knock->lapses_us - ANSWER_US - g_get_monotonic_time();
  if (left_us < INSTANT_SECOND)
    return;
  const Core *core = knock->knocks->core;
  knock->is_sent = TRUE;
  knock->call = streamer_peer_call(
      peer, control_knock(knock->session, knock->id, knock->name, left_us / INSTANT_SECOND),
      knock->request ? request_get_id(knock->request) : NULL,
      1000 * (guint)core->configuration->call_timeout_seconds, FALSE, on_knock_sent, knock);
}

/* ---- in, or not ---- */

static void let_knocker_in(Knock *knock, const Session *session) {
  Request *request = g_steal_pointer(&knock->request);
  if (request)
    connection_data_answer(request, session, "guest", knock->name);
}

/* Who typed it twice, because the first answer seemed lost, comes in by both. */
static void admit_knock(Knock *admitted, const Session *session, const GPtrArray *list) {
  log_notice("knock_admitted", "session=%s knock=%s", session->id, admitted->id);
  admitted->admitted = TRUE;
  uncount_knock(admitted);
  planning_code_told(admitted->knocks->core->planning, admitted->address, session->id);
  for (guint i = 0; i < list->len; i++) {
    Knock *knock = list->pdata[i];
    if (knock->client == admitted->client)
      let_knocker_in(knock, session);
  }
}

void knocks_refuse(Request *request) {
  request_refuse_with(request, WIRE_SESSION_NOT_EXIST, NULL, "There is no session with this code.");
}

static void on_knock_lapsed(gpointer data) {
  Knock *knock = data;
  Request *request = g_steal_pointer(&knock->request);
  knock->timer = NULL;
  end_knock(knock);
  if (request)
    knocks_refuse(request);
}

static void on_knocker_gone(Request *request, gpointer data) {
  ((Knock *)data)->request = NULL;
}

static Knock *find_knock(const GPtrArray *list, const char *id) {
  for (guint i = 0; i < list->len; i++) {
    Knock *knock = list->pdata[i];
    if (g_str_equal(knock->id, id))
      return knock;
  }
  return NULL;
}

static gboolean is_yes(const ControlKnock *told) {
  return g_strcmp0(told->answer, WIRE_KNOCK_ADMITTED) == 0;
}

void knocks_told(Knocks *knocks, FleetServer *server, const Session *session,
                 const GPtrArray *control_knocks) {
  const GPtrArray *list = g_hash_table_lookup(knocks->by_session, session->id);
  if (!list)
    return;
  for (guint i = 0; control_knocks && i < control_knocks->len; i++) {
    const ControlKnock *told = control_knocks->pdata[i];
    Knock *knock = find_knock(list, told->knock);
    if (knock && is_yes(told) && !knock->admitted)
      admit_knock(knock, session, list);
  }
  StreamerPeer *peer = watches_get_peer(server);
  for (guint i = 0; peer && i < list->len; i++) {
    Knock *knock = list->pdata[i];
    if (!knock->is_sent && !knock->admitted)
      send_knock(knock, peer);
  }
}

void knocks_begin(Knocks *knocks, Request *request, const Reservation *reservation, const char *name) {
  Core *core = knocks->core;
  const Configuration *configuration = core->configuration;
  gint64 wait_us = MIN(configuration->knock_seconds, configuration->max_wait_seconds) * INSTANT_SECOND;
  Knock *knock = g_new0(Knock, 1);
  knock->knocks = knocks;
  knock->request = request;
  knock->id = random_hex(ID_BYTES);
  knock->name = g_strdup(name);
  knock->address = g_strdup(request_get_address(request));
  knock->client = client_of(knock->address);
  knock->lapses_us = request_get_received_us(request) + wait_us;
  knock->timer = timers_add(core->timers, knock->lapses_us - g_get_monotonic_time(), on_knock_lapsed, knock);
  g_hash_table_add(knocks->all, knock);
  request_wait(request, on_knocker_gone, knock);
  knock->counted = client_counts_have_room(knocks->counts, knock->address);
  if (!knock->counted)
    return;
  client_counts_add(knocks->counts, knock->address);
  if (!reservation || !stand_at_session(knocks, knock, reservation->id))
    return;
  StreamerPeer *peer = find_peer(core, reservation->id);
  if (peer)
    send_knock(knock, peer);
}

void knocks_answer_all(Knocks *knocks) {
  GHashTableIter iter;
  gpointer data;
  g_hash_table_iter_init(&iter, knocks->all);
  while (g_hash_table_iter_next(&iter, &data, NULL)) {
    Request *request = g_steal_pointer(&((Knock *)data)->request);
    if (request)
      busy_refuse(request, NULL);
  }
}
