/* A web server's connection to the FastCGI door, and how a request passes through it: what door_fcgi.c stands
 * on, which accepts, has threads and speaks with the core. Nobody else includes this. All use of libfcgi is
 * in these two.
 *
 * libfcgi is used as a parser and writer of records only: connections are accepted and watched here, by
 * epoll, so that neither a connection that the web server keeps open nor a request that waits holds a thread.
 *
 * An FcgiConnection carries one request at a time, and has one owner at a time, who alone may touch its
 * FCGX_Request:
 *
 *   IDLE     epoll: armed for the next request, or for more of one that has begun to arrive
 *   WORKING  a worker, which reads the request; an answer that needs no core (admission.h) it writes itself
 *   HELD     the core's Request, which is being handled
 *   WAITING  the same, and epoll is armed to tell when the web server gives up
 *   SENDING  a finisher, which writes the answer, or epoll, armed to tell when more of a long one has room;
 *            then IDLE again, or closed
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
#pragma once
#include "common/trace_id.h"
#include "fcgi/base/mailbox.h"
#include "fcgi/core/request.h"
#include "fcgi/door/arrival.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct FcgiConnections FcgiConnections;

typedef enum { IDLE, WORKING, HELD, WAITING, SENDING } FcgiState;

typedef struct {
  Letter letter; /* to the core with a request, to a finisher with a reply */
  FcgiConnections *all;
  FCGX_Request fcgi;
  guint32 index;
  guint32 generation; /* under the lock */
  FcgiState state;    /* under the lock */
  Arrival *arrival;   /* a request that comes in pieces (nullable) */
  int unsent;       /* SENDING: a file with the rest of a long answer, read as far as it is sent; -1: none */
  gboolean is_last; /* SENDING: the connection is to be closed then */
  gint64 slow_us;   /* monotonic, since when it is slow */
  GList slow;       /* its place in `slow`, if data is set; under the lock */
  Request *request; /* HELD, WAITING: the core's */
  Reply reply;      /* SENDING */
  char request_id[TRACE_ID_MAX + 1];
  char *allow_origin; /* of the request: of pages_allow_origin() (nullable) */
} FcgiConnection;

/* All connections of a door, of whose struct this is the first member. */
struct FcgiConnections {
  int epoll;
  atomic_bool closing; /* connections end with their next answer */
  pthread_mutex_t lock;
  GPtrArray *by_index; /* NULL: unused; under lock */
  GArray *unused;      /* indexes; under lock */
  guint busy;          /* HELD, WAITING or SENDING; under lock */
  GQueue slow;         /* of FcgiConnection whose peer is awaited, the oldest first; under lock */
  atomic_uint n_slow;  /* its length, for a look without lock */
};

/* @epoll (transfer none): where they are armed. */
void fcgi_connections_init(FcgiConnections *all, int epoll);
/* Closes those that there are, and frees their requests: no thread uses them any more. */
void fcgi_connections_clear(FcgiConnections *all);
/* How many there are, idle ones too; and how many requests are not answered yet, or their answers not
 * written. Any thread. */
guint fcgi_connections_count(FcgiConnections *all);
guint fcgi_connections_count_busy(FcgiConnections *all);

/* ---- under the lock ---- */

/* For epoll_event.data. */
guint64 fcgi_connection_get_ticket(const FcgiConnection *connection);
FcgiConnection *fcgi_connection_find(FcgiConnections *all, guint64 ticket); /* NULL: it has moved on */
void fcgi_connection_set_state(FcgiConnection *connection, FcgiState state);
/* From now on a worker may come upon the connection. @operation: of epoll_ctl(). FALSE: it may not. */
gboolean fcgi_connection_arm(FcgiConnection *connection, int operation, guint32 events);

/* ---- by its owner, without the lock ---- */

void fcgi_connection_add(FcgiConnections *all, int fd); /* a new one, IDLE */
void fcgi_connection_move_to(FcgiConnection *connection, FcgiState state);
void fcgi_connection_drop(FcgiConnection *connection); /* closes it and frees it */

/* What has arrived of a request: when ARRIVAL_MORE, fcgi_connection_wait_for_rest() is due. */
ArrivalState fcgi_connection_receive(FcgiConnection *connection);
void fcgi_connection_wait_for_rest(FcgiConnection *connection);
/* Lets libfcgi read what is ARRIVAL_WHOLE: from the socket, or, in pieces that are gathered, from a file.
 * @text: the body (transfer full), NULL when it is too large. FALSE when that fails. */
gboolean fcgi_connection_accept(FcgiConnection *connection, char **text, gsize *length);
/* A parameter of the request, "" when there is none; valid until it is answered. */
const char *fcgi_connection_get_parameter(const FcgiConnection *connection, const char *name);

/* Sends the answer; then the connection is IDLE again, or gone. */
void fcgi_connection_answer(FcgiConnection *connection, const Reply *reply);
/* Its peer has taken some of a long answer. */
void fcgi_connection_go_on(FcgiConnection *connection);

/* Gives up those that are too slow. Any thread, without the lock. */
void fcgi_connection_drop_late(FcgiConnections *all);
