/* How a request passes through this door
 *
 * libfcgi is used as a parser and writer of records only: connections are accepted and watched here, by
 * epoll, so that neither a connection that the web server keeps open nor a request that waits holds a thread.
 *
 * A Connection carries one request at a time, and has one owner at a time, who alone may touch its
 * FCGX_Request:
 *
 *   IDLE     epoll: armed for the next request, or for more of one that has begun to arrive
 *   WORKING  a worker, which reads the request; an answer that needs no core (admission.h) it writes itself
 *   HELD     the core's Request, which is being handled
 *   WAITING  the same, and epoll is armed to tell when the web server gives up
 *   SENDING  a finisher, which writes the answer, or epoll, armed for the rest of a long one to be taken;
 * then IDLE again, or closed
 *
 * State changes, arming and the table of connections are under one lock. What epoll hands out is a ticket,
 * the connection's index and generation; the generation changes with each state, so that an event that was on
 * its way while another thread moved the connection on finds nothing, instead of somebody else's request.
 *
 * A worker hands a request to libfcgi when all of it is there (arrival.h), and what libfcgi writes of a long
 * answer is sent as it is taken: a peer that stops in the middle holds nobody. It has SLOW_SECONDS for a
 * whole request, or for taking any of an answer; of those that are slow the oldest is given up, too, when
 * they are more than SLOW_MAX.
 *
 * A worker that finds a WAITING connection dead only posts the ticket to the core, which owns the request.
 */
#include "config.h"

#include "fcgi/door_fcgi.h"

#include "common/log.h"
#include "common/wire.h"
#include "fcgi/admission.h"
#include "fcgi/arrival.h"
#include "fcgi/cgi_header.h"
#include "fcgi/request.h"
#include "fcgi/resources.h"

#include <errno.h>
#include <fcgiapp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_AT_ONCE 64
/* What libfcgi reads is there, and what it writes has room; should that not be so, it waits so long. */
#define PEER_TIMEOUT_SECONDS 1
/* Longer answers than this may not have room in a socket at once. */
#define LONG_ANSWER (32 * 1024)
#define SLOW_SECONDS 8
#define SLOW_MAX 512
#define ARRIVAL_BUFFER (16 * 1024)
/* Of one connection at once; then others have their turn. */
#define ARRIVAL_READS 64
/* How often a worker looks for peers that are too slow, if some are slow. */
#define LATE_LOOK_MS 500
/* When descriptors have run out, accepting rests for so long. */
#define ACCEPT_REST_US (100 * 1000)
#define FCGI_ABORT_REQUEST_TYPE 2
#define FCGI_HEADER_BYTES 8

/* Tickets that stand for no connection. */
#define TICKET_LISTENER G_MAXUINT64
#define TICKET_END (G_MAXUINT64 - 1)

typedef enum { IDLE, WORKING, HELD, WAITING, SENDING } State;

typedef struct {
  Letter letter; /* to the core with a request, to a finisher with a reply */
  DoorFcgi *door;
  FCGX_Request fcgi;
  guint32 index;
  guint32 generation; /* under the door's lock */
  State state;        /* under the door's lock */
  Arrival *arrival;   /* a request that comes in pieces (nullable) */
  int unsent;       /* SENDING: a file with the rest of a long answer, read as far as it is sent; -1: none */
  gboolean is_last; /* SENDING: the connection is to be closed then */
  gint64 slow_us;   /* monotonic, since when it is slow */
  GList slow;       /* its place in the door's `slow`, if data is set; under the door's lock */
  Request *request; /* HELD, WAITING: the core's */
  Reply reply;      /* SENDING */
  char request_id[32];
} Connection;

struct DoorFcgi {
  Core *core;
  Listener *listener;
  gboolean is_unix;
  int epoll;
  int end; /* an eventfd */
  Mailbox *finishing;
  GPtrArray *threads, *finishers; /* of GThread */
  atomic_bool closing;            /* connections end with their next answer */
  pthread_mutex_t lock;
  GPtrArray *connections; /* by index, NULL: unused; under lock */
  GArray *unused;         /* indexes; under lock */
  guint busy;             /* HELD, WAITING or SENDING; under lock */
  GQueue slow;            /* of Connection whose peer is awaited, the oldest first; under lock */
  atomic_uint n_slow;     /* its length, for a look without lock */
};

/* ---- connections, tickets, states ---- */

static guint64 ticket_of(const Connection *connection) {
  return (guint64)connection->generation << 32 | connection->index;
}

/* Under lock. */
static Connection *find(DoorFcgi *door, guint64 ticket) {
  guint32 index = (guint32)ticket;
  Connection *connection = index < door->connections->len ? door->connections->pdata[index] : NULL;
  return connection && ticket_of(connection) == ticket ? connection : NULL;
}

/* Under lock. */
static void set_state(Connection *connection, State state) {
  gboolean was_busy = connection->state >= HELD, is_busy = state >= HELD;
  connection->state = state;
  connection->generation++;
  connection->door->busy += (guint)is_busy - (guint)was_busy;
}

static void move_to(Connection *connection, State state) {
  pthread_mutex_lock(&connection->door->lock);
  set_state(connection, state);
  pthread_mutex_unlock(&connection->door->lock);
}

/* Under lock. From now on a worker may come upon the connection. */
static gboolean arm(Connection *connection, int operation, guint32 events) {
  struct epoll_event event = {.events = events | EPOLLONESHOT, .data.u64 = ticket_of(connection)};
  return epoll_ctl(connection->door->epoll, operation, connection->fcgi.ipcFd, &event) == 0;
}

/* Under lock. */
static void leave_slow(Connection *connection) {
  if (connection->slow.data)
    g_queue_unlink(&connection->door->slow, &connection->slow);
  connection->slow.data = NULL;
  atomic_store(&connection->door->n_slow, connection->door->slow.length);
}

/* Under lock. Its peer is awaited from now on, if it is not yet. */
static void begin_slow(Connection *connection) {
  if (connection->slow.data)
    return;
  connection->slow.data = connection;
  connection->slow_us = g_get_monotonic_time();
  g_queue_push_tail_link(&connection->door->slow, &connection->slow);
  atomic_store(&connection->door->n_slow, connection->door->slow.length);
}

/* Under lock. Its request is whole, its answer sent, or it is given up. */
static void end_slow(Connection *connection) {
  leave_slow(connection);
  g_clear_pointer(&connection->arrival, arrival_free);
  if (connection->unsent >= 0)
    close(connection->unsent);
  connection->unsent = -1;
}

/* Gives the owner's connection up. libfcgi has closed it, or does now. */
static void drop(Connection *connection) {
  DoorFcgi *door = connection->door;
  if (connection->fcgi.ipcFd >= 0) {
    FCGX_Detach(&connection->fcgi); /* or closing would wait for the peer */
    FCGX_Free(&connection->fcgi, 1);
  }
  pthread_mutex_lock(&door->lock);
  end_slow(connection);
  set_state(connection, IDLE);
  door->connections->pdata[connection->index] = NULL;
  g_array_append_val(door->unused, connection->index);
  pthread_mutex_unlock(&door->lock);
  g_free(connection);
}

/* Lets the owner's connection bring its next request. */
static void release(Connection *connection, int operation) {
  DoorFcgi *door = connection->door;
  pthread_mutex_lock(&door->lock);
  set_state(connection, IDLE);
  gboolean armed = arm(connection, operation, EPOLLIN | EPOLLRDHUP);
  pthread_mutex_unlock(&door->lock);
  if (!armed)
    drop(connection);
}

static void add_connection(DoorFcgi *door, int fd) {
  Connection *connection = g_new0(Connection, 1);
  connection->door = door;
  FCGX_InitRequest(&connection->fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  connection->fcgi.ipcFd = fd;
  connection->unsent = -1;
  pthread_mutex_lock(&door->lock);
  if (door->unused->len > 0) {
    connection->index = g_array_index(door->unused, guint32, door->unused->len - 1);
    g_array_set_size(door->unused, door->unused->len - 1);
    door->connections->pdata[connection->index] = connection;
  } else {
    connection->index = door->connections->len;
    g_ptr_array_add(door->connections, connection);
  }
  /* Not 0: an index is used again, and an old ticket must not fit. */
  connection->generation = (guint32)g_get_monotonic_time();
  pthread_mutex_unlock(&door->lock);
  release(connection, EPOLL_CTL_ADD);
}

/* ---- writing ---- */

/* Has libfcgi write the answer: to the socket, or, if it is long, to a file (`unsent`). */
static void write_reply(Connection *connection, const Reply *reply) {
  FCGX_Request *fcgi = &connection->fcgi;
  char header[CGI_HEADER_MAX];
  int socket = fcgi->ipcFd;
  if (body_get_length(reply->body) > LONG_ANSWER)
    connection->unsent = memfd_create("answer", MFD_CLOEXEC);
  connection->is_last = !fcgi->keepConnection || atomic_load(&connection->door->closing);
  fcgi->keepConnection = connection->unsent >= 0 || !connection->is_last;
  if (connection->unsent >= 0)
    fcgi->ipcFd = connection->unsent;
  FCGX_PutStr(header, cgi_header_format(reply, connection->request_id, header, sizeof header), fcgi->out);
  FCGX_PutStr(body_get_text(reply->body), (int)body_get_length(reply->body), fcgi->out);
  FCGX_Detach(fcgi);
  FCGX_Finish_r(fcgi);
  if (connection->unsent < 0)
    return;
  fcgi->ipcFd = socket;
  lseek(connection->unsent, 0, SEEK_SET);
}

typedef enum { SENT_ALL, SENT_SOME, SENT_NOTHING, SENT_NO_MORE } Sent;

/* What the peer takes of `unsent` without being waited for. */
static Sent send_some(Connection *connection) {
  char buffer[LONG_ANSWER];
  for (gboolean any = FALSE;; any = TRUE) {
    gssize n = read(connection->unsent, buffer, sizeof buffer);
    if (n <= 0)
      return n == 0 ? SENT_ALL : SENT_NO_MORE;
    gssize sent = send(connection->fcgi.ipcFd, buffer, (gsize)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return SENT_NO_MORE;
    if (sent == n)
      continue;
    lseek(connection->unsent, MAX(sent, 0) - n, SEEK_CUR); /* the rest again later */
    return any || sent > 0 ? SENT_SOME : SENT_NOTHING;
  }
}

/* The owner's connection waits until its peer takes more: anew, if it has taken some. */
static void wait_for_room(Connection *connection, Sent sent) {
  DoorFcgi *door = connection->door;
  pthread_mutex_lock(&door->lock);
  set_state(connection, SENDING);
  if (sent == SENT_SOME)
    leave_slow(connection);
  begin_slow(connection);
  gboolean armed = arm(connection, EPOLL_CTL_MOD, EPOLLOUT);
  pthread_mutex_unlock(&door->lock);
  if (!armed)
    drop(connection);
}

/* The owner's connection has its answer, or the rest of it is in `unsent`. */
static void finish_sending(Connection *connection) {
  Sent sent = connection->unsent >= 0 ? send_some(connection) : SENT_ALL;
  if (sent == SENT_SOME || sent == SENT_NOTHING) {
    wait_for_room(connection, sent);
    return;
  }
  if (sent == SENT_NO_MORE || connection->is_last || connection->fcgi.ipcFd < 0) {
    drop(connection);
    return;
  }
  pthread_mutex_lock(&connection->door->lock);
  end_slow(connection);
  pthread_mutex_unlock(&connection->door->lock);
  release(connection, EPOLL_CTL_MOD);
}

static void finish(Connection *connection, const Reply *reply) {
  write_reply(connection, reply);
  finish_sending(connection);
}

static void finish_in_thread(Letter *letter, gpointer receiver) {
  Connection *connection = (Connection *)letter;
  Reply reply = connection->reply;
  finish(connection, &reply);
  body_unref(reply.body);
}

/* ---- the core's side ---- */

static void on_send(Request *request, const Reply *reply) {
  Connection *connection = request_get_connection(request);
  connection->request = NULL;
  connection->reply = *reply;
  connection->letter.deliver = finish_in_thread;
  move_to(connection, SENDING);
  mailbox_post(connection->door->finishing, &connection->letter);
}

static void on_watch(Request *request) {
  Connection *connection = request_get_connection(request);
  pthread_mutex_lock(&connection->door->lock);
  set_state(connection, WAITING);
  arm(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLRDHUP);
  pthread_mutex_unlock(&connection->door->lock);
}

static const Door door_fcgi = {on_send, on_watch};

static void bring_to_core(Letter *letter, gpointer receiver) {
  Connection *connection = (Connection *)letter;
  if (receiver)
    resources_handle(receiver, connection->request);
}

typedef struct {
  Letter letter;
  DoorFcgi *door;
  guint64 ticket;
} Gone;

static void tell_core_gone(Letter *letter, gpointer receiver) {
  g_autofree Gone *gone = (Gone *)letter;
  if (!receiver)
    return;
  pthread_mutex_lock(&gone->door->lock);
  Connection *connection = find(gone->door, gone->ticket);
  if (connection && connection->state == WAITING)
    set_state(connection, HELD);
  else
    connection = NULL; /* answered meanwhile */
  pthread_mutex_unlock(&gone->door->lock);
  if (!connection)
    return;
  request_gone(g_steal_pointer(&connection->request));
  drop(connection);
}

/* ---- workers ---- */

/* What has arrived of a request. The worker owns the connection. */
static ArrivalState receive(Connection *connection) {
  guint8 buffer[ARRIVAL_BUFFER];
  int fd = connection->fcgi.ipcFd;
  ArrivalState state = ARRIVAL_MORE;
  if (!connection->arrival) {
    gssize n = recv(fd, buffer, sizeof buffer, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0 && arrival_look(buffer, (gsize)n) == ARRIVAL_WHOLE)
      return ARRIVAL_WHOLE; /* libfcgi reads it from the socket */
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return ARRIVAL_MORE;
    connection->arrival = arrival_new();
  }
  for (guint i = 0; i < ARRIVAL_READS && state == ARRIVAL_MORE; i++) {
    gssize n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n <= 0)
      return n < 0 && (errno == EAGAIN || errno == EINTR) ? ARRIVAL_MORE : ARRIVAL_BROKEN;
    state = arrival_feed(connection->arrival, buffer, (gsize)n);
  }
  return state;
}

/* The worker's connection is to bring the rest of its request. */
static void wait_for_rest(Connection *connection) {
  DoorFcgi *door = connection->door;
  pthread_mutex_lock(&door->lock);
  if (connection->arrival)
    begin_slow(connection);
  pthread_mutex_unlock(&door->lock);
  release(connection, EPOLL_CTL_MOD);
}

/* Under lock. The one that has been slow for too long, unless a thread has it just now; or NULL. */
static Connection *take_late(DoorFcgi *door) {
  Connection *oldest = g_queue_peek_head(&door->slow);
  if (!oldest || (oldest->state != IDLE && oldest->state != SENDING))
    return NULL;
  gint64 waited_us = g_get_monotonic_time() - oldest->slow_us;
  if (waited_us < SLOW_SECONDS * G_TIME_SPAN_SECOND && door->slow.length <= SLOW_MAX)
    return NULL;
  end_slow(oldest);
  set_state(oldest, WORKING);
  return oldest;
}

static void drop_late(DoorFcgi *door) {
  for (;;) {
    pthread_mutex_lock(&door->lock);
    Connection *late = take_late(door);
    pthread_mutex_unlock(&door->lock);
    if (!late)
      return;
    log_info("peer_given_up",
             "note=\"the web server has not sent the rest of a request, or not taken an answer\"");
    drop(late);
  }
}

/* A file with the request's records, at its beginning; below 0: there is none. */
static int open_records(const Arrival *arrival) {
  GByteArray *records = arrival_get_records(arrival);
  int fd = memfd_create("request", MFD_CLOEXEC);
  gboolean ok = fd >= 0 && write(fd, records->data, records->len) == (gssize)records->len &&
                lseek(fd, 0, SEEK_SET) == 0;
  g_byte_array_unref(records);
  if (!ok && fd >= 0)
    close(fd);
  return ok ? fd : -1;
}

/* Reads the body to its end. Returns (transfer full), NULL when it is too large. */
static char *read_body(FCGX_Stream *in, gsize *length) {
  char buffer[8192];
  g_autoptr(GString) text = g_string_new(NULL);
  for (int n; (n = FCGX_GetStr(buffer, sizeof buffer, in)) > 0;)
    if (text->len <= WIRE_MAX_BODY)
      g_string_append_len(text, buffer, n);
  *length = text->len;
  return text->len <= WIRE_MAX_BODY ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static const char *parameter(const Connection *connection, const char *name) {
  const char *value = FCGX_GetParam(name, connection->fcgi.envp);
  return value ? value : "";
}

static Request *read_request(Connection *connection) {
  gsize length;
  char *text = read_body(connection->fcgi.in, &length);
  const char *target = parameter(connection, "REQUEST_URI");
  if (!*target)
    target = parameter(connection, "SCRIPT_NAME");
  const char *forwarded = FCGX_GetParam("HTTP_X_FORWARDED_FOR", connection->fcgi.envp);
  g_autofree char *address = client_address(parameter(connection, "REMOTE_ADDR"), forwarded,
                                            connection->door->core->configuration->proxy_networks);
  Request *request = request_new(&door_fcgi, connection, parameter(connection, "REQUEST_METHOD"), target,
                                 address, text, length);
  g_strlcpy(connection->request_id, request_get_id(request), sizeof connection->request_id);
  return request;
}

/* Lets libfcgi read what is whole: from the socket, or, in pieces that are gathered, from a file. NULL when
 * that fails. */
static Request *accept_request(Connection *connection) {
  FCGX_Request *fcgi = &connection->fcgi;
  int socket = fcgi->ipcFd, records = connection->arrival ? open_records(connection->arrival) : socket;
  if (records < 0)
    return NULL;
  fcgi->ipcFd = records;
  fcgi->keepConnection = 1; /* makes libfcgi read this descriptor instead of accepting one */
  Request *request = FCGX_Accept_r(fcgi) >= 0 ? read_request(connection) : NULL;
  if (records == socket)
    return request;
  if (fcgi->ipcFd == records) /* or libfcgi has closed it */
    close(records);
  fcgi->ipcFd = socket;
  return request;
}

/* A connection has become readable while it was IDLE; the worker owns it now. */
static void serve(Connection *connection) {
  DoorFcgi *door = connection->door;
  ArrivalState state = receive(connection);
  if (state == ARRIVAL_MORE) {
    wait_for_rest(connection);
    return;
  }
  Request *request = state == ARRIVAL_WHOLE ? accept_request(connection) : NULL;
  if (!request) {
    drop(connection);
    return;
  }
  if (connection->arrival) {
    pthread_mutex_lock(&door->lock);
    end_slow(connection);
    pthread_mutex_unlock(&door->lock);
  }
  Reply reply;
  if (admission_answer(door->core->admission, request, &reply)) {
    request_free(request);
    finish(connection, &reply);
    body_unref(reply.body);
    return;
  }
  connection->request = request;
  connection->letter.deliver = bring_to_core;
  move_to(connection, HELD);
  mailbox_post(door->core->mailbox, &connection->letter);
}

/* Whether the web server has given the waiting request up. Under lock. */
static gboolean is_given_up(const Connection *connection, guint32 events) {
  unsigned char header[FCGI_HEADER_BYTES];
  if (events & (EPOLLHUP | EPOLLERR))
    return TRUE;
  gssize n = recv(connection->fcgi.ipcFd, header, sizeof header, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0)
    return errno != EAGAIN && errno != EINTR;
  /* At the end of the stream a Unix socket tells by HUP whether the peer still reads; TCP cannot tell. */
  if (n == 0)
    return !connection->door->is_unix;
  return n == sizeof header && header[1] == FCGI_ABORT_REQUEST_TYPE;
}

/* Something has happened on a WAITING connection. Under lock. */
static void look_at_waiting(Connection *connection, guint32 events) {
  if (!is_given_up(connection, events)) {
    /* Half closed, or a record that does not matter: from now on only a full close is of interest. */
    arm(connection, EPOLL_CTL_MOD, 0);
    return;
  }
  Gone *gone = g_new0(Gone, 1);
  gone->letter.deliver = tell_core_gone;
  gone->door = connection->door;
  gone->ticket = ticket_of(connection);
  mailbox_post(connection->door->core->mailbox, &gone->letter);
}

static void on_connection_event(DoorFcgi *door, guint64 ticket, guint32 events) {
  pthread_mutex_lock(&door->lock);
  Connection *connection = find(door, ticket);
  gboolean is_idle = connection && connection->state == IDLE;
  gboolean is_sending = connection && connection->state == SENDING;
  if (is_idle || is_sending)
    set_state(connection, WORKING);
  else if (connection && connection->state == WAITING)
    look_at_waiting(connection, events);
  pthread_mutex_unlock(&door->lock);
  if (is_idle)
    serve(connection);
  else if (is_sending)
    finish_sending(connection);
}

/* ---- accepting ---- */

static void arm_listener(DoorFcgi *door, int operation) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = TICKET_LISTENER};
  epoll_ctl(door->epoll, operation, listener_get_fd(door->listener), &event);
}

typedef struct {
  Letter letter;
  DoorFcgi *door;
} Rest;

static void accept_again(gpointer data) {
  arm_listener(data, EPOLL_CTL_MOD);
}

static void rest_in_core(Letter *letter, gpointer receiver) {
  g_autofree Rest *rest = (Rest *)letter;
  Core *core = receiver;
  if (core && !core->stopping)
    timers_add(core->timers, ACCEPT_REST_US, accept_again, rest->door);
}

static void rest_from_accepting(DoorFcgi *door) {
  log_warning("accept_failed", "error=\"%s\"", g_strerror(errno));
  Rest *rest = g_new0(Rest, 1);
  rest->letter.deliver = rest_in_core;
  rest->door = door;
  mailbox_post(door->core->mailbox, &rest->letter);
}

static void set_options(int fd, gboolean is_unix) {
  struct timeval timeout = {.tv_sec = PEER_TIMEOUT_SECONDS};
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  if (!is_unix)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void accept_some(DoorFcgi *door, int listener) {
  for (guint i = 0; i < ACCEPTS_AT_ONCE; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      rest_from_accepting(door);
      return;
    }
    if (fd < 0)
      break;
    set_options(fd, door->is_unix);
    add_connection(door, fd);
  }
  arm_listener(door, EPOLL_CTL_MOD);
}

static gpointer run_worker(gpointer data) {
  DoorFcgi *door = data;
  int listener = listener_get_fd(door->listener);
  for (;;) {
    struct epoll_event event;
    gboolean look = atomic_load(&door->n_slow) > 0;
    int n = epoll_wait(door->epoll, &event, 1, look ? LATE_LOOK_MS : -1);
    if (look)
      drop_late(door);
    if (n <= 0)
      continue;
    if (event.data.u64 == TICKET_END)
      return NULL;
    if (event.data.u64 == TICKET_LISTENER)
      accept_some(door, listener);
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
  door->epoll = epoll_create1(EPOLL_CLOEXEC);
  door->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  door->finishing = mailbox_new(NULL, NULL);
  pthread_mutex_init(&door->lock, NULL);
  door->connections = g_ptr_array_new();
  door->unused = g_array_new(FALSE, FALSE, sizeof(guint32));
  struct epoll_event end = {.events = EPOLLIN, .data.u64 = TICKET_END};
  epoll_ctl(door->epoll, EPOLL_CTL_ADD, door->end, &end);
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
  atomic_store(&door->closing, TRUE);
  epoll_ctl(door->epoll, EPOLL_CTL_DEL, listener_get_fd(door->listener), NULL);
  listener_refuse(door->listener);
}

guint door_fcgi_count_busy(DoorFcgi *door) {
  pthread_mutex_lock(&door->lock);
  guint busy = door->busy;
  pthread_mutex_unlock(&door->lock);
  return busy;
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
  for (guint i = 0; i < door->connections->len; i++) {
    Connection *connection = door->connections->pdata[i];
    if (!connection)
      continue;
    request_free(connection->request);
    drop(connection);
  }
  listener_close(door->listener);
  g_ptr_array_unref(door->connections);
  g_array_unref(door->unused);
  pthread_mutex_destroy(&door->lock);
  close(door->epoll);
  close(door->end);
  g_free(door);
}
