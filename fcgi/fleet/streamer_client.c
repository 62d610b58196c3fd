/* A call crosses threads twice, as a letter: from the core to its lane, and back when it is done. It belongs
 * to whoever holds the letter, except for the members marked "core", which the core may use all the time, and
 * it is freed when it is back. A call is broken off by another letter with its number, because the lane may
 * have finished it meanwhile.
 */
#include "config.h"

#include "fcgi/fleet/streamer_client.h"

#include "fcgi/rules/control.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 1500
/* A ticket is good for 60 s; a new one is made early enough for slow clocks and long polls. */
#define TICKET_REUSE_US (30 * (gint64)G_USEC_PER_SEC)
#define MAX_IDLE_HANDLES 64
#define MAX_KEPT_CONNECTIONS 20000L
/* A connection's buffer, allocated for each: statuses are small, and there may be thousands. */
#define RECEIVE_BUFFER 4096L

/* curl's work for a handle grows with the number of those beside it: beyond so many streamers a lane more is
 * cheaper. */
#define STREAMERS_A_LANE 1000
/* So many letters are read, and so many sockets looked at, before the others have their turn. */
#define LETTERS_A_TURN 64
#define SOCKETS_A_TURN 64
#define LONGEST_WAIT_MS 10000

typedef struct {
  GThread *thread;
  Mailbox *mailbox; /* calls and forgettings from the core */
  CURLM *multi;
  int epoll; /* curl's sockets, and `wake`: one that has news is found whatever the number of the others */
  int wake;  /* an eventfd: there are letters, or the end */
  gint64 curl_due_us; /* monotonic: when curl wants to be called; -1: not by the time. The lane's */
  GHashTable *active; /* call's number -> StreamerCall; the lane's */
  GPtrArray *idle;    /* easy handles; the lane's */
  atomic_bool ending;
  guint peers; /* how many streamers are called here; core */
} Lane;

struct StreamerClient {
  GPtrArray *lanes; /* of Lane */
  guint max_lanes;
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
  gboolean is_address;
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
  gboolean is_address; /* the host in the URL is one, not a name */
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
  /* Addresses are no names: there is nothing to look up again, and curl would look through all of them to
   * find out. */
  if (call->is_address)
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
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

/* Breaks off what is under way. */
static void end_calls(Lane *lane) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lane->active);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    StreamerCall *call = value;
    curl_multi_remove_handle(lane->multi, call->easy);
    curl_easy_cleanup(g_steal_pointer(&call->easy));
  }
  g_ptr_array_set_free_func(lane->idle, curl_easy_cleanup);
  g_clear_pointer(&lane->idle, g_ptr_array_unref);
  g_clear_pointer(&lane->active, g_hash_table_unref);
}

/* curl's CURLMOPT_SOCKETFUNCTION: what to look out for. @known: what curl_multi_assign() set. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *known) {
  Lane *lane = data;
  struct epoll_event event = {.data.fd = socket};
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(lane->epoll, EPOLL_CTL_DEL, socket, NULL);
    return 0;
  }
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  epoll_ctl(lane->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  curl_multi_assign(lane->multi, socket, lane);
  return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *data) {
  ((Lane *)data)->curl_due_us = timeout_ms < 0 ? -1 : g_get_monotonic_time() + 1000 * timeout_ms;
  return 0;
}

static int wait_ms(const Lane *lane) {
  if (lane->curl_due_us < 0)
    return LONGEST_WAIT_MS;
  return (int)CLAMP((lane->curl_due_us - g_get_monotonic_time() + 999) / 1000, 0, LONGEST_WAIT_MS);
}

static void look_at_socket(Lane *lane, const struct epoll_event *event) {
  int running, what = 0;
  guint64 count;
  if (event->data.fd == lane->wake) {
    G_GNUC_UNUSED gssize got = read(lane->wake, &count, sizeof count);
    return;
  }
  if (event->events & (EPOLLIN | EPOLLHUP))
    what |= CURL_CSELECT_IN;
  if (event->events & EPOLLOUT)
    what |= CURL_CSELECT_OUT;
  if (event->events & EPOLLERR)
    what |= CURL_CSELECT_ERR;
  curl_multi_socket_action(lane->multi, event->data.fd, what, &running);
}

static gpointer run_lane(gpointer data) {
  Lane *lane = data;
  struct epoll_event events[SOCKETS_A_TURN];
  while (!atomic_load(&lane->ending)) {
    int running;
    gboolean is_more = mailbox_deliver_some(lane->mailbox, LETTERS_A_TURN, lane);
    int count = epoll_wait(lane->epoll, events, SOCKETS_A_TURN, is_more ? 0 : wait_ms(lane));
    for (int i = 0; i < count; i++)
      look_at_socket(lane, &events[i]);
    if (lane->curl_due_us >= 0 && lane->curl_due_us <= g_get_monotonic_time()) {
      lane->curl_due_us = -1;
      curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    reap(lane);
  }
  end_calls(lane);
  return NULL;
}

static void wake_lane(gpointer data) {
  const guint64 one = 1;
  /* Nothing to be done where it fails: the counter is full, so the lane is awake. */
  G_GNUC_UNUSED gssize done = write(((Lane *)data)->wake, &one, sizeof one);
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

static Lane *lane_new(void) {
  Lane *lane = g_new0(Lane, 1);
  lane->epoll = epoll_create1(EPOLL_CLOEXEC);
  lane->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (lane->epoll < 0 || lane->wake < 0)
    g_error("no descriptors left to call streamers with: %s", g_strerror(errno));
  struct epoll_event event = {.events = EPOLLIN, .data.fd = lane->wake};
  epoll_ctl(lane->epoll, EPOLL_CTL_ADD, lane->wake, &event);
  lane->curl_due_us = -1;
  lane->multi = curl_multi_init();
  curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, MAX_KEPT_CONNECTIONS);
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
  curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
  lane->mailbox = mailbox_new(wake_lane, lane);
  lane->active = g_hash_table_new(g_int64_hash, g_int64_equal);
  lane->idle = g_ptr_array_new();
  atomic_init(&lane->ending, FALSE);
  /* Signals come to the main thread. */
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  lane->thread = g_thread_new("streamers", run_lane, lane);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return lane;
}

/* The lane with the fewest streamers, or a new one when all have enough. */
static Lane *choose_lane(StreamerClient *client) {
  Lane *best = NULL;
  for (guint i = 0; i < client->lanes->len; i++) {
    Lane *lane = client->lanes->pdata[i];
    if (!best || lane->peers < best->peers)
      best = lane;
  }
  if (!best || (best->peers >= STREAMERS_A_LANE && client->lanes->len < client->max_lanes)) {
    best = lane_new();
    g_ptr_array_add(client->lanes, best);
  }
  return best;
}

StreamerClient *streamer_client_new(guint max_lanes, const char *ca_file, const TicketKey *key,
                                    Mailbox *home) {
  StreamerClient *client = g_new0(StreamerClient, 1);
  client->ca_file = g_strdup(ca_file);
  client->key = key;
  client->home = home;
  client->outstanding = g_hash_table_new(NULL, NULL);
  client->max_lanes = max_lanes;
  client->lanes = g_ptr_array_new_with_free_func(g_free);
  return client;
}

void streamer_client_free(StreamerClient *client) {
  if (!client)
    return;
  for (guint i = 0; i < client->lanes->len; i++) {
    Lane *lane = client->lanes->pdata[i];
    atomic_store(&lane->ending, TRUE);
    wake_lane(lane);
  }
  for (guint i = 0; i < client->lanes->len; i++) {
    Lane *lane = client->lanes->pdata[i];
    g_thread_join(lane->thread);
    mailbox_free(lane->mailbox);
    curl_multi_cleanup(lane->multi);
    close(lane->epoll);
    close(lane->wake);
  }
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

static gboolean has_address(const char *url) {
  g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
  return uri && g_uri_get_host(uri) && g_hostname_is_ip_address(g_uri_get_host(uri));
}

StreamerPeer *streamer_peer_new(StreamerClient *client, const char *name, const char *url) {
  StreamerPeer *peer = g_new0(StreamerPeer, 1);
  peer->client = client;
  peer->lane = choose_lane(client);
  peer->lane->peers++;
  peer->name = g_strdup(name);
  peer->url = g_strconcat(url, "control", NULL);
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
  call->is_address = peer->is_address;
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
