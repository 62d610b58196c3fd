#include "config.h"

#include "fcgi/door/fcgi_connection.h"

#include "common/log.h"
#include "fcgi/door/cgi_header.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Longer answers than this may not have room in a socket at once. */
#define LONG_ANSWER (32 * 1024)
#define SLOW_SECONDS 8
#define SLOW_MAX 512
#define ARRIVAL_BUFFER (16 * 1024)
/* Of one connection at once; then others have their turn. */
#define ARRIVAL_READS 64

/* ---- connections, tickets, states ---- */

guint64 fcgi_connection_get_ticket(const FcgiConnection *connection) {
  return (guint64)connection->generation << 32 | connection->index;
}

/* Under lock. */
FcgiConnection *fcgi_connection_find(FcgiConnections *all, guint64 ticket) {
  guint32 index = (guint32)ticket;
  FcgiConnection *connection = index < all->by_index->len ? all->by_index->pdata[index] : NULL;
  return connection && fcgi_connection_get_ticket(connection) == ticket ? connection : NULL;
}

/* Under lock. */
void fcgi_connection_set_state(FcgiConnection *connection, FcgiState state) {
  gboolean was_busy = connection->state >= HELD, is_busy = state >= HELD;
  connection->state = state;
  connection->generation++;
  connection->all->busy += (guint)is_busy - (guint)was_busy;
}

void fcgi_connection_move_to(FcgiConnection *connection, FcgiState state) {
  pthread_mutex_lock(&connection->all->lock);
  fcgi_connection_set_state(connection, state);
  pthread_mutex_unlock(&connection->all->lock);
}

/* Under lock. From now on a worker may come upon the connection. */
gboolean fcgi_connection_arm(FcgiConnection *connection, int operation, guint32 events) {
  struct epoll_event event = {.events = events | EPOLLONESHOT,
                              .data.u64 = fcgi_connection_get_ticket(connection)};
  return epoll_ctl(connection->all->epoll, operation, connection->fcgi.ipcFd, &event) == 0;
}

/* Under lock. */
static void leave_slow(FcgiConnection *connection) {
  if (connection->slow.data)
    g_queue_unlink(&connection->all->slow, &connection->slow);
  connection->slow.data = NULL;
  atomic_store(&connection->all->n_slow, connection->all->slow.length);
}

/* Under lock. Its peer is awaited from now on, if it is not yet. */
static void begin_slow(FcgiConnection *connection) {
  if (connection->slow.data)
    return;
  connection->slow.data = connection;
  connection->slow_us = g_get_monotonic_time();
  g_queue_push_tail_link(&connection->all->slow, &connection->slow);
  atomic_store(&connection->all->n_slow, connection->all->slow.length);
}

/* Under lock. Its request is whole, its answer sent, or it is given up. */
static void end_slow(FcgiConnection *connection) {
  leave_slow(connection);
  g_clear_pointer(&connection->arrival, arrival_free);
  /* ThreadSanitizer knows no memfd_create(), so it would take this for the end of an earlier descriptor. */
  if (connection->unsent >= 0)
    syscall(SYS_close, connection->unsent);
  connection->unsent = -1;
}

/* Gives the owner's connection up. libfcgi has closed it, or does now. */
void fcgi_connection_drop(FcgiConnection *connection) {
  FcgiConnections *all = connection->all;
  if (connection->fcgi.ipcFd >= 0) {
    FCGX_Detach(&connection->fcgi); /* or closing would wait for the peer */
    FCGX_Free(&connection->fcgi, 1);
  }
  pthread_mutex_lock(&all->lock);
  end_slow(connection);
  fcgi_connection_set_state(connection, IDLE);
  all->by_index->pdata[connection->index] = NULL;
  g_array_append_val(all->unused, connection->index);
  pthread_mutex_unlock(&all->lock);
  g_free(connection->allow_origin);
  g_free(connection);
}

/* Lets the owner's connection bring its next request. */
static void release_connection(FcgiConnection *connection, int operation) {
  FcgiConnections *all = connection->all;
  pthread_mutex_lock(&all->lock);
  fcgi_connection_set_state(connection, IDLE);
  gboolean armed = fcgi_connection_arm(connection, operation, EPOLLIN | EPOLLRDHUP);
  pthread_mutex_unlock(&all->lock);
  if (!armed)
    fcgi_connection_drop(connection);
}

void fcgi_connection_add(FcgiConnections *all, int fd) {
  FcgiConnection *connection = g_new0(FcgiConnection, 1);
  connection->all = all;
  FCGX_InitRequest(&connection->fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  connection->fcgi.ipcFd = fd;
  connection->unsent = -1;
  pthread_mutex_lock(&all->lock);
  if (all->unused->len > 0) {
    connection->index = g_array_index(all->unused, guint32, all->unused->len - 1);
    g_array_set_size(all->unused, all->unused->len - 1);
    all->by_index->pdata[connection->index] = connection;
  } else {
    connection->index = all->by_index->len;
    g_ptr_array_add(all->by_index, connection);
  }
  /* Not 0: an index is used again, and an old ticket must not fit. */
  connection->generation = (guint32)g_get_monotonic_time();
  pthread_mutex_unlock(&all->lock);
  release_connection(connection, EPOLL_CTL_ADD);
}

/* ---- all of them ---- */

void fcgi_connections_init(FcgiConnections *all, int epoll) {
  all->epoll = epoll;
  all->by_index = g_ptr_array_new();
  all->unused = g_array_new(FALSE, FALSE, sizeof(guint32));
  pthread_mutex_init(&all->lock, NULL);
}

void fcgi_connections_clear(FcgiConnections *all) {
  for (guint i = 0; i < all->by_index->len; i++) {
    FcgiConnection *connection = all->by_index->pdata[i];
    if (!connection)
      continue;
    request_free(connection->request);
    fcgi_connection_drop(connection);
  }
  g_ptr_array_unref(all->by_index);
  g_array_unref(all->unused);
  pthread_mutex_destroy(&all->lock);
}

guint fcgi_connections_count(FcgiConnections *all) {
  pthread_mutex_lock(&all->lock);
  guint count = all->by_index->len - all->unused->len;
  pthread_mutex_unlock(&all->lock);
  return count;
}

guint fcgi_connections_count_busy(FcgiConnections *all) {
  pthread_mutex_lock(&all->lock);
  guint busy = all->busy;
  pthread_mutex_unlock(&all->lock);
  return busy;
}

/* ---- reading ---- */

/* What has arrived of a request. The worker owns the connection. */
ArrivalState fcgi_connection_receive(FcgiConnection *connection) {
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
void fcgi_connection_wait_for_rest(FcgiConnection *connection) {
  FcgiConnections *all = connection->all;
  pthread_mutex_lock(&all->lock);
  if (connection->arrival)
    begin_slow(connection);
  pthread_mutex_unlock(&all->lock);
  release_connection(connection, EPOLL_CTL_MOD);
}

/* Under lock. The one that has been slow for too long, unless a thread has it just now; or NULL. */
static FcgiConnection *take_late(FcgiConnections *all) {
  FcgiConnection *oldest = g_queue_peek_head(&all->slow);
  if (!oldest || (oldest->state != IDLE && oldest->state != SENDING))
    return NULL;
  gint64 waited_us = g_get_monotonic_time() - oldest->slow_us;
  if (waited_us < SLOW_SECONDS * G_TIME_SPAN_SECOND && all->slow.length <= SLOW_MAX)
    return NULL;
  end_slow(oldest);
  fcgi_connection_set_state(oldest, WORKING);
  return oldest;
}

void fcgi_connection_drop_late(FcgiConnections *all) {
  for (;;) {
    pthread_mutex_lock(&all->lock);
    FcgiConnection *late = take_late(all);
    pthread_mutex_unlock(&all->lock);
    if (!late)
      return;
    log_info("peer_given_up",
             "note=\"the web server has not sent the rest of a request, or not taken an answer\"");
    fcgi_connection_drop(late);
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
static char *read_fcgi_body(FCGX_Stream *in, gsize *length) {
  char buffer[8192];
  g_autoptr(GString) text = g_string_new(NULL);
  for (int n; (n = FCGX_GetStr(buffer, sizeof buffer, in)) > 0;)
    if (text->len <= WIRE_MAX_BODY)
      g_string_append_len(text, buffer, n);
  *length = text->len;
  return text->len <= WIRE_MAX_BODY ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

const char *fcgi_connection_get_parameter(const FcgiConnection *connection, const char *name) {
  const char *value = FCGX_GetParam(name, connection->fcgi.envp);
  return value ? value : "";
}

gboolean fcgi_connection_accept(FcgiConnection *connection, char **text, gsize *length) {
  FCGX_Request *fcgi = &connection->fcgi;
  int socket = fcgi->ipcFd, records = connection->arrival ? open_records(connection->arrival) : socket;
  if (records < 0)
    return FALSE;
  fcgi->ipcFd = records;
  fcgi->keepConnection = 1; /* makes libfcgi read this descriptor instead of accepting one */
  gboolean accepted = FCGX_Accept_r(fcgi) >= 0;
  if (accepted)
    *text = read_fcgi_body(fcgi->in, length);
  if (records == socket)
    return accepted;
  if (fcgi->ipcFd == records) /* or libfcgi has closed it */
    close(records);
  fcgi->ipcFd = socket;
  pthread_mutex_lock(&connection->all->lock);
  end_slow(connection);
  pthread_mutex_unlock(&connection->all->lock);
  return accepted;
}

/* ---- writing ---- */

/* An answer is the last although the web server would keep the connection. Were it closed after an ordinary
 * answer, the next request might be on its way already, and be lost. nginx keeps no connection on which
 * something follows the end of the request, so one more record does, which says nothing: FCGI_UNKNOWN_TYPE,
 * of the application itself. */
static gboolean append_parting(int file) {
  static const guint8 record[16] = {1, 11, [5] = 8};
  return write(file, record, sizeof record) == sizeof record;
}

/* Has libfcgi write the answer: to the socket, or, if it is long or a parting one, to a file (`unsent`). */
static void write_reply(FcgiConnection *connection, const Reply *reply) {
  FCGX_Request *fcgi = &connection->fcgi;
  char header[CGI_HEADER_MAX];
  int socket = fcgi->ipcFd;
  gboolean is_parting = fcgi->keepConnection && atomic_load(&connection->all->closing);
  if (is_parting || body_get_length(reply->body) > LONG_ANSWER)
    connection->unsent = memfd_create("answer", MFD_CLOEXEC);
  connection->is_last = is_parting || !fcgi->keepConnection;
  fcgi->keepConnection = connection->unsent >= 0 || !connection->is_last;
  if (connection->unsent >= 0)
    fcgi->ipcFd = connection->unsent;
  FCGX_PutStr(
      header,
      cgi_header_format(reply, connection->request_id, connection->allow_origin, header, sizeof header),
      fcgi->out);
  FCGX_PutStr(body_get_text(reply->body), (int)body_get_length(reply->body), fcgi->out);
  FCGX_Detach(fcgi);
  FCGX_Finish_r(fcgi);
  if (connection->unsent < 0)
    return;
  fcgi->ipcFd = socket;
  if (is_parting && !append_parting(connection->unsent))
    log_warning("answer_not_whole", "error=\"%s\"", g_strerror(errno));
  lseek(connection->unsent, 0, SEEK_SET);
}

typedef enum { SENT_ALL, SENT_SOME, SENT_NOTHING, SENT_NO_MORE } Sent;

/* What the peer takes of `unsent` without being waited for. */
static Sent send_some(FcgiConnection *connection) {
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
static void wait_for_room(FcgiConnection *connection, Sent sent) {
  FcgiConnections *all = connection->all;
  pthread_mutex_lock(&all->lock);
  fcgi_connection_set_state(connection, SENDING);
  if (sent == SENT_SOME)
    leave_slow(connection);
  begin_slow(connection);
  gboolean armed = fcgi_connection_arm(connection, EPOLL_CTL_MOD, EPOLLOUT);
  pthread_mutex_unlock(&all->lock);
  if (!armed)
    fcgi_connection_drop(connection);
}

/* The owner's connection has its answer, or the rest of it is in `unsent`. */
void fcgi_connection_go_on(FcgiConnection *connection) {
  Sent sent = connection->unsent >= 0 ? send_some(connection) : SENT_ALL;
  if (sent == SENT_SOME || sent == SENT_NOTHING) {
    wait_for_room(connection, sent);
    return;
  }
  if (sent == SENT_NO_MORE || connection->is_last || connection->fcgi.ipcFd < 0) {
    fcgi_connection_drop(connection);
    return;
  }
  pthread_mutex_lock(&connection->all->lock);
  end_slow(connection);
  pthread_mutex_unlock(&connection->all->lock);
  release_connection(connection, EPOLL_CTL_MOD);
}

void fcgi_connection_answer(FcgiConnection *connection, const Reply *reply) {
  write_reply(connection, reply);
  fcgi_connection_go_on(connection);
}
