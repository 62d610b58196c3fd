/* Who follows what: names (sessions, places in a line) and those who shall be told of each, so that an event
 * for three of ten thousand costs three.
 *
 * Pure; one thread at a time. Followers are pointers that are only compared.
 */
#pragma once
#include <glib.h>

typedef struct Audiences Audiences;

Audiences *audiences_new(void);            /* (transfer full) */
void audiences_free(Audiences *audiences); /* NULL is allowed */

/* @follower, who does not follow @name yet, does from now on. */
void audiences_add(Audiences *audiences, const char *name, gpointer follower);
/* It does no longer. Costs the number of those who follow the same. */
void audiences_remove(Audiences *audiences, const char *name, gpointer follower);

/* Who follows @name, in no order; NULL: nobody. (transfer none), until the next change */
const GPtrArray *audiences_find(const Audiences *audiences, const char *name);
