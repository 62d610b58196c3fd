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

guint64 fcgi_connection_get_ticket(const Connection *connection) {
  return (guint64)connection->generation << 32 | connection->index;
}

/* Under lock. */
Connection *fcgi_connection_find(DoorFcgi *door, guint64 ticket) {
  guint32 index = (guint32)ticket;
  Connection *connection = index < door->connections->len ? door->connections->pdata[index] : NULL;
  return connection && fcgi_connection_get_ticket(connection) == ticket ? connection : NULL;
}

/* Under lock. */
void fcgi_connection_set_state(Connection *connection, State state) {
  gboolean was_busy = connection->state >= HELD, is_busy = state >= HELD;
  connection->state = state;
  connection->generation++;
  connection->door->busy += (guint)is_busy - (guint)was_busy;
}

void fcgi_connection_move_to(Connection *connection, State state) {
  pthread_mutex_lock(&connection->door->lock);
  fcgi_connection_set_state(connection, state);
  pthread_mutex_unlock(&connection->door->lock);
}

/* Under lock. From now on a worker may come upon the connection. */
gboolean fcgi_connection_arm(Connection *connection, int operation, guint32 events) {
  struct epoll_event event = {.events = events | EPOLLONESHOT,
                              .data.u64 = fcgi_connection_get_ticket(connection)};
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
  /* ThreadSanitizer knows no memfd_create(), so it would take this for the end of an earlier descriptor. */
  if (connection->unsent >= 0)
    syscall(SYS_close, connection->unsent);
  connection->unsent = -1;
}

/* Gives the owner's connection up. libfcgi has closed it, or does now. */
void fcgi_connection_drop(Connection *connection) {
  DoorFcgi *door = connection->door;
  if (connection->fcgi.ipcFd >= 0) {
    FCGX_Detach(&connection->fcgi); /* or closing would wait for the peer */
    FCGX_Free(&connection->fcgi, 1);
  }
  pthread_mutex_lock(&door->lock);
  end_slow(connection);
  fcgi_connection_set_state(connection, IDLE);
  door->connections->pdata[connection->index] = NULL;
  g_array_append_val(door->unused, connection->index);
  pthread_mutex_unlock(&door->lock);
  g_free(connection);
}

/* Lets the owner's connection bring its next request. */
void fcgi_connection_release(Connection *connection, int operation) {
  DoorFcgi *door = connection->door;
  pthread_mutex_lock(&door->lock);
  fcgi_connection_set_state(connection, IDLE);
  gboolean armed = fcgi_connection_arm(connection, operation, EPOLLIN | EPOLLRDHUP);
  pthread_mutex_unlock(&door->lock);
  if (!armed)
    fcgi_connection_drop(connection);
}

void fcgi_connection_add(DoorFcgi *door, int fd) {
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
  fcgi_connection_release(connection, EPOLL_CTL_ADD);
}

/* ---- reading ---- */

/* What has arrived of a request. The worker owns the connection. */
ArrivalState fcgi_connection_receive(Connection *connection) {
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
void fcgi_connection_wait_for_rest(Connection *connection) {
  DoorFcgi *door = connection->door;
  pthread_mutex_lock(&door->lock);
  if (connection->arrival)
    begin_slow(connection);
  pthread_mutex_unlock(&door->lock);
  fcgi_connection_release(connection, EPOLL_CTL_MOD);
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
  fcgi_connection_set_state(oldest, WORKING);
  return oldest;
}

void fcgi_connection_drop_late(DoorFcgi *door) {
  for (;;) {
    pthread_mutex_lock(&door->lock);
    Connection *late = take_late(door);
    pthread_mutex_unlock(&door->lock);
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
static char *read_body(FCGX_Stream *in, gsize *length) {
  char buffer[8192];
  g_autoptr(GString) text = g_string_new(NULL);
  for (int n; (n = FCGX_GetStr(buffer, sizeof buffer, in)) > 0;)
    if (text->len <= WIRE_MAX_BODY)
      g_string_append_len(text, buffer, n);
  *length = text->len;
  return text->len <= WIRE_MAX_BODY ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

const char *fcgi_connection_get_parameter(const Connection *connection, const char *name) {
  const char *value = FCGX_GetParam(name, connection->fcgi.envp);
  return value ? value : "";
}

gboolean fcgi_connection_accept(Connection *connection, char **text, gsize *length) {
  FCGX_Request *fcgi = &connection->fcgi;
  int socket = fcgi->ipcFd, records = connection->arrival ? open_records(connection->arrival) : socket;
  if (records < 0)
    return FALSE;
  fcgi->ipcFd = records;
  fcgi->keepConnection = 1; /* makes libfcgi read this descriptor instead of accepting one */
  gboolean accepted = FCGX_Accept_r(fcgi) >= 0;
  if (accepted)
    *text = read_body(fcgi->in, length);
  if (records == socket)
    return accepted;
  if (fcgi->ipcFd == records) /* or libfcgi has closed it */
    close(records);
  fcgi->ipcFd = socket;
  pthread_mutex_lock(&connection->door->lock);
  end_slow(connection);
  pthread_mutex_unlock(&connection->door->lock);
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
static void write_reply(Connection *connection, const Reply *reply) {
  FCGX_Request *fcgi = &connection->fcgi;
  char header[CGI_HEADER_MAX];
  int socket = fcgi->ipcFd;
  gboolean is_parting = fcgi->keepConnection && atomic_load(&connection->door->closing);
  if (is_parting || body_get_length(reply->body) > LONG_ANSWER)
    connection->unsent = memfd_create("answer", MFD_CLOEXEC);
  connection->is_last = is_parting || !fcgi->keepConnection;
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
  if (is_parting && !append_parting(connection->unsent))
    log_warning("answer_not_whole", "error=\"%s\"", g_strerror(errno));
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
  fcgi_connection_set_state(connection, SENDING);
  if (sent == SENT_SOME)
    leave_slow(connection);
  begin_slow(connection);
  gboolean armed = fcgi_connection_arm(connection, EPOLL_CTL_MOD, EPOLLOUT);
  pthread_mutex_unlock(&door->lock);
  if (!armed)
    fcgi_connection_drop(connection);
}

/* The owner's connection has its answer, or the rest of it is in `unsent`. */
void fcgi_connection_go_on(Connection *connection) {
  Sent sent = connection->unsent >= 0 ? send_some(connection) : SENT_ALL;
  if (sent == SENT_SOME || sent == SENT_NOTHING) {
    wait_for_room(connection, sent);
    return;
  }
  if (sent == SENT_NO_MORE || connection->is_last || connection->fcgi.ipcFd < 0) {
    fcgi_connection_drop(connection);
    return;
  }
  pthread_mutex_lock(&connection->door->lock);
  end_slow(connection);
  pthread_mutex_unlock(&connection->door->lock);
  fcgi_connection_release(connection, EPOLL_CTL_MOD);
}

void fcgi_connection_answer(Connection *connection, const Reply *reply) {
  write_reply(connection, reply);
  fcgi_connection_go_on(connection);
}
