#include "fcgi/fleet/streamer_client.h"

#include "common/ticket.h"
#include "fcgi/fleet/lane.h"

/* A ticket is good for 60 s by the streamer's clock, which may differ by nearly as much: what it has aged
 * here is taken off that. */
#define TICKET_REUSE_US (5 * (gint64)G_USEC_PER_SEC)
/* curl's work for a handle grows with the number of those beside it: beyond so many streamers a lane more is
 * cheaper. */
#define STREAMERS_A_LANE 1000

typedef struct {
  Lane *lane;
  guint peers; /* how many streamers are called there */
} PeersLane;

struct StreamerClient {
  GPtrArray *lanes; /* of PeersLane */
  guint max_lanes;
  char *ca_file;
  const SiteKeys *keys;
  Mailbox *home;
  guint64 last_number;
  guint calls;             /* under way that are not long polls */
  GHashTable *outstanding; /* all calls that are not back yet */
};

struct StreamerPeer {
  StreamerClient *client;
  PeersLane *lane;
  char *name;
  char *url;
  gboolean is_address;
  gint64 generation;   /* of its key */
  char *authorization; /* the header line */
  gint64 authorization_us;
  guint authorization_version; /* of the keys that it is signed with */
};

struct StreamerCall {
  LaneCall at_lane; /* not to be touched before it is back; freed then */
  StreamerClient *client;
  Lane *lane;
  guint64 number;
  gboolean watching;
  StreamerAnswered answered; /* NULL: forgotten */
  gpointer user_data;
};

/* ---- calls that are back ---- */

static void free_call(StreamerCall *call) {
  curl_slist_free_all(call->at_lane.headers);
  g_string_free(call->at_lane.text, TRUE);
  g_free(call->at_lane.url);
  g_free(call->at_lane.body);
  g_free(call);
}

static StreamerOutcome outcome_of(const LaneCall *call) {
  if (call->code == CURLE_OK)
    return STREAMER_ANSWERED;
  if (call->too_large)
    return STREAMER_TOO_LARGE;
  if (call->sent_us == 0)
    return STREAMER_UNREACHABLE;
  return call->code == CURLE_OPERATION_TIMEDOUT ? STREAMER_TIMED_OUT : STREAMER_LOST;
}

static void deliver_to_core(Letter *letter, gpointer receiver) {
  StreamerCall *call = (StreamerCall *)letter;
  StreamerClient *client = call->client;
  if (!receiver) /* the end: who asked may still forget it; it is freed with the client */
    return;
  g_hash_table_remove(client->outstanding, call);
  client->calls -= !call->watching;
  if (call->answered) {
    StreamerResult result = {.outcome = outcome_of(&call->at_lane),
                             .status = (guint)call->at_lane.status,
                             .text = call->at_lane.text->str,
                             .length = call->at_lane.text->len,
                             .detail = call->at_lane.detail};
    call->answered(&result, call->user_data);
  }
  free_call(call);
}

/* ---- the client ---- */

StreamerClient *streamer_client_new(guint max_lanes, const char *ca_file, const SiteKeys *keys,
                                    Mailbox *home) {
  StreamerClient *client = g_new0(StreamerClient, 1);
  client->ca_file = g_strdup(ca_file);
  client->keys = keys;
  client->home = home;
  client->outstanding = g_hash_table_new(NULL, NULL);
  client->max_lanes = max_lanes;
  client->lanes = g_ptr_array_new_with_free_func(g_free);
  return client;
}

void streamer_client_free(StreamerClient *client) {
  if (!client)
    return;
  for (guint i = 0; i < client->lanes->len; i++)
    lane_end(((PeersLane *)client->lanes->pdata[i])->lane);
  for (guint i = 0; i < client->lanes->len; i++)
    lane_free(((PeersLane *)client->lanes->pdata[i])->lane);
  /* What came home meanwhile must not lie in the mailbox when it is freed. */
  mailbox_deliver(client->home, NULL);
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, client->outstanding);
  while (g_hash_table_iter_next(&iter, &call, NULL))
    free_call(call);
  g_hash_table_unref(client->outstanding);
  g_ptr_array_unref(client->lanes);
  g_free(client->ca_file);
  g_free(client);
}

guint streamer_client_count_calls(const StreamerClient *client) {
  return client->calls;
}

const char *streamer_outcome_name(StreamerOutcome outcome) {
  static const char *const names[] = {"answered", "unreachable", "lost", "timed_out", "too_large"};
  return names[outcome];
}

/* ---- peers ---- */

/* The lane with the fewest streamers, or a new one when all have enough. */
static PeersLane *choose_lane(StreamerClient *client) {
  PeersLane *best = NULL;
  for (guint i = 0; i < client->lanes->len; i++) {
    PeersLane *lane = client->lanes->pdata[i];
    if (!best || lane->peers < best->peers)
      best = lane;
  }
  if (!best || (best->peers >= STREAMERS_A_LANE && client->lanes->len < client->max_lanes)) {
    best = g_new0(PeersLane, 1);
    best->lane = lane_new();
    g_ptr_array_add(client->lanes, best);
  }
  return best;
}

static gboolean has_address(const char *url) {
  g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
  return uri && g_uri_get_host(uri) && g_hostname_is_ip_address(g_uri_get_host(uri));
}

StreamerPeer *streamer_peer_new(StreamerClient *client, const char *name, gint64 generation,
                                const char *url) {
  StreamerPeer *peer = g_new0(StreamerPeer, 1);
  peer->client = client;
  peer->lane = choose_lane(client);
  peer->lane->peers++;
  peer->name = g_strdup(name);
  peer->url = g_strconcat(url, "control", NULL);
  peer->generation = generation;
  peer->is_address = has_address(url);
  return peer;
}

void streamer_peer_free(StreamerPeer *peer) {
  if (!peer)
    return;
  peer->lane->peers--;
  g_free(peer->name);
  g_free(peer->url);
  g_free(peer->authorization);
  g_free(peer);
}

void streamer_peer_set_generation(StreamerPeer *peer, gint64 generation) {
  if (generation == peer->generation)
    return;
  peer->generation = generation;
  g_clear_pointer(&peer->authorization, g_free);
}

static const char *authorization_of(StreamerPeer *peer) {
  const SiteKeys *keys = peer->client->keys;
  gint64 now_us = g_get_monotonic_time();
  guint version = site_keys_get_version(keys);
  if (!peer->authorization || peer->authorization_version != version ||
      now_us - peer->authorization_us > TICKET_REUSE_US) {
    g_autoptr(KeyRing) own = site_keys_derive_server(keys, peer->name, peer->generation);
    g_autofree char *ticket = ticket_sign_control(own, peer->name);
    g_free(peer->authorization);
    peer->authorization = g_strconcat("Authorization: Bearer ", ticket, NULL);
    peer->authorization_us = now_us;
    peer->authorization_version = version;
  }
  return peer->authorization;
}

/* ---- calls ---- */

/* With the line for @request_id, if there is one. */
static struct curl_slist *append_request_id(struct curl_slist *headers, const char *request_id) {
  if (!request_id)
    return headers;
  g_autofree char *line = g_strconcat("X-Request-Id: ", request_id, NULL);
  return curl_slist_append(headers, line);
}

static LaneCall make_lane_call(StreamerPeer *peer, char *body, const char *request_id, guint timeout_ms) {
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = append_request_id(headers, request_id);
  return (LaneCall){.number = ++peer->client->last_number,
                    .home = peer->client->home,
                    .deliver = deliver_to_core,
                    .url = g_strdup(peer->url),
                    .is_address = peer->is_address,
                    .body = body,
                    .headers = curl_slist_append(headers, authorization_of(peer)),
                    .ca_file = peer->client->ca_file,
                    .timeout_ms = timeout_ms,
                    .text = g_string_new(NULL)};
}

StreamerCall *streamer_peer_call(StreamerPeer *peer, char *body, const char *request_id, guint timeout_ms,
                                 gboolean watching, StreamerAnswered answered, gpointer user_data) {
  StreamerClient *client = peer->client;
  StreamerCall *call = g_new0(StreamerCall, 1);
  call->at_lane = make_lane_call(peer, body, request_id, timeout_ms);
  call->client = client;
  call->lane = peer->lane->lane;
  call->number = call->at_lane.number;
  call->watching = watching;
  call->answered = answered;
  call->user_data = user_data;
  client->calls += !watching;
  g_hash_table_add(client->outstanding, call);
  lane_call(call->lane, &call->at_lane);
  return call;
}

void streamer_call_forget(StreamerCall *call) {
  if (!call)
    return;
  call->answered = NULL;
  lane_forget(call->lane, call->number);
}
