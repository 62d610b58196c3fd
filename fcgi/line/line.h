/* The waiting lines and who stands in them: the ground of this room. visitors.c knows the visitors and
 * answers their requests, lines_words.c says where they stand, lines_turns.c gives them what is free, lines.c
 * is told what happens. Nobody else includes this. The core's thread.
 */
#pragma once
#include "common/instant.h"
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/line/lines_shared.h"
#include "fcgi/rules/held.h"
#include "fcgi/rules/rc.h"
#include "fcgi/rules/waiting_line.h"

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
  gint64 unreachable_us; /* monotonic: since when nothing of the RC can be reached; 0: something can */
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
  Holder holder;      /* who they are */
  HeldThing *held;    /* their place, while they have one (nullable) */
  char *key;          /* a hash of their token */
  char *token;        /* NULL: elsewhere */
  char *name;         /* nullable */
  char *language;     /* nullable */
  guint minutes;
  Request *request; /* NULL: they are away */
  gint64 until_us;  /* monotonic: so long it may wait */
  Timer *timer;     /* the end of that; of one who is served: of the time to come back */
  gboolean left;    /* while it was being started */
  guint told;       /* the mark that events were told of (EventsDescribePlace) */
  char *session;
  char *server_name;
} Visitor;

Line *line_new(Lines *lines, const char *rc_name); /* empty (transfer full) */
void line_free(gpointer line);

/* The line's RC as it is now; NULL: it left the list. */
Rc *line_get_rc(const Line *line);
const RcRules *line_get_rules(const Line *line);
/* Whether nothing of the RC can be reached, and has not been for longer than a streamer takes to start again:
 * there is nothing to wait for. */
gboolean line_is_given_up(const Line *line);
/* Who holds what, here and elsewhere. (transfer none) */
Held *lines_get_held(const Lines *lines);
/* Whether @holder may have one of the RC's @free servers. FALSE with WIRE_LIMIT_REACHED (@error nullable). */
gboolean lines_check_holder(const Lines *lines, const Holder *holder, const char *rc_name, gint64 free,
                            GError **error);
/* A WaitingLineMay of a Visitor: the fewer servers are free, the fewer sessions one may have who is given one
 * (held.h). @data: the Line. */
gboolean line_may_have(gpointer who, guint free, gpointer data);
/* Free places of an RC (nullable) on servers that nobody's start is on its way to. */
gint64 line_count_unclaimed(const Core *core, const Rc *rc);
