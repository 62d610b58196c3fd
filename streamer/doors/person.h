/* Who asks: a person of a session, by the ticket that the coordinator gave them. Main thread. */
#pragma once
#include "common/ticket.h"
#include "streamer/doors/streamer.h"
#include "streamer/session/session.h"
#include <glib.h>

typedef struct {
  Session *session;      /* NULL: it has ended */
  SessionPeople *people; /* its; NULL likewise */
  char *session_id, *user;
} Person;

/* The claims of a person's ticket (transfer full), and the session that it lets into (not owned; NULL: there
 * is none, or it has ended). NULL with an error that call_refuse() can say, NOT_AUTHORIZED, for a ticket that
 * is missing, wrong, expired or no person's. */
Ticket *person_check_ticket(const Streamer *streamer, const char *text, Session **session, GError **error);

/* @user of the session of this id, which may have ended. */
void person_init(Person *person, const Streamer *streamer, const char *session_id, const char *user);
void person_clear(Person *person);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

/* Whether they are in a session that goes on; else FALSE with an error that call_refuse() can say. */
gboolean person_check_present(const Person *person, GError **error);
/* Sets the error that says that there is no such session. */
void person_set_no_session(GError **error);

/* Something that held @user lets go (session_people_release()). By name: session and person may have gone
 * before. */
void person_release(const Streamer *streamer, const char *session_id, const char *user);
