#include "streamer/doors/call.h"

#include "common/log.h"
#include "common/trace_id.h"

struct Call {
  HttpRequest *request; /* either of the two */
  HttpSocket *socket;
  char *id; /* JSON text; NULL: none */
  gpointer context;
};

static Call *call_new(HttpRequest *request, HttpSocket *socket, gpointer context) {
  Call *call = g_new0(Call, 1);
  call->request = request ? http_request_ref(request) : NULL;
  call->socket = socket ? http_socket_ref(socket) : NULL;
  call->context = context;
  return call;
}

void call_drop(Call *call) {
  if (call->request)
    http_request_unref(call->request);
  if (call->socket)
    http_socket_unref(call->socket);
  g_free(call->id);
  g_free(call);
}

const char *call_request_id(const Call *call) {
  const char *id = call->request ? http_request_header(call->request, HTTP_X_REQUEST_ID) : NULL;
  return trace_id_is_good(id) ? id : "-";
}

gpointer call_context(const Call *call) {
  return call->context;
}

HttpSocket *call_socket(const Call *call) {
  return call->socket;
}

/* ---- answers ---- */

static char *with_id(const Call *call, const char *members) {
  if (!call->id)
    return g_strdup(members);
  return g_strdup_printf("\"id\":%s%s%s", call->id, members ? "," : "", members ? members : "");
}

static void call_send(Call *call, WireMessage message, const char *text) {
  if (call->socket)
    http_socket_send(call->socket, text);
  else
    http_request_answer(call->request, wire_status(message), "application/json", text);
}

void call_answer_members(Call *call, WireMessage message, const char *members) {
  g_autofree char *all = with_id(call, members);
  g_autofree char *text = wire_answer(message, all);
  call_send(call, message, text);
  call_drop(call);
}

void call_answer(Call *call, WireMessage message, const Field *fields, gconstpointer source) {
  g_autofree char *members = fields ? fields_write_members(fields, source) : NULL;
  call_answer_members(call, message, members);
}

/* A fault of ours is logged with an id that the answer carries; NULL: it is none. (transfer full) */
static char *note_fault(const GError *error) {
  if (wire_message_of(error) != WIRE_INTERNAL_ERROR)
    return NULL;
  g_autofree char *number = g_strdup_printf("%08x", g_random_int()), *reason = log_quote(error->message);
  log_error("internal_error", "fault=%s reason=%s", number, reason);
  return g_strdup_printf("\"fault\":\"%s\"", number);
}

static void refuse_request(HttpRequest *request, guint status, const GError *error, const char *members) {
  WireMessage message = wire_message_of(error);
  g_autofree char *text = wire_refusal(error, members);
  if (message == WIRE_NOT_AUTHORIZED)
    http_request_add_header(request, "www-authenticate", "Bearer");
  http_request_answer(request, status ? status : wire_status(message), "application/json", text);
}

static void call_refuse_with(Call *call, const GError *error, const char *members) {
  if (call->request) {
    refuse_request(call->request, 0, error, members);
  } else {
    g_autofree char *all = with_id(call, members);
    g_autofree char *text = wire_refusal(error, all);
    http_socket_send(call->socket, text);
  }
  call_drop(call);
}

void call_refuse(Call *call, const GError *error) {
  g_autofree char *fault = note_fault(error);
  call_refuse_with(call, error, fault);
}

/* What a refusal says of when to try again, in its header (where @request is not NULL) and as member
 * (transfer full). */
static char *say_when(HttpRequest *request, guint retry_after_seconds) {
  g_autofree char *seconds = g_strdup_printf("%u", retry_after_seconds);
  if (request)
    http_request_add_header(request, "retry-after", seconds);
  return g_strdup_printf("\"retry_after_seconds\":%s", seconds);
}

void call_refuse_until(Call *call, const GError *error, guint retry_after_seconds) {
  g_autofree char *members = say_when(call->request, retry_after_seconds);
  call_refuse_with(call, error, members);
}

void call_refuse_request_until(HttpRequest *request, const GError *error, guint retry_after_seconds) {
  g_autofree char *members = say_when(request, retry_after_seconds);
  refuse_request(request, 0, error, members);
}

void call_refuse_request(HttpRequest *request, guint status, const GError *error) {
  g_autofree char *fault = note_fault(error);
  refuse_request(request, status, error, fault);
}

void call_on_gone(Call *call, void (*func)(gpointer data), gpointer data) {
  if (call->request)
    http_request_on_gone(call->request, func, data);
}

/* ---- doors ---- */

static void call_carry(Call *call, const char *text, gsize length, const Verb *verbs) {
  g_autoptr(GError) error = NULL;
  /* The handler owns the call from here on, unless there is none for it. */
  if (!verb_call(verbs, text, length, call, NULL, &call->id, &error))
    call_refuse(call, error);
}

void call_from_request(HttpRequest *request, const Verb *verbs, gpointer context) {
  gsize length;
  const char *text = http_request_body(request, &length);
  call_carry(call_new(request, NULL, context), text, length, verbs);
}

void call_from_socket(HttpSocket *socket, const char *text, gsize length, const Verb *verbs,
                      gpointer context) {
  call_carry(call_new(NULL, socket, context), text, length, verbs);
}
