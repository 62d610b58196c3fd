/* The people of a session, in the order they came.
 *
 * A person is who the ticket names: the same `sub` again is the same person. Somebody is present while
 * anything holds them: a WebSocket, a question that waits, a player. Who is held by nothing is absent, and
 * after a grace is gone. Who was barred does not come in again. This module keeps the books; time is given to
 * it (program_clock_running_us()'s). Main thread.
 */
#pragma once
#include "common/bucket.h"
#include <glib.h>

#define USERS_ID_MAX 200      /* bytes */
#define USERS_NAME_MAX 100    /* bytes */
#define USERS_BARRED_MAX 1000 /* of whom is remembered that they are */
#define USERS_GONE_MAX 1000   /* of whom is remembered that they were in, and how much they said */

typedef struct {
  char *id, *name, *role; /* role: "host" or "guest" */
  guint holds;
  gint64 absent_since_us; /* when the last hold went; meaningful while there is none */
  gint64 active_at_us;    /* when they did something last; at first, when they came */
  gint64 number;          /* the order of coming: 1, 2, …, never given twice */
  gboolean is_going;      /* said that they go, and perhaps come again */
  gint64 connection;      /* how many have been made: the number of the newest */
} User;

typedef struct Users Users;

Users *users_new(void);
void users_free(Users *users); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Users, users_free)

/* The person @id comes, or comes again: then a @name that is given replaces the old one, as users_set_name()
 * does it; NULL or "": none. @joined (nullable) tells whether they are new. NULL when @limit people (0: no
 * limit) are there already. Owned by @users. */
const User *users_admit(Users *users, const char *id, const char *name, const char *role, guint limit,
                        gint64 now_us, gboolean *joined);

const User *users_find(const Users *users, const char *id); /* NULL: not in */
guint users_count(const Users *users);
/* The n-th, from 0, in order of coming. */
const User *users_nth(const Users *users, guint n);

/* Something holds @id, or lets go (TRUE: and nothing else does). Those who are not in are ignored: what held
 * them may end later. */
void users_hold(Users *users, const char *id);
gboolean users_release(Users *users, const char *id, gint64 now_us);

/* @id did something. Those who are not in are ignored. */
void users_note_activity(Users *users, const char *id, gint64 now_us);

/* @id is called @name from now on, cut to USERS_NAME_MAX and cleared of what nobody sees: control characters,
 * and those that turn the direction of writing. May become "". FALSE: they were called so before, or are not
 * in. */
gboolean users_set_name(Users *users, const char *id, const char *name);

/* @name as it would be taken (transfer full). */
char *users_tidy_name(const char *name);

/* @id goes, and perhaps comes again: by a connection more. Those who are not in are ignored. */
void users_note_going(Users *users, const char *id);
/* @id has a connection more. Its number; 0: not in. */
gint64 users_note_connection(Users *users, const char *id);

/* What a person may not do without end. */
typedef enum { USERS_TALK, USERS_OFFERS, USERS_N_RATES } UsersRate;

/* Takes @cost of what @id may do of @rate (BucketRule), whether they are in or about to come: leaving and
 * coming again gives nobody more. FALSE: they are to wait @wait_seconds. */
gboolean users_take(Users *users, UsersRate rate, const char *id, const BucketRule *rule, double cost,
                    gint64 now_us, guint *wait_seconds);

/* Whether @id is or was in, as far as that is remembered: of more than USERS_GONE_MAX who have left, for none
 * of them. */
gboolean users_has_been_in(const Users *users, const char *id);

gboolean users_remove(Users *users, const char *id); /* FALSE: was not in */

/* From now on @id does not come in again. Of more than USERS_BARRED_MAX the first are forgotten. */
void users_bar(Users *users, const char *id);
gboolean users_is_barred(const Users *users, const char *id);
/* How many were; and the newest @most of them, NULL-terminated (transfer full), NULL when there are none. */
guint users_count_barred(const Users *users);
char **users_list_barred(const Users *users, guint most);

/* Whether somebody is in and present. */
gboolean users_is_anybody_present(const Users *users);
/* The first person who has been absent for @grace_us; NULL when there is none. While nobody is present one of
 * them who has not said to go, the first host or else the first who came, is waited for @alone_grace_us. */
const User *users_next_gone(const Users *users, gint64 now_us, gint64 grace_us, gint64 alone_grace_us);
/* When the next one will be gone if nothing changes; G_MAXINT64: nobody is absent. */
gint64 users_next_deadline(const Users *users, gint64 grace_us, gint64 alone_grace_us);

gboolean users_is_host(const User *user);
/* The first host who is in and is not @except (nullable); NULL: there is none. */
const User *users_first_host(const Users *users, const char *except);
