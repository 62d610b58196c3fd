#include "fcgi/core/request.h"

#include "common/fields.h"
#include "common/log.h"
#include "common/log_limit.h"
#include "common/random.h"
#include "common/trace_id.h"
#include "fcgi/base/client_counts.h"
#include "fcgi/base/metering.h"
#include "fcgi/core/core.h"

#include <stdatomic.h>
#include <string.h>

#define ID_LENGTH 16
#define TURNED_AWAY_A_MINUTE 60

struct Request {
  const Door *door;
  gpointer connection;
  Core *core;
  char id[TRACE_ID_MAX + 1];
  gboolean is_read;
  const Verb *verb; /* static, nullable */
  gpointer arguments;
  GError *error; /* what is wrong with the text (nullable) */
  char *method;
  char *authorization; /* nullable */
  char *target;
  char *address;
  char *text;
  gsize length;
  char *echo;
  char *followed; /* nullable */
  char *follower; /* nullable */
  char *rc_name;  /* nullable */
  gboolean in_line;
  const char *allow;        /* static, nullable */
  const char *more_headers; /* static, nullable */
  gboolean repeatable;
  gboolean looked;
  gboolean unsure;
  gboolean waiting;
  RequestCancel cancel;
  gpointer cancel_data;
  gint64 received_us; /* monotonic */
};

/* Half of an id is drawn when the program starts, half counts: unique, and cheap. */
static void make_id(char id[ID_LENGTH + 1]) {
  static atomic_uint counter;
  static atomic_uint start;
  guint mine = atomic_load_explicit(&start, memory_order_relaxed);
  while (!mine) {
    guint drawn = random_below(G_MAXUINT32 - 1) + 1;
    if (atomic_compare_exchange_strong(&start, &mine, drawn))
      mine = drawn;
  }
  guint number = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  g_snprintf(id, ID_LENGTH + 1, "%08x%08x", mine, number);
}

Request *request_new(const Door *door, gpointer connection, const char *method, const char *target,
                     const char *address, char *text, gsize length) {
  Request *request = g_new0(Request, 1);
  request->door = door;
  request->connection = connection;
  request->method = g_strdup(method);
  request->target = g_strndup(target, strcspn(target, "?#"));
  request->address = g_strdup(address && *address ? address : "-");
  request->text = text;
  request->length = length;
  request->received_us = g_get_monotonic_time();
  make_id(request->id);
  return request;
}

void request_free(Request *request) {
  if (!request)
    return;
  if (request->verb)
    verb_free_arguments(request->verb, request->arguments);
  g_clear_error(&request->error);
  g_free(request->method);
  g_free(request->authorization);
  g_free(request->target);
  g_free(request->address);
  g_free(request->text);
  g_free(request->echo);
  g_free(request->followed);
  g_free(request->follower);
  g_free(request->rc_name);
  g_free(request);
}

gpointer request_get_connection(const Request *request) {
  return request->connection;
}

const char *request_get_id(const Request *request) {
  return request->id;
}

gboolean request_adopt_id(Request *request, const char *id) {
  if (!trace_id_is_good(id))
    return FALSE;
  g_strlcpy(request->id, id, sizeof request->id);
  return TRUE;
}

void request_set_authorization(Request *request, const char *header) {
  g_free(request->authorization);
  request->authorization = g_strdup(header);
}

const char *request_get_authorization(const Request *request) {
  return request->authorization;
}

const char *request_get_method(const Request *request) {
  return request->method;
}

const char *request_get_resource(const Request *request) {
  const char *slash = strrchr(request->target, '/');
  return slash ? slash + 1 : request->target;
}

const char *request_get_address(const Request *request) {
  return request->address;
}

Holder request_find_holder(const Request *request) {
  return holders_find(request->core->holders, request->address);
}

gint64 request_get_received_us(const Request *request) {
  return request->received_us;
}

const char *request_get_text(const Request *request, gsize *length) {
  *length = request->length;
  return request->text;
}

Core *request_get_core(const Request *request) {
  return request->core;
}

void request_set_core(Request *request, Core *core) {
  request->core = core;
}

void request_set_call(Request *request, const Verb *verb, gpointer arguments, GError *error) {
  request->is_read = TRUE;
  request->verb = verb;
  request->arguments = arguments;
  request->error = error;
}

gboolean request_is_read(const Request *request) {
  return request->is_read;
}

const Verb *request_get_verb(const Request *request) {
  return request->verb;
}

const GError *request_get_error(const Request *request) {
  return request->error;
}

gpointer request_take_arguments(Request *request) {
  return g_steal_pointer(&request->arguments);
}

/* For the log. */
static const char *verb_name(const Request *request) {
  return request->verb ? request->verb->name : "-";
}

void request_set_echo(Request *request, char *id) {
  g_free(request->echo);
  request->echo = id;
}

void request_follow(Request *request, const char *audience) {
  request_follow_as(request, audience, NULL);
}

void request_follow_as(Request *request, const char *audience, const char *person) {
  g_free(request->followed);
  g_free(request->follower);
  request->followed = g_strdup(audience);
  request->follower = g_strdup(person);
}

const char *request_get_follower(const Request *request) {
  return request->follower;
}

const char *request_get_followed(const Request *request) {
  return request->followed;
}

void request_set_looked(Request *request) {
  request->looked = TRUE;
}

gboolean request_has_looked(const Request *request) {
  return request->looked;
}

void request_set_unsure(Request *request) {
  request->unsure = TRUE;
}

gboolean request_is_unsure(const Request *request) {
  return request->unsure;
}

void request_set_rc(Request *request, const char *rc_name) {
  g_free(request->rc_name);
  request->rc_name = g_strdup(rc_name);
}

void request_set_in_line(Request *request) {
  request->in_line = TRUE;
}

void request_set_repeatable(Request *request) {
  request->repeatable = TRUE;
}

gboolean request_may_wait(const Request *request) {
  const Core *core = request->core;
  return !core->stopping && core->waiting < core->configuration->max_waiting &&
         client_counts_have_room(core->held, request->address);
}

void request_wait(Request *request, RequestCancel cancel, gpointer user_data) {
  g_return_if_fail(!request->waiting);
  request->waiting = TRUE;
  request->cancel = cancel;
  request->cancel_data = user_data;
  if (request->core) {
    request->core->waiting++;
    client_counts_add(request->core->held, request->address);
  }
  request->door->watch(request);
}

static void request_stop_waiting(Request *request) {
  if (request->waiting && request->core) {
    request->core->waiting--;
    client_counts_remove(request->core->held, request->address);
  }
  request->waiting = FALSE;
}

void request_resume(Request *request) {
  request_stop_waiting(request);
  request->cancel = NULL;
}

void request_gone(Request *request) {
  log_info("client_gone", "request=%s client=%s verb=%s", request->id, request->address, verb_name(request));
  if (request->core)
    metering_gone(request->core->metering);
  request_stop_waiting(request);
  if (request->cancel)
    request->cancel(request, request->cancel_data);
  request_free(request);
}

/* They may come by the thousand, and a slow reader of the log must not hold up the core. */
void request_log(const Request *request, const char *event, const char *format, ...) {
  if (!log_is_on(LOG_LEVEL_NOTICE))
    return;
  g_autofree char *address = log_quote(request ? request->address : NULL);
  va_list args;
  va_start(args, format);
  g_autofree char *details = g_strdup_vprintf(format, args);
  va_end(args);
  log_gather(LOG_LEVEL_NOTICE, event, "request=%s client=%s %s", request ? request->id : "-", address,
             details);
}

/* Whether a client that asked for a session, now or later, has got none for want of room. */
static gboolean is_turned_away(const Request *request, WireMessage message) {
  static const WireMessage refusals[] = {
      WIRE_SERVERS_BUSY,      WIRE_TIME_NOT_AVAILABLE,      WIRE_CODES_EXHAUSTED,
      WIRE_TOO_MANY_ATTEMPTS, WIRE_EXTENSION_NOT_AVAILABLE, WIRE_STORE_UNAVAILABLE,
      WIRE_LIMIT_REACHED,
  };
  const Verb *verb = request->verb;
  if (!verb || !rate_class_changes(verb->class) || request->in_line)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(refusals); i++)
    if (refusals[i] == message)
      return TRUE;
  return FALSE;
}

static void tell_turned_away(const Request *request, WireMessage message) {
  static LogLimit limit = LOG_LIMIT("turned_away", TURNED_AWAY_A_MINUTE);
  g_autofree char *address = log_quote(request->address), *rc = log_quote(request->rc_name);
  log_limited(&limit, LOG_LEVEL_NOTICE, "request=%s client=%s verb=%s rc=%s answer=%s", request->id, address,
              verb_name(request), rc, wire_name(message));
}

void request_note(const Request *request, const Reply *reply, Metering *metering) {
  if (is_turned_away(request, reply->message))
    tell_turned_away(request, reply->message);
  if (!metering)
    return;
  gint64 duration_us = g_get_monotonic_time() - request->received_us;
  metering_request(metering, request->verb, reply->message, duration_us);
  if (!metering_logs_requests(metering))
    return;
  g_autofree char *method = log_quote(request->method);
  g_autofree char *target = log_quote(request->target);
  g_autofree char *address = log_quote(request->address);
  log_gather(LOG_LEVEL_INFO, "request",
             "request=%s client=%s method=%s target=%s verb=%s answer=%s status=%u bytes=%" G_GSIZE_FORMAT
             " ms=%.1f",
             request->id, address, method, target, verb_name(request),
             reply->message < WIRE_N_MESSAGES ? wire_name(reply->message) : "-", reply->status,
             body_get_length(reply->body), (double)duration_us / 1000);
}

/* Ends the request. */
static void send_reply(Request *request, const Reply *reply) {
  request_note(request, reply, request->core ? request->core->metering : NULL);
  request_stop_waiting(request);
  request->door->send(request, reply);
  request_free(request);
}

/* @text (transfer full): one JSON object. With the request's own "id" put in, if it had one. */
static Body *make_body(const Request *request, char *text) {
  if (!request->echo)
    return body_new(text);
  GString *out = g_string_sized_new(strlen(text) + 32);
  g_autofree char *member = g_strconcat("\"id\":", request->echo, NULL);
  fields_append_object(out, text, member);
  g_free(text);
  return body_new(g_string_free(out, FALSE));
}

void request_answer(Request *request, WireMessage message, const char *members) {
  Reply reply = {.status = wire_status(message),
                 .message = message,
                 .body = make_body(request, wire_answer(message, members))};
  /* With an id the text hardly ever comes again. */
  if (request->repeatable && request->core && !request->echo)
    answers_put(request->core->answers, request->text, reply.body, (AnswerKind){request->verb, message});
  send_reply(request, &reply);
}

void request_answer_object(Request *request, WireMessage message, const char *object) {
  gsize length = strlen(object);
  g_return_if_fail(length >= 2 && object[0] == '{');
  g_autofree char *members = g_strndup(object + 1, length - 2);
  request_answer(request, message, members);
}

void request_answer_text(Request *request, guint status, const char *content_type, char *text) {
  Reply reply = {
      .status = status, .message = WIRE_N_MESSAGES, .body = body_new(text), .content_type = content_type};
  send_reply(request, &reply);
}

void request_answer_body(Request *request, WireMessage message, Body *body) {
  Reply reply = {.status = wire_status(message), .message = message};
  reply.body = request->echo ? make_body(request, g_strdup(body_get_text(body))) : body_ref(body);
  send_reply(request, &reply);
}

Reply request_make_refusal(Request *request, const GError *error, guint retry_after_seconds,
                           const char *members) {
  WireMessage message = wire_message_of(error);
  g_autoptr(GString) more = g_string_new(NULL);
  if (message == WIRE_INTERNAL_ERROR) {
    g_autofree char *reason = log_quote(error->message);
    log_error("internal_error", "request=%s verb=%s reason=%s", request->id, verb_name(request), reason);
    g_string_append_printf(more, "\"request_id\":\"%s\"", request->id);
  }
  if (retry_after_seconds > 0)
    g_string_append_printf(more, "%s\"retry_after_seconds\":%u", more->len ? "," : "", retry_after_seconds);
  if (members && *members)
    g_string_append_printf(more, "%s%s", more->len ? "," : "", members);
  return (Reply){
      .status = wire_status(message),
      .message = message,
      .body = make_body(request, wire_refusal(error, more->len ? more->str : NULL)),
      .retry_after_seconds = retry_after_seconds,
      .allow = request->allow,
      .more_headers = request->more_headers,
  };
}

void request_refuse_until(Request *request, const GError *error, guint retry_after_seconds,
                          const char *members) {
  Reply reply = request_make_refusal(request, error, retry_after_seconds, members);
  send_reply(request, &reply);
}

void request_refuse(Request *request, const GError *error) {
  request_refuse_until(request, error, 0, NULL);
}

void request_refuse_with(Request *request, WireMessage message, const char *field, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *reason = g_strdup_vprintf(format, args);
  va_end(args);
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, message, field, "%s", reason);
  request_refuse(request, error);
}

void request_refuse_method(Request *request, const char *allow) {
  request->allow = allow;
  request_refuse_with(request, WIRE_METHOD_NOT_ALLOWED, NULL, "Only %s is allowed here.", allow);
}

void request_refuse_bearer(Request *request, const char *reason) {
  request->more_headers = "WWW-Authenticate: Bearer\r\n";
  request_refuse_with(request, WIRE_NOT_AUTHORIZED, NULL, "%s", reason);
}
