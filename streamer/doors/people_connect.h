/* The verbs by which people come into a session and hear what happens in it (vitrina-protocol(7)): what their
 * rows in the table of people.c name (common/verb.h). A handler's request is a Call. Main thread. */
#pragma once
#include "streamer/doors/call.h"

#define PEOPLE_NAME_MAX 400 /* bytes that are read of a name; fewer are kept */

/* ---- CONNECT_TO_SESSION ---- */

typedef struct {
  char *ip, *port; /* of the specification; this server knows where it is */
  char *ticket, *name;
  gint64 cursor; /* -1: none */
} PeopleConnect;

extern const Field people_connect_fields[];
void people_connect_set_defaults(gpointer arguments);
void people_connect(gpointer call, gpointer arguments);

/* ---- POLL_EVENTS ---- */

typedef struct {
  char *ticket;
  gint64 cursor, wait_seconds, connection;
} PeoplePoll;

extern const Field people_poll_fields[];
void people_poll(gpointer call, gpointer arguments);
