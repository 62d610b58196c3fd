/* The waiting line of one RC: who is next when a server becomes free.
 *
 * Everybody stands in the order of their arrival, and is *here* (a request of theirs waits, and can be
 * answered), *away* (between two questions, or with a lost connection) or *elsewhere* (another coordinator
 * has them). Three rules make it fair and keep servers from idling:
 *
 *  - A free server goes to the first in the line. If that one is away, they are *called*: the server is held
 *    for them for `offer_us`. Those behind them who are away too, up to the first who is here, are called at
 *    the same time, so that it is one pause however many are away.
 *  - Who was called and did not come in time is *passed over*: they keep their number, but nothing is held
 *    for them until they come back.
 *  - Who stays away for `keep_us` loses the place.
 *
 * A server is held in the same way for who is elsewhere, because it is there that they are given it; it is
 * not ours to say that they are lost, and who was passed over is not any more when nothing is free.
 *
 * Who has been given a server is taken out, and can be put back where they stood if nothing came of it.
 *
 * Pure: no clock is read, no request is known; @now_us is any clock that does not go back. One thread at a
 * time.
 */
#pragma once
#include <glib.h>

typedef struct WaitingLine WaitingLine;
/* One place in it. */
typedef struct LinePlace LinePlace;

typedef struct {
  guint limit;     /* at most so many places */
  gint64 offer_us; /* how long a server is held for who was called */
  gint64 keep_us;  /* how long a place is kept for who is away */
} WaitingLineRules;

WaitingLine *waiting_line_new(const WaitingLineRules *rules); /* (transfer full) */
/* Frees its places, too. NULL is allowed. */
void waiting_line_free(WaitingLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WaitingLine, waiting_line_free)

/* Whether @who may be given one of @free servers now. */
typedef gboolean (*WaitingLineMay)(gpointer who, guint free, gpointer user_data);
/* Who may not keeps their place and is *held back*: the next who may is given the server, and nothing is kept
 * for them. Without a function everybody may. */
void waiting_line_set_may(WaitingLine *line, WaitingLineMay may, gpointer user_data);

/* Somebody behind all who arrived before or at the same time (@arrived_us: any clock that all coordinators
 * have), away; @who: the caller's. NULL when the line is full. (transfer none: the line's, until it is left
 * or lost) */
LinePlace *waiting_line_join(WaitingLine *line, gpointer who, gint64 arrived_us, gint64 now_us);
/* Gives the place up and frees it, wherever it is. */
void waiting_line_leave(WaitingLine *line, LinePlace *place);

/* They are here from now on, or away. */
void waiting_line_come(WaitingLine *line, LinePlace *place);
void waiting_line_go(WaitingLine *line, LinePlace *place, gint64 now_us);
/* They are elsewhere from now on, or away. */
void waiting_line_go_elsewhere(LinePlace *place);
void waiting_line_come_back(LinePlace *place, gint64 now_us);

/* Who is the first to be given one of @free servers: NULL when there is nobody here who may, or when all of
 * the servers are held for those who were called before them. Calls those whose turn it is and who are away.
 * Costs how many of those before are away or may not. */
gpointer waiting_line_next(WaitingLine *line, guint free, gint64 now_us);
/* Nobody is called any more: there is nothing to be had. */
void waiting_line_call_off(WaitingLine *line);

/* They are being given a server, and are in nobody's way any more; and back, if nothing came of it: where
 * they stood before, here or away as they are. */
void waiting_line_take_out(WaitingLine *line, LinePlace *place);
void waiting_line_put_back(WaitingLine *line, LinePlace *place);
/* Who is away and in the line has been given time enough to come. */
void waiting_line_pass_over(WaitingLine *line, LinePlace *place);

/* Who has been away for too long, for the caller to say goodbye and waiting_line_leave(): an array (transfer
 * container) of `who`. Costs the length of the line. */
GPtrArray *waiting_line_find_lost(const WaitingLine *line, gint64 now_us);

/* How long a place that is away is kept; of one who is here, from now on. */
gint64 waiting_line_kept_until(const WaitingLine *line, const LinePlace *place, gint64 now_us);
/* 1: the next. 0: taken out. */
guint waiting_line_position(const LinePlace *place);
/* Whether a server is held for them. */
gboolean waiting_line_is_called(const LinePlace *place);
/* Whether there was a server, when that was last looked at, that they could not be given. */
gboolean waiting_line_is_held_back(const LinePlace *place);
/* How many stand in it. */
guint waiting_line_length(const WaitingLine *line);
/* How many more could. */
guint waiting_line_room(const WaitingLine *line);
/* How many of them come before a newcomer: all but those passed over or held back. */
guint waiting_line_claims(const WaitingLine *line);
