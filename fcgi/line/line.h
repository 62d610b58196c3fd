/* What the files of the lines share: lines.c knows the visitors and their requests; lines_turns.c gives them
 * what is free; lines_words.c says where they stand; lines_shared.c tells other coordinators. Nobody else
 * includes this.
 */
#pragma once
#include "common/instant.h"
#include "fcgi/line/lines.h"
#include "fcgi/rules/waiting_line.h"
#include "fcgi/session/starts.h"

typedef struct LinesShared LinesShared;

struct Lines {
  Core *core;
  WaitingLineRules rules;
  GHashTable *by_rc;   /* rc_name -> Line, owned */
  GHashTable *by_key;  /* key -> Visitor, owned */
  LinesShared *shared; /* nullable */
  gint64 last_us;      /* when the last newcomer arrived, by the clock on the wall */
  Timer *timer;        /* to look at all lines, while there are any */
  Timer *soon;         /* to look at those that are due */
};

typedef struct {
  Lines *lines;
  char *rc_name;
  WaitingLine *order;
  guint visitors;        /* in any state, here and elsewhere */
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
  gboolean elsewhere; /* another coordinator has them: WAITS, or SERVED with a session */
  gint64 arrived_us;  /* by the clock on the wall, which all coordinators have */
  char *key;          /* a hash of their token */
  char *token;        /* NULL: elsewhere */
  char *name;         /* nullable */
  guint minutes;
  Request *request; /* NULL: they are away */
  gint64 until_us;  /* monotonic: so long it may wait */
  Timer *timer;     /* the end of that; of one who is served: of the time to come back */
  gboolean left;    /* while it was being started */
  guint told;       /* the mark that events were told of (EventsDescribePlace) */
  char *session;
  char *server_name;
} Visitor;

/* The line's RC as it is now; NULL: it left the list. */
Rc *lines_rc_of(const Line *line);
const RcRules *lines_rules_of(const Line *line);
/* Free places of an RC (nullable) on servers that nobody's start is on its way to. */
gint64 lines_count_unclaimed(const Core *core, const Rc *rc);

/* One whom another coordinator has. Plain data. */
typedef struct {
  const char *key;
  const char *rc_name;
  gint64 arrived_us;
  const char *session, *server_name; /* that they were let into (nullable) */
} PlaceElsewhere;

/* The place is at another coordinator now. */
void lines_see_elsewhere(Lines *lines, const PlaceElsewhere *place);
/* The place was given up at another coordinator. */
void lines_see_gone(Lines *lines, const char *key);
/* Only these @keys (a set) are: the others have left, or have been lost. */
void lines_keep_elsewhere(Lines *lines, GHashTable *keys);

/* Gives what is free to those whose turn it is. */
void lines_settle(Line *line);

/* The one with this place, who may be elsewhere. NULL: there is none. */
Visitor *lines_find(const Lines *lines, const char *place);
/* What is told of one who is ours, as an answer's members (transfer full). */
char *lines_describe_place(Visitor *visitor);
/* Another whenever there is something to tell of them; 0: there is nothing. */
guint lines_mark_of(const Visitor *visitor);

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
