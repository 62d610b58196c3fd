#include "streamer/doors/whep.h"

#include "streamer/base/counts.h"
#include "streamer/doors/call.h"
#include "streamer/doors/person.h"
#include "streamer/doors/streamer.h"

#include <string.h>

#define OFFER_TYPE "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

gboolean whep_is_type(const char *header, const char *type) {
  gsize length = strlen(type);
  if (!header || g_ascii_strncasecmp(header, type, length) != 0)
    return FALSE;
  header += length;
  return header[strspn(header, " \t")] == '\0' || header[strspn(header, " \t")] == ';';
}

gboolean whep_matches(const char *header, const char *etag) {
  g_auto(GStrv) tags = g_strsplit(header, ",", 0);
  for (char **tag = tags; *tag; tag++)
    if (g_str_equal(g_strstrip(*tag), etag))
      return TRUE;
  return FALSE;
}

gboolean whep_split(const char *rest, char **session, char **resource) {
  g_auto(GStrv) parts = g_strsplit(rest, "/", 3);
  guint count = g_strv_length(parts);
  if (count < 1 || count > 2 || !*parts[0] || (count == 2 && !*parts[1]))
    return FALSE;
  *session = g_strdup(parts[0]);
  *resource = g_strdup(parts[1]);
  return TRUE;
}

/* ---- who and what ---- */

typedef struct {
  Streamer *streamer;
  HttpRequest *request;
  Ticket *ticket;
  Session *session;
  char *resource; /* NULL: the session itself */
} WhepAsk;

static void whep_ask_clear(WhepAsk *ask) {
  ticket_free(ask->ticket);
  g_free(ask->resource);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WhepAsk, whep_ask_clear)

static void whep_refuse(HttpRequest *request, guint status, WireMessage message, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, NULL, "%s", reason);
  call_refuse_request(request, status, error);
}

/* Finds out, or refuses. The ticket comes first: who has none learns nothing. */
static gboolean understand(WhepAsk *ask) {
  g_autoptr(GError) error = NULL;
  g_autofree char *id = NULL;
  const char *token = ticket_from_header(http_request_header(ask->request, HTTP_AUTHORIZATION));
  ask->ticket = person_check_ticket(ask->streamer, token, &ask->session, &error);
  if (!ask->ticket)
    call_refuse_request(ask->request, 0, error);
  else if (!whep_split(http_request_rest(ask->request), &id, &ask->resource))
    whep_refuse(ask->request, 0, WIRE_NOT_FOUND, "There is nothing here.");
  else if (!g_str_equal(id, ask->ticket->session))
    whep_refuse(ask->request, 0, WIRE_FORBIDDEN, "This ticket is for another session.");
  else if (!ask->session)
    whep_refuse(ask->request, 0, WIRE_SESSION_NOT_EXIST, "There is no such session, or it has ended.");
  else
    return TRUE;
  return FALSE;
}

/* ---- POST ---- */

/* What waits for the engine's answer: an offer or a restart. By name: the session may go before it does. */
typedef struct {
  Streamer *streamer;
  HttpRequest *request;
  char *session, *resource;
} WhepWait;

static WhepWait *wait_new(const WhepAsk *ask) {
  WhepWait *wait = g_new0(WhepWait, 1);
  wait->streamer = ask->streamer;
  wait->request = http_request_ref(ask->request);
  wait->session = g_strdup(ask->ticket->session);
  return wait;
}

static void wait_free(WhepWait *wait) {
  http_request_unref(wait->request);
  g_free(wait->session);
  g_free(wait->resource);
  g_free(wait);
}

/* Its viewer, and whose session that is; NULL when either is gone. */
static const Viewer *waiting_viewer(const WhepWait *wait, Session **session) {
  *session = sessions_find(wait->streamer->sessions, wait->session);
  return *session ? session_viewer(*session, wait->resource) : NULL;
}

/* The generation of its ICE. */
static char *make_etag(const Viewer *viewer) {
  return g_strdup_printf("\"%u\"", viewer->generation);
}

static void add_etag(HttpRequest *request, const Viewer *viewer) {
  g_autofree char *etag = make_etag(viewer);
  http_request_add_header(request, "etag", etag);
}

static void on_answer(const Viewer *viewer, const char *sdp, const GError *error, gpointer data) {
  WhepWait *wait = data;
  http_request_on_gone(wait->request, NULL, NULL);
  if (sdp) {
    g_autofree char *location = g_strconcat(wait->session, "/", viewer->resource, NULL);
    http_request_add_header(wait->request, "location", location);
    add_etag(wait->request, viewer);
    http_request_answer(wait->request, 201, OFFER_TYPE, sdp);
  } else {
    if (g_error_matches(error, WIRE_ERROR, WIRE_SERVERS_BUSY))
      http_request_add_header(wait->request, "retry-after", "1");
    call_refuse_request(wait->request, 0, error);
  }
  wait_free(wait);
}

/* The player left before its answer: nobody will watch. This ends in on_answer(). */
static void on_offer_gone(gpointer data) {
  Session *session;
  const Viewer *viewer = waiting_viewer(data, &session);
  if (viewer)
    session_view_end(session, viewer);
}

static void take_offer(WhepAsk *ask) {
  g_autoptr(GError) error = NULL;
  gsize length;
  const char *sdp = http_request_body(ask->request, &length);
  if (!whep_is_type(http_request_header(ask->request, HTTP_CONTENT_TYPE), OFFER_TYPE)) {
    whep_refuse(ask->request, 415, WIRE_BAD_REQUEST, "An offer of the type application/sdp is expected.");
    return;
  }
  if (!g_str_has_prefix(sdp, "v=0") || strlen(sdp) != length || !g_utf8_validate(sdp, (gssize)length, NULL)) {
    whep_refuse(ask->request, 0, WIRE_BAD_REQUEST, "This is no session description.");
    return;
  }
  guint retry_after_seconds;
  if (!session_people_may_view(session_people(ask->session), ask->ticket->user, &retry_after_seconds,
                               &error)) {
    metrics_add(ask->streamer->metrics, COUNTS_LIMITED, 1, COUNTS_LIMITED_OFFERS);
    call_refuse_request_until(ask->request, error, retry_after_seconds);
    return;
  }
  const User *user = session_people_admit(session_people(ask->session), ask->ticket, NULL, &error);
  if (!user) {
    call_refuse_request(ask->request, 0, error);
    return;
  }
  WhepWait *wait = wait_new(ask);
  const Viewer *viewer = session_view(ask->session, user->id, sdp, on_answer, wait, &error);
  if (!viewer) {
    http_request_add_header(ask->request, "retry-after", "1");
    call_refuse_request(ask->request, 0, error);
    wait_free(wait);
    return;
  }
  wait->resource = g_strdup(viewer->resource);
  http_request_on_gone(ask->request, on_offer_gone, wait);
}

/* ---- PATCH, DELETE ---- */

/* The viewer that the ticket's person has under this resource, or a refusal. */
static const Viewer *own_viewer(const WhepAsk *ask) {
  const Viewer *viewer = session_viewer(ask->session, ask->resource);
  if (viewer && g_str_equal(viewer->user, ask->ticket->user))
    return viewer;
  whep_refuse(ask->request, 0, WIRE_NOT_FOUND, "There is no such viewing, or it has ended.");
  return NULL;
}

static void on_restart_answer(const Viewer *viewer, const char *fragment, const GError *error,
                              gpointer data) {
  WhepWait *wait = data;
  http_request_on_gone(wait->request, NULL, NULL);
  if (fragment) {
    add_etag(wait->request, viewer);
    http_request_answer(wait->request, 200, FRAGMENT_TYPE, fragment);
  } else {
    call_refuse_request(wait->request, 0, error);
  }
  wait_free(wait);
}

/* It restarts nevertheless; the player will ask for another one. */
static void on_restart_gone(gpointer data) {
  WhepWait *wait = data;
  Session *session;
  const Viewer *viewer = waiting_viewer(wait, &session);
  if (viewer)
    session_view_forget(session, viewer);
  wait_free(wait);
}

static void restart(WhepAsk *ask, const Viewer *viewer, const char *fragment) {
  WhepWait *wait = wait_new(ask);
  wait->resource = g_strdup(viewer->resource);
  if (session_view_restart(ask->session, viewer, fragment, on_restart_answer, wait)) {
    http_request_on_gone(ask->request, on_restart_gone, wait);
    return;
  }
  wait_free(wait);
  http_request_add_header(ask->request, "retry-after", "1");
  whep_refuse(ask->request, 409, WIRE_BAD_REQUEST, "Another answer about this viewing is waited for.");
}

static void add_candidates(WhepAsk *ask, const Viewer *viewer, const char *fragment) {
  session_view_candidate(ask->session, viewer, fragment);
  http_request_answer(ask->request, 204, NULL, NULL);
}

static void take_fragment(WhepAsk *ask) {
  gsize length;
  const char *fragment = http_request_body(ask->request, &length);
  const char *match = http_request_header(ask->request, HTTP_IF_MATCH);
  if (!whep_is_type(http_request_header(ask->request, HTTP_CONTENT_TYPE), FRAGMENT_TYPE)) {
    whep_refuse(ask->request, 415, WIRE_BAD_REQUEST, "The type application/trickle-ice-sdpfrag is expected.");
    return;
  }
  if (length == 0 || strlen(fragment) != length || !g_utf8_validate(fragment, (gssize)length, NULL)) {
    whep_refuse(ask->request, 0, WIRE_BAD_REQUEST, "This is no fragment of a session description.");
    return;
  }
  const Viewer *viewer = own_viewer(ask);
  if (!viewer)
    return;
  g_autofree char *etag = make_etag(viewer);
  gboolean any = g_strcmp0(match, "*") == 0;
  if (!match) {
    whep_refuse(ask->request, 428, WIRE_BAD_REQUEST, "If-Match is to say which candidates these are.");
  } else if (!any && !whep_matches(match, etag)) {
    http_request_add_header(ask->request, "etag", etag);
    whep_refuse(ask->request, 412, WIRE_BAD_REQUEST, "ICE has been restarted since.");
  } else if (any || !session_view_is_current(ask->session, viewer, fragment)) {
    restart(ask, viewer, fragment);
  } else {
    add_candidates(ask, viewer, fragment);
  }
}

static void end_viewing(WhepAsk *ask) {
  const Viewer *viewer = own_viewer(ask);
  if (!viewer)
    return;
  session_view_end(ask->session, viewer);
  http_request_answer(ask->request, 200, NULL, NULL);
}

void whep_handle(HttpRequest *request, gpointer streamer) {
  g_auto(WhepAsk) ask = {.streamer = streamer, .request = request};
  const char *method = http_request_method(request);
  if (!understand(&ask))
    return;
  gboolean fits = g_str_equal(method, "POST") == (ask.resource == NULL);
  if (!fits) {
    http_request_add_header(request, "allow", ask.resource ? "PATCH, DELETE" : "POST");
    whep_refuse(request, 0, WIRE_METHOD_NOT_ALLOWED, "This address is not asked in this way.");
  } else if (g_str_equal(method, "POST")) {
    take_offer(&ask);
  } else if (g_str_equal(method, "PATCH")) {
    take_fragment(&ask);
  } else {
    end_viewing(&ask);
  }
}
