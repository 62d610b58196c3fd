/* The coordinator's verbs: a row each in verbs.c, their handlers in verbs_*.c. The core's thread. */
#pragma once
#include "common/verb.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"

/* Ended by a row without name. */
extern const Verb verbs_table[];
/* The words of a metric's label: the verbs' names, behind them "none". NULL beyond that. (static) */
const char *verbs_word(guint number);

/* Reads the verb in a request's text, unless that has been done. Any thread that owns the request. */
void verbs_read(Request *request);
/* Reads and handles it. (transfer full @request) */
void verbs_handle(Request *request);
/* Before saying that there is no such thing: another coordinator may have made it a moment ago. TRUE: that is
 * asked, and the request (transfer full then) is handled again when it is known, and refused when it cannot
 * be. */
gboolean verbs_look_first(Request *request);

/* Reads "X-Y", two numbers from 0, both ends included, Y not below X, at most 1,000 apart. */
gboolean verbs_read_range(const char *text, guint *first, guint *last, GError **error);

/* The tables of verbs_servers.c, verbs_session.c, verbs_plan.c and verbs_events.c. Handlers take the request
 * over. */
typedef struct {
  char *range;
} GetServers;
typedef struct {
  char *rc_name;
  gint64 duration_minutes; /* 0: as long as usual */
  char *name;              /* nullable */
  gint64 wait_seconds;     /* below 0: not willing to wait in line */
  char *place;             /* in the line (nullable) */
} StartSession;
typedef struct {
  char *place;
} LeaveLine;
typedef struct {
  char *code;
  char *name; /* nullable */
  char *key;  /* of who booked it (nullable) */
} ConnectSession;
typedef struct {
  char *ticket;
  gint64 minutes; /* 0: as many as are offered */
} ExtendSession;
typedef struct {
  char *rc_name;
  char *date;
  gint64 duration_minutes; /* 0: as long as usual */
  char *time_zone;         /* nullable: the RC's */
} GetAvailability;
typedef struct {
  char *rc_name; /* nullable: the only one */
  char *date;
  char *time;
  gint64 duration_minutes; /* 0: as long as usual */
  char *time_zone;         /* nullable: the RC's */
  char *name;              /* nullable */
  char *request_id;        /* nullable */
} PlanSession;
typedef struct {
  char *code;
  char *key;
} CancelSession;
typedef struct {
  char *cursor; /* nullable */
  char *ticket; /* nullable */
  char *place;  /* in the line (nullable) */
  gint64 wait_seconds;
} PollEvents;

extern const Field verbs_get_servers_fields[];
extern const Field verbs_start_session_fields[];
extern const Field verbs_leave_line_fields[];
extern const Field verbs_connect_session_fields[];
extern const Field verbs_extend_session_fields[];
extern const Field verbs_poll_events_fields[];
extern const Field verbs_get_availability_fields[];
extern const Field verbs_plan_session_fields[];
extern const Field verbs_cancel_session_fields[];

void verbs_get_servers(gpointer request, gpointer arguments);
void verbs_get_rcs(gpointer request, gpointer arguments);
void verbs_start_session(gpointer request, gpointer arguments);
void verbs_start_session_defaults(gpointer arguments);
void verbs_leave_line(gpointer request, gpointer arguments);
void verbs_connect_session(gpointer request, gpointer arguments);
void verbs_extend_session(gpointer request, gpointer arguments);
void verbs_poll_events(gpointer request, gpointer arguments);
void verbs_get_availability(gpointer request, gpointer arguments);
void verbs_plan_session(gpointer request, gpointer arguments);
void verbs_cancel_session(gpointer request, gpointer arguments);

/* How long a session shall be: @asked minutes, 0 for the usual, within the RC's limits. */
gboolean verbs_read_minutes(const RcRules *rules, gint64 asked, guint *minutes, GError **error);
/* Whether @code is digits alone. Otherwise refuses the request (transfer full then): what cannot be a code is
 * no guess at one. */
gboolean verbs_check_code(Request *request, const char *code);
/* RC_NOT_FOUND. (transfer full @request) */
void verbs_refuse_rc(Request *request);
