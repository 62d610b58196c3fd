/* What the things that come from outside may be, by whichever way they come: a streamer's status, the plan's
 * file, the list of servers, the database's rows, a client's request. One place for all tables (fields.h), so
 * that what came in by one way is good for every other, and what was written can be read again.
 * conf/schema.sql has columns of these widths.
 *
 *   {"session", FIELD_TEXT, G_STRUCT_OFFSET(ControlSession, session), .required = TRUE, LIMIT_ID},
 *
 * Pure; any thread.
 */
#pragma once
#include "common/instant.h"
#include "fcgi/base/holder.h"
#include "fcgi/rules/codes.h"

/* Members of a Field row. Lengths are in bytes. */
#define LIMIT_ID .min = 1, .max = 64, .check = limits_is_id, .rule = "must be of letters, digits, '-' and '_'"
#define LIMIT_CODE                                                                                           \
  .min = CODES_DIGITS_MIN, .max = CODES_DIGITS_MAX, .check = limits_is_code, .rule = "must be of digits"
#define LIMIT_SERVER_NAME_BYTES 100
#define LIMIT_SERVER_NAME .min = 1, .max = LIMIT_SERVER_NAME_BYTES
#define LIMIT_RC_NAME .min = 1, .max = 200
#define LIMIT_PERSON .max = 400 /* what somebody calls themselves, */
#define LIMIT_BOOKER .max = 100 /* and who books */
#define LIMIT_REQUEST_ID .min = 1, .max = 100
#define LIMIT_NEW_REQUEST_ID .min = 8, .max = 100 /* long enough that two clients do not choose the same */
#define LIMIT_REASON .max = 64                    /* why something ended: a word */
#define LIMIT_SENTENCE .max = 4096                /* why something was refused: for the log */
#define LIMIT_KEY .max = 64                       /* that cancels a booking */
#define LIMIT_HOLDER                                                                                         \
  .min = HOLDER_DIGITS, .max = HOLDER_DIGITS, .check = limits_is_hex, .rule = "must be hexadecimal"
#define LIMIT_DOOR .max = 16, .check = limits_is_door, .rule = "must be open or knock"
#define LIMIT_GENERATION .min = 1, .max = G_MAXINT32 /* of an invitation: how many people were removed */
#define LIMIT_USER .min = 1, .max = 200              /* a person's id */
#define LIMIT_KNOCK LIMIT_ID
#define LIMIT_ANSWER .max = 16
#define LIMIT_LAPSE_SECONDS .min = 0, .max = 60
#define LIMIT_KNOCKS .max = 64 /* that a status has of one session */
#define LIMIT_REMOVED 64       /* people whom it says were removed from one session */
#define LIMIT_PLACE .min = 1, .max = 64
#define LIMIT_MINUTES .min = 1, .max = 1440 /* how long somebody wants a session, or wants it longer */
/* The first second, which is no longer "none", to the last that FROM_UNIXTIME() of MariaDB 10 takes:
 * 2038-01-19T03:14:07Z. */
#define LIMIT_INSTANT .min = INSTANT_SECOND, .max = G_MAXINT32 * INSTANT_SECOND

/* Of one streamer: what its own session_limit may be. */
#define LIMIT_SESSIONS 1000

/* Letters, digits, '-' and '_' of ASCII: safe in a log, a path, a URL. */
gboolean limits_is_id(const char *text);
/* Hexadecimal digits of ASCII alone, as holder_format() writes them. */
gboolean limits_is_hex(const char *text);
/* Digits of ASCII alone. */
gboolean limits_is_code(const char *text);
/* LIMITS_DOOR_OPEN, or LIMITS_DOOR_KNOCK: whoever comes has to be let in by a host. */
gboolean limits_is_door(const char *text);
#define LIMITS_DOOR_OPEN "open"
#define LIMITS_DOOR_KNOCK "knock"
