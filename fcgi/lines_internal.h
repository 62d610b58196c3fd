/* What lines.c and lines_turns.c share: lines.c knows the visitors and their requests; lines_turns.c gives
 * them what is free. Nobody else includes this.
 */
#pragma once
#include "common/instant.h"
#include "fcgi/lines.h"
#include "fcgi/starts.h"
#include "fcgi/waiting_line.h"

struct Lines {
  Core *core;
  WaitingLineRules rules;
  GHashTable *by_rc;    /* rc_name -> Line, owned */
  GHashTable *by_token; /* token -> Visitor, owned */
  Timer *timer;         /* to look at all lines, while there are any */
  Timer *soon;          /* to look at those that are due */
};

typedef struct {
  Lines *lines;
  char *rc_name;
  WaitingLine *order;
  guint visitors;        /* in any state */
  gboolean due;          /* to be looked at now */
  gint64 rest_us;        /* how long the last rest was; 0: none */
  gint64 rests_until_us; /* monotonic */
  gint64 free_at_rest;   /* how many servers' places were free when it began */
  GArray *estimates;     /* of gint64: wait_estimate() by position */
  gint64 estimated_us;   /* monotonic */
} Line;

typedef enum {
  WAITS,
  STARTS, /* a session is being started for them */
  STANDS, /* it runs, and they are away */
  SERVED, /* they were let in */
} VisitorState;

typedef struct {
  Line *line;
  LinePlace *place; /* NULL: SERVED */
  VisitorState state;
  char *token;
  char *name; /* nullable */
  guint minutes;
  Request *request; /* NULL: they are away */
  gint64 until_us;  /* monotonic: so long it may wait */
  Timer *timer;     /* the end of that; of one who is served: of the time to come back */
  gboolean left;    /* while it was being started */
  guint told;       /* the mark that events were told of (lines_describe()) */
  char *session;
  char *server_name;
} Visitor;

/* The line's RC as it is now; NULL: it left the list. */
Rc *lines_rc_of(const Line *line);
const RcRules *lines_rules_of(const Line *line);
/* Free places of an RC (nullable) on servers that nobody's start is on its way to. */
gint64 lines_count_unclaimed(const Core *core, const Rc *rc);

/* Gives what is free to those whose turn it is. */
void lines_settle(Line *line);

/* The visitor's request, who is away from now on; NULL when they were. (transfer full) */
Request *lines_take_request(Visitor *visitor);
/* Lets the visitor's request wait, until until_us. */
void lines_wait(Visitor *visitor);
/* Lets the visitor in, and remembers it for a while, should the answer be lost. (transfer full @request) */
void lines_let_in(Visitor *visitor, Request *request, const Session *session);
/* What was started for them is not theirs any more; they stand in the line as before. */
void lines_step_back(Visitor *visitor);
/* Ends the session that they do not come for. */
void lines_end_session(Visitor *visitor);
/* Gives up the place, and what stands for it, and frees the visitor. */
void lines_forget(Visitor *visitor);
