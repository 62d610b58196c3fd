/* What the files of the people's door share: people.c has the verbs' table and what people ask of each other,
 * people_connect.c how they come and listen. Nobody else includes this. */
#pragma once
#include "streamer/doors/call.h"
#include "streamer/doors/people.h"

#define PEOPLE_NAME_MAX 400 /* bytes that are read of a name; fewer are kept */

/* Who asks: what every verb but CONNECT_TO_SESSION begins with. */
typedef struct {
  Session *session;      /* NULL: it has ended */
  SessionPeople *people; /* its; NULL likewise */
  char *session_id, *user;
} Person;

void person_clear(Person *person);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

/* The person of the ticket, or, without one (NULL), whose WebSocket it is. FALSE with an error that
 * call_refuse() can say. */
gboolean person_identify(const Call *call, const char *ticket_text, Person *person, GError **error);
/* Whether they are in a session that goes on; else FALSE with an error as above. */
gboolean person_check_present(const Person *person, GError **error);

typedef struct {
  char *ip, *port; /* of the specification; this server knows where it is */
  char *ticket, *name;
  gint64 cursor; /* -1: none */
} PeopleConnect;
extern const Field people_connect_fields[];
void people_connect_set_defaults(gpointer arguments);
void people_connect(gpointer call, gpointer arguments);

typedef struct {
  char *ticket;
  gint64 cursor, wait_seconds, connection;
} PeoplePoll;
extern const Field people_poll_fields[];
void people_poll(gpointer call, gpointer arguments);

void people_socket_opened(HttpSocket *socket, gpointer streamer);
void people_socket_drained(HttpSocket *socket, gpointer streamer);
void people_socket_closed(HttpSocket *socket, gpointer streamer);
