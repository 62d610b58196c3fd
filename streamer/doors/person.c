#include "streamer/doors/person.h"

#include <string.h>

static gboolean names_person(const Ticket *ticket) {
  return ticket->session && ticket->user && *ticket->user && strlen(ticket->user) <= USERS_ID_MAX &&
         ticket->role && (g_str_equal(ticket->role, "host") || g_str_equal(ticket->role, "guest"));
}

Ticket *person_check_ticket(const Streamer *streamer, const char *text, Session **session, GError **error) {
  g_autoptr(Ticket) ticket = NULL;
  if (!text || !*text) {
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "A ticket from the coordinator is needed.");
    return NULL;
  }
  ticket = ticket_verify(streamer->keys, text, streamer->settings->server_name, error);
  if (!ticket)
    return NULL;
  if (!names_person(ticket)) {
    wire_set_error(error, WIRE_NOT_AUTHORIZED, "ticket", "This ticket lets nobody into a session.");
    return NULL;
  }
  *session = sessions_find(streamer->sessions, ticket->session);
  return g_steal_pointer(&ticket);
}

void person_init(Person *person, const Streamer *streamer, const char *session_id, const char *user) {
  person->session = sessions_find(streamer->sessions, session_id);
  person->people = person->session ? session_people(person->session) : NULL;
  person->session_id = g_strdup(session_id);
  person->user = g_strdup(user);
}

void person_clear(Person *person) {
  g_free(person->session_id);
  g_free(person->user);
}

void person_set_no_session(GError **error) {
  wire_set_error(error, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session, or it has ended.");
}

gboolean person_check_present(const Person *person, GError **error) {
  if (!person->session) {
    person_set_no_session(error);
    return FALSE;
  }
  if (session_people_has_removed(person->people, person->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, "ticket", "The host has removed you from this session.");
    return FALSE;
  }
  if (!users_find(session_people_users(person->people), person->user)) {
    wire_set_error(error, WIRE_FORBIDDEN, NULL, "CONNECT_TO_SESSION comes first.");
    return FALSE;
  }
  return TRUE;
}

void person_release(const Streamer *streamer, const char *session_id, const char *user) {
  Session *session = sessions_find(streamer->sessions, session_id);
  if (session)
    session_people_release(session_people(session), user);
}
