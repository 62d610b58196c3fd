#include "config.h"

#include "fcgi/fleet/lane.h"

#include "fcgi/rules/control.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 1500
#define MAX_IDLE_HANDLES 64
#define MAX_KEPT_CONNECTIONS 20000L
/* A connection's buffer, allocated for each: statuses are small, and there may be thousands. */
#define RECEIVE_BUFFER 4096L

/* So many letters are read, and so many sockets looked at, before the others have their turn. */
#define LETTERS_A_TURN 64
#define SOCKETS_A_TURN 64
#define LONGEST_WAIT_MS 10000

struct Lane {
  GThread *thread;
  Mailbox *mailbox; /* calls and forgettings from the core */
  CURLM *multi;
  int epoll; /* curl's sockets, and `wake`: one that has news is found whatever the number of the others */
  int wake;  /* an eventfd: there are letters, or the end */
  gint64 curl_due_us; /* monotonic: when curl wants to be called; -1: not by the time. The lane's */
  GHashTable *active; /* call's number -> LaneCall; the lane's */
  GPtrArray *idle;    /* easy handles; the lane's */
  atomic_bool ending;
};

typedef struct {
  Letter letter;
  guint64 number;
} Forgetting;

/* ---- the lane's thread ---- */

static gsize on_lane_data(char *data, gsize size, gsize count, gpointer user_data) {
  LaneCall *call = user_data;
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

static void set_options(LaneCall *call) {
  CURL *easy = call->easy;
  curl_easy_setopt(easy, CURLOPT_URL, call->url);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_lane_data);
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
  if (call->ca_file) { /* read for each connection, as it is then */
    curl_easy_setopt(easy, CURLOPT_CAINFO, call->ca_file);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  }
}

static void release_handle(LaneCall *call) {
  curl_multi_remove_handle(call->lane->multi, call->easy);
  keep_handle(call->lane, g_steal_pointer(&call->easy));
  g_hash_table_remove(call->lane->active, &call->number);
}

/* Its letter, and with it the call, is the core's again. */
static void bring_home(LaneCall *call) {
  call->letter.deliver = call->deliver;
  mailbox_post(call->home, &call->letter);
}

static void finish_call(LaneCall *call, CURLcode code) {
  call->code = code;
  curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &call->sent_us);
  curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
  if (code != CURLE_OK && !*call->detail)
    g_strlcpy(call->detail, curl_easy_strerror(code), sizeof call->detail);
  release_handle(call);
  bring_home(call);
}

static void forget_in_lane(Letter *letter, gpointer receiver) {
  Forgetting *forgetting = (Forgetting *)letter;
  Lane *lane = receiver;
  LaneCall *call = lane ? g_hash_table_lookup(lane->active, &forgetting->number) : NULL;
  if (call) {
    release_handle(call);
    bring_home(call);
  }
  g_free(forgetting);
}

static void start_in_lane(Letter *letter, gpointer receiver) {
  LaneCall *call = (LaneCall *)letter;
  Lane *lane = receiver;
  if (!lane) /* the lane has ended */
    return;
  call->easy = take_handle(lane);
  set_options(call);
  g_hash_table_replace(lane->active, &call->number, call);
  if (curl_multi_add_handle(lane->multi, call->easy) != CURLM_OK)
    finish_call(call, CURLE_FAILED_INIT);
}

static void reap_calls(Lane *lane) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(lane->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    LaneCall *call = NULL;
    CURLcode code = message->data.result; /* the message goes with the handle */
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    finish_call(call, code);
  }
}

/* Breaks off what is under way. */
static void end_calls(Lane *lane) {
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, lane->active);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    LaneCall *call = value;
    curl_multi_remove_handle(lane->multi, call->easy);
    curl_easy_cleanup(g_steal_pointer(&call->easy));
  }
  g_ptr_array_set_free_func(lane->idle, curl_easy_cleanup);
  g_clear_pointer(&lane->idle, g_ptr_array_unref);
  g_clear_pointer(&lane->active, g_hash_table_unref);
}

/* curl's CURLMOPT_SOCKETFUNCTION: what to look out for. @known: what curl_multi_assign() set. */
static int on_lane_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *known) {
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

static int on_lane_timer(CURLM *multi, long timeout_ms, void *data) {
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
    reap_calls(lane);
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

Lane *lane_new(void) {
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
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_lane_socket);
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
  curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_lane_timer);
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

void lane_end(Lane *lane) {
  atomic_store(&lane->ending, TRUE);
  wake_lane(lane);
}

void lane_free(Lane *lane) {
  g_thread_join(lane->thread);
  mailbox_free(lane->mailbox);
  curl_multi_cleanup(lane->multi);
  close(lane->epoll);
  close(lane->wake);
  g_free(lane);
}

void lane_call(Lane *lane, LaneCall *call) {
  call->letter.deliver = start_in_lane;
  call->lane = lane;
  mailbox_post(lane->mailbox, &call->letter);
}

void lane_forget(Lane *lane, guint64 number) {
  Forgetting *forgetting = g_new0(Forgetting, 1);
  forgetting->letter.deliver = forget_in_lane;
  forgetting->number = number;
  mailbox_post(lane->mailbox, &forgetting->letter);
}
