#include "common/wire.h"

#include "common/fields.h"
#include "common/ticket.h"

#include <string.h>

static const struct {
  const char *name;
  guint status;
} messages[] = {
    [WIRE_BAD_REQUEST] = {"BAD_REQUEST", 400},
    [WIRE_UNKNOWN_VERB] = {"UNKNOWN_VERB", 400},
    [WIRE_NOT_AUTHORIZED] = {"NOT_AUTHORIZED", 401},
    [WIRE_FORBIDDEN] = {"FORBIDDEN", 403},
    [WIRE_NOT_FOUND] = {"NOT_FOUND", 404},
    [WIRE_METHOD_NOT_ALLOWED] = {"METHOD_NOT_ALLOWED", 405},
    [WIRE_TOO_LARGE] = {"TOO_LARGE", 413},
    [WIRE_TOO_MANY_ATTEMPTS] = {"TOO_MANY_ATTEMPTS", 429},
    [WIRE_INTERNAL_ERROR] = {"INTERNAL_ERROR", 500},
    [WIRE_STORE_UNAVAILABLE] = {"STORE_UNAVAILABLE", 503},
    [WIRE_SERVERS_NOT_FOUND] = {"SERVERS_NOT_FOUND", 404},
    [WIRE_RC_NOT_FOUND] = {"RC_NOT_FOUND", 404},
    [WIRE_SERVERS_BUSY] = {"SERVERS_BUSY", 503},
    [WIRE_SESSION_NOT_EXIST] = {"SESSION_NOT_EXIST", 404},
    [WIRE_SESSION_NOT_STARTED] = {"SESSION_NOT_STARTED", 409},
    [WIRE_SESSION_LIMIT_REACHED] = {"SESSION_LIMIT_REACHED", 503},
    [WIRE_SESSION_START_FAILED] = {"SESSION_START_FAILED", 502},
    [WIRE_TIME_NOT_AVAILABLE] = {"TIME_NOT_AVAILABLE", 409},
    [WIRE_CODES_EXHAUSTED] = {"CODES_EXHAUSTED", 503},
    [WIRE_EXTENSION_NOT_AVAILABLE] = {"EXTENSION_NOT_AVAILABLE", 409},
    [WIRE_SERVERS_UNREACHABLE] = {"SERVERS_UNREACHABLE", 503},
    [WIRE_REQUEST_ID_USED] = {"REQUEST_ID_USED", 409},
    [WIRE_LIMIT_REACHED] = {"LIMIT_REACHED", 429},
    [WIRE_SERVERS_FOUND] = {"SERVERS_FOUND", 200},
    [WIRE_RCS_FOUND] = {"RCS_FOUND", 200},
    [WIRE_AVAILABILITY] = {"AVAILABILITY", 200},
    [WIRE_CONNECTION_CODE] = {"CONNECTION_CODE", 200},
    [WIRE_SESSION_CANCELLED] = {"SESSION_CANCELLED", 200},
    [WIRE_SESSION_CONNECTION_DATA] = {"SESSION_CONNECTION_DATA", 200},
    [WIRE_SESSION_EXTENDED] = {"SESSION_EXTENDED", 200},
    [WIRE_EVENTS] = {"EVENTS", 200},
    [WIRE_STATUS] = {"STATUS", 200},
    [WIRE_SESSION_ENDED] = {"SESSION_ENDED", 200},
    [WIRE_SESSION_CONNECTION_ESTABLISHED] = {"SESSION_CONNECTION_ESTABLISHED", 200},
    [WIRE_DATA_SENT] = {"DATA_SENT", 200},
    [WIRE_CONTROL] = {"CONTROL", 200},
    [WIRE_USER_REMOVED] = {"USER_REMOVED", 200},
    [WIRE_DISCONNECTED] = {"DISCONNECTED", 200},
    [WIRE_NAME_SET] = {"NAME_SET", 200},
    [WIRE_KEPT_ALIVE] = {"KEPT_ALIVE", 200},
    [WIRE_LINE_LEFT] = {"LINE_LEFT", 200},
    [WIRE_SERVER_STATE] = {"SERVER_STATE", 200},
    [WIRE_SESSIONS_FOUND] = {"SESSIONS_FOUND", 200},
    [WIRE_BOOKINGS_FOUND] = {"BOOKINGS_FOUND", 200},
    [WIRE_HELD_CANCELLED] = {"HELD_CANCELLED", 200},
    [WIRE_INVITATION] = {"INVITATION", 200},
    [WIRE_USER_ADMITTED] = {"USER_ADMITTED", 200},
    [WIRE_USER_REFUSED] = {"USER_REFUSED", 200},
    [WIRE_CODE_SET] = {"CODE_SET", 200},
    [WIRE_KNOCKED] = {"KNOCKED", 200},
    [WIRE_KNOCK_ANSWERED] = {"KNOCK_ANSWERED", 200},
    [WIRE_REPORT_SENT] = {"REPORT_SENT", 200},
    [WIRE_SERVERS_CHANGED] = {"SERVERS_CHANGED", 200},
    [WIRE_PLACE_IN_LINE] = {"PLACE_IN_LINE", 200},
    [WIRE_EXTENSION_OFFERED] = {"EXTENSION_OFFERED", 200},
    [WIRE_USER_JOINED] = {"USER_JOINED", 200},
    [WIRE_USER_LEFT] = {"USER_LEFT", 200},
    [WIRE_CONTROL_REQUESTED] = {"CONTROL_REQUESTED", 200},
    [WIRE_CONTROL_DECLINED] = {"CONTROL_DECLINED", 200},
    [WIRE_CONTROL_CHANGED] = {"CONTROL_CHANGED", 200},
    [WIRE_USER_CHANGED] = {"USER_CHANGED", 200},
    [WIRE_REMOVED] = {"REMOVED", 200},
    [WIRE_CONNECTION_REPLACED] = {"CONNECTION_REPLACED", 200},
    [WIRE_DATA] = {"DATA", 200},
    [WIRE_APP_READY] = {"APP_READY", 200},
    [WIRE_APP_RESTARTED] = {"APP_RESTARTED", 200},
    [WIRE_PICTURE_RESTARTED] = {"PICTURE_RESTARTED", 200},
    [WIRE_INACTIVITY_WARNING] = {"INACTIVITY_WARNING", 200},
    [WIRE_INACTIVITY_ENDED] = {"INACTIVITY_ENDED", 200},
    [WIRE_SESSION_ENDING] = {"SESSION_ENDING", 200},
    [WIRE_KNOCK] = {"KNOCK", 200},
    [WIRE_KNOCK_ENDED] = {"KNOCK_ENDED", 200},
    [WIRE_INVITATION_CHANGED] = {"INVITATION_CHANGED", 200},
};
G_STATIC_ASSERT(G_N_ELEMENTS(messages) == WIRE_N_MESSAGES);

static const char *const ends[] = {
    [WIRE_END_USERS_LEFT] = "users_left", [WIRE_END_INACTIVE] = "inactive",
    [WIRE_END_TIME_OVER] = "time_over",   [WIRE_END_BY_OPERATOR] = "ended_by_operator",
    [WIRE_END_APP_FAILED] = "app_failed", [WIRE_END_SERVER_STOPPING] = "server_stopping",
    [WIRE_END_NO_PICTURE] = "no_picture",
};
G_STATIC_ASSERT(G_N_ELEMENTS(ends) == WIRE_N_ENDS);

const char *wire_name(WireMessage message) {
  g_return_val_if_fail(message < WIRE_N_MESSAGES, "INTERNAL_ERROR");
  return messages[message].name;
}

guint wire_status(WireMessage message) {
  g_return_val_if_fail(message < WIRE_N_MESSAGES, 500);
  return messages[message].status;
}

WireMessage wire_from_name(const char *name) {
  guint i = 0;
  while (i < WIRE_N_MESSAGES && strcmp(messages[i].name, name) != 0)
    i++;
  return (WireMessage)i;
}

const char *wire_end_name(WireEnd end) {
  g_return_val_if_fail(end < WIRE_N_ENDS, "app_failed");
  return ends[end];
}

WireEnd wire_end_from_name(const char *name) {
  guint i = 0;
  while (i < WIRE_N_ENDS && strcmp(ends[i], name) != 0)
    i++;
  return (WireEnd)i;
}

/* ---- refusals ---- */

typedef struct {
  char *field;
} WireErrorPrivate;
typedef WireMessage WireError;

static void wire_error_private_init(WireErrorPrivate *private) {
}

static void wire_error_private_copy(const WireErrorPrivate *from, WireErrorPrivate *to) {
  to->field = g_strdup(from->field);
}

static void wire_error_private_clear(WireErrorPrivate *private) {
  g_free(private->field);
}

G_DEFINE_EXTENDED_ERROR(WireError, wire_error)

void wire_set_error(GError **error, WireMessage message, const char *field, const char *format, ...) {
  va_list args;
  va_start(args, format);
  GError *made = g_error_new_valist(WIRE_ERROR, (int)message, format, args);
  va_end(args);
  wire_error_get_private(made)->field = g_strdup(field);
  g_propagate_error(error, made);
}

const char *wire_error_get_field(const GError *error) {
  return error->domain == WIRE_ERROR ? wire_error_get_private(error)->field : fields_error_get_field(error);
}

WireMessage wire_message_of(const GError *error) {
  if (error->domain == WIRE_ERROR)
    return (WireMessage)error->code;
  if (error->domain == FIELDS_ERROR)
    return WIRE_BAD_REQUEST;
  if (error->domain == TICKET_ERROR)
    return WIRE_NOT_AUTHORIZED;
  return WIRE_INTERNAL_ERROR;
}

char *wire_answer(WireMessage message, const char *members) {
  return members && *members ? g_strdup_printf("{\"msg\":\"%s\",%s}", wire_name(message), members)
                             : g_strdup_printf("{\"msg\":\"%s\"}", wire_name(message));
}

char *wire_refusal(const GError *error, const char *members) {
  WireMessage message = wire_message_of(error);
  gboolean ours = message == WIRE_INTERNAL_ERROR && error->domain != WIRE_ERROR;
  const char *field = wire_error_get_field(error);
  g_autoptr(GString) all = g_string_new("\"reason\":");
  fields_append_quoted(all, ours ? "Something went wrong on the server." : error->message);
  if (field) {
    g_string_append(all, ",\"field\":");
    fields_append_quoted(all, field);
  }
  if (ticket_error_get_difference(error))
    g_string_append_printf(all, ",\"clock_difference_seconds\":%" G_GINT64_FORMAT,
                           ticket_error_get_difference(error));
  if (members && *members)
    g_string_append_printf(all, ",%s", members);
  return wire_answer(message, all->str);
}
