#include "fcgi/rules/control.h"

#include "common/fields.h"

#define MAX_SESSIONS 10000

static const Field session_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlSession, session), .required = TRUE, .min = 1, .max = 128},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ControlSession, code), .max = 16},
    {"starts_at", FIELD_INSTANT, G_STRUCT_OFFSET(ControlSession, starts_at_us)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ControlSession, ends_at_us)},
    {NULL},
};

static const Field ended_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlEnded, session), .required = TRUE, .min = 1, .max = 128},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(ControlEnded, reason), .max = 64},
    {NULL},
};

static const Field status_fields[] = {
    {"server_name", FIELD_TEXT, G_STRUCT_OFFSET(ControlStatus, server_name), .max = 100},
    {"version", FIELD_RAW, G_STRUCT_OFFSET(ControlStatus, version), .max = 128},
    {"state", FIELD_TEXT, G_STRUCT_OFFSET(ControlStatus, state), .max = 32},
    {"session_limit", FIELD_INT, G_STRUCT_OFFSET(ControlStatus, session_limit), .required = TRUE, .min = 0,
     .max = MAX_SESSIONS},
    {"sessions", FIELD_LIST, G_STRUCT_OFFSET(ControlStatus, sessions), .required = TRUE, .max = MAX_SESSIONS,
     .sub = session_fields, .size = sizeof(ControlSession)},
    {"ended", FIELD_LIST, G_STRUCT_OFFSET(ControlStatus, ended), .max = MAX_SESSIONS, .sub = ended_fields,
     .size = sizeof(ControlEnded)},
    {NULL},
};

static const Field started_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlStarted, session), .required = TRUE, .min = 1, .max = 128},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ControlStarted, code), .required = TRUE, .min = 1, .max = 16},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ControlStarted, ends_at_us)},
    {NULL},
};

typedef struct {
  char *msg;
  char *reason;
} Envelope;

static const Field envelope_fields[] = {
    {"msg", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, msg), .required = TRUE, .min = 1, .max = 64},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, reason), .max = 4096},
    {NULL},
};

void control_answer_free(ControlAnswer *answer) {
  if (!answer)
    return;
  fields_clear(status_fields, &answer->status);
  fields_clear(started_fields, &answer->started);
  g_free(answer->reason);
  g_free(answer);
}

static gboolean read_parts(const FieldsDoc *doc, ControlAnswer *answer, GError **error) {
  switch (answer->message) {
  case WIRE_STATUS:
    return fields_read(doc, status_fields, &answer->status, error);
  case WIRE_SESSION_CONNECTION_DATA:
    return fields_read(doc, started_fields, &answer->started, error);
  default:
    return TRUE;
  }
}

ControlAnswer *control_answer_read(const char *text, gsize length, GError **error) {
  g_autoptr(FieldsDoc) doc = fields_parse(text, length, error);
  if (!doc)
    return NULL;
  Envelope envelope = {NULL};
  g_autoptr(ControlAnswer) answer = g_new0(ControlAnswer, 1);
  gboolean done = fields_read(doc, envelope_fields, &envelope, error);
  if (done) {
    answer->message = wire_from_name(envelope.msg);
    answer->reason = g_steal_pointer(&envelope.reason);
    if (answer->message == WIRE_N_MESSAGES) {
      fields_set_error(error, FIELDS_ERROR_RANGE, "msg", "is no known answer");
      done = FALSE;
    }
  }
  fields_clear(envelope_fields, &envelope);
  return done && read_parts(doc, answer, error) ? g_steal_pointer(&answer) : NULL;
}

typedef struct {
  char *verb;
  char *session;
  char *code;
  char *rc_name;
  gint64 ends_at_us;
  char *version;
  gint64 wait_seconds;
} ControlRequest;

static const Field request_fields[] = {
    {"verb", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, verb)},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, session)},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ControlRequest, code)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, rc_name)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ControlRequest, ends_at_us)},
    {"version", FIELD_RAW, G_STRUCT_OFFSET(ControlRequest, version)},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(ControlRequest, wait_seconds), .min = 1},
    {NULL},
};

char *control_get_status(const char *version, guint wait_seconds) {
  ControlRequest request = {
      .verb = (char *)"GET_STATUS", .version = (char *)version, .wait_seconds = version ? wait_seconds : 0};
  return fields_write(request_fields, &request);
}

char *control_start_session(const char *session, const char *code, const char *rc_name, gint64 ends_at_us) {
  ControlRequest request = {.verb = (char *)"START_SESSION",
                            .session = (char *)session,
                            .code = (char *)code,
                            .rc_name = (char *)rc_name,
                            .ends_at_us = ends_at_us};
  return fields_write(request_fields, &request);
}

char *control_end_session(const char *session) {
  ControlRequest request = {.verb = (char *)"END_SESSION", .session = (char *)session};
  return fields_write(request_fields, &request);
}

char *control_extend_session(const char *session, gint64 ends_at_us) {
  ControlRequest request = {
      .verb = (char *)"EXTEND_SESSION", .session = (char *)session, .ends_at_us = ends_at_us};
  return fields_write(request_fields, &request);
}
