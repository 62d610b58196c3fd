#include "fcgi/connection_data.h"
#include "fcgi/fleet.h"
#include "fcgi/starts.h"
#include "fcgi/verbs.h"

#include <string.h>

#define MAX_NAME 100

const Field verbs_start_session_fields[] = {
    {"rc_name", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, rc_name), .required = TRUE, .min = 1, .max = 200},
    {"duration_minutes", FIELD_INT, G_STRUCT_OFFSET(StartSession, duration_minutes), .min = 1, .max = 1440},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(StartSession, name), .max = MAX_NAME},
    {"wait_seconds", FIELD_INT, G_STRUCT_OFFSET(StartSession, wait_seconds), .min = 0, .max = 60},
    {NULL},
};

const Field verbs_connect_session_fields[] = {
    {"code", FIELD_DIGITS, G_STRUCT_OFFSET(ConnectSession, code), .required = TRUE, .min = 4, .max = 9},
    {"name", FIELD_TEXT, G_STRUCT_OFFSET(ConnectSession, name), .max = MAX_NAME},
    {NULL},
};

void verbs_start_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const StartSession *asked = arguments;
  Core *core = request_get_core(request);
  const Configuration *configuration = core->configuration;
  Rc *rc = fleet_find_rc(core->fleet, asked->rc_name);
  gint64 minutes = asked->duration_minutes ? asked->duration_minutes : configuration->session_minutes;
  if (minutes < configuration->min_session_minutes || minutes > configuration->session_minutes)
    request_refuse_with(request, WIRE_BAD_REQUEST, "duration_minutes",
                        "duration_minutes: must be from %d to %d.", (int)configuration->min_session_minutes,
                        (int)configuration->session_minutes);
  else if (!rc)
    request_refuse_with(request, WIRE_RC_NOT_FOUND, "rc_name",
                        "There is no residential complex of this name.");
  else if (core->stopping)
    starts_refuse_busy(request, NULL);
  else
    starts_begin(core->starts, request, rc, (guint)minutes, asked->name);
}

void verbs_connect_session(gpointer data, gpointer arguments) {
  Request *request = data;
  const ConnectSession *asked = arguments;
  Core *core = request_get_core(request);
  if (strspn(asked->code, "0123456789") != strlen(asked->code)) {
    request_refuse_with(request, WIRE_BAD_REQUEST, "code", "code: must be digits.");
    return;
  }
  const Session *session = sessions_find(fleet_get_sessions(core->fleet), asked->code);
  if (!session || (session->starting && !session->confirmed))
    request_refuse_with(request, WIRE_SESSION_NOT_EXIST, NULL, "There is no session with this code.");
  else if (fleet_server_get_state(session->server) == FLEET_OFFLINE)
    starts_refuse_busy(request, NULL);
  else
    connection_data_answer(request, session, "guest", asked->name);
}
