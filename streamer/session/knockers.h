/* Those who knock at a session's door: strangers who wait at a coordinator until a host answers or their time
 * is over. The session holds the list that all its coordinators and its people see (vitrina-protocol(7),
 * Invitations and knocking); an answer stands in it until the knock's time is over, so that each coordinator
 * hears of it. This module keeps the books; time is given to it (program_clock_running_us()'s). Main thread.
 */
#pragma once
#include <glib.h>

#define KNOCKERS_WAITING_MAX 8 /* at once */
#define KNOCKERS_KEPT_MAX 64   /* with those who were answered: of more the first are forgotten */
#define KNOCKERS_ID_MAX 64     /* letters, digits, '-' and '_' */
#define KNOCKERS_LAPSE_MAX 60  /* seconds */

typedef enum { KNOCKER_WAITS, KNOCKER_ADMITTED, KNOCKER_REFUSED } KnockerState;

typedef struct {
  char *id;
  char *name; /* "": they did not say */
  gint64 lapses_us;
  KnockerState state;
} Knocker;

typedef struct Knockers Knockers;

Knockers *knockers_new(void);           /* (transfer full) */
void knockers_free(Knockers *knockers); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Knockers, knockers_free)

/* Somebody knocks; @name is copied. The one of this @id who is there already, or NULL: too many wait. Owned
 * by
 * @knockers. @is_new tells. */
const Knocker *knockers_add(Knockers *knockers, const char *id, const char *name, gint64 lapses_us,
                            gboolean *is_new);

/* A host's answer; the first one stands. NULL: there is no such knock, or it has the other answer. @is_news:
 * whether it had none. */
const Knocker *knockers_answer(Knockers *knockers, const char *id, gboolean admit, gboolean *is_news);

/* Takes one out whose time is over at @now_us (transfer full, for knocker_free()); NULL: there is none. */
Knocker *knockers_take_lapsed(Knockers *knockers, gint64 now_us);
void knocker_free(Knocker *knocker);
/* When the next one's is; G_MAXINT64: there is none. */
gint64 knockers_next_us(const Knockers *knockers);

guint knockers_count(const Knockers *knockers);
/* The n-th, from 0, in the order of coming. */
const Knocker *knockers_nth(const Knockers *knockers, guint n);
/* Whole seconds until its time is over, at least 0. */
gint64 knocker_seconds(const Knocker *knocker, gint64 now_us);
/* A word of wire.h for its answer (static); NULL: it has none. */
const char *knocker_answer_name(const Knocker *knocker);
