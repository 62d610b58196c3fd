/* A web server's connection to the FastCGI door, and how a request passes through it. What the files of the
 * door share: door_fcgi.c accepts, has threads and speaks with the core; fcgi_connection.c reads and writes.
 * Nobody else includes this. All use of libfcgi is in these two.
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
#include "fcgi/core/request.h"
#include "fcgi/door/arrival.h"
#include "fcgi/door/door_fcgi.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <stdatomic.h>

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

/* ---- under the door's lock ---- */

/* For epoll_event.data. */
guint64 fcgi_connection_get_ticket(const Connection *connection);
Connection *fcgi_connection_find(DoorFcgi *door, guint64 ticket); /* NULL: it has moved on */
void fcgi_connection_set_state(Connection *connection, State state);
/* From now on a worker may come upon the connection. @operation: of epoll_ctl(). FALSE: it may not. */
gboolean fcgi_connection_arm(Connection *connection, int operation, guint32 events);

/* ---- by its owner, without the lock ---- */

void fcgi_connection_add(DoorFcgi *door, int fd); /* a new one, IDLE */
void fcgi_connection_move_to(Connection *connection, State state);
void fcgi_connection_drop(Connection *connection); /* closes it and frees it */
/* Lets it bring its next request. */
void fcgi_connection_release(Connection *connection, int operation);

/* What has arrived of a request: when ARRIVAL_MORE, fcgi_connection_wait_for_rest() is due. */
ArrivalState fcgi_connection_receive(Connection *connection);
void fcgi_connection_wait_for_rest(Connection *connection);
/* Lets libfcgi read what is ARRIVAL_WHOLE: from the socket, or, in pieces that are gathered, from a file.
 * @text: the body (transfer full), NULL when it is too large. FALSE when that fails. */
gboolean fcgi_connection_accept(Connection *connection, char **text, gsize *length);
/* A parameter of the request, "" when there is none; valid until it is answered. */
const char *fcgi_connection_get_parameter(const Connection *connection, const char *name);

/* Sends the answer; then the connection is IDLE again, or gone. */
void fcgi_connection_answer(Connection *connection, const Reply *reply);
/* Its peer has taken some of a long answer. */
void fcgi_connection_go_on(Connection *connection);

/* Gives up those that are too slow. Any thread, without the lock. */
void fcgi_connection_drop_late(DoorFcgi *door);
