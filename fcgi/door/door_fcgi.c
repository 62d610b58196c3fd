/* How requests come in and pass to the core; fcgi_connection.h says how a connection does. */
#include "config.h"

#include "fcgi/door/door_fcgi.h"

#include "common/log.h"
#include "common/wire.h"
#include "fcgi/core/request.h"
#include "fcgi/door/admission.h"
#include "fcgi/door/cgi_request.h"
#include "fcgi/door/fcgi_connection.h"
#include "fcgi/verbs/resources.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_AT_ONCE 64
/* What libfcgi reads is there, and what it writes has room; should that not be so, it waits so long. */
#define PEER_TIMEOUT_SECONDS 1
/* How often a worker looks for peers that are too slow, if some are slow. */
#define LATE_LOOK_MS 500
/* When descriptors have run out, accepting rests for so long. */
#define ACCEPT_REST_US (100 * 1000)
#define FCGI_ABORT_REQUEST_TYPE 2
#define FCGI_HEADER_BYTES 8

/* Tickets that stand for no connection. */
#define TICKET_LISTENER G_MAXUINT64
#define TICKET_END (G_MAXUINT64 - 1)

struct DoorFcgi {
  FcgiConnections connections; /* first: door_of() */
  Core *core;
  Listener *listener;
  gboolean is_unix;
  int end;                        /* an eventfd */
  Mailbox *finishing;             /* to the finishers */
  GPtrArray *threads, *finishers; /* of GThread */
};

static DoorFcgi *door_of(const FcgiConnection *connection) {
  return (DoorFcgi *)connection->all;
}

static void finish_in_thread(Letter *letter, gpointer receiver) {
  FcgiConnection *connection = (FcgiConnection *)letter;
  Reply reply = connection->reply;
  fcgi_connection_answer(connection, &reply);
  body_unref(reply.body);
}

/* ---- the core's side ---- */

static void on_fcgi_send(Request *request, const Reply *reply) {
  FcgiConnection *connection = request_get_connection(request);
  connection->request = NULL;
  connection->reply = *reply;
  connection->letter.deliver = finish_in_thread;
  fcgi_connection_move_to(connection, SENDING);
  mailbox_post(door_of(connection)->finishing, &connection->letter);
}

static void on_fcgi_watch(Request *request) {
  FcgiConnection *connection = request_get_connection(request);
  pthread_mutex_lock(&connection->all->lock);
  fcgi_connection_set_state(connection, WAITING);
  fcgi_connection_arm(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP);
  pthread_mutex_unlock(&connection->all->lock);
}

static const Door door_fcgi = {on_fcgi_send, on_fcgi_watch};

static void bring_connection_to_core(Letter *letter, gpointer receiver) {
  FcgiConnection *connection = (FcgiConnection *)letter;
  if (receiver)
    resources_handle(receiver, connection->request);
}

typedef struct {
  Letter letter;
  DoorFcgi *door;
  guint64 ticket;
} Gone;

static void tell_core_connection_gone(Letter *letter, gpointer receiver) {
  g_autofree Gone *gone = (Gone *)letter;
  if (!receiver)
    return;
  pthread_mutex_lock(&gone->door->connections.lock);
  FcgiConnection *connection = fcgi_connection_find(&gone->door->connections, gone->ticket);
  if (connection && connection->state == WAITING)
    fcgi_connection_set_state(connection, HELD);
  else
    connection = NULL; /* answered meanwhile */
  pthread_mutex_unlock(&gone->door->connections.lock);
  if (!connection)
    return;
  request_gone(g_steal_pointer(&connection->request));
  fcgi_connection_drop(connection);
}

/* ---- workers ---- */

static const char *variable_of_connection(gconstpointer source, const char *name) {
  return fcgi_connection_get_parameter(source, name);
}

/* What is whole, as a request; NULL when libfcgi cannot read it. */
static Request *read_request(FcgiConnection *connection) {
  gsize length;
  char *text;
  if (!fcgi_connection_accept(connection, &text, &length))
    return NULL;
  Request *request = cgi_request_new(&door_fcgi, connection, variable_of_connection, connection,
                                     door_of(connection)->core->configuration->proxy_networks, text, length);
  g_strlcpy(connection->request_id, request_get_id(request), sizeof connection->request_id);
  return request;
}

/* Whether there is an answer without the core. */
static gboolean answer_at_door(FcgiConnection *connection, Request *request, Reply *reply) {
  const Core *core = door_of(connection)->core;
  const PageHeaders page = cgi_request_read_page(variable_of_connection, connection);
  g_free(connection->allow_origin);
  connection->allow_origin = g_strdup(pages_allow_origin(core->configuration, &page));
  return pages_answer(core->configuration, core->metering, request, &page, reply) ||
         admission_answer(core->admission, request, reply);
}

/* A connection has become readable while it was IDLE; the worker owns it now. */
static void serve_connection(FcgiConnection *connection) {
  DoorFcgi *door = door_of(connection);
  ArrivalState state = fcgi_connection_receive(connection);
  if (state == ARRIVAL_MORE) {
    fcgi_connection_wait_for_rest(connection);
    return;
  }
  Request *request = state == ARRIVAL_WHOLE ? read_request(connection) : NULL;
  if (!request) {
    fcgi_connection_drop(connection);
    return;
  }
  Reply reply;
  if (answer_at_door(connection, request, &reply)) {
    request_free(request);
    fcgi_connection_answer(connection, &reply);
    body_unref(reply.body);
    return;
  }
  connection->request = request;
  connection->letter.deliver = bring_connection_to_core;
  fcgi_connection_move_to(connection, HELD);
  mailbox_post(door->core->mailbox, &connection->letter);
}

/* Whether the web server has given the waiting request up. Under lock. */
static gboolean is_given_up(const FcgiConnection *connection, guint32 events) {
  unsigned char header[FCGI_HEADER_BYTES];
  if (events & (EPOLLHUP | EPOLLERR))
    return TRUE;
  gssize n = recv(connection->fcgi.ipcFd, header, sizeof header, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0)
    return errno != EAGAIN && errno != EINTR;
  /* At the end of the stream a Unix socket tells by HUP whether the peer still reads; TCP cannot tell. */
  if (n == 0)
    return !door_of(connection)->is_unix;
  return n == sizeof header && header[1] == FCGI_ABORT_REQUEST_TYPE;
}

/* Something has happened on a WAITING connection. Under lock. */
static void look_at_waiting(FcgiConnection *connection, guint32 events) {
  if (!is_given_up(connection, events)) {
    /* Half closed, or a record that does not matter: from now on only a full close is of interest. */
    fcgi_connection_arm(connection, EPOLL_CTL_MOD, 0);
    return;
  }
  Gone *gone = g_new0(Gone, 1);
  gone->letter.deliver = tell_core_connection_gone;
  gone->door = door_of(connection);
  gone->ticket = fcgi_connection_get_ticket(connection);
  mailbox_post(door_of(connection)->core->mailbox, &gone->letter);
}

static void on_connection_event(DoorFcgi *door, guint64 ticket, guint32 events) {
  pthread_mutex_lock(&door->connections.lock);
  FcgiConnection *connection = fcgi_connection_find(&door->connections, ticket);
  gboolean is_idle = connection && connection->state == IDLE;
  gboolean is_sending = connection && connection->state == SENDING;
  if (is_idle || is_sending)
    fcgi_connection_set_state(connection, WORKING);
  else if (connection && connection->state == WAITING)
    look_at_waiting(connection, events);
  pthread_mutex_unlock(&door->connections.lock);
  if (is_idle)
    serve_connection(connection);
  else if (is_sending)
    fcgi_connection_go_on(connection);
}

/* ---- accepting ---- */

static void arm_listener(DoorFcgi *door, int operation) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = TICKET_LISTENER};
  epoll_ctl(door->connections.epoll, operation, listener_get_fd(door->listener), &event);
}

typedef struct {
  Letter letter;
  DoorFcgi *door;
} AcceptRest;

static void accept_again(gpointer data) {
  arm_listener(data, EPOLL_CTL_MOD);
}

static void rest_in_core(Letter *letter, gpointer receiver) {
  g_autofree AcceptRest *rest = (AcceptRest *)letter;
  Core *core = receiver;
  if (core && !core->stopping)
    timers_add(core->timers, ACCEPT_REST_US, accept_again, rest->door);
}

static void rest_from_accepting(DoorFcgi *door) {
  log_warning("accept_failed", "error=\"%s\"", g_strerror(errno));
  AcceptRest *rest = g_new0(AcceptRest, 1);
  rest->letter.deliver = rest_in_core;
  rest->door = door;
  mailbox_post(door->core->mailbox, &rest->letter);
}

static void set_socket_options(int fd, gboolean is_unix) {
  struct timeval timeout = {.tv_sec = PEER_TIMEOUT_SECONDS};
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (!is_unix)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void accept_connections(DoorFcgi *door, int listener) {
  for (guint i = 0; i < ACCEPTS_AT_ONCE; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      rest_from_accepting(door);
      return;
    }
    if (fd < 0)
      break;
    set_socket_options(fd, door->is_unix);
    fcgi_connection_add(&door->connections, fd);
  }
  arm_listener(door, EPOLL_CTL_MOD);
}

static gpointer run_worker(gpointer data) {
  DoorFcgi *door = data;
  int listener = listener_get_fd(door->listener);
  for (;;) {
    struct epoll_event event;
    gboolean look = atomic_load(&door->connections.n_slow) > 0;
    int n = epoll_wait(door->connections.epoll, &event, 1, look ? LATE_LOOK_MS : -1);
    if (look)
      fcgi_connection_drop_late(&door->connections);
    if (n <= 0)
      continue;
    if (event.data.u64 == TICKET_END)
      return NULL;
    if (event.data.u64 == TICKET_LISTENER)
      accept_connections(door, listener);
    else
      on_connection_event(door, event.data.u64, event.events);
  }
}

static gpointer run_finisher(gpointer data) {
  DoorFcgi *door = data;
  while (mailbox_deliver_next(door->finishing, door))
    ;
  return NULL;
}

/* ---- the door ---- */

void door_fcgi_prepare(void) {
  FCGX_Init();
}

DoorFcgi *door_fcgi_new(Core *core, Listener *listener) {
  DoorFcgi *door = g_new0(DoorFcgi, 1);
  door->core = core;
  door->listener = listener;
  door->is_unix = listener_is_unix(listener);
  fcgi_connections_init(&door->connections, epoll_create1(EPOLL_CLOEXEC));
  door->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  door->finishing = mailbox_new(NULL, NULL);
  struct epoll_event end = {.events = EPOLLIN, .data.u64 = TICKET_END};
  epoll_ctl(door->connections.epoll, EPOLL_CTL_ADD, door->end, &end);
  arm_listener(door, EPOLL_CTL_ADD);
  door->threads = g_ptr_array_new();
  door->finishers = g_ptr_array_new();
  for (gint64 i = 0; i < core->configuration->threads; i++)
    g_ptr_array_add(door->threads, g_thread_new("fcgi", run_worker, door));
  for (gint64 i = 0; i < core->configuration->finisher_threads; i++)
    g_ptr_array_add(door->finishers, g_thread_new("finisher", run_finisher, door));
  return door;
}

void door_fcgi_close_entrance(DoorFcgi *door) {
  atomic_store(&door->connections.closing, TRUE);
  if (listener_is_passed(door->listener))
    epoll_ctl(door->connections.epoll, EPOLL_CTL_DEL, listener_get_fd(door->listener), NULL);
  listener_stop_new(door->listener);
}

void door_fcgi_bar_entrance(DoorFcgi *door) {
  epoll_ctl(door->connections.epoll, EPOLL_CTL_DEL, listener_get_fd(door->listener), NULL);
  listener_refuse(door->listener);
}

guint door_fcgi_count_connections(DoorFcgi *door) {
  return fcgi_connections_count(&door->connections);
}

guint door_fcgi_count_busy(DoorFcgi *door) {
  return fcgi_connections_count_busy(&door->connections);
}

static void join_all(GPtrArray *threads) {
  for (guint i = 0; i < threads->len; i++)
    g_thread_join(threads->pdata[i]);
  g_ptr_array_unref(threads);
}

void door_fcgi_free(DoorFcgi *door) {
  if (!door)
    return;
  guint64 one = 1;
  if (write(door->end, &one, sizeof one) < 0)
    g_error("eventfd: %s", g_strerror(errno));
  join_all(door->threads);
  mailbox_close(door->finishing);
  join_all(door->finishers);
  mailbox_free(door->finishing);
  mailbox_deliver(door->core->mailbox, NULL);
  fcgi_connections_clear(&door->connections);
  listener_close(door->listener);
  close(door->connections.epoll);
  close(door->end);
  g_free(door);
}
