/* START_SESSION, LEAVE_LINE, CONNECT_SESSION_WITH_CODE and EXTEND_SESSION. Handlers take the request over.
 * The core's thread.
 */
#pragma once
#include "common/verb.h"

typedef struct {
  char *rc_name;
  gint64 duration_minutes; /* 0: as long as usual */
  char *name;              /* nullable */
  gint64 wait_seconds;     /* below 0: not willing to wait in line */
  char *place;             /* in the line (nullable) */
  char *language;          /* that they read (nullable) */
} StartSession;

typedef struct {
  char *place;
} LeaveLine;

typedef struct {
  char *code;
  char *name;   /* nullable */
  char *key;    /* of who booked it (nullable) */
  char *invite; /* of its invitation (nullable) */
  char *staff;  /* a ticket (nullable) */
  char *language;
} ConnectSession;

typedef struct {
  char *ticket;
  gint64 minutes;  /* 0: as many as are offered */
  gint64 until_us; /* instead: the end that is wanted; 0: not said */
} ExtendSession;

extern const Field verbs_start_session_fields[];
extern const Field verbs_leave_line_fields[];
extern const Field verbs_connect_session_fields[];
extern const Field verbs_extend_session_fields[];

void verbs_start_session(gpointer request, gpointer arguments);
void verbs_start_session_defaults(gpointer arguments);
void verbs_leave_line(gpointer request, gpointer arguments);
void verbs_connect_session(gpointer request, gpointer arguments);
void verbs_extend_session(gpointer request, gpointer arguments);
