/* Starting sessions (START_SESSION): one server of the RC after the other is asked, the best first, until one
 * says yes. A Request waits meanwhile; if its client goes away, the session is ended as soon as it stands.
 * The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/fleet/fleet.h"
#include "fcgi/rules/reservation.h"

Starts *starts_new(Core *core);   /* (transfer full) */
void starts_free(Starts *starts); /* gives up what is under way; NULL is allowed */

/* A session from now on. Plain data, copied. */
typedef struct {
  const char *rc_name;
  guint minutes;        /* how long it shall last */
  guint min_minutes;    /* or less, down to this, where a booking follows */
  Holder holder;        /* whose it will be */
  const char *name;     /* what the visitor is called (nullable) */
  const char *language; /* that they read (nullable): the application's */
  /* Of the visitor's request, where starts_begin_for() is not told the request itself (nullable). */
  const char *request_id;
} StartWish;

/* Answers with SESSION_CONNECTION_DATA, or with SERVERS_BUSY when the plan has no place, or every server was
 * asked, or none is left. (transfer full @request) */
void starts_begin(Starts *starts, Request *request, const StartWish *wish);

/* One who keeps the visitor's request and is told instead. One of the two is called, once. */
typedef struct {
  /* The session runs; @session is valid during the call. Somebody has to come to it, or to end it. */
  void (*stands)(const Session *session, gpointer owner_data);
  /* It came to nothing: WIRE_SERVERS_BUSY, or what the plan says. May come before starts_begin_for() returns.
   */
  void (*failed)(const GError *error, gpointer owner_data);
} StartOwner;

/* @owner: static. */
void starts_begin_for(Starts *starts, const StartOwner *owner, gpointer owner_data, const StartWish *wish);

/* How many of the RC's starts have no place on a server yet: so many of its free places are spoken for. */
guint starts_count_unplaced(const Starts *starts, const char *rc_name);

/* Somebody who comes to a booking. Plain data, copied. */
typedef struct {
  const char *name, *language; /* nullable */
  gboolean is_host;
} StartPerson;

/* The session of a booking whose time has come: the first who comes starts it in their language and is its
 * host, those who come meanwhile join, as hosts too if they are. If the session before it still holds the
 * place, that is waited for a little. (transfer full @request) */
void starts_begin_booked(Starts *starts, Request *request, const Reservation *reservation,
                         const StartPerson *person);

/* Whether a server is being asked for it right now. */
gboolean starts_is_starting(const Starts *starts, const char *session);

/* Answers everybody who waits for a start: SERVERS_BUSY. Their sessions are ended when they stand. */
void starts_answer_all(Starts *starts);
