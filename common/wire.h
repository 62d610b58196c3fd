/* The words of vitrina-protocol(7): every "msg" with its HTTP status, the refusals, and the reasons that a
 * session ends. One row a word. Any thread. */
#pragma once
#include <glib.h>

#define WIRE_MAX_BODY (64 * 1024)

/* Every answer and event. The order is that of the table in wire.c. */
typedef enum {
  /* refusals */
  WIRE_BAD_REQUEST,
  WIRE_UNKNOWN_VERB,
  WIRE_NOT_AUTHORIZED,
  WIRE_FORBIDDEN,
  WIRE_NOT_FOUND,
  WIRE_METHOD_NOT_ALLOWED,
  WIRE_TOO_LARGE,
  WIRE_TOO_MANY_ATTEMPTS,
  WIRE_INTERNAL_ERROR,
  WIRE_STORE_UNAVAILABLE,
  WIRE_SERVERS_NOT_FOUND,
  WIRE_RC_NOT_FOUND,
  WIRE_SERVERS_BUSY,
  WIRE_SESSION_NOT_EXIST,
  WIRE_SESSION_NOT_STARTED,
  WIRE_SESSION_LIMIT_REACHED,
  WIRE_SESSION_START_FAILED,
  WIRE_TIME_NOT_AVAILABLE,
  WIRE_CODES_EXHAUSTED,
  WIRE_EXTENSION_NOT_AVAILABLE,
  WIRE_SERVERS_UNREACHABLE,
  WIRE_REQUEST_ID_USED,
  WIRE_LIMIT_REACHED,
  /* answers */
  WIRE_SERVERS_FOUND,
  WIRE_RCS_FOUND,
  WIRE_AVAILABILITY,
  WIRE_CONNECTION_CODE,
  WIRE_SESSION_CANCELLED,
  WIRE_SESSION_CONNECTION_DATA,
  WIRE_SESSION_EXTENDED,
  WIRE_EVENTS,
  WIRE_STATUS,
  WIRE_SESSION_ENDED,
  WIRE_SESSION_CONNECTION_ESTABLISHED,
  WIRE_DATA_SENT,
  WIRE_CONTROL,
  WIRE_USER_REMOVED,
  WIRE_DISCONNECTED,
  WIRE_NAME_SET,
  WIRE_KEPT_ALIVE,
  WIRE_LINE_LEFT,
  WIRE_SERVER_STATE,
  WIRE_SESSIONS_FOUND,
  WIRE_BOOKINGS_FOUND,
  WIRE_HELD_CANCELLED,
  WIRE_INVITATION,
  WIRE_USER_ADMITTED,
  WIRE_USER_REFUSED,
  WIRE_CODE_SET,
  WIRE_KNOCKED,
  WIRE_KNOCK_ANSWERED,
  WIRE_REPORT_SENT,
  /* events */
  WIRE_SERVERS_CHANGED,
  WIRE_PLACE_IN_LINE,
  WIRE_EXTENSION_OFFERED,
  WIRE_USER_JOINED,
  WIRE_USER_LEFT,
  WIRE_CONTROL_REQUESTED,
  WIRE_CONTROL_DECLINED,
  WIRE_CONTROL_CHANGED,
  WIRE_USER_CHANGED,
  WIRE_REMOVED,
  WIRE_CONNECTION_REPLACED,
  WIRE_DATA,
  WIRE_APP_READY,
  WIRE_APP_RESTARTED,
  WIRE_PICTURE_RESTARTED,
  WIRE_INACTIVITY_WARNING,
  WIRE_INACTIVITY_ENDED,
  WIRE_SESSION_ENDING,
  WIRE_KNOCK,
  WIRE_KNOCK_ENDED,
  WIRE_INVITATION_CHANGED,
  WIRE_N_MESSAGES
} WireMessage;

/* "SERVERS_FOUND" (static). */
const char *wire_name(WireMessage message);
/* The HTTP status that says the same; 200 for answers and events. */
guint wire_status(WireMessage message);
/* The message of this name; WIRE_N_MESSAGES when there is none. */
WireMessage wire_from_name(const char *name);

/* Refusals as errors: the domain's codes are WireMessage. The message is the "reason", one English sentence.
 */
#define WIRE_ERROR (wire_error_quark())
GQuark wire_error_quark(void);
/* A refusal that is about @field (nullable). */
void wire_set_error(GError **error, WireMessage message, const char *field, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
const char *wire_error_get_field(const GError *error);

/* What an error means on the wire: of WIRE_ERROR its own code, of FIELDS_ERROR WIRE_BAD_REQUEST, of
 * TICKET_ERROR WIRE_NOT_AUTHORIZED, of any other domain WIRE_INTERNAL_ERROR. */
WireMessage wire_message_of(const GError *error);
/* The refusal's JSON text (transfer full): {"msg":…,"reason":…,["field":…],[members]}; of TICKET_ERROR_CLOCK
 * also "clock_difference_seconds". @members (nullable) is
 * JSON text of further members without braces ("\"retry_after_seconds\":3"). The reason of an error of ours
 * is replaced by a general sentence: details belong in the log. */
char *wire_refusal(const GError *error, const char *members);
/* {"msg":NAME} or {"msg":NAME,members} (transfer full). */
char *wire_answer(WireMessage message, const char *members);

/* How a knock at a session's door ended. */
#define WIRE_KNOCK_ADMITTED "admitted"
#define WIRE_KNOCK_REFUSED "refused"
#define WIRE_KNOCK_LAPSED "lapsed"

/* Why a session ended. */
typedef enum {
  WIRE_END_USERS_LEFT,
  WIRE_END_INACTIVE,
  WIRE_END_TIME_OVER,
  WIRE_END_BY_OPERATOR,
  WIRE_END_APP_FAILED,
  WIRE_END_SERVER_STOPPING,
  WIRE_END_NO_PICTURE,
  WIRE_N_ENDS
} WireEnd;
/* "users_left" (static). */
const char *wire_end_name(WireEnd end);
/* The reason of this name; WIRE_N_ENDS when there is none. */
WireEnd wire_end_from_name(const char *name);
