#include "streamer/whep.h"

#include "streamer/call.h"
#include "streamer/people.h"
#include "streamer/streamer.h"

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
} Ask;

static void ask_clear(Ask *ask) {
  ticket_free(ask->ticket);
  g_free(ask->resource);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ask, ask_clear)

static void refuse(HttpRequest *request, guint status, WireMessage message, const char *reason) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, NULL, "%s", reason);
  call_refuse_request(request, status, error);
}

/* Finds out, or refuses. The ticket comes first: who has none learns nothing. */
static gboolean understand(Ask *ask) {
  g_autoptr(GError) error = NULL;
  g_autofree char *id = NULL;
  const char *token = ticket_from_header(http_request_header(ask->request, HTTP_AUTHORIZATION));
  ask->ticket = people_check_ticket(ask->streamer, token, &ask->session, &error);
  if (!ask->ticket)
    call_refuse_request(ask->request, 0, error);
  else if (!whep_split(http_request_rest(ask->request), &id, &ask->resource))
    refuse(ask->request, 0, WIRE_NOT_FOUND, "There is nothing here.");
  else if (!g_str_equal(id, ask->ticket->session))
    refuse(ask->request, 0, WIRE_FORBIDDEN, "This ticket is for another session.");
  else if (!ask->session)
    refuse(ask->request, 0, WIRE_SESSION_NOT_EXIST, "There is no such session, or it has ended.");
  else
    return TRUE;
  return FALSE;
}

/* ---- POST ---- */

/* An offer that waits for its answer. By name: the session may go before it does. */
typedef struct {
  Streamer *streamer;
  HttpRequest *request;
  char *session, *resource;
} Offer;

static void offer_free(Offer *offer) {
  http_request_unref(offer->request);
  g_free(offer->session);
  g_free(offer->resource);
  g_free(offer);
}

static void on_answer(const Viewer *viewer, const char *sdp, const GError *error, gpointer data) {
  Offer *offer = data;
  http_request_on_gone(offer->request, NULL, NULL);
  if (sdp) {
    g_autofree char *location = g_strconcat(offer->session, "/", viewer->resource, NULL);
    http_request_add_header(offer->request, "location", location);
    http_request_answer(offer->request, 201, OFFER_TYPE, sdp);
  } else {
    call_refuse_request(offer->request, 0, error);
  }
  offer_free(offer);
}

/* The player left before its answer: nobody will watch. This ends in on_answer(). */
static void on_offer_gone(gpointer data) {
  Offer *offer = data;
  Session *session = sessions_find(offer->streamer->sessions, offer->session);
  const Viewer *viewer = session ? session_viewer(session, offer->resource) : NULL;
  if (viewer)
    session_view_end(session, viewer);
}

static void take_offer(Ask *ask) {
  g_autoptr(GError) error = NULL;
  gsize length;
  const char *sdp = http_request_body(ask->request, &length);
  if (!whep_is_type(http_request_header(ask->request, HTTP_CONTENT_TYPE), OFFER_TYPE)) {
    refuse(ask->request, 415, WIRE_BAD_REQUEST, "An offer of the type application/sdp is expected.");
    return;
  }
  if (!g_str_has_prefix(sdp, "v=0") || strlen(sdp) != length || !g_utf8_validate(sdp, (gssize)length, NULL)) {
    refuse(ask->request, 0, WIRE_BAD_REQUEST, "This is no session description.");
    return;
  }
  const User *user = session_admit(ask->session, ask->ticket, NULL, &error);
  if (!user) {
    call_refuse_request(ask->request, 0, error);
    return;
  }
  Offer *offer = g_new0(Offer, 1);
  offer->streamer = ask->streamer;
  offer->request = http_request_ref(ask->request);
  offer->session = g_strdup(ask->ticket->session);
  const Viewer *viewer = session_view(ask->session, user->id, sdp, on_answer, offer, &error);
  if (!viewer) {
    http_request_add_header(ask->request, "retry-after", "1");
    call_refuse_request(ask->request, 0, error);
    offer_free(offer);
    return;
  }
  offer->resource = g_strdup(viewer->resource);
  http_request_on_gone(ask->request, on_offer_gone, offer);
}

/* ---- PATCH, DELETE ---- */

/* The viewer that the ticket's person has under this resource, or a refusal. */
static const Viewer *own_viewer(const Ask *ask) {
  const Viewer *viewer = session_viewer(ask->session, ask->resource);
  if (viewer && g_str_equal(viewer->user, ask->ticket->user))
    return viewer;
  refuse(ask->request, 0, WIRE_NOT_FOUND, "There is no such viewing, or it has ended.");
  return NULL;
}

static void take_candidates(Ask *ask) {
  gsize length;
  const char *fragment = http_request_body(ask->request, &length);
  if (!whep_is_type(http_request_header(ask->request, HTTP_CONTENT_TYPE), FRAGMENT_TYPE)) {
    refuse(ask->request, 415, WIRE_BAD_REQUEST, "The type application/trickle-ice-sdpfrag is expected.");
    return;
  }
  if (g_strcmp0(http_request_header(ask->request, HTTP_IF_MATCH), "*") == 0) {
    refuse(ask->request, 422, WIRE_BAD_REQUEST, "ICE is not restarted here: ask for the picture anew.");
    return;
  }
  if (length == 0 || strlen(fragment) != length || !g_utf8_validate(fragment, (gssize)length, NULL)) {
    refuse(ask->request, 0, WIRE_BAD_REQUEST, "This is no fragment of a session description.");
    return;
  }
  const Viewer *viewer = own_viewer(ask);
  if (!viewer)
    return;
  session_view_candidate(ask->session, viewer, fragment);
  http_request_answer(ask->request, 204, NULL, NULL);
}

static void end_viewing(Ask *ask) {
  const Viewer *viewer = own_viewer(ask);
  if (!viewer)
    return;
  session_view_end(ask->session, viewer);
  http_request_answer(ask->request, 200, NULL, NULL);
}

void whep_handle(HttpRequest *request, gpointer streamer) {
  g_auto(Ask) ask = {.streamer = streamer, .request = request};
  const char *method = http_request_method(request);
  if (!understand(&ask))
    return;
  gboolean fits = g_str_equal(method, "POST") == (ask.resource == NULL);
  if (!fits) {
    http_request_add_header(request, "allow", ask.resource ? "PATCH, DELETE" : "POST");
    refuse(request, 0, WIRE_METHOD_NOT_ALLOWED, "This address is not asked in this way.");
  } else if (g_str_equal(method, "POST")) {
    take_offer(&ask);
  } else if (g_str_equal(method, "PATCH")) {
    take_candidates(&ask);
  } else {
    end_viewing(&ask);
  }
}
