/* What the coordinator and streamers say to each other (the control verbs of vitrina-protocol(7)), as the
 * coordinator sees it: requests as text, answers as structs. What streamers send is not trusted to be well
 * formed. Pure; any thread.
 */
#pragma once
#include "common/wire.h"

#define CONTROL_MAX_ANSWER (1024 * 1024)

/* Somebody who knocks at a session's door. */
typedef struct {
  char *knock; /* an id */
  char *name;  /* nullable */
  gint64 lapses_in_s;
  char *answer; /* WIRE_KNOCK_ADMITTED, or another word: not admitted; NULL: none yet */
} ControlKnock;

typedef struct {
  char *session; /* nullable with a problem, as is the rest */
  char *code;
  gint64 starts_at_us; /* 0: not said */
  gint64 ends_at_us;   /* 0: not said */
  gint64 generation;   /* of the code (control_set_code()) */
  gint64 removals;     /* how many people the host has removed */
  char **removed;      /* the newest of them (nullable) */
  GPtrArray *knocks;   /* of ControlKnock (nullable) */
  gboolean kept;       /* nobody is in it just now: it ends when its place is wanted */
  char *problem;       /* which rule (limits.h) it breaks: "sessions[3].code: is missing"; NULL: none */
} ControlSession;

typedef struct {
  char *session;
  char *reason; /* a word of vitrina-protocol(7), if the streamer keeps to it (nullable) */
} ControlEnded;

typedef struct {
  char *server_name; /* nullable */
  char *version;     /* JSON text, to be sent back as it is (nullable) */
  char *state;       /* "draining" and "unusable" count; the rest follows from the numbers (nullable) */
  char *reason;      /* why it is unusable (nullable) */
  gint64 session_limit;
  GPtrArray *sessions; /* of ControlSession, those with a problem too: they take their places all the same */
  GPtrArray *ended;    /* of ControlEnded, some that were here lately (nullable) */
} ControlStatus;

typedef struct {
  char *session;
  char *code;
  gint64 ends_at_us; /* 0: not said */
} ControlStarted;

/* One answer of a streamer. Which of the parts is filled follows from @message. */
typedef struct {
  WireMessage message;
  char *reason;              /* of a refusal (nullable) */
  gint64 clock_difference_s; /* of one for its time: what its clock is ahead of ours; else 0 */
  ControlStatus status;      /* WIRE_STATUS */
  ControlStarted started;    /* WIRE_SESSION_CONNECTION_DATA */
} ControlAnswer;

/* Reads an answer; NULL with an error that says what is wrong with it. (transfer full) */
ControlAnswer *control_answer_read(const char *text, gsize length, GError **error);
void control_answer_free(ControlAnswer *answer); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ControlAnswer, control_answer_free)

/* What a session is started with. */
typedef struct {
  const char *session, *code, *rc_name;
  const char *language; /* of who starts it (nullable) */
  gint64 ends_at_us;
} ControlStart;

/* Requests (transfer full). @version: what the last status had, NULL: answer at once. @wanted_seconds: so
 * long somebody will wait for a server such as this one if nothing more is heard of it; 0: nobody does. */
char *control_get_status(const char *version, guint wait_seconds, guint wanted_seconds);
char *control_start_session(const ControlStart *start);
char *control_end_session(const char *session);
char *control_extend_session(const char *session, gint64 ends_at_us);
/* Codes of later generations replace earlier ones. */
char *control_set_code(const char *session, const char *code, gint64 generation);
/* @name nullable. */
char *control_knock(const char *session, const char *knock, const char *name, gint64 lapses_in_s);
char *control_answer_knock(const char *session, const char *knock, gboolean admit);
char *control_drain(gboolean on);
