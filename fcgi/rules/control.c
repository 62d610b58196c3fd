#include "fcgi/rules/control.h"

#include "common/fields.h"
#include "fcgi/rules/limits.h"

#define AT(type, member) G_STRUCT_OFFSET(type, member)

static const Field knock_fields[] = {
    {"knock", FIELD_TEXT, AT(ControlKnock, knock), .required = TRUE, LIMIT_KNOCK},
    {"name", FIELD_TEXT, AT(ControlKnock, name), LIMIT_PERSON},
    {"lapses_in_seconds", FIELD_INT, AT(ControlKnock, lapses_in_s), LIMIT_LAPSE_SECONDS},
    {"answer", FIELD_TEXT, AT(ControlKnock, answer), LIMIT_ANSWER},
    {NULL},
};

static const Field session_fields[] = {
    {"session", FIELD_TEXT, AT(ControlSession, session), .required = TRUE, LIMIT_ID},
    {"code", FIELD_DIGITS, AT(ControlSession, code), .required = TRUE, LIMIT_CODE},
    {"starts_at", FIELD_INSTANT, AT(ControlSession, starts_at_us), LIMIT_INSTANT},
    {"ends_at", FIELD_INSTANT, AT(ControlSession, ends_at_us), LIMIT_INSTANT},
    {"generation", FIELD_INT, AT(ControlSession, generation), .min = 0, .max = G_MAXINT32},
    {"removals", FIELD_INT, AT(ControlSession, removals), .min = 0, .max = G_MAXINT32},
    {"removed", FIELD_TEXTS, AT(ControlSession, removed), LIMIT_USER},
    {"kept", FIELD_BOOL, AT(ControlSession, kept)},
    {"knocks", FIELD_LIST, AT(ControlSession, knocks), .sub = knock_fields, .size = sizeof(ControlKnock),
     LIMIT_KNOCKS},
    {NULL},
};

static const Field ended_fields[] = {
    {"session", FIELD_TEXT, AT(ControlEnded, session), .required = TRUE, LIMIT_ID},
    {"reason", FIELD_TEXT, AT(ControlEnded, reason), LIMIT_REASON},
    {NULL},
};

static const Field status_fields[] = {
    {"server_name", FIELD_TEXT, AT(ControlStatus, server_name), LIMIT_SERVER_NAME},
    {"version", FIELD_RAW, AT(ControlStatus, version), .max = 128},
    {"state", FIELD_TEXT, AT(ControlStatus, state), .max = 32},
    {"reason", FIELD_TEXT, AT(ControlStatus, reason), LIMIT_SENTENCE},
    {"session_limit", FIELD_INT, AT(ControlStatus, session_limit), .required = TRUE, .min = 0,
     .max = LIMIT_SESSIONS},
    {NULL},
};

static const Field started_fields[] = {
    {"session", FIELD_TEXT, AT(ControlStarted, session), .required = TRUE, LIMIT_ID},
    {"code", FIELD_DIGITS, AT(ControlStarted, code), .required = TRUE, LIMIT_CODE},
    {"ends_at", FIELD_INSTANT, AT(ControlStarted, ends_at_us), LIMIT_INSTANT},
    {NULL},
};

typedef struct {
  char *msg;
  char *reason;
  gint64 clock_difference_s;
} Envelope;

static const Field envelope_fields[] = {
    {"msg", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, msg), .required = TRUE, .min = 1, .max = 64},
    {"reason", FIELD_TEXT, G_STRUCT_OFFSET(Envelope, reason), LIMIT_SENTENCE},
    {"clock_difference_seconds", FIELD_INT, G_STRUCT_OFFSET(Envelope, clock_difference_s)},
    {NULL},
};

void control_answer_free(ControlAnswer *answer) {
  if (!answer)
    return;
  fields_clear(status_fields, &answer->status);
  g_clear_pointer(&answer->status.sessions, g_ptr_array_unref);
  g_clear_pointer(&answer->status.ended, g_ptr_array_unref);
  fields_clear(started_fields, &answer->started);
  g_free(answer->reason);
  g_free(answer);
}

/* ---- a status ---- */

static void free_control_session(gpointer data) {
  ControlSession *session = data;
  g_free(session->problem);
  fields_free(session_fields, session);
}

static void free_control_ended(gpointer data) {
  fields_free(ended_fields, data);
}

static void add_control_session(guint n, gpointer element, const GError *problem, gpointer sessions) {
  ControlSession *session = element;
  if (problem)
    session->problem = g_strdup(problem->message);
  else if (session->starts_at_us && session->ends_at_us && session->ends_at_us < session->starts_at_us)
    session->problem = g_strdup_printf("sessions[%u].ends_at: is before starts_at", n);
  else if (session->removed && g_strv_length(session->removed) > LIMIT_REMOVED)
    session->problem =
        g_strdup_printf("sessions[%u].removed: must have at most %u elements", n, LIMIT_REMOVED);
  g_ptr_array_add(sessions, session);
}

/* Why something ended is good to know; without it it has ended all the same. */
static void add_control_ended(guint n, gpointer element, const GError *problem, gpointer ended) {
  if (problem)
    free_control_ended(element);
  else
    g_ptr_array_add(ended, element);
}

static gboolean read_status(const FieldsDoc *doc, ControlStatus *status, GError **error) {
  char ended = fields_kind_at(doc, "ended");
  status->sessions = g_ptr_array_new_with_free_func(free_control_session);
  status->ended = g_ptr_array_new_with_free_func(free_control_ended);
  return fields_read(doc, status_fields, status, error) &&
         fields_read_each(doc, "sessions", session_fields, sizeof(ControlSession), LIMIT_SESSIONS,
                          add_control_session, status->sessions, error) &&
         (ended == 0 || ended == '0' ||
          fields_read_each(doc, "ended", ended_fields, sizeof(ControlEnded), LIMIT_SESSIONS,
                           add_control_ended, status->ended, error));
}

/* ---- answers ---- */

static gboolean read_parts(const FieldsDoc *doc, ControlAnswer *answer, GError **error) {
  switch (answer->message) {
  case WIRE_STATUS:
    return read_status(doc, &answer->status, error);
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
    answer->clock_difference_s = envelope.clock_difference_s;
    if (answer->message == WIRE_N_MESSAGES) {
      fields_set_error(error, FIELDS_ERROR_RANGE, "msg", "is no known answer");
      done = FALSE;
    }
  }
  fields_clear(envelope_fields, &envelope);
  return done && read_parts(doc, answer, error) ? g_steal_pointer(&answer) : NULL;
}

/* ---- requests ---- */

typedef struct {
  char *verb;
  char *session;
  char *code;
  char *rc_name;
  char *language;
  gint64 ends_at_us;
  char *version;
  gint64 wait_seconds;
  gint64 generation;
  char *knock;
  char *name;
  gint64 lapses_in_s;
  gint64 wanted_seconds;
} ControlRequest;

static const Field request_fields[] = {
    {"verb", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, verb)},
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, session)},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ControlRequest, code)},
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, rc_name)},
    {"language", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, language)},
    {"ends_at", FIELD_INSTANT, G_STRUCT_OFFSET(ControlRequest, ends_at_us)},
    {"version", FIELD_RAW, G_STRUCT_OFFSET(ControlRequest, version)},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(ControlRequest, wait_seconds), .min = 1},
    {"generation", FIELD_INT, G_STRUCT_OFFSET(ControlRequest, generation), .min = 1},
    {"knock", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, knock)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(ControlRequest, name)},
    {"lapses_in_seconds", FIELD_INT, G_STRUCT_OFFSET(ControlRequest, lapses_in_s), .min = 1},
    {"wanted_seconds", FIELD_INT, G_STRUCT_OFFSET(ControlRequest, wanted_seconds), .min = 1},
    {NULL},
};

char *control_get_status(const char *version, guint wait_seconds, guint wanted_seconds) {
  ControlRequest request = {.verb = (char *)"GET_STATUS",
                            .version = (char *)version,
                            .wait_seconds = version ? wait_seconds : 0,
                            .wanted_seconds = wanted_seconds};
  return fields_write(request_fields, &request);
}

char *control_start_session(const ControlStart *start) {
  ControlRequest request = {.verb = (char *)"START_SESSION",
                            .session = (char *)start->session,
                            .code = (char *)start->code,
                            .rc_name = (char *)start->rc_name,
                            .language = (char *)start->language,
                            .ends_at_us = start->ends_at_us};
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

char *control_set_code(const char *session, const char *code, gint64 generation) {
  ControlRequest request = {
      .verb = (char *)"SET_CODE", .session = (char *)session, .code = (char *)code, .generation = generation};
  return fields_write(request_fields, &request);
}

char *control_knock(const char *session, const char *knock, const char *name, gint64 lapses_in_s) {
  ControlRequest request = {.verb = (char *)"KNOCK",
                            .session = (char *)session,
                            .knock = (char *)knock,
                            .name = (char *)name,
                            .lapses_in_s = lapses_in_s};
  return fields_write(request_fields, &request);
}

/* @session and @knock are ids, which need no quoting. */
char *control_answer_knock(const char *session, const char *knock, gboolean admit) {
  return g_strdup_printf("{\"verb\":\"ANSWER_KNOCK\",\"session\":\"%s\",\"knock\":\"%s\",\"admit\":%s}",
                         session, knock, admit ? "true" : "false");
}

char *control_drain(gboolean on) {
  return g_strdup_printf("{\"verb\":\"DRAIN\",\"on\":%s}", on ? "true" : "false");
}
