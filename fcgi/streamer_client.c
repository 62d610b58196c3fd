/* A call crosses threads twice, as a letter: from the core to its lane, and back when it is done. It belongs
 * to whoever holds the letter, except for the members marked "core", which the core may use all the time, and
 * it is freed when it is back. A call is broken off by another letter with its number, because the lane may
 * have finished it meanwhile.
 */
#include "config.h"

#include "fcgi/streamer_client.h"

#include "fcgi/control.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 1500
/* A ticket is good for 60 s; a new one is made early enough for slow clocks and long polls. */
#define TICKET_REUSE_US (30 * (gint64)G_USEC_PER_SEC)
#define MAX_IDLE_HANDLES 64
#define MAX_KEPT_CONNECTIONS 20000L
/* A connection's buffer, allocated for each: statuses are small, and there may be thousands. */
#define RECEIVE_BUFFER 4096L

typedef struct {
  StreamerClient *client;
  GThread *thread;
  Mailbox *mailbox; /* calls and forgettings from the core */
  CURLM *multi;
  GHashTable *active; /* call's number -> StreamerCall; the lane's */
  GPtrArray *idle;    /* easy handles; the lane's */
  atomic_bool ending;
} Lane;

struct StreamerClient {
  Lane *lanes;
  guint n_lanes;
  char *ca_file;
  const TicketKey *key;
  Mailbox *home;
  guint64 last_number;
  guint calls;             /* under way that are not long polls; core */
  GHashTable *outstanding; /* all calls that are not back yet; core */
};

struct StreamerPeer {
  StreamerClient *client;
  Lane *lane;
  char *name;
  char *url;
  char *authorization; /* the header line */
  gint64 authorization_us;
};

struct StreamerCall {
  Letter letter;
  guint64 number;
  StreamerClient *client;
  Lane *lane;
  gboolean watching;
  StreamerAnswered answered; /* core; NULL: forgotten */
  gpointer user_data;        /* core */

  char *url;
  char *body;
  guint timeout_ms;
  struct curl_slist *headers;
  CURL *easy;
  GString *text;
  gboolean too_large;
  StreamerOutcome outcome;
  long status;
  char detail[CURL_ERROR_SIZE];
};

typedef struct {
  Letter letter;
  guint64 number;
} Forgetting;

/* ---- the lane's thread ---- */

static gsize on_data(char *data, gsize size, gsize count, gpointer user_data) {
  StreamerCall *call = user_data;
  gsize length = size * count;
  if (call->text->len + length > CONTROL_MAX_ANSWER) {
    call->too_large = TRUE;
    return 0;
  }
  g_string_append_len(call->text, data, (gssize)length);
  return length;
}

static CURL *take_handle(Lane *lane) {
  return lane->idle->len ? g_ptr_array_steal_index_fast(lane->idle, lane->idle->len - 1) : curl_easy_init();
}

static void keep_handle(Lane *lane, CURL *easy) {
  if (lane->idle->len >= MAX_IDLE_HANDLES) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_reset(easy);
  g_ptr_array_add(lane->idle, easy);
}

static void set_options(StreamerCall *call) {
  CURL *easy = call->easy;
  curl_easy_setopt(easy, CURLOPT_URL, call->url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)MIN(call->timeout_ms, CONNECT_TIMEOUT_MS));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "vitrina-coordinator/" PACKAGE_VERSION);
  if (call->client->ca_file)
    curl_easy_setopt(easy, CURLOPT_CAINFO, call->client->ca_file);
}

static StreamerOutcome outcome_of(const StreamerCall *call, CURLcode code) {
  curl_off_t sent_us = 0; /* when the request was about to go out; 0: it was not */
  curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
  if (code == CURLE_OK)
    return STREAMER_ANSWERED;
  if (call->too_large)
    return STREAMER_TOO_LARGE;
  if (sent_us == 0)
    return STREAMER_UNREACHABLE;
  return code == CURLE_OPERATION_TIMEDOUT ? STREAMER_TIMED_OUT : STREAMER_LOST;
}

static void release_handle(StreamerCall *call) {
  curl_multi_remove_handle(call->lane->multi, call->easy);
  keep_handle(call->lane, g_steal_pointer(&call->easy));
  g_hash_table_remove(call->lane->active, &call->number);
}

static void finish(StreamerCall *call, CURLcode code) {
  call->outcome = outcome_of(call, code);
  curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
  if (code != CURLE_OK && !*call->detail)
    g_strlcpy(call->detail, curl_easy_strerror(code), sizeof call->detail);
  release_handle(call);
  mailbox_post(call->client->home, &call->letter);
}

static void forget_in_lane(Letter *letter, gpointer receiver) {
  Forgetting *forgetting = (Forgetting *)letter;
  Lane *lane = receiver;
  StreamerCall *call = lane ? g_hash_table_lookup(lane->active, &forgetting->number) : NULL;
  if (call) {
    release_handle(call);
    mailbox_post(call->client->home, &call->letter);
  }
  g_free(forgetting);
}

static void deliver_to_core(Letter *letter, gpointer receiver);

static void start_in_lane(Letter *letter, gpointer receiver) {
  StreamerCall *call = (StreamerCall *)letter;
  Lane *lane = receiver;
  if (!lane) /* the lane has ended */
    return;
  call->letter.deliver = deliver_to_core;
  call->easy = take_handle(lane);
  set_options(call);
  g_hash_table_insert(lane->active, &call->number, call);
  if (curl_multi_add_handle(lane->multi, call->easy) != CURLM_OK)
    finish(call, CURLE_FAILED_INIT);
}

static void reap(Lane *lane) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(lane->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    StreamerCall *call = NULL;
    CURLcode code = message->data.result; /* the message goes with the handle */
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    finish(call, code);
  }
}

static gpointer run_lane(gpointer data) {
  Lane *lane = data;
  while (!atomic_load(&lane->ending)) {
    int running;
    mailbox_deliver(lane->mailbox, lane);
    curl_multi_perform(lane->multi, &running);
    reap(lane);
    curl_multi_poll(lane->multi, NULL, 0, 10000, NULL);
  }
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, lane->active);
  while (g_hash_table_iter_next(&iter, NULL, &call)) {
    curl_multi_remove_handle(lane->multi, ((StreamerCall *)call)->easy);
    curl_easy_cleanup(g_steal_pointer(&((StreamerCall *)call)->easy));
  }
  g_ptr_array_set_free_func(lane->idle, curl_easy_cleanup);
  g_clear_pointer(&lane->idle, g_ptr_array_unref);
  g_clear_pointer(&lane->active, g_hash_table_unref);
  return NULL;
}

static void wake_lane(gpointer data) {
  curl_multi_wakeup(((Lane *)data)->multi);
}

/* ---- the core's thread ---- */

static void free_call(StreamerCall *call) {
  curl_slist_free_all(call->headers);
  g_string_free(call->text, TRUE);
  g_free(call->url);
  g_free(call->body);
  g_free(call);
}

static void deliver_to_core(Letter *letter, gpointer receiver) {
  StreamerCall *call = (StreamerCall *)letter;
  StreamerClient *client = call->client;
  if (!receiver) /* the end: who asked may still forget it; it is freed with the client */
    return;
  g_hash_table_remove(client->outstanding, call);
  client->calls -= !call->watching;
  if (call->answered) {
    StreamerResult result = {.outcome = call->outcome,
                             .status = (guint)call->status,
                             .text = call->text->str,
                             .length = call->text->len,
                             .detail = call->detail};
    call->answered(&result, call->user_data);
  }
  free_call(call);
}

StreamerClient *streamer_client_new(guint lanes, const char *ca_file, const TicketKey *key, Mailbox *home) {
  StreamerClient *client = g_new0(StreamerClient, 1);
  client->ca_file = g_strdup(ca_file);
  client->key = key;
  client->home = home;
  client->outstanding = g_hash_table_new(NULL, NULL);
  client->n_lanes = lanes;
  client->lanes = g_new0(Lane, lanes);
  for (guint i = 0; i < lanes; i++) {
    Lane *lane = &client->lanes[i];
    lane->client = client;
    lane->multi = curl_multi_init();
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, MAX_KEPT_CONNECTIONS);
    lane->mailbox = mailbox_new(wake_lane, lane);
    lane->active = g_hash_table_new(g_int64_hash, g_int64_equal);
    lane->idle = g_ptr_array_new();
    atomic_init(&lane->ending, FALSE);
    lane->thread = g_thread_new("streamers", run_lane, lane);
  }
  return client;
}

void streamer_client_free(StreamerClient *client) {
  if (!client)
    return;
  for (guint i = 0; i < client->n_lanes; i++) {
    atomic_store(&client->lanes[i].ending, TRUE);
    wake_lane(&client->lanes[i]);
  }
  for (guint i = 0; i < client->n_lanes; i++) {
    g_thread_join(client->lanes[i].thread);
    mailbox_free(client->lanes[i].mailbox);
    curl_multi_cleanup(client->lanes[i].multi);
  }
  /* What came home meanwhile must not lie in the mailbox when it is freed. */
  mailbox_deliver(client->home, NULL);
  GHashTableIter iter;
  gpointer call;
  g_hash_table_iter_init(&iter, client->outstanding);
  while (g_hash_table_iter_next(&iter, &call, NULL))
    free_call(call);
  g_hash_table_unref(client->outstanding);
  g_free(client->lanes);
  g_free(client->ca_file);
  g_free(client);
}

guint streamer_client_count_calls(const StreamerClient *client) {
  return client->calls;
}

StreamerPeer *streamer_peer_new(StreamerClient *client, const char *name, const char *url) {
  StreamerPeer *peer = g_new0(StreamerPeer, 1);
  peer->client = client;
  peer->lane = &client->lanes[g_str_hash(name) % client->n_lanes];
  peer->name = g_strdup(name);
  peer->url = g_strconcat(url, "control", NULL);
  return peer;
}

void streamer_peer_free(StreamerPeer *peer) {
  if (!peer)
    return;
  g_free(peer->name);
  g_free(peer->url);
  g_free(peer->authorization);
  g_free(peer);
}

static const char *authorization_of(StreamerPeer *peer) {
  gint64 now_us = g_get_monotonic_time();
  if (!peer->authorization || now_us - peer->authorization_us > TICKET_REUSE_US) {
    g_autofree char *ticket = ticket_sign_control(peer->client->key, peer->name);
    g_free(peer->authorization);
    peer->authorization = g_strconcat("Authorization: Bearer ", ticket, NULL);
    peer->authorization_us = now_us;
  }
  return peer->authorization;
}

StreamerCall *streamer_peer_call(StreamerPeer *peer, char *body, guint timeout_ms, gboolean watching,
                                 StreamerAnswered answered, gpointer user_data) {
  StreamerClient *client = peer->client;
  StreamerCall *call = g_new0(StreamerCall, 1);
  call->letter.deliver = start_in_lane;
  call->number = ++client->last_number;
  call->client = client;
  call->lane = peer->lane;
  call->watching = watching;
  call->answered = answered;
  call->user_data = user_data;
  call->url = g_strdup(peer->url);
  call->body = body;
  call->timeout_ms = timeout_ms;
  call->text = g_string_new(NULL);
  call->headers = curl_slist_append(NULL, "Content-Type: application/json");
  call->headers = curl_slist_append(call->headers, authorization_of(peer));
  client->calls += !watching;
  g_hash_table_add(client->outstanding, call);
  mailbox_post(peer->lane->mailbox, &call->letter);
  return call;
}

void streamer_call_forget(StreamerCall *call) {
  if (!call)
    return;
  call->answered = NULL;
  Forgetting *forgetting = g_new0(Forgetting, 1);
  forgetting->letter.deliver = forget_in_lane;
  forgetting->number = call->number;
  mailbox_post(call->lane->mailbox, &forgetting->letter);
}

const char *streamer_outcome_name(StreamerOutcome outcome) {
  static const char *const names[] = {"answered", "unreachable", "lost", "timed_out", "too_large"};
  return names[outcome];
}
