#include "streamer/doors/control.h"

#include "common/instant.h"
#include "common/language.h"
#include "common/log.h"
#include "common/trace_id.h"
#include "streamer/doors/call.h"
#include "streamer/doors/control_entrance.h"
#include "streamer/doors/streamer.h"
#include "streamer/sessions/sessions_status.h"

#define WAIT_MAX_SECONDS 60
#define WANTED_MAX_SECONDS 120

/* What the session's other lines have no room for: on whose request it is. */
static void tell_asked(const Call *call, const char *event, const char *session) {
  g_autofree char *quoted = log_quote(session);
  log_notice(event, "session=%s request=%s", quoted, call_request_id(call));
}

/* ---- START_SESSION, CONNECT_SESSION_WITH_CODE ---- */

static const Field start_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(SessionsStart, session), .min = 1, .max = SESSION_ID_MAX},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(SessionsStart, code), .min = 1, .max = 16},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(SessionsStart, rc_name), .max = 200},
    {"language", FIELD_TEXT, G_STRUCT_OFFSET(SessionsStart, language), LANGUAGE_FIELD},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(SessionsStart, ends_at_us)},
    {NULL},
};

typedef struct {
  char *ip, *session, *code;
  gint64 port, starts_at_us, ends_at_us;
} ConnectionData;

static const Field connection_data_fields[] = {
    {"ip", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, ip)},
    {"port", FIELD_NUMERAL, G_STRUCT_OFFSET(ConnectionData, port)},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, session)},
    {"code", FIELD_TEXT, G_STRUCT_OFFSET(ConnectionData, code)},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionData, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ConnectionData, ends_at_us)},
    {NULL},
};

static void answer_connection_data(Call *call, const Session *session) {
  const Streamer *streamer = call_context(call);
  ConnectionData data = {
      .ip = (char *)streamer_settings_public_ip(streamer->settings),
      .port = streamer_settings_public_port(streamer->settings),
      .session = (char *)session_id(session),
      .code = (char *)session_code(session),
      .starts_at_us = session_starts_at_us(session),
      .ends_at_us = session_ends_at_us(session),
  };
  call_answer(call, WIRE_SESSION_CONNECTION_DATA, connection_data_fields, &data);
}

static void answer_start(Session *session, const GError *error, gpointer data) {
  if (session)
    answer_connection_data(data, session);
  else
    call_refuse(data, error);
}

/* Nothing is undone when the caller goes: the session waits for people, and a repeated call finds it. */
static void start_session(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  tell_asked(request, "start_asked", ((const SessionsStart *)arguments)->session);
  sessions_start(streamer->sessions, arguments, answer_start, request);
}

static void refuse_unknown_session(Call *call) {
  g_autoptr(GError) error = NULL;
  wire_set_error(&error, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session here.");
  call_refuse(call, error);
}

typedef struct {
  char *code;
} ConnectWithCode;

static const Field connect_with_code_fields[] = {
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ConnectWithCode, code), .required = TRUE, .min = 1, .max = 16},
    {NULL},
};

static void connect_with_code(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  const ConnectWithCode *connect = arguments;
  const Session *session = sessions_find_code(streamer->sessions, connect->code);
  if (session)
    answer_connection_data(request, session);
  else
    refuse_unknown_session(request);
}

/* ---- GET_STATUS, DRAIN ---- */

typedef struct {
  gint64 version, wait_seconds, wanted_seconds;
} GetStatus;

static const Field get_status_fields[] = {
    {"version", FIELD_INT, G_STRUCT_OFFSET(GetStatus, version)},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(GetStatus, wait_seconds), .min = 0, .max = WAIT_MAX_SECONDS},
    {"wanted_seconds", FIELD_INT, G_STRUCT_OFFSET(GetStatus, wanted_seconds), .min = 0,
     .max = WANTED_MAX_SECONDS},
    {NULL},
};

typedef struct {
  Call *call;
  StatusWatch *watch;
} StatusWait;

static void answer_status(Call *call) {
  const Streamer *streamer = call_context(call);
  g_autofree char *status = sessions_status(streamer->sessions);
  call_answer_members(call, WIRE_STATUS, status);
}

static void on_status(gpointer data) {
  StatusWait *wait = data;
  answer_status(wait->call);
  g_free(wait);
}

static void on_status_gone(gpointer data) {
  StatusWait *wait = data;
  status_watch_cancel(wait->watch);
  call_drop(wait->call);
  g_free(wait);
}

static void get_status(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  const GetStatus *get = arguments;
  if (get->wanted_seconds)
    sessions_want_place(streamer->sessions, get->wanted_seconds);
  if (!get->version || !get->wait_seconds) {
    answer_status(request);
    return;
  }
  StatusWait *wait = g_new0(StatusWait, 1);
  wait->call = request;
  StatusWatch *watch = status_watches_wait(sessions_watches(streamer->sessions), get->version,
                                           (guint)get->wait_seconds * 1000, on_status, wait);
  if (!watch) /* answered, and the wait is freed */
    return;
  wait->watch = watch;
  call_on_gone(request, on_status_gone, wait);
}

typedef struct {
  gboolean on;
} Drain;

static const Field drain_fields[] = {
    {"on", FIELD_BOOL, G_STRUCT_OFFSET(Drain, on), .required = TRUE},
    {NULL},
};

static void drain(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  sessions_drain(streamer->sessions, ((const Drain *)arguments)->on);
  answer_status(request);
}

/* ---- EXTEND_SESSION, END_SESSION ---- */

typedef struct {
  char *session;
  gint64 ends_at_us;
} Extend;

static const Field extend_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(Extend, session), .required = TRUE, .max = SESSION_ID_MAX},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Extend, ends_at_us), .required = TRUE},
    {NULL},
};

static const Field extended_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(Extend, session)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(Extend, ends_at_us)},
    {NULL},
};

static void extend_session(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  const Extend *extend = arguments;
  g_autoptr(GError) error = NULL;
  tell_asked(request, "extend_asked", extend->session);
  Session *session = sessions_find(streamer->sessions, extend->session);
  if (!session) {
    refuse_unknown_session(request);
  } else if (extend->ends_at_us <= instant_now_us()) {
    wire_set_error(&error, WIRE_BAD_REQUEST, "ends_at", "ends_at: is in the past.");
    call_refuse(request, error);
  } else {
    session_extend(session, extend->ends_at_us);
    call_answer(request, WIRE_SESSION_EXTENDED, extended_fields, extend);
  }
}

typedef struct {
  char *session;
} End;

static const Field end_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(End, session), .required = TRUE, .max = SESSION_ID_MAX},
    {NULL},
};

static void answer_session_ended(gpointer data) {
  g_autofree char *members = g_strdup_printf("\"reason\":\"%s\"", wire_end_name(WIRE_END_BY_OPERATOR));
  call_answer_members(data, WIRE_SESSION_ENDED, members);
}

/* Answered when nothing is left of it: its place is free then. */
static void end_session(gpointer request, gpointer arguments) {
  const Streamer *streamer = call_context(request);
  const char *id = ((const End *)arguments)->session;
  tell_asked(request, "end_asked", id);
  Session *session = sessions_find(streamer->sessions, id);
  if (session)
    sessions_end(streamer->sessions, session, WIRE_END_BY_OPERATOR, answer_session_ended, request);
  else if (sessions_cancel(streamer->sessions, id))
    answer_session_ended(request);
  else
    refuse_unknown_session(request);
}

/* ---- the door ---- */

static const Verb verbs[] = {
    {"START_SESSION", start_fields, sizeof(SessionsStart), start_session},
    {"GET_STATUS", get_status_fields, sizeof(GetStatus), get_status},
    {"CONNECT_SESSION_WITH_CODE", connect_with_code_fields, sizeof(ConnectWithCode), connect_with_code},
    {"EXTEND_SESSION", extend_fields, sizeof(Extend), extend_session},
    {"END_SESSION", end_fields, sizeof(End), end_session},
    {"SET_CODE", control_set_code_fields, sizeof(ControlSetCode), control_set_code},
    {"KNOCK", control_knock_fields, sizeof(ControlKnock), control_knock},
    {"ANSWER_KNOCK", control_answer_knock_fields, sizeof(ControlAnswerKnock), control_answer_knock},
    {"DRAIN", drain_fields, sizeof(Drain), drain},
    {NULL},
};

/* At most once a minute: it asks again every few seconds. */
static void tell_clocks_differ(Streamer *streamer, const GError *error) {
  gint64 seconds = ticket_error_get_difference(error), now_us = g_get_monotonic_time();
  if (seconds == 0 || (streamer->clocks_told_us && now_us - streamer->clocks_told_us < INSTANT_MINUTE))
    return;
  streamer->clocks_told_us = now_us;
  log_warning("clocks_differ", "seconds=%+" G_GINT64_FORMAT " note=\"our clock; the coordinator is refused\"",
              seconds);
}

/* The answer has the id that the call had. */
static void carry_request_id(HttpRequest *request) {
  const char *id = http_request_header(request, HTTP_X_REQUEST_ID);
  if (trace_id_is_good(id))
    http_request_add_header(request, "x-request-id", id);
}

void control_handle(HttpRequest *request, gpointer data) {
  Streamer *streamer = data;
  g_autoptr(GError) error = NULL;
  const char *header = http_request_header(request, HTTP_AUTHORIZATION);
  const char *token = header ? ticket_from_header(header) : NULL;
  if (token && ticket_verify_control(streamer->keys, token, streamer->settings->server_name, &error)) {
    carry_request_id(request);
    call_from_request(request, verbs, streamer);
    return;
  }
  if (error)
    tell_clocks_differ(streamer, error);
  else
    wire_set_error(&error, WIRE_NOT_AUTHORIZED, NULL, "The coordinator's key is needed here.");
  call_refuse_request(request, 0, error);
}
