/* The waiting lines of all coordinators as one, by the table `places` of their database: each writes who
 * stands with it, and looks twice a second at who stands with the others. So all keep one order, that of
 * arrival, and who comes to another coordinator than before, or after the death of theirs, is known there.
 *
 * What is kept is a hash of a place, never the place itself: who can read the database cannot take one.
 *
 * A place counts as long as its coordinator says within place_seconds that it is there, or that long after
 * its death. While the database cannot be reached each goes on with what it knows. The core's thread.
 */
#pragma once
#include "fcgi/line/line.h"

/* Begins, when the core has a database. (transfer full) */
LinesShared *lines_shared_new(Lines *lines);
void lines_shared_free(LinesShared *shared); /* NULL is allowed */

/* The visitor is ours, as they are now: a newcomer, one from elsewhere, or with another session. NULL @shared
 * is allowed. */
void lines_shared_put(LinesShared *shared, const Visitor *visitor);
/* The visitor, who was ours, is forgotten. NULL @shared is allowed. */
void lines_shared_remove(LinesShared *shared, const Visitor *visitor);
