/* The waiting lines: START_SESSION when all servers of an RC are busy.
 *
 * A visitor who is willing to wait gets a *place* in the RC's line (waiting_line.h): a secret token, which
 * whoever has it sends back with the next START_SESSION, to be the same visitor again after a wait that
 * ended, a lost connection or a reload. While a request of theirs waits here they are served as soon as it is
 * their turn; while none does, a server is held for them for `offer_seconds`, and their place for
 * `place_seconds`. Newcomers do not overtake: what is free belongs to the line first. What the plan has
 * promised to bookings belongs to neither (ledger.h).
 *
 * With a database the lines of all coordinators are one (lines_shared.h).
 *
 * A session that stands when its visitor has just gone is kept for them for `offer_seconds`, too, and whoever
 * was let in and lost the answer gets the same session again. The core's thread.
 */
#pragma once
#include "fcgi/core/core.h"
#include "fcgi/core/request.h"
#include "fcgi/rules/rc.h"

Lines *lines_new(Core *core);  /* (transfer full) */
void lines_free(Lines *lines); /* nobody may wait any more; NULL is allowed */

/* Shares the lines with other coordinators by the core's database. */
void lines_share(Lines *lines);

/* Others look for what has changed twice as often. */
#define LINES_TOLD_US G_TIME_SPAN_SECOND

typedef struct {
  guint minutes;        /* how long the session shall be */
  const char *name;     /* nullable */
  const char *place;    /* from an earlier answer (nullable) */
  const char *language; /* that they read (nullable) */
  gint64 wait_seconds;  /* below 0: not willing to stand in the line, unless there is a place */
} LineWish;

/* START_SESSION. Answers with SESSION_CONNECTION_DATA; or, at the latest after wait_seconds, with
 * SERVERS_BUSY and the place; or with what speaks against it. (transfer full @request) */
void lines_start(Lines *lines, Request *request, Rc *rc, const LineWish *wish);

/* LEAVE_LINE: the place is given up, if there is one. */
void lines_leave(Lines *lines, const char *place);

/* Gives up all places of the client @holder, or of all its network, here and at other coordinators, and
 * returns how many there were; *@elsewhere of them at others, which know of it within LINES_TOLD_US. */
guint lines_give_up(Lines *lines, const Holder *holder, gboolean network, guint *elsewhere);

/* The RC's servers have changed; NULL: any RC's. */
void lines_rc_changed(Lines *lines, const Rc *rc);

/* Answers everybody who waits here: SERVERS_BUSY. */
void lines_answer_all(Lines *lines);

/* How many people stand in all lines, without those whom other coordinators have. */
guint lines_count(const Lines *lines);
