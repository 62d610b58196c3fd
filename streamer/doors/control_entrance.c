#include "streamer/doors/control_entrance.h"

#include "streamer/doors/call.h"
#include "streamer/doors/people_connect.h"
#include "streamer/doors/streamer.h"
#include "streamer/session/knockers.h"

#define KNOCK                                                                                                \
  FIELD_TEXT, .required = TRUE, .min = 1, .max = KNOCKERS_ID_MAX, .check = session_is_id,                    \
              .rule = "must be of letters, digits, '-' and '_'"

const Field control_set_code_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlSetCode, session), .required = TRUE,
     .max = SESSION_ID_MAX},
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ControlSetCode, code), .required = TRUE, .min = 1, .max = 16},
    {"generation", FIELD_INT, G_STRUCT_OFFSET(ControlSetCode, generation), .min = 0, .max = G_MAXINT32},
    {NULL},
};

const Field control_knock_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlKnock, session), .required = TRUE, .max = SESSION_ID_MAX},
    {"knock", KNOCK, .offset = G_STRUCT_OFFSET(ControlKnock, knock)},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(ControlKnock, name), .max = PEOPLE_NAME_MAX},
    {"lapses_in_seconds", FIELD_INT, G_STRUCT_OFFSET(ControlKnock, lapses_in_seconds), .required = TRUE,
     .min = 1, .max = KNOCKERS_LAPSE_MAX},
    {NULL},
};

const Field control_answer_knock_fields[] = {
    {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlAnswerKnock, session), .required = TRUE,
     .max = SESSION_ID_MAX},
    {"knock", KNOCK, .offset = G_STRUCT_OFFSET(ControlAnswerKnock, knock)},
    {"admit", FIELD_BOOL, G_STRUCT_OFFSET(ControlAnswerKnock, admit), .required = TRUE},
    {NULL},
};

/* The session that is meant; NULL: the call has been refused. */
static Session *find_session(Call *call, const char *id) {
  const Streamer *streamer = call_context(call);
  Session *session = sessions_find(streamer->sessions, id);
  g_autoptr(GError) error = NULL;
  if (session)
    return session;
  wire_set_error(&error, WIRE_SESSION_NOT_EXIST, NULL, "There is no such session here.");
  call_refuse(call, error);
  return NULL;
}

/* @error (nullable): why not. */
static void answer(Call *call, WireMessage message, const GError *error) {
  if (error)
    call_refuse(call, error);
  else
    call_answer(call, message, NULL, NULL);
}

void control_set_code(gpointer call, gpointer arguments) {
  const ControlSetCode *set = arguments;
  const Streamer *streamer = call_context(call);
  Session *session = find_session(call, set->session);
  g_autoptr(GError) error = NULL;
  if (!session)
    return;
  const Session *owner = sessions_find_code(streamer->sessions, set->code);
  if (owner && owner != session)
    wire_set_error(&error, WIRE_BAD_REQUEST, "code", "code: another session here has it.");
  else
    session_set_code(session, set->code, set->generation);
  answer(call, WIRE_CODE_SET, error);
}

void control_knock(gpointer call, gpointer arguments) {
  const ControlKnock *knock = arguments;
  Session *session = find_session(call, knock->session);
  g_autoptr(GError) error = NULL;
  if (!session)
    return;
  session_knock(session, knock->knock, knock->name, knock->lapses_in_seconds, &error);
  answer(call, WIRE_KNOCKED, error);
}

void control_answer_knock(gpointer call, gpointer arguments) {
  const ControlAnswerKnock *host = arguments;
  Session *session = find_session(call, host->session);
  g_autoptr(GError) error = NULL;
  if (!session)
    return;
  session_answer_knock(session, host->knock, host->admit, &error);
  answer(call, WIRE_KNOCK_ANSWERED, error);
}
